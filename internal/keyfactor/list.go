package keyfactor

import (
	"context"
	"net/url"
	"slices"
	"sync/atomic"
)

const (
	// DefaultPageSize is how many rows a list is asked for at a time: well above
	// Command's own 50, and below the 5000 that the vendor's scripts go up to.
	DefaultPageSize = 2500

	// atATime bounds the pages of one list that are under way at a time.
	atATime = 4

	// maxPages ends a list that would never end by itself.
	maxPages = 20_000

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
	if l.pageSize <= 0 {
		l.pageSize = DefaultPageSize
	}
	r := &reader[T]{client: c, listing: l, size: l.pageSize, prefixed: c.prefersPrefixed(l.path)}
	r.smallest = max(1, l.pageSize>>halvings)
	for {
		rows, err := r.read(ctx)
		if err == nil {
			return rows, nil
		}
		if ctx.Err() != nil || !r.mayTryAgain(err) {
			return nil, err
		}
	}
}

// reader reads one list; its fields but shrunk are set between the steps that
// run side by side.
type reader[T any] struct {
	client *Client
	listing[T]

	size     int  // what ReturnLimit asks for
	smallest int  // size is not halved below it
	prefixed bool // the "pq." spelling of the parameters
	unsorted bool // the server does not know the field that we sort by

	perPage int   // what the server really gives, learnt from the first page
	total   int64 // of x-total-count on the first page, -1 for none
	firstID int64

	// shrunk is the size that pages are read in after one was too much, 0 before.
	shrunk atomic.Int64

	proven    bool // a later page was another page
	respelt   bool
	refreshed bool
	short     []int64 // ids of a read that ended before the total
}

// page is what the server answered to one request.
type page[T any] struct {
	rows  []T
	total int64
}

// read reads the list once, from the first page to the last.
//
// What shifts while it reads must show. Total and ids show most of it; but one
// row deleted and one added leave the total as it is, and the row that moved
// up over the edge of two pages may be on neither. Sorted by id, rows are added
// at the end only, so such a move is seen on the last page, which therefore is
// read before and after all that run side by side. The first page, which has
// to come before it, is compared as well. Without a total, pages can only be
// read upwards, and each but the last is compared.
func (r *reader[T]) read(ctx context.Context) ([]T, error) {
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
	r.perPage, r.total, r.firstID = len(first.rows), first.total, r.id(&first.rows[0])

	pages := [][]T{first.rows}
	switch {
	case r.total < int64(r.perPage), // none, or nonsense
		r.total == int64(r.perPage) && r.unproven(): // the second page has to be empty
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

// wrongSpelling tells that the first answer, which names the product version,
// came from a server whose documents spell the parameters otherwise, and that
// they would have made a difference.
func (r *reader[T]) wrongSpelling(first page[T]) bool {
	if _, known := r.client.prefixed.Load(r.path); known || r.respelt || r.client.Major() == 0 {
		return false
	}
	plain := r.query == "" && !r.proof && first.total == int64(len(first.rows))
	return !plain && (r.client.Major() < 11) != r.prefixed
}

// unproven tells that it matters whether the server understands this spelling
// of the parameters, and is not known yet.
func (r *reader[T]) unproven() bool {
	_, known := r.client.prefixed.Load(r.path)
	return r.proof && !known
}

// check looks whether the pages are the whole list, each row once.
func (r *reader[T]) check(pages [][]T) error {
	var ids []int64
	for _, rows := range pages {
		ids = slices.Grow(ids, len(rows))
		for i := range rows {
			ids = append(ids, r.id(&rows[i]))
		}
	}
	slices.Sort(ids)
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			return &ListChangedError{Path: r.path, Reason: reasonRepeated, ID: ids[i]}
		}
	}
	if r.total >= int64(r.perPage) && int64(len(ids)) != r.total && !slices.Equal(r.short, ids) {
		// A total that counts rows which the caller may not see is no change:
		// the same rows read twice are the list.
		r.short = ids
		return &ListChangedError{Path: r.path, Reason: reasonShort, Rows: int64(len(ids)), Total: r.total}
	}
	return nil
}

// compareAgain reads the first and the last page again, where there is more
// than one and they were not read last anyway, and compares the ids; all but
// the last page where no total shows what was added.
func (r *reader[T]) compareAgain(ctx context.Context, pages [][]T) error {
	compare := func(ctx context.Context, n int) error {
		p, err := r.page(ctx, n)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(p.rows, pages[n-1], func(a, b T) bool { return r.id(&a) == r.id(&b) }) {
			return &ListChangedError{Path: r.path, Reason: reasonMoved}
		}
		return nil
	}
	switch last := len(pages); {
	case last == 1:
		return nil
	case r.total < int64(r.perPage) || last == 2:
		return r.several(ctx, 1, last-1, compare)
	default:
		if err := compare(ctx, last); err != nil {
			return err
		}
		return compare(ctx, 1)
	}
}

// mayTryAgain tells whether the list may be read afresh after err, and
// prepares that. Each reason counts once.
func (r *reader[T]) mayTryAgain(err error) bool {
	switch cause(err) {
	case causePaging:
		if r.respelt {
			return false
		}
		r.respelt, r.prefixed, r.proven = true, !r.prefixed, false
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
