package keyfactor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

func TestList_Empty(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{noTotal: noTotal}
		mustRead(t, s, listing[row]{}, nil)
		s.wantRequests(t, 1)
	}
}

func TestList_OnePageExactlyFull(t *testing.T) {
	s := &listServer{rows: numbers(100)}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(100))
	s.wantRequests(t, 2) // the total may be the page's
}

func TestList_OnePageExactlyFullWithoutTotal(t *testing.T) {
	s := &listServer{rows: numbers(100), noTotal: true}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(100))
	s.wantRequests(t, 2)
	if s.asks[1].page != 2 {
		t.Errorf("second request asks for page %d, want 2", s.asks[1].page)
	}
}

func TestList_ManyPages(t *testing.T) {
	s := &listServer{rows: numbers(5000)}
	mustRead(t, s, listing[row]{sort: "Id"}, numbers(5000))
	s.wantRequests(t, 2+1)
	for _, a := range s.asks {
		if a.size != DefaultPageSize || a.sort != "Id" || a.prefixed {
			t.Errorf("asked %+v", a)
		}
	}
}

func TestList_Descending(t *testing.T) {
	s := &listServer{rows: numbers(250)}
	want := numbers(250)
	slices.Reverse(want)
	mustRead(t, s, listing[row]{pageSize: 100, sort: "Id", descending: true}, want)
}

func TestList_WithoutTotalReadsToTheEmptyPage(t *testing.T) {
	s := &listServer{rows: numbers(250), noTotal: true}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(250))
	pages := map[int]int{}
	for _, a := range s.asks {
		pages[a.page]++
	}
	if pages[4] != 1 || pages[5] != 0 {
		t.Errorf("the empty page 4 was asked %d times, page 5 %d times; want 1 and 0", pages[4], pages[5])
	}
}

func TestList_ServerCapsThePageSize(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(1030), limit: 100, noTotal: noTotal}
		mustRead(t, s, listing[row]{}, numbers(1030))
	}
}

func TestList_RowAddedBetweenPages(t *testing.T) {
	s := &listServer{rows: numbers(300)}
	s.before = func(n int, _ ask) {
		if n == 2 {
			s.rows = append(s.rows, 301)
		}
	}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(301))
}

func TestList_RowDeletedBetweenPages(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(300), noTotal: noTotal}
		s.before = func(n int, _ ask) {
			if n == 2 {
				s.rows = slices.Delete(s.rows, 9, 10)
			}
		}
		mustRead(t, s, listing[row]{pageSize: 100}, slices.Delete(numbers(300), 9, 10))
	}
}

// One row deleted and one added leave the total as it is; the row that moves
// from the second page to the first must not be lost.
func TestList_RowDeletedAndRowAddedBetweenPages(t *testing.T) {
	for at := 2; at <= 7; at++ {
		for victim := range 5 {
			t.Run(fmt.Sprintf("before request %d on page %d", at, victim+1), func(t *testing.T) {
				s := &listServer{rows: numbers(500)}
				gone := int64(victim*100 + 10)
				s.before = func(n int, _ ask) {
					if n == at {
						s.rows = append(slices.DeleteFunc(s.rows, func(id int64) bool { return id == gone }), 501)
					}
				}
				got, err := read(t, s, listing[row]{pageSize: 100})
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

// Somebody deletes and adds all the time: whatever is read lacks no row that
// was there throughout, and has none twice.
func TestList_Churn(t *testing.T) {
	for name, test := range map[string]struct {
		listing  listing[row]
		server   *listServer
		anywhere bool // where rows are added, else at the end
	}{
		"oldest first":         {listing: listing[row]{pageSize: 100, sort: "Id", byID: true}},
		"newest first":         {listing: newestFirst(100)},
		"newest first, capped": {listing: newestFirst(2500), server: &listServer{limit: 100}},
		"server does not sort": {listing: newestFirst(100), server: &listServer{ignoreSort: true}},
		"no total":             {listing: newestFirst(100), server: &listServer{noTotal: true}},
		"by name":              {listing: listing[row]{pageSize: 100, sort: "Name"}, anywhere: true},
		"by name, no total":    {listing: listing[row]{pageSize: 100, sort: "Name"}, server: &listServer{noTotal: true}, anywhere: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complete := 0
			for seed := range uint64(200) {
				random := rand.New(rand.NewPCG(seed, 1))
				s := &listServer{rows: numbers(700)}
				if like := test.server; like != nil {
					s.limit, s.ignoreSort, s.noTotal = like.limit, like.ignoreSort, like.noTotal
				}
				next, left := int64(701), 1+random.IntN(3) // changes
				s.before = func(n int, _ ask) {
					for left > 0 && random.IntN(6) == 0 {
						left--
						at := random.IntN(len(s.rows))
						s.rows = slices.Delete(slices.Clone(s.rows), at, at+1)
						place := len(s.rows)
						if test.anywhere {
							place = random.IntN(len(s.rows))
						}
						s.rows = slices.Insert(s.rows, place, next)
						next++
					}
				}
				got, err := read(t, s, test.listing)
				var changed *ListChangedError
				if errors.As(err, &changed) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				complete++
				slices.Sort(got)
				if len(slices.Compact(slices.Clone(got))) != len(got) {
					t.Fatalf("seed %d: a row is listed twice", seed)
				}
				for _, id := range s.rows {
					if _, found := slices.BinarySearch(got, id); !found && id <= 700 {
						t.Fatalf("seed %d: row %d was there throughout and is not listed", seed, id)
					}
				}
			}
			if complete < 50 {
				t.Errorf("only %d of 200 lists were read", complete)
			}
		})
	}
}

func count(ids []int64, id int64) int {
	n := 0
	for _, i := range ids {
		if i == id {
			n++
		}
	}
	return n
}

func TestList_ChangesAllTheTime(t *testing.T) {
	s := &listServer{rows: numbers(300)}
	s.before = func(n int, _ ask) { s.rows = append(s.rows, int64(300+n)) }
	_, err := read(t, s, listing[row]{pageSize: 100})
	var changed *ListChangedError
	if !errors.As(err, &changed) || changed.Reason != reasonTotal || changed.Path != "Rows" {
		t.Fatalf("error = %v, want a ListChangedError about the total", err)
	}
	if len(s.asks) > 2*(1+atATime) {
		t.Errorf("%d requests, want at most two first pages and what follows them", len(s.asks))
	}
}

func TestList_RepeatedID(t *testing.T) {
	rows := numbers(300)
	rows[250] = 17
	s := &listServer{rows: rows}
	_, err := read(t, s, listing[row]{pageSize: 100})
	var changed *ListChangedError
	if !errors.As(err, &changed) || changed.Reason != reasonRepeated || changed.ID != 17 {
		t.Fatalf("error = %v, want a ListChangedError about id 17", err)
	}
}

func TestList_IgnoredPagingIsTriedInTheOtherSpelling(t *testing.T) {
	s := &listServer{rows: numbers(300), prefixedOnly: true}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(300))
	last := s.asks[len(s.asks)-1]
	if !last.prefixed || last.size != 100 {
		t.Errorf("the last request asked %+v, want the pq. names", last)
	}
}

// Where rows do not show that a parameter was dropped, one page is not taken
// for the answer before the server has shown that it understands the spelling.
func TestList_SpellingIsProvenWhereItMatters(t *testing.T) {
	for _, only := range []bool{false, true} {
		s := &listServer{rows: numbers(30), prefixedOnly: only}
		want := numbers(30)
		slices.Reverse(want)
		mustRead(t, s, listing[row]{sort: "Name", descending: true, proof: true}, want)
		if last := s.asks[len(s.asks)-1]; last.prefixed != only || last.page != 2 {
			t.Errorf("the last request asked %+v, want page 2, prefixed %v", last, only)
		}
	}
}

func TestList_SpellingIsProvenOnce(t *testing.T) {
	s := &listServer{rows: numbers(30)}
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	for range 3 {
		if _, err := c.ListCertificates(context.Background(), CertificateQuery{Query: `CN -contains "a"`}); err != nil {
			t.Fatal(err)
		}
	}
	s.wantRequests(t, 4)
}

func TestList_EmptyAnswerIsAskedForInBothSpellingsWhereItMatters(t *testing.T) {
	s := &listServer{}
	mustRead(t, s, listing[row]{proof: true}, nil)
	s.wantRequests(t, 2)
	if s.asks[0].prefixed || !s.asks[1].prefixed {
		t.Errorf("asked %+v", s.asks)
	}
}

func TestList_IgnoredPagingIsRefused(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		s := &listServer{rows: numbers(300), ignorePaging: true, noTotal: noTotal}
		_, err := read(t, s, listing[row]{pageSize: 100})
		var paging *PagingError
		if !errors.As(err, &paging) {
			t.Fatalf("error = %v, want a PagingError", err)
		}
		if len(s.asks) > 2*(1+atATime) {
			t.Errorf("%d requests before the refusal", len(s.asks))
		}
		if !s.asks[len(s.asks)-1].prefixed {
			t.Error("the pq. names were not tried")
		}
	}
}

func TestList_EndlessListIsRefused(t *testing.T) {
	s := &listServer{noTotal: true}
	all := numbers(maxPages + 1)
	s.before = func(n int, a ask) { s.rows = all[:a.page] }
	_, err := read(t, s, listing[row]{pageSize: 1})
	var paging *PagingError
	if !errors.As(err, &paging) || paging.Pages != maxPages {
		t.Fatalf("error = %v, want a PagingError after %d pages", err, maxPages)
	}
}

func TestList_Version10IsAskedInItsSpelling(t *testing.T) {
	s := &listServer{rows: numbers(300), version: "10.5.0.0"}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(300))
	for i, a := range s.asks {
		if a.prefixed != (i > 0) {
			t.Errorf("request %d: prefixed is %v", i+1, a.prefixed)
		}
	}
}

func TestList_PageThatTimesOutIsAskedAtHalfTheSize(t *testing.T) {
	s := &listServer{rows: numbers(3000), slowerThan: 500}
	mustRead(t, s, listing[row]{pageSize: 1000}, numbers(3000))
	if s.asks[0].size != 1000 || s.asks[1].size != 500 {
		t.Errorf("asked for %d, then %d rows; want 1000, then 500", s.asks[0].size, s.asks[1].size)
	}
}

func TestList_LaterPageThatTimesOut(t *testing.T) {
	for _, size := range []int{100, 101, 97} { // odd sizes do not halve into whole pages
		for _, noTotal := range []bool{false, true} {
			s := &listServer{rows: numbers(1234), noTotal: noTotal}
			s.before = func(n int, _ ask) {
				if s.slowerThan = 0; n >= 4 {
					s.slowerThan = size/2 - 5 // and half of it again
				}
			}
			mustRead(t, s, listing[row]{pageSize: size}, numbers(1234))
		}
	}
}

func TestList_WhatElseAsksForSmallerPages(t *testing.T) {
	for name, slow := range map[string]func(*http.Request) (*http.Response, error){
		"a proxy's 504": func(req *http.Request) (*http.Response, error) {
			return answer(req, 504, http.Header{}, "<h1>Gateway Time-out</h1>"), nil
		},
		"a page above the limit of the transport": func(req *http.Request) (*http.Response, error) {
			return nil, &transport.Error{Method: "GET", Attempts: 1, Err: &transport.LimitError{What: "bytes in the answer", Limit: 64 << 20}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &listServer{rows: numbers(1200), slowerThan: 150, slow: slow}
			mustRead(t, s, listing[row]{pageSize: 400}, numbers(1200))
		})
	}
}

func TestList_ServerOutOfReachIsNotAskedForSmallerPages(t *testing.T) {
	s := &listServer{rows: numbers(1200), slowerThan: 150, slow: func(*http.Request) (*http.Response, error) {
		return nil, &transport.TimeoutError{Phase: "connecting", Limit: time.Second}
	}}
	if _, err := read(t, s, listing[row]{pageSize: 400}); err == nil {
		t.Fatal("no error")
	}
	s.wantRequests(t, 1)
}

func TestList_AlwaysTimesOut(t *testing.T) {
	s := &listServer{rows: numbers(10), slowerThan: 1}
	_, err := read(t, s, listing[row]{pageSize: 160})
	if !errors.Is(err, errSlow) {
		t.Fatalf("error = %v, want the time-out", err)
	}
	var sizes []int
	for _, a := range s.asks {
		sizes = append(sizes, a.size)
	}
	if want := []int{160, 80, 40, 20, 10}; !slices.Equal(sizes, want) {
		t.Errorf("asked for %v rows, want %v", sizes, want)
	}
}

func TestList_TotalCountsRowsThatAreHidden(t *testing.T) {
	s := &listServer{rows: numbers(230), overstate: 20}
	mustRead(t, s, listing[row]{pageSize: 100}, numbers(230))
}

func TestList_TotalWithoutRowsIsNoEmptyList(t *testing.T) {
	s := &listServer{overstate: 20}
	_, err := read(t, s, listing[row]{})
	var changed *ListChangedError
	if !errors.As(err, &changed) {
		t.Fatalf("error = %v, want a ListChangedError", err)
	}
}

func TestList_OwnSortFieldIsLeftOutWhereUnknown(t *testing.T) {
	s := &listServer{rows: numbers(20), refuseSort: true}
	mustRead(t, s, listing[row]{sort: "Id", sortIsOurs: true}, numbers(20))
	s.wantRequests(t, 2)
}

func TestList_SortFieldOfTheCallerIsRefusedByTheServer(t *testing.T) {
	s := &listServer{rows: numbers(20), refuseSort: true}
	_, err := read(t, s, listing[row]{sort: "Nope"})
	if StatusOf(err) != 400 || !strings.Contains(err.Error(), "Invalid sort field: Nope.") {
		t.Fatalf("error = %v, want the server's words", err)
	}
	s.wantRequests(t, 1)
}

func TestList_NotCommand(t *testing.T) {
	s := &listServer{body: func([]int64) string { return "<html><title>Sign in</title></html>" }}
	_, err := read(t, s, listing[row]{})
	var e *Error
	if !errors.As(err, &e) || !e.NotCommand || e.FirstLine != "Sign in" {
		t.Fatalf("error = %#v, want one that shows the page's first line", err)
	}
}

func TestList_NoArray(t *testing.T) {
	for _, body := range []string{``, `{"Id":1}`, `[{"Id":1}`, `[{"Id":"x"}]`, `7`} {
		s := &listServer{rows: numbers(1), body: func([]int64) string { return body }}
		_, err := read(t, s, listing[row]{})
		var e *Error
		if !errors.As(err, &e) || e.Status != 200 || e.Message != "" {
			t.Errorf("body %q: error = %v, want one about the answer's form", body, err)
		}
	}
}

type cutBody struct{ io.Reader }

func (cutBody) Close() error { return nil }

func TestList_CutAnswer(t *testing.T) {
	c := New(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := answer(req, 200, http.Header{}, "")
		resp.Body = cutBody{io.MultiReader(strings.NewReader(`[{"Id":1},{"I`), failing{})}
		return resp, nil
	})}, "https://command.test/KeyfactorAPI")
	_, err := c.Claims(context.Background(), ClaimFilter{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "reading the answer") {
		t.Fatalf("error = %v, want the failure of the connection", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestList_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &listServer{rows: numbers(1000)}
	s.before = func(n int, _ ask) {
		if n == 3 {
			cancel()
		}
	}
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	_, err := list(ctx, c, listing[row]{path: "Rows", pageSize: 10, id: func(r *row) int64 { return r.ID }})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want that of the context", err)
	}
	if len(s.asks) > 3+atATime {
		t.Errorf("%d requests, want none after the cancellation", len(s.asks))
	}
}

func TestList_StreamsWithoutKeepingTheText(t *testing.T) {
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode([]map[string]any{{"id": 1}, {"ID": 2}, {"Id": 3, "Unknown": []int{1}}}); err != nil {
		t.Fatal(err)
	}
	s := &listServer{rows: numbers(3), body: func([]int64) string { return text.String() }}
	mustRead(t, s, listing[row]{}, numbers(3))
}
