package keyfactor

import (
	"context"
	"sync"
	"time"
)

const (
	// gatherWait is how long a question waits at most for others to join it,
	// and lingerWait where operations go on beginning.
	gatherWait = 100 * time.Millisecond
	lingerWait = 500 * time.Millisecond
	// lingerFor leaves four of Terraform's ten operations to work while six
	// wait: with more, the work itself is slower, with fewer, requests are more.
	lingerFor = 6
	// patience is how long a question waits at most for a batch to bring its
	// answer, and half of the time that its asker has: asking alone comes after.
	patience = 20 * time.Second
)

// gatherer makes questions that are asked side by side travel together.
//
// Terraform runs ten operations at a time. A batch leaves when every operation
// that could still join it has, so that one alone never waits, or after
// gatherWait, so that a slow operation does not hold up the others. One batch
// is under way at a time: what is asked meanwhile gathers for the next.
//
// Operations of which each has much to do beside its question begin one by one,
// and soon no two of them would meet; waiting for all of them, on the other
// hand, leaves nobody to work meanwhile. With linger, a batch after the first
// therefore leaves when it holds lingerFor questions, or as many as operations
// were seen side by side lately, or after lingerWait; after gatherWait where no
// operation has begun since the last batch left.
type gatherer[K comparable] struct {
	// ask answers a batch; what it leaves out was not found by it.
	ask    func(ctx context.Context, keys []K) map[K]*Certificate
	linger bool

	mu      sync.Mutex
	active  int       // operations that may still ask
	peak    int       // the most of them lately
	begun   bool      // one has begun since the last batch left
	sent    bool      // a batch has left
	next    *batch[K] // gathering, nil when nobody waits to leave
	sending bool
}

// batch is one request and those who wait for it.
type batch[K comparable] struct {
	keys    map[K]bool
	waiting int
	lingers bool // it has waited for gatherWait, and operations have begun
	due     bool // it has waited long enough
	timer   *time.Timer
	ctx     context.Context //nolint:containedctx // outlives each caller's own, ends with the last
	cancel  context.CancelFunc

	done chan struct{} // closed when rows is set
	rows map[K]*Certificate
}

// begin says that an operation may ask until it calls end.
func (g *gatherer[K]) begin() (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	g.peak, g.begun = max(g.peak, g.active), true
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.active--
		g.depart()
	}
}

// get asks for one key together with others; nil when the batch did not bring
// it in time. The error is the context's only.
func (g *gatherer[K]) get(ctx context.Context, key K) (*Certificate, error) {
	wait := patience
	if until, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(until)/2)
	}
	b := g.join(ctx, key)
	enough := time.NewTimer(wait)
	defer enough.Stop()
	select {
	case <-b.done:
		return b.rows[key], nil
	case <-enough.C:
		g.leave(b)
		return nil, nil
	case <-ctx.Done():
		g.leave(b)
		return nil, context.Cause(ctx)
	}
}

func (g *gatherer[K]) join(ctx context.Context, key K) *batch[K] {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.next
	if b == nil {
		b = &batch[K]{keys: map[K]bool{}, done: make(chan struct{})}
		b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
		b.timer = time.AfterFunc(gatherWait, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.linger && g.begun && !b.lingers {
				b.lingers = true
				b.timer.Reset(lingerWait - gatherWait)
				return
			}
			b.due = true
			g.depart()
		})
		g.next = b
	}
	b.keys[key] = true
	b.waiting++
	g.depart()
	return b
}

// leave gives up waiting; the request ends with the last who waits for it, and
// a batch that has not left yet is not joined any more.
func (g *gatherer[K]) leave(b *batch[K]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.waiting--; b.waiting > 0 {
		return
	}
	b.cancel()
	if b == g.next {
		b.timer.Stop()
		g.next = nil
	}
}

// depart sends the gathered batch off when it is time; the caller holds g.mu.
func (g *gatherer[K]) depart() {
	b := g.next
	enough := g.active
	if g.linger && g.sent {
		enough = min(g.peak, lingerFor)
	}
	if b == nil || g.sending || !b.due && b.waiting < enough {
		return
	}
	b.timer.Stop()
	g.next, g.sending, g.sent = nil, true, true
	g.peak, g.begun = max(g.peak-1, g.active), false
	if b.due && b.waiting >= g.active {
		g.peak = g.active // it waited in vain: nobody else is at work
	}
	go g.send(b)
}

func (g *gatherer[K]) send(b *batch[K]) {
	keys := make([]K, 0, len(b.keys))
	for key := range b.keys {
		keys = append(keys, key)
	}
	b.rows = g.ask(b.ctx, keys)
	b.cancel()
	close(b.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sending = false
	g.depart()
}
