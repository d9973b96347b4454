package transport

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waits records how long a transport would have slept.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return ctx.Err()
}

// start returns a transport that trusts the server and does not really sleep; both end with the test.
func start(t *testing.T, handler http.HandlerFunc, change func(*Options)) (*Transport, *httptest.Server, *waits) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return with(t, server, change)
}

func with(t *testing.T, server *httptest.Server, change func(*Options)) (*Transport, *httptest.Server, *waits) {
	t.Helper()
	slept := &waits{}
	o := Options{MaxRetries: 4, Sleep: slept.sleep}
	if server.TLS != nil {
		o.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	if change != nil {
		change(&o)
	}
	tr := New(o)
	t.Cleanup(tr.CloseIdleConnections)
	return tr, server, slept
}

func request(t *testing.T, ctx context.Context, method, url, body string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func cause[T error](t *testing.T, err error) T {
	t.Helper()
	var want T
	if !errors.As(err, &want) {
		t.Fatalf("got %T %v, want a %T", err, err, want)
	}
	return want
}

// hijack takes the connection from under an HTTP/1.1 handler.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	return conn
}

// plain is a server without TLS and HTTP/2, for handlers that hijack.
func plain(t *testing.T, handler http.HandlerFunc, change func(*Options)) (*Transport, *httptest.Server, *waits) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return with(t, server, change)
}

func TestRoundTrip_HTTP2KeepAliveAndUserAgent(t *testing.T) {
	connections := map[string]bool{} // the client's addresses, one request after another
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		_, _ = fmt.Fprint(w, r.Proto, " ", r.UserAgent())
	}, func(o *Options) { o.UserAgent = "terraform-provider-keyfactor/test" })
	client := tr.Client(nil)
	for range 5 {
		resp, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, resp); got != "HTTP/2.0 terraform-provider-keyfactor/test" {
			t.Errorf("the server saw %q", got)
		}
		if AttemptsOf(resp) != 1 || MayHaveBeenCarriedOut(resp) {
			t.Errorf("attempts %d", AttemptsOf(resp))
		}
	}
	if len(connections) != 1 {
		t.Errorf("connections %v, want one", connections)
	}
}

func TestRoundTrip_UntrustedCertificateIsNotRetried(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"unknown authority": func(o *Options) { o.CAPEM = nil },
		"other host":        func(o *Options) { o.ConfigureTLS = func(c *tls.Config) { c.ServerName = "other.example" } },
		"expired": func(o *Options) {
			o.ConfigureTLS = func(c *tls.Config) { c.Time = func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) } }
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr, server, slept := start(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }, change)
			_, err := tr.Client(nil).Post(server.URL, "", strings.NewReader("secret"))
			got := cause[*CertificateError](t, err)
			if got.Issuer != "O=Acme Co" || len(slept.list) != 0 {
				t.Errorf("issuer %q, %d waits, %v", got.Issuer, len(slept.list), err)
			}
			if whole := cause[*Error](t, err); whole.Attempts != 1 || whole.MayHaveBeenCarriedOut {
				t.Errorf("%+v", whole)
			}
		})
	}
}

func TestRoundTrip_SkipTLSVerify(t *testing.T) {
	tr, server, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.CAPEM, o.SkipTLSVerify = nil, true })
	if _, err := tr.Client(nil).Get(server.URL); err != nil {
		t.Error(err)
	}
}

func TestRoundTrip_TLS11IsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.StartTLS()
	defer server.Close()
	tr, _, slept := with(t, server, nil)
	_, err := tr.Client(nil).Get(server.URL)
	if err == nil || !strings.Contains(err.Error(), "protocol version") || len(slept.list) != 0 {
		t.Errorf("%v after %d waits", err, len(slept.list))
	}
}

func TestRoundTrip_UnreadableCA(t *testing.T) {
	tr := New(Options{CAPEM: []byte("no certificate TOPSECRET")})
	_, err := tr.Client(nil).Get("https://127.0.0.1:1/")
	if !errors.Is(err, errRoots) || strings.Contains(err.Error(), "TOPSECRET") {
		t.Error(err)
	}
}

func TestRoundTrip_PlainServerOnTheTLSPort(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	tr, _, slept := with(t, server, nil)
	_, err := tr.Client(nil).Get("https" + strings.TrimPrefix(server.URL, "http"))
	if err == nil || len(slept.list) != 0 {
		t.Errorf("%v after %d waits", err, len(slept.list))
	}
}

func TestRoundTrip_DeadKeptConnectionIsInvisibleToGet(t *testing.T) {
	tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, nil)
	for range 3 {
		resp, err := tr.Client(nil).Get(server.URL)
		if err != nil || text(t, resp) != "ok" {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
}

func TestRoundTrip_AllowedHosts(t *testing.T) {
	var requests atomic.Int32
	tr, server, _ := start(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }, nil)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL, "https://"))
	for list, allowed := range map[string]bool{
		"": true, "127.0.0.1": true, "other.example, 127.0.0.1:" + port: true,
		"other.example": false, "127.0.0.1:1": false, "27.0.0.1": false, "0.0.1:" + port: false,
	} {
		requests.Store(0)
		tr.opts.AllowedHosts = nil
		if list != "" {
			tr.opts.AllowedHosts = strings.Split(list, ",")
		}
		_, err := tr.Client(nil).Get(server.URL)
		if allowed && (err != nil || requests.Load() != 1) || !allowed && requests.Load() != 0 {
			t.Errorf("%q: %d requests, %v", list, requests.Load(), err)
		}
		if !allowed {
			if got := cause[*HostError](t, err); got.Host != "127.0.0.1:"+port {
				t.Errorf("%q: %+v", list, got)
			}
		}
	}
	tr.opts.AllowedHosts = []string{"TPP.example", "[::1]", "[::2]:8443"}
	for url, allowed := range map[string]bool{
		"https://tpp.EXAMPLE/": true, "https://tpp.example:444/": true, "https://[::1]:5/": true,
		"https://[::2]:8443/": true, "https://[::2]/": false, "https://tpp.example.evil/": false,
	} {
		if got := tr.allowed(request(t, t.Context(), "GET", url, "")); got != allowed {
			t.Errorf("%s: %t", url, got)
		}
	}
}

func TestTransport_ProxyFromTheEnvironment(t *testing.T) {
	var asked []string
	status := 200
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Host+r.RequestURI)
		if r.Method == "CONNECT" {
			w.WriteHeader(status)
		}
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", strings.Replace(proxy.URL, "//", "//user:PROXYSECRET@", 1))
	slept := &waits{}
	tr := New(Options{MaxRetries: 2, Sleep: slept.sleep})
	defer tr.CloseIdleConnections()
	if _, err := tr.Client(nil).Get("http://command.example/x"); err != nil || len(asked) != 1 {
		t.Fatal(asked, err)
	}
	status = 407
	_, err := tr.Client(nil).Post("https://command.example/x", "", strings.NewReader("x"))
	if got := cause[*ProxyError](t, err); got.Status != 407 || len(slept.list) != 0 || strings.Contains(err.Error(), "PROXYSECRET") {
		t.Errorf("%v after %d waits", err, len(slept.list))
	}
	status = 502
	_, err = tr.Client(nil).Post("https://command.example/x", "", strings.NewReader("x"))
	if got := cause[*Error](t, err); got.Attempts != 3 || got.MayHaveBeenCarriedOut {
		t.Errorf("%+v", got)
	}
}

func TestTransport_BrokenProxyAddressIsNotQuoted(t *testing.T) {
	for _, address := range []string{
		"user:PROXYSECRET%zz@:0", "http://user:PROXYSECRET@127.0.0.1:x", "http://user:PROXY/SECRET@127.0.0.1:0", "http://user:PROXYSECRET@127.0.0.1:0/\x7f",
	} {
		t.Setenv("HTTPS_PROXY", address)
		tr := New(Options{})
		_, err := tr.Client(nil).Get("https://command.invalid/x")
		if err == nil || strings.Contains(err.Error(), "PROXY") || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTransport_UsableAfterCloseIdleConnections(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	tr := New(Options{})
	tr.CloseIdleConnections()
	defer tr.CloseIdleConnections()
	if _, err := tr.Client(nil).Get(server.URL); err != nil {
		t.Error(err)
	}
}
