package transport

import (
	"context"
	"net/http"
	"sync/atomic"
)

type (
	repeatKey  struct{}
	onceKey    struct{}
	slowKey    struct{}
	atMostKey  struct{}
	doubtKey   struct{}
	historyKey struct{}
	history    struct {
		attempts int
		doubtful bool
	}
)

// Repeatable marks the requests made with the context as safe to repeat, whatever their method.
func Repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatKey{}, true)
}

// NotRepeatable marks the requests made with the context as not safe to repeat, whatever their method.
func NotRepeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatKey{}, false)
}

// Once gives the requests made with the context a single attempt, whatever their method and [Options.MaxRetries]: for
// a caller who has already waited while others tried.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// SlowIsFinal ends the requests made with the context at the first attempt whose answer takes too long or is larger than
// allowed, or that a proxy gave up waiting for (408, 504): for a caller who then asks for less.
func SlowIsFinal(ctx context.Context) context.Context {
	return context.WithValue(ctx, slowKey{}, true)
}

// Patient takes the marks of [SlowIsFinal] and [WatchDoubt] away: for a request that is made on the way to the marked one.
func Patient(ctx context.Context) context.Context {
	return context.WithValue(context.WithValue(ctx, slowKey{}, nil), doubtKey{}, nil)
}

// Doubt tells whether a request that changes something may have been carried out without its answer having come:
// what follows such an attempt, a 401 or a token that cannot be fetched, does not take that back.
type Doubt struct{ atomic.Bool }

// WatchDoubt returns a context whose requests, whichever way they end, set the doubt.
func WatchDoubt(ctx context.Context) (context.Context, *Doubt) {
	doubt := &Doubt{}
	return context.WithValue(ctx, doubtKey{}, doubt), doubt
}

// AtMost limits the answers to requests made with the context to so many bytes, after decompression, where that is less
// than [Options.MaxBody]: ten endless answers side by side are held in memory up to their limits.
func AtMost(ctx context.Context, bytes int64) context.Context {
	return context.WithValue(ctx, atMostKey{}, bytes)
}

// AttemptsOf returns how many attempts an answer took, 1 for an answer that did not come from a [Transport].
func AttemptsOf(resp *http.Response) int {
	if h, ok := historyOf(resp); ok {
		return h.attempts
	}
	return 1
}

// MayHaveBeenCarriedOut tells whether an attempt before the one that brought this answer may have been carried out,
// its own answer being lost or a 5xx: a 404 to a DELETE then means that it is done. Always false for GET and HEAD.
func MayHaveBeenCarriedOut(resp *http.Response) bool {
	h, _ := historyOf(resp)
	return h.doubtful
}

func historyOf(resp *http.Response) (history, bool) {
	if resp == nil || resp.Request == nil {
		return history{}, false
	}
	h, ok := resp.Request.Context().Value(historyKey{}).(history)
	return h, ok
}

func isRepeatable(req *http.Request) bool {
	if marked, ok := req.Context().Value(repeatKey{}).(bool); ok {
		return marked
	}
	switch req.Method {
	case http.MethodPost, http.MethodPatch, http.MethodConnect:
		return false
	}
	return true
}

// changes tells whether the request's method may change something on the server.
func changes(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}
