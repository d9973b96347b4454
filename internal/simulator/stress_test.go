package simulator_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// Half of all requests fail in every way while eight callers work side by side: the simulator answers afterwards as if
// nothing had been, and what was carried out is there.
func TestEvery_SideBySide(t *testing.T) {
	c := start(t, simulator.Options{Faults: simulator.Every(3, 0.5)})
	root := made(t, "Test root", nil)
	var leaves []*pair
	for i := range 40 {
		leaves = append(leaves, made(t, "leaf"+strconv.Itoa(i), root))
	}
	work := make(chan *pair)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for leaf := range work {
				for done := false; !done; {
					ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
					got, err := c.try(c.request("POST", "/Certificates/Import", map[string]string{"Certificate": encode(leaf.Raw)}).WithContext(ctx))
					cancel()
					done = err == nil && got.status == 200 && len(got.body) < 1000
				}
			}
		})
	}
	for _, leaf := range leaves {
		work <- leaf
	}
	close(work)
	callers.Wait()
	c.s.ClearFaults()
	if err := c.s.Listen("command"); err != nil {
		t.Fatal(err)
	}
	if got := c.ids("ReturnLimit", "100"); len(got) != len(leaves) {
		t.Errorf("%d certificates, want %d", len(got), len(leaves))
	}
	kinds := map[string]bool{}
	for _, e := range c.s.Journal() {
		kinds[e.Fault] = true
	}
	t.Logf("%d requests, %d faults, %d kinds", len(c.s.Journal()), c.s.Injected(), len(kinds)-1)
	if c.s.Injected() < 20 || len(kinds) < 5 {
		t.Errorf("%d faults of %d kinds", c.s.Injected(), len(kinds)-1)
	}
}
