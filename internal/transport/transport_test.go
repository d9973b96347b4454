package transport

import (
	"bytes"
	"compress/gzip"
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
	"syscall"
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

func TestRoundTrip_Statuses(t *testing.T) {
	for _, c := range []struct {
		method   string
		status   int
		mark     func(context.Context) context.Context
		requests int
	}{
		{"GET", 200, nil, 1}, {"GET", 400, nil, 1}, {"GET", 401, nil, 1}, {"GET", 403, nil, 1}, {"GET", 404, nil, 1},
		{"GET", 408, nil, 3}, {"GET", 429, nil, 3}, {"GET", 500, nil, 3}, {"GET", 502, nil, 3}, {"GET", 503, nil, 3}, {"GET", 504, nil, 3},
		{"PUT", 503, nil, 3}, {"DELETE", 503, nil, 3}, {"DELETE", 503, NotRepeatable, 1},
		{"POST", 408, nil, 3}, {"POST", 429, nil, 3}, {"POST", 500, nil, 1}, {"POST", 503, nil, 1},
		{"GET", 503, Once, 1}, {"POST", 429, Once, 1},
		{"POST", 500, Repeatable, 3}, {"POST", 503, Repeatable, 3}, {"POST", 400, Repeatable, 1},
	} {
		t.Run(fmt.Sprint(c.method, c.status, c.requests), func(t *testing.T) {
			var requests atomic.Int32
			tr, server, slept := start(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				n := requests.Add(1)
				w.WriteHeader(c.status)
				_, _ = fmt.Fprintf(w, "answer %d to %s", n, body)
			}, func(o *Options) { o.MaxRetries = 2 })
			ctx := t.Context()
			if c.mark != nil {
				ctx = c.mark(ctx)
			}
			resp, err := tr.Client(nil).Do(request(t, ctx, c.method, server.URL+"/path?query=1", "body"))
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); got != fmt.Sprintf("answer %d to body", c.requests) || resp.StatusCode != c.status {
				t.Errorf("got %d %q", resp.StatusCode, got)
			}
			if int(requests.Load()) != c.requests || AttemptsOf(resp) != c.requests || len(slept.list) != c.requests-1 {
				t.Errorf("%d requests, %d attempts, %d waits; want %d", requests.Load(), AttemptsOf(resp), len(slept.list), c.requests)
			}
			if want := c.status >= 500 && c.requests > 1 && c.method != "GET"; MayHaveBeenCarriedOut(resp) != want {
				t.Errorf("may have been carried out before: %t", !want)
			}
		})
	}
}

func TestRoundTrip_WaitsGrowWithJitter(t *testing.T) {
	tr, server, slept := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, nil)
	resp, err := tr.Client(nil).Get(server.URL)
	if err != nil || resp.StatusCode != 503 || AttemptsOf(resp) != 5 {
		t.Fatalf("%v, %v", resp, err)
	}
	for i, base := range []time.Duration{500, 1000, 2000, 4000} {
		base *= time.Millisecond
		if got := slept.list[i]; got < base/2 || got > base*3/2 {
			t.Errorf("wait %d is %s, want %s ±50 %%", i+1, got, base)
		}
	}
}

func TestRoundTrip_RetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		value    string
		from, to time.Duration
	}{
		"seconds":       {"7", 7 * time.Second, 7700 * time.Millisecond},
		"date":          {now.Add(20 * time.Second).Format(http.TimeFormat), 20 * time.Second, 22 * time.Second},
		"date gone by":  {now.Add(-time.Hour).Format(http.TimeFormat), 250 * time.Millisecond, 750 * time.Millisecond},
		"zero":          {"0", 250 * time.Millisecond, 750 * time.Millisecond},
		"negative":      {"-5", 250 * time.Millisecond, 750 * time.Millisecond},
		"not a number":  {"soon", 250 * time.Millisecond, 750 * time.Millisecond},
		"exactly limit": {"120", 120 * time.Second, 132 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			tr, server, slept := start(t, func(w http.ResponseWriter, _ *http.Request) {
				if first {
					first = false
					w.Header().Set("Retry-After", c.value)
					w.WriteHeader(503)
				}
			}, func(o *Options) { o.Now = func() time.Time { return now } })
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil || resp.StatusCode != 200 {
				t.Fatal(resp, err)
			}
			if got := slept.list[0]; got < c.from || got > c.to {
				t.Errorf("waited %s, want %s to %s", got, c.from, c.to)
			}
		})
	}
}

func TestRoundTrip_RetryAfterTooLongIsSaid(t *testing.T) {
	for value, after := range map[string]time.Duration{"121": 121 * time.Second, "99999999999999": (1 << 31) * time.Second} {
		tr, server, slept := start(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(429)
		}, nil)
		_, err := tr.Client(nil).Post(server.URL, "", strings.NewReader("x"))
		got := cause[*RetryAfterError](t, err)
		if got.After != after || got.Limit != 2*time.Minute || got.Status != 429 || len(slept.list) != 0 {
			t.Errorf("%+v after %d waits", got, len(slept.list))
		}
		if whole := cause[*Error](t, err); whole.Attempts != 1 || whole.MayHaveBeenCarriedOut {
			t.Errorf("%+v", whole)
		}
	}
}

func TestRoundTrip_NoWaitBeyondTheOperationsEnd(t *testing.T) {
	tr, server, slept := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/after" {
			w.Header().Set("Retry-After", "60")
		}
		w.WriteHeader(503)
	}, func(o *Options) { o.FirstWait = 40 * time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	resp, err := tr.Client(nil).Do(request(t, ctx, "GET", server.URL, ""))
	if err != nil || resp.StatusCode != 503 || len(slept.list) != 0 {
		t.Fatalf("%v, %v, waits %v", resp, err, slept.list)
	}
	_, err = tr.Client(nil).Do(request(t, ctx, "GET", server.URL+"/after", ""))
	if got := cause[*RetryAfterError](t, err); got.After != time.Minute || got.Limit > 10*time.Second {
		t.Errorf("%+v", got)
	}
}

func TestRoundTrip_CancelledWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, func(o *Options) {
		o.Sleep = func(ctx context.Context, _ time.Duration) error {
			cancel()
			return sleep(ctx, time.Hour)
		}
	})
	_, err := tr.Client(nil).Do(request(t, ctx, "DELETE", server.URL, ""))
	got := cause[*Error](t, err)
	if !errors.Is(err, context.Canceled) || got.Attempts != 1 || !got.MayHaveBeenCarriedOut {
		t.Errorf("%+v", got)
	}
}

func TestRoundTrip_CancelledUnderWay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr, server, slept := start(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}, nil)
	_, err := tr.Client(nil).Do(request(t, ctx, "POST", server.URL, "x"))
	if got := cause[*Error](t, err); !errors.Is(err, context.Canceled) || !got.MayHaveBeenCarriedOut || len(slept.list) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestRoundTrip_CancelledBeforeAnything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tr := New(Options{})
	_, err := tr.RoundTrip(request(t, ctx, "POST", "https://127.0.0.1:1", "x"))
	if got := cause[*Error](t, err); !errors.Is(err, context.Canceled) || got.Attempts != 0 || got.MayHaveBeenCarriedOut {
		t.Errorf("%+v", got)
	}
}

func TestRoundTrip_TimeoutOfOneAttempt(t *testing.T) {
	for _, where := range []string{"before the headers", "inside the body"} {
		t.Run(where, func(t *testing.T) {
			var requests atomic.Int32
			tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 1 {
					_, _ = io.WriteString(w, "done")
					return
				}
				if where == "inside the body" {
					_, _ = io.WriteString(w, "half of ")
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}, func(o *Options) { o.RequestTimeout = 150 * time.Millisecond })
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); got != "done" || AttemptsOf(resp) != 2 {
				t.Errorf("%q after %d attempts", got, AttemptsOf(resp))
			}
			requests.Store(0)
			_, err = tr.Client(nil).Post(server.URL, "", strings.NewReader("x"))
			got := cause[*Error](t, err)
			if limit := cause[*TimeoutError](t, err); limit.Limit != 150*time.Millisecond || got.Attempts != 1 || !got.MayHaveBeenCarriedOut {
				t.Errorf("%+v, %+v", got, limit)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("an attempt's time-out looks like the end of the operation")
			}
		})
	}
}

func TestRoundTrip_ConnectionRefusedIsRepeatedEvenForPost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	var events []Event
	slept := &waits{}
	tr := New(Options{MaxRetries: 3, Sleep: slept.sleep, Observe: func(_ context.Context, e Event) { events = append(events, e) }})
	_, err = tr.Client(nil).Post("http://"+address+"/KeyfactorAPI?password=x", "", strings.NewReader("body"))
	got := cause[*Error](t, err)
	if !errors.Is(err, syscall.ECONNREFUSED) || got.Attempts != 4 || got.MayHaveBeenCarriedOut || got.Connected || got.Host != address {
		t.Errorf("%+v", got)
	}
	if got.URL != "http://"+address+"/KeyfactorAPI" || strings.Contains(got.Error(), "password") {
		t.Errorf("URL %s, text %s", got.URL, got)
	}
	if len(events) != 4 || events[3].Failure != "connection refused" || events[3].Attempt != 4 || events[3].Wait != 0 ||
		events[0].Wait != slept.list[0] || events[0].Sent != 4 || events[0].Path != "/KeyfactorAPI" || events[0].Status != 0 {
		t.Errorf("events %+v", events)
	}
}

func TestRoundTrip_UnknownHost(t *testing.T) {
	tr := New(Options{MaxRetries: 1, Sleep: (&waits{}).sleep})
	_, err := tr.Client(nil).Get("https://command.invalid/")
	if lookup := cause[*net.DNSError](t, err); lookup.Name != "command.invalid" {
		t.Errorf("%+v", lookup)
	}
	if got := cause[*Error](t, err); got.Attempts != 2 || got.Host != "command.invalid" {
		t.Errorf("%+v", got)
	}
}

func TestRoundTrip_LostAnswer(t *testing.T) {
	for _, c := range []struct {
		method   string
		attempts int
		doubtful bool
	}{{"GET", 3, false}, {"DELETE", 3, true}, {"POST", 1, true}} {
		tr, server, _ := plain(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = hijack(w).Close()
		}, func(o *Options) { o.MaxRetries = 2 })
		_, err := tr.Client(nil).Do(request(t, t.Context(), c.method, server.URL, "x"))
		if got := cause[*Error](t, err); got.Attempts != c.attempts || !got.Connected || got.MayHaveBeenCarriedOut != c.doubtful {
			t.Errorf("%s: %+v", c.method, got)
		}
	}
}

func TestRoundTrip_DeleteDoneThoughTheAnswerWasLost(t *testing.T) {
	var requests atomic.Int32
	tr, server, _ := plain(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			_ = hijack(w).Close()
			return
		}
		w.WriteHeader(404)
	}, nil)
	resp, err := tr.Client(nil).Do(request(t, t.Context(), "DELETE", server.URL, ""))
	if err != nil || resp.StatusCode != 404 || !MayHaveBeenCarriedOut(resp) || AttemptsOf(resp) != 2 {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestRoundTrip_TruncatedBodies(t *testing.T) {
	answers := map[string]string{
		"length":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"headers": "HTTP/1.1 200 OK\r\nContent-Le",
		"5xx":     "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nhalf",
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			tr, server, _ := plain(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) == 1 {
					conn := hijack(w)
					_, _ = io.WriteString(conn, answer)
					_ = conn.Close()
					return
				}
				_, _ = io.WriteString(w, "whole")
			}, nil)
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); got != "whole" || AttemptsOf(resp) != 2 {
				t.Errorf("%q after %d", got, AttemptsOf(resp))
			}
			requests.Store(0)
			_, err = tr.Client(nil).Post(server.URL, "", strings.NewReader("x"))
			if got := cause[*Error](t, err); !got.MayHaveBeenCarriedOut || got.Attempts != 1 || name != "headers" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRoundTrip_RefusalStandsThoughItsBodyIsCut(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf")
			_ = conn.Close()
		},
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, "half"+strings.Repeat("x", 5000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			tr, server, _ := plain(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				handler(w, r)
			}, func(o *Options) { o.RequestTimeout, o.MaxBody = 200*time.Millisecond, 1000 })
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); resp.StatusCode != 401 || !strings.HasPrefix(got, "half") || len(got) > 1000 || requests.Load() != 1 {
				t.Errorf("%d, %d bytes after %d requests", resp.StatusCode, len(got), requests.Load())
			}
		})
	}
}

func TestRoundTrip_BodyLimitCountsDecompressedBytes(t *testing.T) {
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	_, _ = packer.Write(make([]byte, 1<<20))
	_ = packer.Close()
	var requests atomic.Int32
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/announced":
			w.Header().Set("Content-Length", "100001")
			_, _ = w.Write(make([]byte, 100_001))
		case "/exact":
			_, _ = w.Write(make([]byte, 100_000))
		}
	}, func(o *Options) { o.MaxBody = 100_000 })
	if bomb.Len() > 2000 {
		t.Fatal("not a bomb")
	}
	for _, path := range []string{"/bomb", "/announced"} {
		requests.Store(0)
		_, err := tr.Client(nil).Get(server.URL + path)
		if got := cause[*LimitError](t, err); got.Limit != 100_000 || requests.Load() != 1 {
			t.Errorf("%s: %+v after %d requests", path, got, requests.Load())
		}
	}
	resp, err := tr.Client(nil).Get(server.URL + "/exact")
	if err != nil || resp.ContentLength != 100_000 || len(text(t, resp)) != 100_000 {
		t.Errorf("%v, %v", resp, err)
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

func TestRoundTrip_BodyWithoutGetBodyIsRepeatedWhole(t *testing.T) {
	var bodies []string
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(data))
		if len(bodies) < 3 {
			w.WriteHeader(500)
		}
	}, nil)
	req := request(t, t.Context(), "PUT", server.URL, "")
	req.Body = io.NopCloser(io.MultiReader(strings.NewReader("one "), strings.NewReader("two")))
	req.ContentLength = -1
	if _, err := tr.RoundTrip(req); err != nil || strings.Join(bodies, ",") != "one two,one two,one two" {
		t.Errorf("%q, %v", bodies, err)
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
