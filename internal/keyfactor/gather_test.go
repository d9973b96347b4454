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

func TestGatherer_ChainAfterABurstWaitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := counted(true)
		var burst sync.WaitGroup
		for key := range 10 {
			burst.Go(func() { operation(t, g, key, 40*time.Millisecond) })
		}
		burst.Wait()
		begun := time.Now()
		for key := range 20 {
			operation(t, g, 100+key, 40*time.Millisecond)
		}
		if took := time.Since(begun); took != 20*60*time.Millisecond+lingerWait {
			t.Errorf("it took %v", took)
		}
	})
}

func TestGatherer_BatchThatEverybodyLeftIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, sizes := counted(false)
		defer g.begin()() // another that never asks
		end := g.begin()
		ctx, cancel := context.WithTimeout(t.Context(), gatherWait/2)
		defer cancel()
		if _, err := g.get(ctx, 1); err != nil {
			t.Errorf("giving up halfway is no error: %v", err)
		}
		end()
		operation(t, g, 2, 0)
		if !slices.Equal(*sizes, []int{1}) {
			t.Errorf("batches of %v", *sizes)
		}
	})
}

func TestGatherer_BatchThatHangsLeavesTimeToAskAlone(t *testing.T) {
	for _, c := range []struct{ has, waits time.Duration }{
		{0, patience}, {10 * time.Second, 5 * time.Second}, {time.Hour, patience},
	} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan struct{})
			g := &gatherer[int]{ask: func(ctx context.Context, _ []int) map[int]*Certificate {
				<-ctx.Done()
				close(ended)
				return nil
			}}
			defer g.begin()()
			ctx, begun := t.Context(), time.Now()
			if c.has != 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.has)
				defer cancel()
			}
			if row, err := g.get(ctx, 1); row != nil || err != nil {
				t.Errorf("it brought %v, %v", row, err)
			}
			if waited := time.Since(begun); waited != c.waits {
				t.Errorf("with %v left it waited %v", c.has, waited)
			}
			<-ended
		})
	}
}
