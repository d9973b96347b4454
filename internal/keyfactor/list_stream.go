package keyfactor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// decodeRow reads the next row of a page. One is made for each page, so that
// it may keep buffers from row to row.
type decodeRow[T any] func(*json.Decoder, *T) error

// fetch asks for one page and decodes its rows as they come, so that only the
// rows are kept and never the text of the page. It expects so many rows, and
// refuses an answer of more than most.
func fetch(ctx context.Context, c *Client, k call, expect, most int, row func() decodeRow[entry]) (page, error) {
	var p page
	req, err := c.request(ctx, k)
	if err != nil {
		return p, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return p, exchangeError(req, err)
	}
	defer resp.Body.Close()
	if v := resp.Header.Get("x-keyfactor-product-version"); v != "" && v != c.ProductVersion() {
		c.version.Store(&v)
	}
	body := &watched{from: resp.Body}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		text, err := io.ReadAll(io.LimitReader(body, 1<<20))
		if err != nil {
			return p, fmt.Errorf("%s %s: reading the answer: %w", k.method, req.URL.Path, err)
		}
		return p, newError(k, resp, text)
	}
	p.total, p.http2 = totalCount(resp.Header), resp.ProtoMajor >= 2
	if resp.StatusCode == http.StatusNoContent {
		return p, nil
	}
	room := min(expect, 10_000)
	if p.total >= 0 {
		room = min(room, int(min(p.total, 1<<20)))
	}
	p.rows, err = decodeRows(json.NewDecoder(body), room, most, row)
	if err == nil {
		// To the very end, or the connection is not used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64*1024))
	}
	switch {
	case body.err != nil:
		return p, fmt.Errorf("%s %s: reading the answer: %w", k.method, req.URL.Path, body.err)
	case errors.Is(err, errTooMany):
		return p, &TooManyRowsError{Method: k.method, Path: req.URL.Path, Host: req.URL.Host, Asked: expect, Most: most}
	case err != nil:
		return p, newFormatError(k, resp, body.head.Bytes(), err)
	}
	return p, nil
}

// errTooMany, errNoRow and errBlank are what is wrong with an array of rows.
var (
	errTooMany = errors.New("more entries than can be meant")
	errNoRow   = errors.New("an entry is null")
	errBlank   = errors.New("the entries have no id")
)

// decodeOne reads one row, which into points to, by encoding/json. A row that
// is null says nothing, and would say a wrong thing where no rows mean that
// there is none; it makes into nil.
func decodeOne(d *json.Decoder, into any) error {
	if err := d.Decode(&into); err != nil {
		return err
	}
	if into == nil {
		return errNoRow
	}
	return nil
}

// decodeRows reads a JSON array of at most so many rows; nil for null.
func decodeRows(d *json.Decoder, room, most int, row func() decodeRow[entry]) ([]entry, error) {
	decode := row()
	opening, err := d.Token()
	if err != nil {
		return nil, err
	}
	if opening == nil {
		return nil, nil
	}
	if opening != json.Delim('[') {
		return nil, fmt.Errorf("an array was expected, not %v", opening)
	}
	rows := make([]entry, 0, room)
	for d.More() {
		if len(rows) == most {
			return nil, errTooMany
		}
		rows = append(rows, entry{})
		if err := decode(d, &rows[len(rows)-1]); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return rows, err
}

// totalCount is the number in x-total-count, -1 when there is none.
func totalCount(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("x-total-count"), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// watched is a body that keeps its beginning, to be shown where it is not what
// was asked for, and the error that reading it ended with.
type watched struct {
	from io.Reader
	head bytes.Buffer
	err  error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	if room := 64*1024 - w.head.Len(); room > 0 {
		w.head.Write(b[:min(n, room)])
	}
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
