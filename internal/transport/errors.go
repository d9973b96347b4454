package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Error is why a request got no usable answer. The cause is reached by errors.As and errors.Is: [*TimeoutError],
// [*CertificateError], [*RedirectError], [*LimitError], [*RetryAfterError], [*HostError], [*ProxyError],
// *net.DNSError, syscall.ECONNREFUSED, io.ErrUnexpectedEOF for an answer cut short, context.Canceled, context.DeadlineExceeded.
type Error struct {
	Method   string
	URL      string // without user information, query and fragment
	Host     string // host, or host:port
	Attempts int    // requests tried; 0 when none was
	Elapsed  time.Duration

	// Connected: at least one attempt got a connection to the server, TLS included. Without, nothing was sent.
	Connected bool

	// MayHaveBeenCarriedOut: an attempt reached the server and its outcome is not known.
	// Always false for GET, HEAD and OPTIONS, which change nothing.
	MayHaveBeenCarriedOut bool

	Err error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %v", e.Method, e.URL, e.Err)
	if e.Attempts > 1 {
		text += fmt.Sprintf(" (%d attempts in %s)", e.Attempts, e.Elapsed.Round(100*time.Millisecond))
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// TimeoutError is an attempt that took too long.
type TimeoutError struct {
	Phase string        // "connecting" or "waiting for the complete answer"
	Limit time.Duration // what was allowed
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("timed out after %s %s", e.Limit, e.Phase)
}

// Timeout makes it a net.Error's kind of time-out.
func (e *TimeoutError) Timeout() bool { return true }

// CertificateError is a server certificate that cannot be trusted: unknown authority, another host's, expired.
// Err is crypto/x509's own error.
type CertificateError struct {
	Subject string // of the server's certificate, as crypto/x509 prints it
	Issuer  string // who issued the last certificate of the chain that the server sent: the one to trust
	Err     error
}

func (e *CertificateError) Error() string { return e.Err.Error() }
func (e *CertificateError) Unwrap() error { return e.Err }

// RedirectError is a redirect that is not followed: not a GET, or to another scheme, host or port.
type RedirectError struct {
	Method string // of the redirected request
	Status int    // 300 to 399
	From   string // scheme://host[:port]
	To     string // scheme://host[:port] of the target, "" when the answer named none that can be read
}

func (e *RedirectError) Error() string {
	to := e.To
	if to == "" {
		to = "an unnamed place"
	}
	if e.Method != http.MethodGet {
		return fmt.Sprintf("the server answered %d, a redirect to %s, which is not followed for %s", e.Status, to, e.Method)
	}
	return fmt.Sprintf("the server answered %d, a redirect from %s to %s, which is not followed", e.Status, e.From, to)
}

// LimitError is an answer that is larger than allowed, or one redirect too many.
type LimitError struct {
	What  string // "bytes in the answer" or "redirects in a row"
	Limit int64
}

func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Limit, e.What) }

// RetryAfterError is a server that wants to be left alone for longer than this provider waits.
type RetryAfterError struct {
	Status int           // 408, 429 or 5xx
	After  time.Duration // what the server asked for
	Limit  time.Duration // what is waited for at most; less where the operation's own time-out ends earlier
}

func (e *RetryAfterError) Error() string {
	return fmt.Sprintf("the server answered %d and asked to wait %s; at most %s is waited for",
		e.Status, e.After.Round(time.Second), e.Limit.Round(time.Second))
}

// HostError is a host that KEYFACTOR_ALLOWED_HOSTS does not name. Nothing was sent.
type HostError struct{ Host string }

func (e *HostError) Error() string {
	return fmt.Sprintf("host %s is not among the allowed hosts; nothing was sent", e.Host)
}

// ProxyError is a proxy that did not open a way to the server.
type ProxyError struct {
	Status int    // 407: it wants other credentials than the environment's proxy address holds; 0: no answer
	Host   string // host, or host:port of the proxy; "" when it did answer
	Err    error  // why there was no answer
}

func (e *ProxyError) Unwrap() error { return e.Err }

func (e *ProxyError) Error() string {
	switch {
	case e.Status == 0 && e.Host == "":
		return e.Err.Error()
	case e.Status == 0:
		return fmt.Sprintf("the proxy %s cannot be reached: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("the proxy answered %d (%s) instead of connecting", e.Status, http.StatusText(e.Status))
}

var errRoots = errors.New("the CA certificate setting holds no PEM certificate that can be read")

// bodyError is an answer that broke off; Err says how.
type bodyError struct {
	received int64
	err      error
}

func (e *bodyError) Error() string {
	return fmt.Sprintf("the answer broke off after %d bytes: %v", e.received, e.err)
}
func (e *bodyError) Unwrap() error { return e.err }

// errProxyAddress does not repeat the address, which may hold a password.
var errProxyAddress = errors.New("the proxy's address cannot be read (characters such as % # / ? in a password are written as %XX there)")

// typed turns what net/http returned into one of the types above where there is one.
func typed(err error, sent bool) error {
	var way *net.OpError
	if errors.As(err, &way) && way.Op == "proxyconnect" { // net/http's name for all that fails before the proxy is asked
		return &ProxyError{Err: way.Err}
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		typed := &CertificateError{Err: certificate.Err}
		if chain := certificate.UnverifiedCertificates; len(chain) > 0 {
			typed.Subject = chain[0].Subject.String()
			typed.Issuer = chain[len(chain)-1].Issuer.String()
		}
		return typed
	}
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	if errors.As(err, &invalid) || errors.As(err, &name) {
		return &CertificateError{Err: err}
	}
	var timeout net.Error
	if !sent && errors.As(err, &timeout) && timeout.Timeout() {
		var lookup *net.DNSError
		if !errors.As(err, &lookup) { // a name server that does not answer keeps its own name
			return &TimeoutError{Phase: "connecting", Limit: connectTimeout}
		}
	}
	return err
}

// hopeless tells whether another attempt would end the same way.
func hopeless(err error) bool {
	var (
		certificate *CertificateError
		record      tls.RecordHeaderError
		proxy       *ProxyError
		alert       *net.OpError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &record):
		return true
	case errors.As(err, &proxy) && proxy.Status == 0:
		var untrusted *tls.CertificateVerificationError
		return errors.Is(err, errProxyAddress) || errors.As(err, &untrusted)
	case errors.As(err, &proxy): // a proxy's account may lock too
		return proxy.Status < 500 && proxy.Status != http.StatusRequestTimeout && proxy.Status != http.StatusTooManyRequests
	case errors.As(err, &alert): // crypto/tls names the two sides of a failed handshake so
		return alert.Op == "remote error" || alert.Op == "local error"
	}
	return false
}

// RemoteAlert returns the TLS alert by which the server ended a connection, in crypto/tls's words without its prefix
// ("unknown certificate authority"), or "".
func RemoteAlert(err error) string {
	var alert *net.OpError
	if !errors.As(err, &alert) || alert.Op != "remote error" {
		return ""
	}
	return strings.TrimPrefix(alert.Err.Error(), "tls: ")
}

// class names a failure for logs, without any text of the server's.
func class(err error) string {
	var (
		timeout     *TimeoutError
		certificate *CertificateError
		limit       *LimitError
		lookup      *net.DNSError
		body        *bodyError
		proxy       *ProxyError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &timeout):
		return "time-out"
	case errors.As(err, &certificate):
		return "certificate"
	case errors.As(err, &limit):
		return "limit"
	case errors.As(err, &proxy):
		return "proxy"
	case errors.As(err, &body):
		return "answer cut short"
	case errors.As(err, &lookup):
		return "unknown host"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection lost"
	case isContext(err):
		return "cancelled"
	}
	return "network"
}

// place returns a URL without what may be private in it.
func place(u *url.URL) string {
	clean := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return clean.String()
}

// Origin returns scheme://host[:port] in lower case, without the scheme's default port.
func Origin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}
