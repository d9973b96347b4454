package keyfactor

import (
	"net/http"
	"sync"
)

// trust is whether a server takes queries for several certificates.
type trust struct {
	mu     sync.Mutex
	failed int // in a row
	no     bool
}

// lost tells that there is no use in asking for several certificates at once.
func (t *trust) lost() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.no
}

// lose says that the server cannot be asked for several certificates at once.
func (t *trust) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.no = true
}

// note counts what came of a query: refused for what it is, or failed twice in
// a row, it is not asked again.
func (t *trust) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.failed = 0
		return
	}
	t.failed++
	switch status := StatusOf(err); status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
	default:
		t.no = t.no || 400 <= status && status <= 499
	}
	t.no = t.no || t.failed >= 2
}
