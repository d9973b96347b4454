package transport

import (
	"errors"
	"net/http"
)

// streamError has the fields of net/http's own type, which errors.As fills in for a type that has the same.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return "an HTTP/2 stream was ended" }

// wantsHTTP1 tells whether the server ended the stream with HTTP_1_1_REQUIRED (RFC 9113 section 7), having done
// nothing: IIS does where it wants Windows authentication or a client certificate.
func wantsHTTP1(err error) bool {
	const required = 0xd
	var ended streamError
	return errors.As(err, &ended) && ended.Code == required
}

// withHTTP1 returns a transport that never negotiates HTTP/2, and makes it the one for all requests from now on.
func (t *Transport) withHTTP1() *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.http1 {
		t.http1 = true
		t.base.CloseIdleConnections()
		t.base = newBase(t.config.Clone(), true, t.proxy)
	}
	return t.base
}
