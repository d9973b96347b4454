package auth

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

const longestMargin = 30 * time.Second

// source gives the credential for a request. stale is the one that was just answered with 401, nil otherwise; fresh
// says that the credential was fetched since get was called.
type source interface {
	get(ctx context.Context, stale *credential) (c *credential, fresh bool, err error)
	// ended tells whether the credential was replaced, or is over by the local clock.
	ended(c *credential) bool
}

// credential is one value of the Authorization header. Its address is its identity.
type credential struct {
	header  string // never printed
	token   Token
	renewAt time.Time // zero: at a 401 only
	worked  atomic.Bool
}

// A credential that never changes is a source.
func (c *credential) get(context.Context, *credential) (*credential, bool, error) {
	return c, false, nil
}
func (c *credential) ended(*credential) bool { return false }

// tokens fetches tokens, one fetch at a time, and keeps the last one.
type tokens struct {
	fetch  func(ctx context.Context) (Token, error)
	now    func() time.Time
	finish bool // let a fetch that nobody waits for run to its end, so that what it brings can be given back

	mu      sync.Mutex
	current *credential
	flight  *flight
	final   error
	closed  bool
}

// flight is a fetch under way. It runs on a context of its own: it serves all who wait, not only who came first.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int

	got *credential
	err error
}

func (t *tokens) get(ctx context.Context, stale *credential) (*credential, bool, error) {
	t.mu.Lock()
	switch {
	case t.closed:
		t.mu.Unlock()
		return nil, false, ErrClosed
	case t.final != nil:
		defer t.mu.Unlock()
		return nil, false, t.final
	}
	if stale != nil && t.current == stale {
		t.current = nil
	}
	if c := t.current; c != nil && (c.renewAt.IsZero() || t.now().Before(c.renewAt)) {
		t.mu.Unlock()
		return c, false, nil
	}
	if t.flight == nil {
		t.start(ctx)
	}
	f := t.flight
	f.waiters++
	t.mu.Unlock()

	select {
	case <-f.done:
		if f.err != nil {
			old, err := t.orStillValid(f.err)
			return old, false, err
		}
		return f.got, true, nil
	case <-ctx.Done():
		t.abandon(f)
		return nil, false, fmt.Errorf("waiting for a token: %w", ctx.Err())
	}
}

func (t *tokens) ended(c *credential) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current != c || !c.token.ExpiresAt.IsZero() && !t.now().Before(c.token.ExpiresAt)
}

// start begins a fetch. The context keeps the caller's values, for the log, but neither its end nor its deadline.
func (t *tokens) start(ctx context.Context) {
	own, cancel := context.WithCancel(transport.Patient(context.WithoutCancel(ctx)))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	t.flight = f
	go func() {
		defer cancel()
		began := t.now()
		token, err := t.fetch(own)
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.flight == f {
			t.flight = nil
		}
		if err != nil {
			f.err = err
			if final(err) {
				t.final = err
			}
		} else {
			f.got = &credential{header: "Bearer " + token.AccessToken.Reveal(), token: token, renewAt: renewAt(began, token.ExpiresAt)}
			t.current = f.got
		}
		close(f.done)
	}()
}

// orStillValid returns the old token when it could not be renewed but has not ended yet.
func (t *tokens) orStillValid(err error) (*credential, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, ErrClosed
	}
	if c := t.current; c != nil && t.final == nil && t.now().Before(c.token.ExpiresAt) {
		return c, nil
	}
	return nil, err
}

// abandon takes one waiter away, and ends the fetch when it was the last.
func (t *tokens) abandon(f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && !t.finish {
		f.cancel()
		if t.flight == f {
			t.flight = nil
		}
	}
}

// close ends the source. A fetch that is to finish is waited for until ctx ends.
func (t *tokens) close(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	f := t.flight
	t.mu.Unlock()
	if f == nil {
		return
	}
	if t.finish {
		select {
		case <-f.done:
		case <-ctx.Done():
		}
	}
	f.cancel()
}

// renewAt returns when to fetch the next token: a tenth of the lifetime before the end, at most half a minute.
func renewAt(began, expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	return expires.Add(-min(expires.Sub(began)/10, longestMargin))
}
