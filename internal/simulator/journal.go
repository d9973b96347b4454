package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// Entry is one request that a server of the simulator read, in the order of arrival. It never holds a password, a key,
// a token or an Authorization header.
type Entry struct {
	Time   time.Time
	Server string // "command", "idp" or "vedauth"
	Method string
	Path   string
	Query  url.Values
	// Status is 0 while the request is under way and where no answer was sent.
	Status                      int
	RequestBytes, ResponseBytes int
	BodySHA256                  string // lower-case hex; empty without a body
	// Facts are what the simulator understood of the request, e.g. thumbprint, format, metadata (sorted field names),
	// stores, hasPassword, hasKey, owner, grant_type.
	Facts map[string]any
	// Connection numbers the TCP connections from 1 on; requests with the same number shared one.
	Connection int
	TLSVersion string // "TLS 1.2", "TLS 1.3"
	Proto      string // "HTTP/1.1", "HTTP/2.0"
	Caller     string // the account that authenticated; empty when none did
	Scheme     string // the authorization scheme in lower case, "basic" or "bearer"; empty when none was sent
	UserAgent  string
	// Fault names the kind of fault that was injected; empty when none was.
	Fault string
	Done  bool
}

type journal struct {
	mu      sync.Mutex
	entries []*Entry
}

func (j *journal) add(e *Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
}

// change edits an entry that may be read at the same time.
func (j *journal) change(edit func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	edit()
}

// Journal returns a copy of all requests since the start or the last ResetJournal, in the order of arrival.
func (s *Simulator) Journal() []Entry {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	out := make([]Entry, 0, len(s.journal.entries))
	for _, e := range s.journal.entries {
		c := *e
		c.Facts = maps.Clone(e.Facts)
		out = append(out, c)
	}
	return out
}

// ResetJournal forgets all requests so far.
func (s *Simulator) ResetJournal() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.entries = nil
}

// Count is the number of requests with that method ("" or "*" for any) whose path matches the glob, case aside.
// Paths of Command are matched without the API's own path: Count("GET", "/Certificates/*").
func (s *Simulator) Count(method, pathGlob string) int {
	return len(s.Requests(method, pathGlob))
}

// Requests are the journal's entries that Count counts.
func (s *Simulator) Requests(method, pathGlob string) []Entry {
	var out []Entry
	for _, e := range s.Journal() {
		if matches(method, pathGlob, e.Method, e.Path) {
			out = append(out, e)
		}
	}
	return out
}

// Connections is the number of TCP connections that carried at least one request to the named server.
func (s *Simulator) Connections(server string) int {
	seen := map[int]bool{}
	for _, e := range s.Journal() {
		if e.Server == server {
			seen[e.Connection] = true
		}
	}
	return len(seen)
}

// matches tells whether a request is meant by a method and a glob; "**" at the end of the glob spans slashes.
func matches(method, glob, gotMethod, gotPath string) bool {
	if method != "" && method != "*" && !strings.EqualFold(method, gotMethod) {
		return false
	}
	if glob == "" || glob == "*" || glob == "**" {
		return true
	}
	glob, gotPath = strings.ToLower(glob), strings.ToLower(gotPath)
	for _, candidate := range []string{gotPath, strings.TrimPrefix(gotPath, strings.ToLower(apiPath))} {
		if prefix, ok := strings.CutSuffix(glob, "**"); ok && strings.HasPrefix(candidate, prefix) {
			return true
		}
		if ok, err := path.Match(glob, candidate); err == nil && ok {
			return true
		}
	}
	return false
}

// redactedQuery keeps what a client wrongly puts into the query out of the journal.
func redactedQuery(query url.Values) url.Values {
	out := url.Values{}
	for name, values := range query {
		lower := strings.ToLower(name)
		if strings.Contains(lower, "password") || strings.Contains(lower, "secret") || strings.Contains(lower, "token") {
			values = []string{"[redacted]"}
		}
		out[name] = values
	}
	return out
}

func digest(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func scheme(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.ToLower(first)
}
