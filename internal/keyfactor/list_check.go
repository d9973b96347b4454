package keyfactor

import (
	"context"
	"slices"
)

// check looks whether the pages are the whole list, each row once.
func (r *reader) check(pages [][]entry) error {
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

// compareAgain reads pages again, where there is more than one, and compares
// their ids.
//
// Total and ids show most of what shifts. But one row deleted and one added
// leave the total as it is, and the row that moved up over the edge of two
// pages may be on neither. Where the total is known, three orders differ:
//   - Newest first, the row added is on the first page. That was read before
//     all others, and is compared after them: one request.
//   - Oldest first, the row added is on the last page, which therefore is read
//     before and after all that run side by side. The first page, which has to
//     come before it, is compared as well: two requests.
//   - In any other order rows are added anywhere, and each page is compared.
//
// Where no total shows that a row was deleted, pages were read upwards, and
// each but the last is compared; of two pages, the first one in any case.
func (r *reader) compareAgain(ctx context.Context, pages [][]entry) error {
	compare := func(ctx context.Context, n int) error {
		p, err := r.page(ctx, n)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(p.rows, pages[n-1], func(a, b entry) bool { return r.id(&a) == r.id(&b) }) {
			return &ListChangedError{Path: r.path, Reason: reasonMoved}
		}
		return nil
	}
	rising, falling := r.direction(pages)
	switch last := len(pages); {
	case last == 1:
		return nil
	case last == 2 || !r.totalHolds(pages):
		return r.several(ctx, 1, last-1, compare)
	case falling:
		return compare(ctx, 1)
	case rising:
		if err := compare(ctx, last); err != nil {
			return err
		}
		return compare(ctx, 1)
	default:
		return r.several(ctx, 1, last, compare)
	}
}

// direction tells whether the ids rise or fall throughout. What was asked for
// does not tell: a server may take no notice of it.
func (r *reader) direction(pages [][]entry) (rising, falling bool) {
	rising, falling = r.byID && !r.unsorted, r.byID && !r.unsorted
	previous := r.firstID
	for n, rows := range pages {
		for i := range rows {
			if n == 0 && i == 0 {
				continue
			}
			id := r.id(&rows[i])
			rising, falling = rising && id > previous, falling && id < previous
			previous = id
		}
	}
	return rising, falling
}

// totalHolds tells that the server's total is one, and not less than the rows.
func (r *reader) totalHolds(pages [][]entry) bool {
	rows := 0
	for _, p := range pages {
		rows += len(p)
	}
	return r.total >= int64(r.perPage) && int64(rows) <= r.total
}
