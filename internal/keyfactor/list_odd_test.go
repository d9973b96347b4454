package keyfactor

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// newestFirst is how identities are listed where the caller leaves the order
// to the client.
func newestFirst(size int) listing[row] {
	return listing[row]{pageSize: size, sort: "Id", sortIsOurs: true, byID: true, descending: true}
}

func backwards(ids []int64) []int64 {
	slices.Reverse(ids)
	return ids
}

func TestList_NewestFirstTakesOneRequestMoreThanThePages(t *testing.T) {
	for _, test := range []struct{ rows, limit, size, want int }{
		{5000, 0, 2500, 3},
		{5000, 1000, 2500, 6},
		{5000, 500, 2500, 11},
		{4999, 50, 2500, 101},
		{5001, 500, 2500, 12},
		{400, 0, 2500, 1},
		{2501, 0, 2500, 3},
	} {
		s := &listServer{rows: numbers(test.rows), limit: test.limit}
		mustRead(t, s, newestFirst(test.size), backwards(numbers(test.rows)))
		if len(s.asks) > test.want {
			t.Errorf("%+v: %d requests", test, len(s.asks))
		}
	}
}

// A row deleted and one added keep the total; whatever the moment and the
// place, no row that was there throughout is lost or doubled.
func TestList_NewestFirstWithARowDeletedAndOneAdded(t *testing.T) {
	for at := 2; at <= 7; at++ {
		for victim := range 5 {
			t.Run(fmt.Sprintf("before request %d on page %d", at, victim+1), func(t *testing.T) {
				s := &listServer{rows: numbers(500), limit: 100}
				gone := int64(500 - victim*100 - 10)
				s.before = func(n int, _ ask) {
					if n == at {
						s.rows = append(slices.DeleteFunc(s.rows, func(id int64) bool { return id == gone }), 501)
					}
				}
				got, err := read(t, s, newestFirst(2500))
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range numbers(500) {
					if n := count(got, id); n > 1 || n == 0 && id != gone {
						t.Errorf("row %d is listed %d times", id, n)
					}
				}
			})
		}
	}
}

// A server that takes no notice of the sort field adds at the other end.
func TestList_NewestFirstWhereTheServerDoesNotSort(t *testing.T) {
	for at := 2; at <= 7; at++ {
		for victim := range 5 {
			s := &listServer{rows: numbers(500), ignoreSort: true}
			gone := int64(victim*100 + 10)
			s.before = func(n int, _ ask) {
				if n == at {
					s.rows = append(slices.DeleteFunc(s.rows, func(id int64) bool { return id == gone }), 501)
				}
			}
			got, err := read(t, s, newestFirst(100))
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range numbers(500) {
				if n := count(got, id); n > 1 || n == 0 && id != gone {
					t.Errorf("change before request %d: row %d is listed %d times", at, id, n)
				}
			}
		}
	}
}

// Sorted by a name, rows are added anywhere, so the edges of the list do not
// show that a row was deleted on one page and another added behind it.
func TestList_SortedByANameWithARowDeletedAndOneAdded(t *testing.T) {
	for at := 2; at <= 7; at++ {
		for victim := range 5 {
			for place := range 5 {
				s := &listServer{rows: numbers(500)}
				gone := int64(victim*100 + 10)
				s.before = func(n int, _ ask) {
					if n == at {
						rows := slices.DeleteFunc(s.rows, func(id int64) bool { return id == gone })
						s.rows = slices.Insert(rows, place*100+50, 501)
					}
				}
				got, err := read(t, s, listing[row]{pageSize: 100, sort: "Name"})
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range numbers(500) {
					if n := count(got, id); n > 1 || n == 0 && id != gone {
						t.Fatalf("change before request %d, %d deleted, one added on page %d: row %d is listed %d times", at, gone, place+1, id, n)
					}
				}
			}
		}
	}
}

func TestList_CapThatLeavesGapsBetweenPages(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(1030), limit: 100, gaps: true, noTotal: noTotal}
		mustRead(t, s, listing[row]{pageSize: 250}, numbers(1030))
	}
}

// Some rows are hidden from the caller, after they were counted off into pages.
func TestList_PagesWithHiddenRows(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(500), noTotal: noTotal}
		s.hidden = func(id int64) bool { return id%50 == 7 }
		want := slices.DeleteFunc(numbers(500), s.hidden)
		mustRead(t, s, listing[row]{pageSize: 100}, want)
	}
}

func TestList_TotalIsTooSmall(t *testing.T) {
	for _, total := range []int64{0, 1, 99, 101, 120, 250} {
		s := &listServer{rows: numbers(730), claim: func(ask) int64 { return total }}
		mustRead(t, s, listing[row]{pageSize: 100}, numbers(730))
	}
}

func TestList_TotalIsTheNumberOfRowsOnThePage(t *testing.T) {
	s := &listServer{rows: numbers(250)}
	s.claim = func(a ask) int64 { return int64(max(0, min(a.size, 250-(a.page-1)*a.size))) }
	if got, err := read(t, s, listing[row]{pageSize: 100}); err == nil && len(got) != 250 {
		t.Errorf("%d of 250 rows and no error", len(got))
	}
}

func TestList_TotalOnTheFirstPageOnly(t *testing.T) {
	s := &listServer{rows: numbers(730)}
	s.claim = func(a ask) int64 {
		if a.page > 1 {
			return -1
		}
		return 730
	}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(730))
}

func TestList_CappedPageThatTimesOutIsAskedAtHalfTheSize(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(1000), limit: 100, noTotal: noTotal}
		s.before = func(n int, a ask) {
			s.slowerThan = 0
			if n >= 3 {
				s.slowerThan = 60
			}
		}
		mustRead(t, s, listing[row]{}, numbers(1000))
	}
}

func TestList_NoContentIsAnEmptyPage(t *testing.T) {
	c := New(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return answer(req, 204, http.Header{}, ""), nil
	})}, "https://command.test/KeyfactorAPI")
	rows, err := c.Identities(context.Background(), IdentityListOptions{})
	if err != nil || len(rows) != 0 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
}

// Over HTTP/1.1 each request under way needs a connection of its own.
func TestList_PagesAtATime(t *testing.T) {
	for _, test := range []struct {
		http2 bool
		most  int64
	}{{false, 2}, {true, 4}} {
		s := &listServer{rows: numbers(2000), http2: test.http2}
		var now, most atomic.Int64
		c := New(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(2 * time.Millisecond) // long enough to be side by side
			return s.RoundTrip(req)
		})}, "https://command.test/KeyfactorAPI")
		_, err := list(context.Background(), c, listing[row]{path: "Rows", pageSize: 50, id: func(r *row) int64 { return r.ID }})
		if err != nil {
			t.Fatal(err)
		}
		if m := most.Load(); m > test.most || m < 2 {
			t.Errorf("HTTP/2 %v: %d requests at a time, want 2 to %d", test.http2, m, test.most)
		}
	}
}

// Over HTTP/1.1 a connection whose answer was not read to its very end is lost.
func TestList_ConnectionIsKeptFromPageToPage(t *testing.T) {
	pages := &listServer{rows: numbers(1000), noTotal: true}
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		resp, err := pages.RoundTrip(req)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(w, resp.Body)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(2 * time.Millisecond) // the end of the answer comes in a packet of its own
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	c := New(&http.Client{Transport: base}, server.URL)
	rows, err := list(context.Background(), c, listing[row]{path: "Rows", pageSize: 100, id: func(r *row) int64 { return r.ID }})
	if err != nil || len(rows) != 1000 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	if n := connections.Load(); n > 2 {
		t.Errorf("%d connections, want at most 2", n)
	}
}
