package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RoundTrip makes a request with as many attempts as it takes and is allowed. An answer that still is a 5xx or 429
// after the last attempt is returned like any other: its body says why.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	newBody, err := bodySource(req)
	run := &sequence{t: t, req: req, start: time.Now(), waits: t.waits()}
	if err != nil {
		return nil, run.failed(err)
	}
	if !t.allowed(req) {
		return nil, run.failed(&HostError{Host: req.URL.Host})
	}
	base, err := t.underlying()
	if err != nil {
		return nil, run.failed(err)
	}
	for {
		if err := req.Context().Err(); err != nil {
			return nil, run.failed(err)
		}
		a := t.try(req, base, newBody)
		if wantsHTTP1(a.err) {
			base = t.withHTTP1()
			a = t.try(req, base, newBody)
		}
		run.attempts++
		run.connected = run.connected || a.sent
		if a.doubtful() {
			run.tellDoubt()
		}
		wait, again, err := run.judge(a)
		run.observe(a, wait)
		if err != nil {
			return nil, run.failed(err)
		}
		if !again {
			return run.finish(a)
		}
		run.doubtful = run.doubtful || a.doubtful()
		run.oversized = run.oversized || a.oversized()
		if a.resp == nil {
			// A connection that just failed or fell silent is not used again (HTTP/2 would).
			base.CloseIdleConnections()
		}
		if err := t.opts.Sleep(req.Context(), wait); err != nil {
			return nil, run.failed(err)
		}
	}
}

// sequence is the attempts of one RoundTrip.
type sequence struct {
	t         *Transport
	req       *http.Request
	start     time.Time
	waits     *backoff.ExponentialBackOff
	attempts  int
	connected bool // an attempt got a connection
	doubtful  bool // an attempt before this one may have been carried out
	oversized bool // an attempt before this one brought more than is allowed
}

func (t *Transport) waits() *backoff.ExponentialBackOff {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval = t.opts.FirstWait
	waits.MaxInterval = t.opts.LongestWait
	waits.Multiplier = 2
	waits.RandomizationFactor = 0.5
	waits.Reset()
	return waits
}

// judge decides whether there is another attempt and after how long. An error ends the sequence.
func (s *sequence) judge(a attempt) (wait time.Duration, again bool, err error) {
	if s.attempts > s.t.opts.MaxRetries || !s.worthRepeating(a) {
		return 0, false, nil
	}
	left := time.Duration(1<<63 - 1)
	if deadline, ok := s.req.Context().Deadline(); ok {
		left = time.Until(deadline)
	}
	wait = s.waits.NextBackOff()
	if a.resp != nil {
		if asked, ok := retryAfter(a.resp.Header, s.t.opts.Now()); ok {
			if limit := min(s.t.opts.MaxRetryAfter, left); asked > limit {
				s.doubtful = s.doubtful || a.doubtful()
				return 0, false, &RetryAfterError{Status: a.resp.StatusCode, After: asked, Limit: limit}
			}
			// A little more than asked for, so that all who were sent away do not come back at once.
			wait = asked + time.Duration(rand.Float64()*0.1*float64(asked)) //nolint:gosec // no secret
		}
	}
	if wait >= left {
		return 0, false, nil // the operation would end while waiting: what came back is more useful
	}
	return wait, true, nil
}

func (s *sequence) worthRepeating(a attempt) bool {
	if s.req.Context().Err() != nil || s.req.Context().Value(onceKey{}) != nil {
		return false
	}
	if s.req.Context().Value(slowKey{}) != nil && (a.slow() || a.oversized()) {
		return false
	}
	if s.oversized && a.oversized() {
		return false // not a slip of the server's or a proxy's: more attempts would only cost more
	}
	repeatable := isRepeatable(s.req)
	if a.err != nil {
		return !hopeless(a.err) && !isContext(a.err) && (repeatable || !a.sent)
	}
	switch code := a.resp.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return true
	case code == http.StatusNotFound:
		return a.cut && repeatable // its body tells whether the API says so or something in front of it
	case code >= 500:
		return repeatable
	}
	return false
}

// slow tells whether the server took the request and did not answer in time.
func (a attempt) slow() bool {
	if a.resp != nil {
		return a.resp.StatusCode == http.StatusRequestTimeout || a.resp.StatusCode == http.StatusGatewayTimeout
	}
	var timeout *TimeoutError
	return a.sent && errors.As(a.err, &timeout)
}

// oversized tells whether the answer was larger than allowed.
func (a attempt) oversized() bool {
	var limit *LimitError
	return errors.As(a.err, &limit)
}

// doubtful tells whether the server may have done what was asked in an attempt that brought no proper answer.
func (a attempt) doubtful() bool {
	if a.resp == nil {
		return a.sent
	}
	return a.resp.StatusCode >= 500
}

// finish returns what the last attempt brought.
func (s *sequence) finish(a attempt) (*http.Response, error) {
	if a.err != nil {
		s.doubtful = s.doubtful || a.doubtful()
		return nil, s.failed(a.err)
	}
	if err := judgeRedirect(s.req, a.resp); err != nil {
		if a.resp.StatusCode == http.StatusSeeOther {
			s.doubtful = true
			s.tellDoubt()
		}
		return nil, s.failed(err)
	}
	ctx := context.WithValue(s.req.Context(), historyKey{}, history{attempts: s.attempts, doubtful: s.doubtful && changes(s.req)})
	a.resp.Request = s.req.WithContext(ctx)
	return a.resp, nil
}

// tellDoubt sets the mark of [WatchDoubt].
func (s *sequence) tellDoubt() {
	if doubt, ok := s.req.Context().Value(doubtKey{}).(*Doubt); ok && changes(s.req) {
		doubt.Store(true)
	}
}

func (s *sequence) failed(err error) *Error {
	return &Error{
		Method: s.req.Method, URL: place(s.req.URL), Host: s.req.URL.Host,
		Attempts: s.attempts, Elapsed: time.Since(s.start), Connected: s.connected,
		MayHaveBeenCarriedOut: s.doubtful && changes(s.req),
		Err:                   err,
	}
}

func (s *sequence) observe(a attempt, wait time.Duration) {
	if s.t.opts.Observe == nil {
		return
	}
	s.t.opts.Observe(s.req.Context(), Event{
		Method: s.req.Method, Host: s.req.URL.Host, Path: s.req.URL.Path, Attempt: s.attempts, Status: a.status,
		Duration: a.duration, Sent: s.req.ContentLength, Received: a.received, Failure: class(a.err), Wait: wait,
	})
}

// allowed tells whether the request's host is among [Options.AllowedHosts].
func (t *Transport) allowed(req *http.Request) bool {
	if len(t.opts.AllowedHosts) == 0 {
		return true
	}
	name := strings.ToLower(req.URL.Hostname())
	port := req.URL.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(req.URL.Scheme)]
	}
	return slices.ContainsFunc(t.opts.AllowedHosts, func(host string) bool {
		host = strings.ToLower(strings.TrimSpace(host))
		bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		return bare == name || host == name+":"+port || host == "["+name+"]:"+port
	})
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3): seconds or a date, which counts from the server's own Date
// where it sent one, for its clock may be another. A date in the past, zero, and what cannot be read count as not there.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := textproto.TrimString(header.Get("Retry-After"))
	// Of a number with too many digits, ParseInt returns the largest there is.
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const most = 1 << 31
		return time.Duration(min(seconds, most)) * time.Second, seconds > 0
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(header.Get("Date")); err == nil {
		now = server
	}
	wait := date.Sub(now)
	return wait, wait > 0
}
