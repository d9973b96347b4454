package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxErrorBody is how much of an error's page is read: nobody reads more than its first line.
const maxErrorBody = 1 << 20

// attempt is one request on the wire and what came of it.
type attempt struct {
	resp     *http.Response // its body is read and held in memory
	err      error
	status   int  // 0 when no answer came, also set when its body failed
	sent     bool // a connection came about: the server may have seen the request
	cut      bool // of a 4xx's body only a part came
	received int64
	duration time.Duration
}

// try makes one attempt within the time limit. The body comes from newBody (nil for none).
func (t *Transport) try(req *http.Request, base http.RoundTripper, newBody func() (io.ReadCloser, error)) attempt {
	start := time.Now()
	ctx, cancel := context.WithTimeout(req.Context(), t.opts.RequestTimeout)
	defer cancel()

	// GotConn comes after dialling, proxy and TLS handshake, and before the first byte of the request.
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	out := req.Clone(traced)
	out.Body = nil
	if newBody != nil {
		body, err := newBody()
		if err != nil {
			return attempt{err: err}
		}
		out.Body = body
	}
	if out.Header.Get("User-Agent") == "" && t.opts.UserAgent != "" {
		out.Header.Set("User-Agent", t.opts.UserAgent)
	}

	a := attempt{}
	a.resp, a.err = base.RoundTrip(out) //nolint:bodyclose // readBody does
	if a.err == nil {
		a.status = a.resp.StatusCode
		a.received, a.cut, a.err = t.readBody(a.resp)
		if a.err != nil {
			a.resp = nil
		}
	}
	a.sent = sent.Load()
	a.duration = time.Since(start)
	if a.err != nil {
		a.err = t.explain(req.Context(), ctx, a.err, a.sent)
		var proxy *ProxyError
		if errors.As(a.err, &proxy) {
			t.nameProxy(req, proxy)
		}
	}
	return a
}

// explain decides whose end an attempt met: the caller's, the attempt's own time limit, or the network's.
func (t *Transport) explain(caller, own context.Context, err error, sent bool) error {
	if caller.Err() != nil {
		return caller.Err()
	}
	// A certificate that was refused in the last moment is still a refused certificate.
	known := typed(err, sent)
	var certificate *CertificateError
	if own.Err() != nil && !errors.As(known, &certificate) {
		return &TimeoutError{Phase: "waiting for the complete answer", Limit: t.opts.RequestTimeout}
	}
	return known
}

// readBody reads the whole body and puts a copy in memory in its place. A 4xx is never failed by its body: what was
// read of it is handed on, cut.
func (t *Transport) readBody(resp *http.Response) (read int64, cut bool, err error) {
	refused := resp.StatusCode >= 400 && resp.StatusCode < 500
	limit, failed := t.opts.MaxBody, resp.StatusCode >= 400
	if atMost, ok := resp.Request.Context().Value(atMostKey{}).(int64); ok {
		limit = min(limit, atMost)
	}
	if failed {
		limit = min(limit, maxErrorBody)
	}
	defer func() { _ = resp.Body.Close() }()
	if !failed && resp.ContentLength > limit && resp.Request.Method != http.MethodHead {
		return 0, false, &LimitError{What: "bytes in the answer", Limit: limit}
	}

	var data bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		data.Grow(int(min(n, 1<<20)) + bytes.MinRead)
	}
	read, err = data.ReadFrom(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil && !refused:
		return read, false, &bodyError{received: read, err: err}
	case read > limit && !failed:
		return read, false, &LimitError{What: "bytes in the answer", Limit: limit}
	case read > limit:
		data.Truncate(int(limit))
	}
	if resp.Request.Method != http.MethodHead {
		resp.ContentLength = int64(data.Len())
	}
	resp.Body = io.NopCloser(bytes.NewReader(data.Bytes()))
	return read, err != nil, nil
}

// bodySource returns a function that opens the request's body anew for each attempt, nil for a request without one.
func bodySource(req *http.Request) (func() (io.ReadCloser, error), error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer func() { _ = req.Body.Close() }()
	if req.GetBody != nil {
		return req.GetBody, nil
	}
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, nil
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
