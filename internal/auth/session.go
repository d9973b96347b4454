package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// session is what all modes share.
type session struct {
	mode      string
	origin    Origin
	source    source
	renewable bool // a 401 is answered with a new token, and the request repeated
	nonASCII  bool

	gate gate

	mu   sync.Mutex
	host string // scheme://host:port of the API, "" before the first request
}

func (s *session) Mode() string { return s.mode }

func (s *session) Wrap(next http.RoundTripper) http.RoundTripper {
	return &tripper{session: s, next: next}
}

// own tells whether a request is for the API. Credentials stay with the host of the first request.
func (s *session) own(req *http.Request) bool {
	host := transport.Origin(req.URL)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host == "" {
		s.host = host
	}
	return s.host == host
}

type tripper struct {
	*session
	next http.RoundTripper
}

// RoundTrip sends the request once it may be sent, and a second time after a 401 where a new token may help.
func (t *tripper) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if !t.own(req) {
		return t.next.RoundTrip(req)
	}
	body, err := rewindable(req)
	if err != nil {
		return nil, err
	}
	pass, err := t.gate.enter(req.Context())
	if err != nil {
		return nil, err
	}
	v := unproven
	defer func() { err = pass.leave(v, err) }() // deferred, so that a panic further down does not keep the others waiting
	if pass.once {
		req = req.WithContext(transport.Once(req.Context()))
	}
	resp, v, err = t.exchange(req, body, pass.probe == nil)
	return resp, err
}

// mostTries bounds how often a request is repeated because its token has ended meanwhile.
const mostTries = 5

// exchange does the work of RoundTrip. trusted says that an earlier request has succeeded.
//
// A 401 is answered with a new token once. A second one stands, unless that token has ended meanwhile, as one has that
// was fetched before the first 401, was taken by the API before, or is over by the clock: the transport may have waited
// between attempts for longer than a short token lives.
func (t *tripper) exchange(req *http.Request, body func() (io.ReadCloser, error), trusted bool) (*http.Response, verdict, error) {
	var used *credential
	for try := 1; ; try++ {
		next, fresh, err := t.source.get(req.Context(), used)
		if err != nil {
			return nil, tokenVerdict(req.Context(), err), err
		}
		used = next
		resp, err := t.send(req, body, used)
		if err != nil {
			return nil, unserved(req.Context()), err
		}
		if resp.StatusCode != http.StatusUnauthorized {
			if proof(resp) {
				used.worked.Store(true)
				return resp, proven, nil
			}
			if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout {
				return resp, down, nil
			}
			return resp, unproven, nil
		}
		refusal := t.refusal(resp)
		if t.renewable && (try == 1 || try < mostTries && (!fresh || used.worked.Load() || t.source.ended(used))) {
			continue
		}
		if t.renewable && trusted {
			return nil, unproven, refusal
		}
		refusal.Final = true
		return nil, refused, refusal
	}
}

func (t *tripper) send(req *http.Request, body func() (io.ReadCloser, error), c *credential) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", c.header)
	if body != nil {
		var err error
		if out.Body, err = body(); err != nil {
			return nil, err
		}
		out.GetBody = body
	}
	resp, err := t.next.RoundTrip(out)
	if err == nil && resp.Request != nil {
		// What is handed on keeps no credentials: whoever prints an answer may print its request.
		resp.Request = req.WithContext(resp.Request.Context())
	}
	return resp, err
}

// tokenVerdict: a fetch that failed has failed for all who waited, unless only this caller gave up.
func tokenVerdict(ctx context.Context, err error) verdict {
	switch {
	case final(err):
		return refused
	case ctx.Err() != nil:
		return unproven
	}
	return shared
}

// unserved: a caller who gave up says nothing about the server.
func unserved(ctx context.Context) verdict {
	if ctx.Err() != nil {
		return unproven
	}
	return down
}

// proof tells whether an answer can only come from behind the login.
func proof(resp *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300: // no page: Command has none, but logins and gateways do
		return kind != "text/html" && kind != "application/xhtml+xml"
	case code == http.StatusUnauthorized, code == http.StatusProxyAuthRequired,
		code == http.StatusRequestTimeout, code == http.StatusTooManyRequests:
		return false
	case code >= 400 && code < 500:
		return kind == "application/json" || strings.HasSuffix(kind, "+json")
	}
	return false
}

// final tells whether a refused login must not be tried again.
func final(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Final
}

// finalStatus tells whether a token endpoint's status is a refusal that stands.
func finalStatus(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// rewindable returns a function that opens the request's body anew, nil when there is none, and closes the original.
func rewindable(req *http.Request) (func() (io.ReadCloser, error), error) {
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
