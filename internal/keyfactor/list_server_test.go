package keyfactor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// listServer answers lists of rows {"Id": n} as Command documents it, or in
// one of the ways in which servers differ.
type listServer struct {
	mu   sync.Mutex
	rows []int64
	asks []ask // what was asked, in the order of arrival

	version      string
	limit        int  // most rows on a page; 0 means no limit
	gaps         bool // pages begin where they would without the limit
	http2        bool
	ignoreSort   bool
	hidden       func(id int64) bool // rows that are left out of the pages
	noTotal      bool
	overstate    int64             // added to the total
	claim        func(p ask) int64 // the total that is sent, where set; -1 for none
	ignorePaging bool
	prefixedOnly bool
	refuseSort   bool
	slowerThan   int                                         // pages above this size time out; 0 means none
	slow         func(*http.Request) (*http.Response, error) // instead of the time-out
	before       func(n int, a ask)                          // called before answer n (from 1), under the lock
	body         func(rows []int64) string
}

type ask struct {
	page, size int
	prefixed   bool
	sort       string
	descending bool
	query      string
	apiVersion string
}

var errSlow = &transport.TimeoutError{Phase: "waiting for the complete answer", Limit: time.Minute}

func (s *listServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := ask{page: 1, size: 50, apiVersion: req.Header.Get("x-keyfactor-api-version")}
	values := req.URL.Query()
	a.prefixed = values.Has("pq.pageReturned")
	if name := pageName(a.prefixed); !s.prefixedOnly || a.prefixed {
		a.page, _ = strconv.Atoi(values.Get(name("PageReturned")))
		a.size, _ = strconv.Atoi(values.Get(name("ReturnLimit")))
		a.sort = values.Get(name("SortField"))
		a.descending = values.Get(name("SortAscending")) == "1"
		a.query = values.Get(name("QueryString"))
	}
	s.asks = append(s.asks, a)
	if s.before != nil {
		s.before(len(s.asks), a)
	}
	header := http.Header{}
	if s.version != "" {
		header.Set("x-keyfactor-product-version", s.version)
	}
	if s.slowerThan != 0 && a.size > s.slowerThan {
		if s.slow == nil {
			return nil, errSlow
		}
		return s.slow(req)
	}
	if s.refuseSort && a.sort != "" {
		return answer(req, 400, header, `{"ErrorCode":"0xA011004A","Message":"Invalid sort field: `+a.sort+`."}`), nil
	}
	if !s.noTotal {
		header.Set("x-total-count", strconv.FormatInt(int64(len(s.rows))+s.overstate, 10))
	}
	if s.claim != nil {
		header.Del("x-total-count")
		if n := s.claim(a); n >= 0 {
			header.Set("x-total-count", strconv.FormatInt(n, 10))
		}
	}
	size := a.size
	if s.limit != 0 {
		size = min(size, s.limit)
	}
	from := (a.page - 1) * size
	if s.gaps {
		from = (a.page - 1) * a.size
	}
	if s.ignorePaging {
		from, size = 0, 50
	}
	rows := s.rows
	if a.descending && !s.ignoreSort {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	rows = rows[min(from, len(rows)):min(from+size, len(rows))]
	if s.hidden != nil {
		rows = slices.DeleteFunc(slices.Clone(rows), s.hidden)
	}
	resp := answer(req, 200, header, s.text(rows))
	if s.http2 {
		resp.ProtoMajor, resp.ProtoMinor = 2, 0
	}
	return resp, nil
}

func (s *listServer) text(rows []int64) string {
	if s.body != nil {
		return s.body(rows)
	}
	var b strings.Builder
	for i, id := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Id":%d}`, id)
	}
	return "[" + b.String() + "]"
}

func answer(req *http.Request, status int, header http.Header, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: header, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func numbers(n int) []int64 {
	rows := make([]int64, n)
	for i := range rows {
		rows[i] = int64(i) + 1
	}
	return rows
}

type row struct {
	ID int64 `json:"Id"`
}

func read(t *testing.T, s *listServer, l listing[row]) ([]int64, error) {
	t.Helper()
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	l.path = "Rows"
	l.id = func(r *row) int64 { return r.ID }
	rows, err := list(context.Background(), c, l)
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids, err
}

func mustRead(t *testing.T, s *listServer, l listing[row], want []int64) {
	t.Helper()
	got, err := read(t, s, l)
	if err != nil {
		t.Fatalf("after %d requests: %v", len(s.asks), err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("read %d rows, want %d; first difference at %d", len(got), len(want), difference(got, want))
	}
}

func difference(a, b []int64) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func (s *listServer) wantRequests(t *testing.T, want int) {
	t.Helper()
	if len(s.asks) != want {
		t.Errorf("%d requests, want %d: %+v", len(s.asks), want, s.asks)
	}
}
