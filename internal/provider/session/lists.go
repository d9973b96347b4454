package session

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// Lists keeps what this run has read from Command, so that a plan reads a list
// once however many blocks ask for it and however they run side by side. The
// zero value is empty and ready.
type Lists struct {
	mu    sync.Mutex
	reads map[ListKey]*listRead
}

// ListKey names what is read. Two keys that are equal stand for the same answer.
type ListKey struct {
	// Path is the endpoint below the API path, e.g. "Security/Identities". A
	// write below the same first element makes it be read again.
	Path string
	// What tells apart what is asked of the endpoint; it must be comparable.
	What any
}

type listRead struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // callers that still want it; guarded by Lists.mu
	value   any
	err     error
}

// Once returns what read returns for the key: read is called by the first who
// asks, and the others wait for it. The context of read ends when nobody waits
// any more, not when the first one's does. An error goes to those who waited
// and is not kept.
func Once[T any](ctx context.Context, l *Lists, key ListKey, read func(context.Context) (T, error)) (T, error) {
	r := l.join(ctx, key, func(ctx context.Context) (any, error) { return read(ctx) })
	var none T
	select {
	case <-r.done:
	case <-ctx.Done():
		l.leave(key, r)
		return none, context.Cause(ctx)
	}
	if r.err != nil {
		return none, r.err
	}
	return r.value.(T), nil
}

// join finds the read of the key, or starts it.
func (l *Lists) join(ctx context.Context, key ListKey, read func(context.Context) (any, error)) *listRead {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.reads[key]; r != nil {
		r.waiting++
		return r
	}
	readCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &listRead{done: make(chan struct{}), cancel: cancel, waiting: 1}
	if l.reads == nil {
		l.reads = map[ListKey]*listRead{}
	}
	l.reads[key] = r
	go func() {
		defer cancel()
		r.value, r.err = read(readCtx)
		if r.err != nil {
			l.drop(key, r)
		}
		close(r.done)
	}()
	return r
}

// leave is called by who waits no longer; the last one ends the read.
func (l *Lists) leave(key ListKey, r *listRead) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.waiting--
	select {
	case <-r.done:
		return
	default:
	}
	if r.waiting == 0 {
		r.cancel()
		if l.reads[key] == r {
			delete(l.reads, key)
		}
	}
}

func (l *Lists) drop(key ListKey, r *listRead) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reads[key] == r {
		delete(l.reads, key)
	}
}

// Invalidate forgets what was read below the first element of an endpoint's
// path, reads under way included: who asks from now on gets a fresh answer.
func (l *Lists) Invalidate(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.reads {
		if strings.EqualFold(firstElement(key.Path), firstElement(path)) {
			delete(l.reads, key)
		}
	}
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// watched wraps a login so that what this session writes to Command is seen:
// the lists that it may have changed are read again.
func (s *Session) watched(wrap func(http.RoundTripper) http.RoundTripper) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &writeWatcher{next: wrap(next), lists: &s.Lists, base: s.apiPath()}
	}
}

type writeWatcher struct {
	next  http.RoundTripper
	lists *Lists
	base  string // the API path
}

func (w *writeWatcher) RoundTrip(req *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(req.URL.Path, w.base)
	if req.Method != http.MethodGet && !strings.HasSuffix(strings.ToLower(path), "/analyze") {
		// Afterwards, and whatever the outcome: a write whose answer was lost
		// may have been carried out.
		defer w.lists.Invalidate(path)
	}
	return w.next.RoundTrip(req)
}

// ListFailure is Failure for the reading of a list, which fails in ways of its own.
func (s *Session) ListFailure(summary string, err error, permission string) diag.Diagnostic {
	var (
		changed *keyfactor.ListChangedError
		paging  *keyfactor.PagingError
		version *keyfactor.VersionError
	)
	detail := s.Explain(err, permission)
	switch {
	case errors.As(err, &changed):
		detail += " It was read twice from the beginning, and changed both times: a result could lack entries. Plan again when nobody is changing it."
	case errors.As(err, &paging):
		detail += " Entries after the first page cannot be read. Check that nothing on the way to Command (a proxy, a gateway) drops the query of requests."
	case errors.As(err, &version):
		detail += " Nothing was read."
	}
	return diag.NewErrorDiagnostic(summary, detail)
}
