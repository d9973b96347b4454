package keyfactor

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a gatherer whose batches take 20 ms, and the sizes of its batches.
func counted(linger bool) (*gatherer[int], *[]int) {
	var mu sync.Mutex
	var sizes []int
	g := &gatherer[int]{linger: linger}
	g.ask = func(_ context.Context, keys []int) map[int]*Certificate {
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		sizes = append(sizes, len(keys))
		found := map[int]*Certificate{}
		for _, key := range keys {
			found[key] = &Certificate{ID: int64(key)}
		}
		return found
	}
	return g, &sizes
}

// operation is one that works before it asks.
func operation(t *testing.T, g *gatherer[int], key int, work time.Duration) {
	t.Helper()
	defer g.begin()()
	time.Sleep(work)
	if row, err := g.get(t.Context(), key); err != nil || row == nil || row.ID != int64(key) {
		t.Errorf("%d brought %v, %v", key, row, err)
	}
}

// The clock of these tests stands still while anything runs.

func TestGatherer_OneAfterTheOtherNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, sizes := counted(true)
		begun := time.Now()
		for key := range 5 {
			operation(t, g, key, 40*time.Millisecond)
		}
		if took := time.Since(begun); took != 5*60*time.Millisecond || len(*sizes) != 5 {
			t.Errorf("%v for batches of %v", took, *sizes)
		}
	})
}

func TestGatherer_AllAtOnce(t *testing.T) {
	for _, c := range []struct {
		linger  bool
		batches []int
		took    time.Duration
	}{
		{false, []int{10}, 60 * time.Millisecond},
		{true, []int{10}, 60 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			g, sizes := counted(c.linger)
			begun := time.Now()
			var all sync.WaitGroup
			for key := range 10 {
				all.Go(func() { operation(t, g, key, 40*time.Millisecond) })
			}
			all.Wait()
			if took := time.Since(begun); took != c.took || !slices.Equal(*sizes, c.batches) {
				t.Errorf("linger %t: %v for batches of %v", c.linger, took, *sizes)
			}
		})
	}
}

// Imports begin one by one, each takes less than ten times as long as the next
// needs to begin: side by side are never more than four, until they wait.
func TestGatherer_LingersWhereOperationsTrickleIn(t *testing.T) {
	for _, c := range []struct {
		linger         bool
		atLeast, below int // batches
	}{{false, 20, 101}, {true, 10, 19}} {
		synctest.Test(t, func(t *testing.T) {
			g, sizes := counted(c.linger)
			begun := time.Now()
			var all sync.WaitGroup
			turns := make(chan struct{}, 10) // as Terraform does
			for key := range 100 {
				turns <- struct{}{}
				all.Go(func() {
					defer func() { <-turns }()
					operation(t, g, key, 45*time.Millisecond)
				})
				time.Sleep(25 * time.Millisecond)
			}
			all.Wait()
			if n := len(*sizes); n < c.atLeast || n >= c.below {
				t.Errorf("linger %t: %d batches: %v", c.linger, n, *sizes)
			}
			if took := time.Since(begun); took > 2500*time.Millisecond+2*lingerWait {
				t.Errorf("linger %t: it took %v, the operations begin within 2.5 s", c.linger, took)
			}
		})
	}
}

func TestGatherer_SlowOperationHoldsNobodyUpForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := counted(true)
		var all sync.WaitGroup
		all.Go(func() { operation(t, g, 1, time.Minute) })
		time.Sleep(time.Millisecond)
		begun := time.Now()
		operation(t, g, 2, 0)
		if took := time.Since(begun); took != lingerWait+20*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		all.Wait()
	})
}
