package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// idServer holds certificates with the ids from 1 to last and answers 20 ms
// after it was asked.
type idServer struct {
	last int64
	// fail answers request n (from 1) in its own way where it returns any.
	fail func(n int, req *http.Request) (*http.Response, error)

	mu             sync.Mutex
	requests, rows int
	several        int // requests for more than one certificate
}

var idClause = regexp.MustCompile(`CertId -ge (\d+) AND CertId -le (\d+)|CertId -eq (\d+)|Thumbprint -eq "0*(\d+)"`)

func (s *idServer) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	s.mu.Lock()
	s.requests++
	n := s.requests
	clauses := idClause.FindAllStringSubmatch(req.URL.Query().Get("QueryString"), -1)
	if len(clauses) > 1 || clauses[0][1] != "" {
		s.several++
	}
	s.mu.Unlock()
	if s.fail != nil {
		if resp, err := s.fail(n, req); resp != nil || err != nil {
			return resp, err
		}
	}
	var b strings.Builder
	rows := 0
	for _, c := range clauses {
		from, _ := strconv.ParseInt(c[1]+c[3]+c[4], 10, 64)
		to, _ := strconv.ParseInt(c[2]+c[3]+c[4], 10, 64)
		for id := from; id <= min(to, s.last); id++ {
			fmt.Fprintf(&b, `,{"Id":%d,"Thumbprint":"%040d"}`, id, id)
			rows++
		}
	}
	s.mu.Lock()
	s.rows += rows
	s.mu.Unlock()
	return answer(req, 200, http.Header{"X-Keyfactor-Product-Version": {"25.1.1.0"}}, "["+strings.TrimPrefix(b.String(), ",")+"]"), nil
}

func (s *idServer) finder() *Finder {
	return New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI").Finder()
}

// walk reads the ids ten at a time, as Terraform does.
func walk(t *testing.T, f *Finder, ids []int64) {
	t.Helper()
	var all sync.WaitGroup
	turns := make(chan struct{}, 10)
	for _, id := range ids {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			time.Sleep(2 * time.Millisecond)
			defer time.Sleep(2 * time.Millisecond)
			defer f.Reading(0)()
			if row, err := f.ByID(context.Background(), id, 0); err != nil || row == nil || row.ID != id {
				t.Errorf("%d brought %v, %v", id, row, err)
			}
		})
	}
	all.Wait()
}

// everyNth are n ids, of which each is step after the one before, in an order
// that seed decides.
func everyNth(n int, step int64, seed uint64) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i)*step + 1
	}
	rand.New(rand.NewPCG(seed, 9)).Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

func TestFinder_RequestsOfAWalk(t *testing.T) {
	for _, c := range []struct {
		n     int
		step  int64
		seeds uint64
		below int // requests
	}{{1, 1, 1, 2}, {1_000, 1, 5, 20}, {1_000, 10, 2, 110}, {5_000, 5, 1, 250}, {20_000, 1, 1, 250}} {
		for seed := range c.seeds {
			synctest.Test(t, func(t *testing.T) {
				s := &idServer{last: 25_000}
				walk(t, s.finder(), everyNth(c.n, c.step, seed))
				if s.requests >= c.below {
					t.Errorf("%d of every %d, seed %d: %d requests", c.n, c.step, seed, s.requests)
				}
				if c.n == 1 && s.rows != 1 {
					t.Errorf("%d rows for one certificate", s.rows)
				}
			})
		}
	}
}

func TestFinder_RecoversFromAFailure(t *testing.T) {
	for _, status := range []int{401, 429, 500, 503} {
		synctest.Test(t, func(t *testing.T) {
			s := &idServer{last: 1_000}
			s.fail = func(n int, req *http.Request) (*http.Response, error) {
				if n != 2 {
					return nil, nil
				}
				return answer(req, status, http.Header{}, "{}"), nil
			}
			walk(t, s.finder(), everyNth(1_000, 1, 1))
			if s.requests >= 30 {
				t.Errorf("%d: %d requests", status, s.requests)
			}
		})
	}
}

func isForSeveral(req *http.Request) bool {
	return len(idClause.FindAllString(req.URL.Query().Get("QueryString"), -1)) > 1 || strings.Contains(req.URL.Query().Get("QueryString"), "-ge")
}

func TestFinder_StopsAskingForSeveral(t *testing.T) {
	for _, c := range []struct {
		status  int // 0 for none that ever comes
		several int
	}{{400, 1}, {403, 1}, {404, 1}, {414, 1}, {401, 2}, {408, 2}, {500, 2}, {0, 2}} {
		synctest.Test(t, func(t *testing.T) {
			s := &idServer{last: 200}
			s.fail = func(_ int, req *http.Request) (*http.Response, error) {
				switch {
				case !isForSeveral(req):
					return nil, nil
				case c.status == 0:
					<-req.Context().Done()
					return nil, req.Context().Err()
				}
				return answer(req, c.status, http.Header{}, "{}"), nil
			}
			begun := time.Now()
			walk(t, s.finder(), everyNth(200, 1, 1))
			if s.several != c.several {
				t.Errorf("%d: %d requests for several certificates, want %d", c.status, s.several, c.several)
			}
			if took := time.Since(begun); took > 2*patience+2*time.Second {
				t.Errorf("%d: it took %v", c.status, took)
			}
		})
	}
}

func TestFinder_ThumbprintsStopAskingForSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &idServer{last: 100}
		s.fail = func(_ int, req *http.Request) (*http.Response, error) {
			if isForSeveral(req) {
				return answer(req, 403, http.Header{}, "{}"), nil
			}
			return nil, nil
		}
		f := s.finder()
		for range 2 {
			var all sync.WaitGroup
			for id := range 10 {
				all.Go(func() {
					defer f.Importing(0)()
					time.Sleep(time.Millisecond)
					row, err := f.ByThumbprint(context.Background(), fmt.Sprintf("%040d", id+1), "", 0)
					if err != nil || row == nil || row.ID != int64(id)+1 {
						t.Errorf("%d brought %v, %v", id+1, row, err)
					}
				})
			}
			all.Wait()
		}
		if s.several != 1 || s.requests != 21 {
			t.Errorf("%d requests, %d of them for several certificates", s.requests, s.several)
		}
	})
}

// Whoever misses a certificate in a batch asks again alone.
func TestFinder_SeveralAreAskedForOnce(t *testing.T) {
	var attempts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		attempts.Add(1)
		w.WriteHeader(503)
	}))
	defer server.Close()
	base := transport.New(transport.Options{MaxRetries: 3, FirstWait: time.Millisecond})
	defer base.CloseIdleConnections()
	f := New(&http.Client{Transport: base}, server.URL).Finder()
	_, err := f.client.several(t.Context(), &trust{}, aheadQuery("CertId -ge 1", 0, 2), true)
	if StatusOf(err) != 503 || attempts.Load() != 1 {
		t.Errorf("%d attempts, %v", attempts.Load(), err)
	}
}

func TestFinder_TimeOutNamesTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &idServer{last: 10}
		s.fail = func(_ int, req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}
		f := s.finder()
		defer f.Reading(0)()
		defer f.Reading(0)() // that never asks
		late, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for want, ctx := range map[error]context.Context{context.DeadlineExceeded: late, context.Canceled: gone} {
			_, err := f.ByID(ctx, 3, 0)
			if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "GET /KeyfactorAPI/Certificates: waiting for the answer of command.test: context ") {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestFinder_WhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &idServer{last: 1_000_000}
		f := s.finder()
		walk(t, f, []int64{1, 500_000, 999_000}) // in any order, the first of them alone
		n := f.neighbourhood(0)
		kept := func() (rows, marks int) {
			for _, ahead := range n.rows {
				if ahead.row != nil {
					rows++
				} else {
					marks++
				}
			}
			return rows, marks
		}
		if rows, marks := kept(); rows == 0 || marks == 0 {
			t.Errorf("%d rows and %d marks", rows, marks)
		}
		n.read(t.Context(), []int64{2})
		if n.rows[2].row != nil {
			t.Error("a row that was handed out is kept")
		}
		n.read(t.Context(), []int64{3})
		if n.rows[2].row != nil {
			t.Error("a row that was handed out is kept again")
		}
		time.Sleep(keepAhead + time.Second)
		n.read(t.Context(), []int64{800_000})
		for id := range n.rows {
			if id < 799_000 || id > 801_000 {
				t.Fatalf("%d is kept after its time", id)
			}
		}
		for id := int64(1); id <= keptAhead-100; id++ {
			n.rows[id] = aheadRow{row: &Certificate{ID: id}, until: f.now().Add(keepAhead)}
		}
		for at := int64(40_000); at < 43_000; at += 700 {
			n.window = widestWindow
			n.read(t.Context(), []int64{at})
		}
		if rows, _ := kept(); rows != keptAhead {
			t.Errorf("%d rows are kept", rows)
		}
	})
}

func TestFinder_WindowGrowsOnlyWhereItPays(t *testing.T) {
	n := (&idServer{}).finder().neighbourhood(0)
	n.asked, n.window = 2, 64
	n.used, n.brought = 5, 600
	if _, window := n.plan(1); window != 64 {
		t.Errorf("5 of 600 rows used: the window is %d", window)
	}
	n.used, n.brought = 7, 600
	if _, window := n.plan(1); window != 128 {
		t.Errorf("7 of 600 rows used: the window is %d", window)
	}
	for range 20 {
		n.plan(1)
	}
	if n.window != narrowestWindow {
		t.Errorf("nothing used: the window is %d", n.window)
	}
}
