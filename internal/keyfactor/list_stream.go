package keyfactor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// decodeRow reads the next row of a page. One is made for each page, so that
// it may keep buffers from row to row.
type decodeRow[T any] func(*json.Decoder, *T) error

// fetch asks for one page and decodes its rows as they come, so that only the
// rows are kept and never the text of the page.
func fetch(ctx context.Context, c *Client, k call, expect int, row func() decodeRow[entry]) (page, error) {
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
	if p.total >= 0 {
		expect = min(expect, int(min(p.total, 1<<20)))
	}
	p.rows, err = decodeRows(json.NewDecoder(body), min(expect, 10_000), row)
	if err == nil {
		// To the very end, or the connection is not used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64*1024))
	}
	switch {
	case body.err != nil:
		return p, fmt.Errorf("%s %s: reading the answer: %w", k.method, req.URL.Path, body.err)
	case err != nil:
		return p, newFormatError(k, resp, body.head.Bytes(), err)
	}
	return p, nil
}

// decodeRows reads a JSON array of rows; null is an empty one.
func decodeRows(d *json.Decoder, expect int, row func() decodeRow[entry]) ([]entry, error) {
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
	rows := make([]entry, 0, expect)
	for d.More() {
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
