// Package transport carries every HTTP request of this provider: to Command, to the token endpoint and to vedauth.
//
// A [Transport] is an http.RoundTripper with one pool of connections. It owns what must be the same for all three
// servers: trusted roots, proxy, the time limit of one attempt, retries, the size limit of answers, which hosts may
// be reached, and which redirects are followed. One RoundTrip is a whole sequence of attempts, and an answer that it
// returns has been read to its last byte, so that an answer cut short counts as a failed attempt.
//
// What is repeated, at most [Options.MaxRetries] times:
//
//   - GET, HEAD, OPTIONS, PUT, DELETE, and whatever is marked by [Repeatable]: after a network error, a time-out of
//     the attempt, an answer cut short, and the statuses 408, 429 and 5xx;
//   - other requests only when the server has certainly not carried them out: no connection came about, 429 (RFC 6585
//     section 4) or 408 (RFC 9110 section 15.5.9: the server did not receive a complete request). A 503 is no proof,
//     even with Retry-After: a proxy may send it after passing the request on;
//   - nothing after another 4xx or after a certificate that cannot be trusted, and only once more after an answer that
//     exceeded the size limit.
//
// A 4xx stands whatever happens to its body: a login that was refused must not be tried again because the refusal's
// page broke off. Only a 404 is asked for again: its body tells whether the API says so or something in front of it.
//
// The package must not know credentials, tokens, Command's API or Terraform. Request and response headers and bodies
// never reach its errors or events.
package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

const (
	defaultTimeout       = 60 * time.Second
	defaultMaxBody       = 64 << 20
	defaultMaxRetryAfter = 2 * time.Minute
	defaultFirstWait     = 500 * time.Millisecond
	defaultLongestWait   = 30 * time.Second

	connectTimeout = 15 * time.Second // a server that does not take the connection; shorter than an attempt
	idleTimeout    = 30 * time.Second // below the 60 s after which common load balancers drop idle connections
	pingInterval   = 15 * time.Second // HTTP/2: without pings a dead connection is used until TCP gives it up
	maxRedirects   = 10
)

// Options says how requests are made. The zero value is usable: system roots, 60 s, no retries.
type Options struct {
	CAPEM          []byte        // PEM certificates, added to the system's roots
	SkipTLSVerify  bool          // accept any certificate
	RequestTimeout time.Duration // one attempt, from dialling to the last byte of the body; 0 means 60 s
	MaxRetries     int           // attempts after the first
	MaxRetryAfter  time.Duration // the longest Retry-After that is waited for; 0 means 2 minutes
	UserAgent      string        // for requests that bring none
	AllowedHosts   []string      // "host" for any port or "host:port"; empty means any host
	MaxBody        int64         // bytes of one answer, after decompression; 0 means 64 MiB

	HTTP1Only    bool              // never negotiate HTTP/2
	ConfigureTLS func(*tls.Config) // called once on the finished TLS configuration

	Observe func(ctx context.Context, e Event) // called after each attempt, by many goroutines

	FirstWait   time.Duration                                    // before the second attempt, ±50 %; 0 means 500 ms, doubled each time
	LongestWait time.Duration                                    // between two attempts, before the ±50 %; 0 means 30 s
	Sleep       func(ctx context.Context, d time.Duration) error // waits between attempts; nil means a timer
	Now         func() time.Time                                 // for dates in Retry-After; nil means time.Now
}

// Event describes one attempt. It holds no header, no body, and no query.
type Event struct {
	Method   string
	Host     string // host, or host:port
	Path     string
	Attempt  int // from 1
	Status   int // 0 when no answer came
	Duration time.Duration
	Sent     int64         // bytes of the request's body, -1 when unknown
	Received int64         // bytes of the answer's body, after decompression
	Failure  string        // class of the failure, "" when the attempt brought a complete answer
	Wait     time.Duration // until the next attempt, 0 when this was the last
}

// Transport makes requests; see the package comment. Use [New].
type Transport struct {
	opts  Options
	proxy func(*http.Request) (*url.URL, error) // nil for a direct connection

	mu     sync.Mutex
	base   *http.Transport // nil before the first request
	config *tls.Config     // what base was made with
	http1  bool            // a server has asked for HTTP/1.1
}

// New returns a transport that has neither read the system's roots nor opened a connection yet.
// The proxy variables of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are read now.
func New(o Options) *Transport {
	setDefault(&o.RequestTimeout, defaultTimeout)
	setDefault(&o.MaxBody, defaultMaxBody)
	setDefault(&o.MaxRetryAfter, defaultMaxRetryAfter)
	setDefault(&o.FirstWait, defaultFirstWait)
	setDefault(&o.LongestWait, defaultLongestWait)
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Transport{opts: o, proxy: proxyOf(httpproxy.FromEnvironment())}
}

func setDefault[T time.Duration | int64](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Client returns a client over the transport, with wrap (nil for none) between the two. It follows redirects of GET
// to the same scheme, host and port; any other comes back as a [*RedirectError] inside an [*Error].
func (t *Transport) Client(wrap func(http.RoundTripper) http.RoundTripper) *http.Client {
	var rt http.RoundTripper = t
	if wrap != nil {
		rt = wrap(t)
	}
	return &http.Client{
		Transport: rt,
		// Where a redirect leads has been judged in RoundTrip already; here they are only counted.
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return &LimitError{What: "redirects in a row", Limit: maxRedirects}
			}
			return nil
		},
	}
}

// CloseIdleConnections closes the connections that no request is using.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
}

// underlying returns the http.Transport and builds it at the first request: reading the system's roots takes longer
// than everything else that starting a provider does, and many runs need no server.
func (t *Transport) underlying() (*http.Transport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.base != nil {
		return t.base, nil
	}
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: t.opts.SkipTLSVerify, //nolint:gosec // the user's own setting, warned about
	}
	if len(t.opts.CAPEM) > 0 {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(t.opts.CAPEM) {
			return nil, errRoots
		}
		config.RootCAs = roots
	}
	if t.opts.ConfigureTLS != nil {
		t.opts.ConfigureTLS(config)
	}
	t.config = config
	t.base = newBase(config.Clone(), t.opts.HTTP1Only, t.proxy) // net/http adds its protocols to the configuration
	return t.base, nil
}

func newBase(config *tls.Config, http1Only bool, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	base := &http.Transport{
		Proxy:                  proxy,
		DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      !http1Only,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingInterval, PingTimeout: pingInterval},
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 1 << 20,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &ProxyError{Status: resp.StatusCode}
			}
			return nil
		},
	}
	if http1Only {
		base.Protocols = new(http.Protocols)
		base.Protocols.SetHTTP1(true)
	}
	return base
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
