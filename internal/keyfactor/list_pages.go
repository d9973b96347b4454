package keyfactor

import (
	"context"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// firstPage reads the first page, at half the size each time that is too much.
func (r *reader) firstPage(ctx context.Context) (page, error) {
	for {
		p, err := r.ask(ctx, 1, r.size)
		if tooMuch(ctx, err) && r.size/2 >= r.smallest {
			r.size /= 2
			continue
		}
		return p, err
	}
}

// sideBySide reads the pages after the first where the total is known: the
// last one, then the others, several at a time.
func (r *reader) sideBySide(ctx context.Context, first []entry) ([][]entry, error) {
	count := (r.total + int64(r.perPage) - 1) / int64(r.perPage)
	if count > maxPages {
		return nil, &PagingError{Path: r.path, Pages: maxPages}
	}
	pages := make([][]entry, count)
	pages[0] = first
	last, err := r.later(ctx, len(pages))
	if err != nil {
		return nil, err
	}
	r.proven = true
	pages[count-1] = last.rows
	err = r.several(ctx, 2, len(pages)-1, func(ctx context.Context, n int) error {
		p, err := r.later(ctx, n)
		pages[n-1] = p.rows
		return err
	})
	if err != nil {
		return nil, err
	}
	// Pages of uneven length, e.g. with rows hidden from the caller, or a total
	// that is too small: on to the empty page.
	return r.upwards(ctx, pages, r.total)
}

// several calls do for each page from one number to another, several at a
// time, and ends at the first error.
func (r *reader) several(ctx context.Context, from, to int, do func(ctx context.Context, n int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(r.abreast)
	for n := from; n <= to && groupCtx.Err() == nil; n++ {
		group.Go(func() error { return do(groupCtx, n) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// upwards reads on from the pages given, one by one, to the empty page or
// until there are just enough rows; enough is -1 where that is not known.
func (r *reader) upwards(ctx context.Context, pages [][]entry, enough int64) ([][]entry, error) {
	var rows int64
	for _, p := range pages {
		rows += int64(len(p))
	}
	for rows != enough {
		if len(pages) >= maxPages {
			return nil, &PagingError{Path: r.path, Pages: maxPages}
		}
		p, err := r.later(ctx, len(pages)+1)
		if err != nil {
			return nil, err
		}
		r.proven = true
		if len(p.rows) == 0 {
			break
		}
		pages = append(pages, p.rows)
		rows += int64(len(p.rows))
	}
	return pages, nil
}

// later reads a page after the first and looks whether it belongs to it.
func (r *reader) later(ctx context.Context, n int) (page, error) {
	p, err := r.page(ctx, n)
	if err != nil {
		return p, err
	}
	if len(p.rows) > 0 && r.id(&p.rows[0]) == r.firstID {
		return p, &PagingError{Path: r.path}
	}
	return p, nil
}

// page reads page n; where that is too much, the same rows in smaller pages.
func (r *reader) page(ctx context.Context, n int) (page, error) {
	if size := r.shrunk.Load(); size != 0 {
		return r.stretch(ctx, (n-1)*r.perPage, n*r.perPage, int(size))
	}
	p, err := r.ask(ctx, n, r.step)
	half := r.perPage / 2
	if tooMuch(ctx, err) && half >= r.smallest {
		r.shrunk.Store(int64(half))
		return r.stretch(ctx, (n-1)*r.perPage, n*r.perPage, half)
	}
	return p, r.sameTotal(p, err)
}

// stretch reads the rows from one position up to another (from 0, excluded) in
// pages of the size given, which need not divide the positions.
func (r *reader) stretch(ctx context.Context, from, to, size int) (page, error) {
	all := page{total: r.total}
	for at := from; at < to; {
		n := at/size + 1
		p, err := r.ask(ctx, n, size)
		if tooMuch(ctx, err) && size/2 >= r.smallest {
			size /= 2
			r.shrunk.Store(int64(size))
			continue
		}
		if err := r.sameTotal(p, err); err != nil {
			return all, err
		}
		if len(p.rows) == 0 {
			break
		}
		start := (n - 1) * size
		if skip, end := at-start, min(len(p.rows), to-start); skip < end {
			all.rows = append(all.rows, p.rows[skip:end]...)
		}
		at = start + size
	}
	return all, nil
}

func (r *reader) sameTotal(p page, err error) error {
	// A total that is missing on some pages is none.
	if err == nil && p.total >= 0 && r.total >= 0 && p.total != r.total {
		return &ListChangedError{Path: r.path, Reason: reasonTotal, Rows: r.total, Total: p.total}
	}
	return err
}

// ask makes one request.
func (r *reader) ask(ctx context.Context, n, size int) (page, error) {
	sort := r.sort
	if r.unsorted {
		sort = ""
	}
	values := pageValues(r.prefixed, r.query, n, size, sort, r.descending)
	if r.more != nil {
		for name, v := range r.more(r.prefixed) {
			values[name] = v
		}
	}
	if size/2 >= r.smallest {
		// Asking for less comes before asking for the same again.
		ctx = transport.SlowIsFinal(ctx)
	}
	return fetch(ctx, r.client, call{
		method: http.MethodGet, path: r.path, query: values, apiVersion: r.apiVersion,
	}, size, maxRows, r.row)
}
