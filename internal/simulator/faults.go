package simulator

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Kind is a way in which a request fails.
type Kind string

// The kinds of faults.
const (
	// FaultStatus answers Status with Body; nothing is carried out.
	FaultStatus Kind = "status"
	// FaultReset resets the connection before the request was read; nothing is carried out.
	FaultReset Kind = "reset"
	// FaultLoseAnswer carries the request out, then resets the connection instead of answering.
	FaultLoseAnswer Kind = "lose-answer"
	// FaultHang never answers: it waits until the client gives up; nothing is carried out.
	FaultHang Kind = "hang"
	// FaultHangAfter carries the request out, then never answers.
	FaultHangAfter Kind = "hang-after"
	// FaultCut carries the request out and ends the connection in the middle of the answer's body.
	FaultCut Kind = "cut"
	// FaultTrickle carries the request out and sends the answer's body in up to 501 pieces (a short one byte by byte),
	// Delay (0 means 100 ms) after each.
	FaultTrickle Kind = "trickle"
	// FaultFlood answers Status (0 means 200) with a body of Size bytes (0 means 100 MB); nothing is carried out.
	FaultFlood Kind = "flood"
	// FaultRefuse resets all connections of the server, whatever they carry, and refuses new ones for Delay (0 means
	// 100 ms); of the request itself nothing is carried out.
	FaultRefuse Kind = "refuse"
	// FaultEndTokens ends all tokens of the identity provider and of vedauth, then handles the request.
	FaultEndTokens Kind = "end-tokens"
	// FaultIgnoreQuery and FaultIgnorePaging handle the request as if its query or its paging had not been sent.
	FaultIgnoreQuery  Kind = "ignore-query"
	FaultIgnorePaging Kind = "ignore-paging"
	// FaultChangeCertificate resets the connection and presents a new server certificate: with Trusted, one of the same
	// authority from then on, else one of an authority that nobody trusts for Delay (0 means 100 ms). Nothing is
	// carried out.
	FaultChangeCertificate Kind = "change-certificate"
	// FaultAct lets a second actor change things (Do, or the named Act), then handles the request.
	FaultAct Kind = "act"
	// FaultEcho answers Status (0 means 400) with an error body that repeats the request's headers and body, as careless
	// servers do; nothing is carried out.
	FaultEcho Kind = "echo"
)

// Fault is a rule: which requests fail, how often, and how. Rules are tried in order; the first that applies counts.
type Fault struct {
	// Server is "command", "idp" or "vedauth"; empty means any. Method and Path choose as Count does; empty means any.
	Server, Method, Path string
	// Skip lets that many matching requests pass first. Count ends the rule after that many faults; 0 means never.
	Skip, Count int
	// Probability is the part of matching requests that fail, 0 < p ≤ 1; 0 means all of them. Which ones depends on the
	// seed, the request and how often it came before, not on what runs beside it: the same requests fail again.
	Probability float64
	// Seed is added to Options.Seed for this rule.
	Seed uint64

	Kind        Kind
	Status      int
	Body        string
	ContentType string // empty means application/json where Body looks like JSON, else text/html
	// RetryAfter adds that header: a number of seconds, or with RetryAfterDate the date that many seconds from now.
	RetryAfter     int
	RetryAfterDate bool
	Header         map[string]string
	Delay          time.Duration
	Size           int64 // of FaultFlood's body
	Gzip           bool  // FaultFlood compresses its body: Size counts after decompression
	Trusted        bool
	// Do is the second actor; Act names one for whoever cannot send a function.
	Do  func(*Simulator) `json:"-"`
	Act Act
}

type faults struct {
	mu    sync.Mutex
	seed  uint64
	rules []*rule
}

type rule struct {
	Fault
	number      int
	seen, fired int
	times       map[string]int // how often each request came
}

// ErrFault is a rule that cannot be followed.
var ErrFault = errors.New("not a fault")

var kinds = []Kind{
	FaultStatus, FaultReset, FaultLoseAnswer, FaultHang, FaultHangAfter, FaultCut, FaultTrickle, FaultFlood, FaultRefuse,
	FaultEndTokens, FaultIgnoreQuery, FaultIgnorePaging, FaultChangeCertificate, FaultAct, FaultEcho,
}

// Inject adds rules behind those that are there.
func (s *Simulator) Inject(list ...Fault) error {
	for _, f := range list {
		switch {
		case !slices.Contains(kinds, f.Kind):
			return fmt.Errorf("%w: unknown kind %q", ErrFault, f.Kind)
		case f.Probability < 0 || f.Probability > 1:
			return fmt.Errorf("%w: probability %v", ErrFault, f.Probability)
		case f.Kind == FaultStatus && (f.Status < 200 || f.Status > 599):
			return fmt.Errorf("%w: status %d", ErrFault, f.Status)
		case f.Kind == FaultAct && f.Do == nil && f.Act.Name == "":
			return fmt.Errorf("%w: nobody acts", ErrFault)
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range list {
		s.faults.rules = append(s.faults.rules, &rule{Fault: f, number: len(s.faults.rules), times: map[string]int{}})
	}
	return nil
}

// ClearFaults removes all rules.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = nil
}

// Injected is the number of requests that failed by a rule since the start or the last ResetJournal.
func (s *Simulator) Injected() int {
	n := 0
	for _, e := range s.Journal() {
		if e.Fault != "" {
			n++
		}
	}
	return n
}

// choose finds the rule that applies to a request.
func (f *faults) choose(server string, r *http.Request) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if (rule.Server != "" && rule.Server != server) || !matches(rule.Method, rule.Path, r.Method, r.URL.Path) {
			continue
		}
		rule.seen++
		if rule.seen <= rule.Skip || (rule.Count > 0 && rule.fired >= rule.Count) || !rule.drawn(f.seed+rule.Seed, r) {
			continue
		}
		rule.fired++
		return rule
	}
	return nil
}

func (r *rule) drawn(seed uint64, request *http.Request) bool {
	if r.Probability == 0 {
		return true
	}
	key := request.Method + " " + request.URL.RequestURI()
	r.times[key]++
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d|%d|%s|%d", seed, r.number, key, r.times[key])
	return float64(mix(h.Sum64())>>11)/(1<<53) < r.Probability
}

// mix spreads a hash over all bits (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// before tells whether the fault strikes before the request is read.
func (r *rule) before() bool {
	switch r.Kind {
	case FaultReset, FaultRefuse, FaultChangeCertificate:
		return true
	}
	return false
}

// disturb makes a request fail as its rule says.
func (s *Simulator) disturb(c *call, r *rule, next func(*call)) {
	switch r.Kind {
	case FaultStatus:
		c.fault(r)
	case FaultReset:
		c.reset()
	case FaultRefuse:
		s.refuse(c, r.delay())
	case FaultChangeCertificate:
		s.changeCertificate(c, r)
	case FaultHang:
		c.hang()
	case FaultLoseAnswer, FaultHangAfter, FaultCut, FaultTrickle:
		kept := &kept{header: http.Header{}}
		c.w, kept.sent = kept, c.w
		next(c)
		c.w = kept.sent
		c.spoil(r, kept)
	case FaultFlood:
		c.flood(r)
	case FaultEcho:
		c.echo(r)
	case FaultEndTokens:
		s.EndTokens()
		s.endGrants()
		next(c)
	case FaultIgnoreQuery:
		c.ignoreQuery = true
		next(c)
	case FaultIgnorePaging:
		c.ignorePaging = true
		next(c)
	case FaultAct:
		if r.Do != nil {
			r.Do(s)
		} else if err := s.Perform(r.Act); err != nil {
			c.fact("act", err.Error())
		}
		next(c)
	}
}

func (r *rule) delay() time.Duration {
	if r.Delay == 0 {
		return 100 * time.Millisecond
	}
	return r.Delay
}

// fault answers with the rule's status.
func (c *call) fault(r *rule) {
	for name, v := range r.Header {
		c.w.Header().Set(name, v)
	}
	if r.RetryAfter > 0 {
		text := strconv.Itoa(r.RetryAfter)
		if r.RetryAfterDate {
			text = time.Now().Add(time.Duration(r.RetryAfter) * time.Second).UTC().Format(http.TimeFormat)
		}
		c.w.Header().Set("Retry-After", text)
	}
	contentType := r.ContentType
	if contentType == "" && r.Body != "" {
		contentType = "text/html"
		if r.Body[0] == '{' || r.Body[0] == '[' || r.Body[0] == '"' {
			contentType = "application/json"
		}
	}
	c.send(r.Status, contentType, []byte(r.Body))
}
