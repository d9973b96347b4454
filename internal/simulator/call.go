package simulator

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody bounds what a server reads of one request.
const maxBody = 64 << 20

// call is one request under way: what its handlers share.
type call struct {
	s       *Simulator
	o       Options
	w       http.ResponseWriter
	r       *http.Request
	body    []byte
	entry   *Entry
	account *Account
	path    string // without the API's own path, in lower case
	// set by a fault for this request
	ignoreQuery, ignorePaging bool
}

// recorder counts what is sent.
type recorder struct {
	http.ResponseWriter
	status, bytes int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// journaled reads each request, writes it to the journal, lets faults have their way and passes it on.
func (s *Simulator) journaled(name string, next func(*call)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		c := &call{s: s, o: s.options(), w: rec, r: r, entry: s.newEntry(name, r)}
		s.journal.add(c.entry)
		s.active.begin()
		defer s.active.end()
		defer s.finish(c, rec)
		rule := s.faults.choose(name, r)
		if rule != nil {
			s.journal.change(func() { c.entry.Fault = string(rule.Kind) })
		}
		if rule != nil && rule.before() {
			s.disturb(c, rule, nil)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "request body too large or cut", http.StatusRequestEntityTooLarge)
			return
		}
		c.body = body
		s.journal.change(func() { c.entry.RequestBytes, c.entry.BodySHA256 = len(body), digest(body) })
		if rule != nil {
			s.disturb(c, rule, next)
			return
		}
		next(c)
	})
}

func (s *Simulator) newEntry(name string, r *http.Request) *Entry {
	e := &Entry{
		Time: s.o.Now(), Server: name, Method: r.Method, Path: r.URL.Path, Query: redactedQuery(r.URL.Query()),
		Facts: map[string]any{}, Proto: r.Proto, Scheme: scheme(r), UserAgent: r.UserAgent(),
	}
	if conn, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		e.Connection = conn.number
	}
	if r.TLS != nil {
		e.TLSVersion = tls.VersionName(r.TLS.Version)
	}
	return e
}

func (s *Simulator) finish(c *call, rec *recorder) {
	s.journal.change(func() {
		c.entry.Status, c.entry.ResponseBytes, c.entry.Done = rec.status, rec.bytes, true
	})
	if c.o.Logf != nil {
		c.o.Logf("%s %s %s %d %s", c.entry.Server, c.entry.Method, c.entry.Path, rec.status, c.entry.Fault)
	}
}

// fact notes in the journal what the simulator understood.
func (c *call) fact(name string, value any) {
	c.s.journal.change(func() { c.entry.Facts[name] = value })
}

func (c *call) caller(a *Account) {
	c.account = a
	c.s.journal.change(func() { c.entry.Caller = a.label() })
}

// decode reads a JSON body. Command's framework matches names in any case, as encoding/json does.
func (c *call) decode(into any) error {
	if len(strings.TrimSpace(string(c.body))) == 0 {
		return errors.New("a request body is required")
	}
	return json.Unmarshal(c.body, into)
}

func (c *call) send(status int, contentType string, body []byte) {
	if contentType != "" {
		c.w.Header().Set("Content-Type", contentType)
	}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}

// pause waits, but not longer than the client and the simulator do.
func (c *call) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.r.Context().Done():
	case <-c.s.stopped.Done():
	}
}
