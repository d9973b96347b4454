package session

import (
	"context"
	"sync"
)

// Ledger knows which certificates this run works on and has brought to
// Command. Two resources may be about the same certificate for a moment: a
// file that was renamed in a for_each is one certificate deleted and created
// in one apply, in either order.
type Ledger struct {
	mu       sync.Mutex
	busy     map[string]chan struct{} // by thumbprint, closed when free
	created  map[string]bool
	brought  map[string]bool
	imported map[string]bool
	failed   map[string]bool // whose Delete failed
}

func newLedger() *Ledger {
	return &Ledger{
		busy: map[string]chan struct{}{}, created: map[string]bool{},
		brought: map[string]bool{}, imported: map[string]bool{}, failed: map[string]bool{},
	}
}

// Lock makes calls for one thumbprint run one after another. It returns the
// function that ends the turn, or the context's error.
func (l *Ledger) Lock(ctx context.Context, thumbprint string) (unlock func(), err error) {
	for {
		l.mu.Lock()
		turn, taken := l.busy[thumbprint]
		if !taken {
			turn = make(chan struct{})
			l.busy[thumbprint] = turn
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.busy, thumbprint)
				l.mu.Unlock()
				close(turn)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Create records that a resource creates this thumbprint; false when another
// one did so in this run.
func (l *Ledger) Create(thumbprint string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.created[thumbprint] {
		return false
	}
	l.created[thumbprint] = true
	return true
}

// Forget takes back a Create that sent nothing.
func (l *Ledger) Forget(thumbprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.created, thumbprint)
}

// Bring records that a Create or Update of this run is about this thumbprint.
func (l *Ledger) Bring(thumbprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.brought[thumbprint] = true
}

// Brought tells whether a Create or Update of this run was about this thumbprint.
func (l *Ledger) Brought(thumbprint string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.brought[thumbprint]
}

// FailDelete records that a Delete of this thumbprint failed, so that it is
// still in state.
func (l *Ledger) FailDelete(thumbprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed[thumbprint] = true
}

// DeleteFailed tells whether a Delete of this thumbprint failed in this run. A
// second object of it in state would be deleted by the next run's Delete of the
// first.
func (l *Ledger) DeleteFailed(thumbprint string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed[thumbprint]
}

// Import records that this thumbprint was imported into state in this run.
func (l *Ledger) Import(thumbprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.imported[thumbprint] = true
}

// Imported tells whether this thumbprint was imported into state in this run,
// which is so while an import block is planned and not after terraform import.
func (l *Ledger) Imported(thumbprint string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.imported[thumbprint]
}
