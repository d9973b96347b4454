package token_test

import (
	"sync"
	"time"
)

// clock is the simulator's, which can be put forward.
type clock struct {
	mu     sync.Mutex
	passed time.Duration
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.passed)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed += d
}
