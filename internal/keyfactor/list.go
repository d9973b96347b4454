package keyfactor

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"sync/atomic"
)

const (
	// DefaultPageSize is how many rows a list is asked for at a time: well above
	// Command's own 50, and below the 5000 that the vendor's scripts go up to.
	DefaultPageSize = 2500

	// atATime bounds the pages of one list that are under way at a time. Over
	// HTTP/1.1 each of them needs a connection of its own.
	atATime     = 4
	atATimeHTTP = 2

	// maxPages ends a list that would never end by itself.
	maxPages = 20_000

	// maxRows bounds the rows of one page, of a server that takes no notice of
	// the page size, and maxBlank those without an id, which cost much more
	// memory than text and are no list of anything.
	maxRows, maxBlank = 1_000_000, 1_000

	// halvings is how often in a row a page size is halved after a time-out.
	halvings = 4
)

// listing says what to list and how its rows are read and told apart.
type listing[T any] struct {
	path       string
	apiVersion int
	query      string // in Command's own language, "" for all

	// sort is the field to sort by. With sortIsOurs it was not asked for by the
	// caller and is left out when the server does not know it.
	sort       string
	sortIsOurs bool
	descending bool

	// byID says that sort is the field that id tells, which grows: rows are
	// added at one end of the list only.
	byID bool

	pageSize int // 0 means DefaultPageSize

	// proof says that rows do not show whether the server took the parameters
	// or dropped them, so that its understanding their spelling has to be proven.
	proof bool

	// more are the parameters besides query, paging and sorting; nil for none.
	more func(prefixed bool) url.Values

	id func(*T) int64

	// row decodes one row; nil means encoding/json.
	row func() decodeRow[T]
}

// list reads a list to its end: every row once, in the order of the server.
//
// The end is the total of x-total-count, or an empty page where the server
// sends no total; never a short page, because a server may cap the page size.
// Rows that shift while pages are read (somebody adds or deletes) are noticed,
// see [reader.read], and lead to one fresh read of everything, then to a
// [*ListChangedError]. A server that ignores the paging parameters is asked
// once in their other spelling, then refused with a [*PagingError].
func list[T any](ctx context.Context, c *Client, l listing[T]) ([]T, error) {
	entries, err := listEntries(ctx, c, l.entries())
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	rows := make([]T, len(entries))
	for i, e := range entries {
		rows[i] = *e.row.(*T)
	}
	return rows, nil
}

// entry is a row of any type T: what reads lists is compiled once, and not for
// each type of rows.
type entry struct {
	id  int64
	row any // *T
}

// entries is the listing without its type.
func (l listing[T]) entries() listing[entry] {
	return listing[entry]{
		path: l.path, apiVersion: l.apiVersion, query: l.query,
		sort: l.sort, sortIsOurs: l.sortIsOurs, descending: l.descending, byID: l.byID,
		pageSize: l.pageSize, proof: l.proof, more: l.more,
		id: func(e *entry) int64 { return e.id },
		row: func() decodeRow[entry] {
			decode := func(d *json.Decoder, into *T) error { return decodeOne(d, into) }
			if l.row != nil {
				decode = l.row()
			}
			blank := 0
			return func(d *json.Decoder, e *entry) error {
				into := new(T)
				if err := decode(d, into); err != nil {
					return err
				}
				if e.id, e.row = l.id(into), into; e.id == 0 {
					blank++
				}
				if blank > maxBlank {
					return errBlank
				}
				return nil
			}
		},
	}
}

func listEntries(ctx context.Context, c *Client, l listing[entry]) ([]entry, error) {
	if l.pageSize <= 0 {
		l.pageSize = DefaultPageSize
	}
	r := &reader{client: c, listing: l, size: l.pageSize, prefixed: c.prefersPrefixed(l.path)}
	for {
		entries, err := r.read(ctx)
		if err == nil {
			return entries, nil
		}
		if ctx.Err() != nil || !r.mayTryAgain(err) {
			return nil, err
		}
	}
}

// reader reads one list; its fields but shrunk are set between the steps that
// run side by side.
type reader struct {
	client *Client
	listing[entry]

	size     int  // what ReturnLimit asks for on the first page
	prefixed bool // the "pq." spelling of the parameters
	unsorted bool // the server does not know the field that we sort by
	whole    bool // ask for later pages at size, however few rows the first one has

	perPage  int   // what the server really gives, learnt from the first page
	step     int   // what ReturnLimit asks for on later pages
	smallest int   // sizes are not halved below it
	total    int64 // of x-total-count on the first page, -1 for none
	firstID  int64
	abreast  int // how many pages may be under way at a time

	// shrunk is the size that pages are read in after one was too much, 0 before.
	shrunk atomic.Int64

	proven    bool // a later page was another page
	respelt   bool
	refreshed bool
	short     []int64 // ids of a read that ended before the total
}

// page is what the server answered to one request.
type page struct {
	rows  []entry
	total int64
	http2 bool
}

// read reads the list once, from the first page to the last.
//
// What shifts while it reads must show: see [reader.compareAgain].
func (r *reader) read(ctx context.Context) ([]entry, error) {
	r.smallest = max(1, r.pageSize>>halvings)
	first, err := r.firstPage(ctx)
	if err != nil {
		return nil, err
	}
	if r.wrongSpelling(first) {
		return nil, &PagingError{Path: r.path}
	}
	if len(first.rows) == 0 {
		switch {
		case first.total > 0:
			return nil, &ListChangedError{Path: r.path, Reason: reasonShort, Rows: 0, Total: first.total}
		case r.unproven() && !r.respelt:
			// Rows may be hidden by a parameter that the server dropped.
			return nil, &PagingError{Path: r.path}
		}
		return nil, nil
	}
	r.learn(first)

	pages := [][]entry{first.rows}
	switch {
	case r.total < int64(r.perPage), // none, or nonsense
		// The second page has to be empty. A total that is the size asked for
		// may as well be the number of rows on the page.
		r.total == int64(r.perPage) && (r.unproven() || r.perPage == r.size):
		pages, err = r.upwards(ctx, pages, -1)
	case r.total > int64(r.perPage):
		pages, err = r.sideBySide(ctx, first.rows)
	}
	if err != nil {
		return nil, err
	}
	if r.proven {
		r.client.prefixed.Store(r.path, r.prefixed)
	}
	if err := r.check(pages); err != nil {
		return nil, err
	}
	if err := r.compareAgain(ctx, pages); err != nil {
		return nil, err
	}
	return slices.Concat(pages...), nil
}

// learn takes from the first page what later ones are asked by. Fewer rows than
// asked for are taken for the server's limit and asked for from now on: servers
// may count pages in the size that they were asked for or in the one they give.
func (r *reader) learn(first page) {
	r.perPage, r.total, r.firstID = len(first.rows), first.total, r.id(&first.rows[0])
	r.step = r.size
	if !r.whole {
		r.step = min(r.size, r.perPage)
	}
	r.smallest = min(r.smallest, max(1, r.step>>halvings))
	r.abreast = atATimeHTTP
	if first.http2 {
		r.abreast = atATime
	}
}

// wrongSpelling tells that the first answer, which names the product version,
// came from a server whose documents spell the parameters otherwise, and that
// they would have made a difference.
func (r *reader) wrongSpelling(first page) bool {
	if _, known := r.client.prefixed.Load(r.path); known || r.respelt || r.client.Major() == 0 {
		return false
	}
	plain := r.query == "" && !r.proof && first.total == int64(len(first.rows))
	return !plain && (r.client.Major() < 11) != r.prefixed
}

// unproven tells that it matters whether the server understands this spelling
// of the parameters, and is not known yet.
func (r *reader) unproven() bool {
	_, known := r.client.prefixed.Load(r.path)
	return r.proof && !known
}

// mayTryAgain tells whether the list may be read afresh after err, and
// prepares that. Each reason counts once.
func (r *reader) mayTryAgain(err error) bool {
	switch cause(err) {
	case causePaging:
		if r.respelt {
			return false
		}
		r.respelt, r.prefixed, r.proven, r.whole = true, !r.prefixed, false, false
	case causeRepeated:
		if r.step < r.size && !r.whole {
			// The first page was not short by the server's limit, but because
			// rows are hidden from the caller: counted, but not shown.
			r.whole = true
			return true
		}
		fallthrough
	case causeChanged:
		if r.refreshed {
			return false
		}
		r.refreshed = true
	case causeSort:
		if !r.sortIsOurs || r.unsorted || r.sort == "" {
			return false
		}
		r.unsorted = true
	default:
		return false
	}
	return true
}
