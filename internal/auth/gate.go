package auth

import (
	"context"
	"fmt"
	"sync"
)

// gate lets one request at a time through until one has succeeded, and none after a final refusal.
type gate struct {
	mu    sync.Mutex
	open  bool
	final error
	first *probe // the request that is under way while the gate is not open, nil when there is none
}

// probe is a request that goes ahead of the others.
type probe struct {
	done   chan struct{}
	failed error // what those who waited get; nil when one of them is to go next
	down   bool  // it failed in spite of its retries
}

// verdict is what a request showed about the credentials.
type verdict int

const (
	unproven verdict = iota // nothing: the next one goes ahead
	proven                  // the server knows them
	down                    // nothing, and the server did not serve: the next one tries once
	shared                  // nothing, but those who wait fail too
	refused                 // nobody is to use them again
)

// pass is the permission to send one request.
type pass struct {
	gate  *gate
	probe *probe // nil when the gate was open
	once  bool   // the caller has waited for a request that failed: one attempt will do
}

// enter waits until the request may be sent. Every pass is given back by leave.
func (g *gate) enter(ctx context.Context) (pass, error) {
	waited := false
	for {
		g.mu.Lock()
		if g.final != nil {
			defer g.mu.Unlock()
			return pass{}, g.final
		}
		if g.open {
			defer g.mu.Unlock()
			return pass{gate: g}, nil
		}
		first := g.first
		if first == nil {
			g.first = &probe{done: make(chan struct{})}
			defer g.mu.Unlock()
			return pass{gate: g, probe: g.first, once: waited}, nil
		}
		g.mu.Unlock()

		select {
		case <-first.done:
			if first.failed != nil {
				return pass{}, first.failed
			}
			waited = first.down
		case <-ctx.Done():
			return pass{}, fmt.Errorf("waiting for the first request with these credentials: %w", ctx.Err())
		}
	}
}

// leave gives the pass back and returns the error to report: err, or the first of several final ones.
func (p pass) leave(v verdict, err error) error {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if v == refused {
		if g.final == nil {
			g.final = err
		}
		err = g.final
	}
	if v == proven {
		g.open = true
	}
	if p.probe != nil {
		if v == shared || v == refused {
			p.probe.failed = err
		}
		p.probe.down = v == down
		g.first = nil
		close(p.probe.done)
	}
	return err
}
