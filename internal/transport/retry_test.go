package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

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
		server   time.Time // of its Date header, zero for none
	}{
		"seconds":       {value: "7", from: 7 * time.Second, to: 7700 * time.Millisecond},
		"other clock":   {now.Add(time.Hour + 20*time.Second).Format(http.TimeFormat), 20 * time.Second, 22 * time.Second, now.Add(time.Hour)},
		"date":          {value: now.Add(20 * time.Second).Format(http.TimeFormat), from: 20 * time.Second, to: 22 * time.Second},
		"date gone by":  {value: now.Add(-time.Hour).Format(http.TimeFormat), from: 250 * time.Millisecond, to: 750 * time.Millisecond},
		"zero":          {value: "0", from: 250 * time.Millisecond, to: 750 * time.Millisecond},
		"negative":      {value: "-5", from: 250 * time.Millisecond, to: 750 * time.Millisecond},
		"not a number":  {value: "soon", from: 250 * time.Millisecond, to: 750 * time.Millisecond},
		"exactly limit": {value: "120", from: 120 * time.Second, to: 132 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			tr, server, slept := start(t, func(w http.ResponseWriter, _ *http.Request) {
				if first {
					first = false
					w.Header().Set("Retry-After", c.value)
					w.Header()["Date"] = nil
					if !c.server.IsZero() {
						w.Header().Set("Date", c.server.Format(http.TimeFormat))
					}
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
	for value, after := range map[string]time.Duration{"121": 121 * time.Second, "99999999999999": (1 << 31) * time.Second, "99999999999999999999": (1 << 31) * time.Second} {
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
			}, func(o *Options) { o.RequestTimeout = 300 * time.Millisecond })
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); got != "done" || AttemptsOf(resp) < 2 { // more on a machine so busy that handshakes take as long
				t.Errorf("%q after %d attempts", got, AttemptsOf(resp))
			}
			requests.Store(0)
			_, err = tr.Client(nil).Post(server.URL, "", strings.NewReader("x"))
			got := cause[*Error](t, err)
			if limit := cause[*TimeoutError](t, err); limit.Limit != 300*time.Millisecond || requests.Load() != 1 || !got.MayHaveBeenCarriedOut {
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

func TestWatchDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		first  int // status of the first answer, 0 to lose it
		mark   func(context.Context) context.Context
		want   bool
	}{
		"answer lost":        {"POST", 0, nil, true},
		"503":                {"POST", 503, nil, true},
		"see other":          {"POST", 303, nil, true},
		"429":                {"POST", 429, nil, false},
		"GET":                {"GET", 503, nil, false},
		"request on the way": {"POST", 503, Patient, false},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
				switch {
				case !first:
					w.WriteHeader(401)
				case c.first == 0:
					first = false
					panic(http.ErrAbortHandler)
				default:
					first = false
					w.WriteHeader(c.first)
				}
			}, nil)
			ctx, doubt := WatchDoubt(Repeatable(t.Context()))
			if c.mark != nil {
				ctx = c.mark(ctx)
			}
			resp, err := tr.Client(nil).Do(request(t, ctx, c.method, server.URL, "x"))
			if err == nil {
				_ = resp.Body.Close()
			}
			if doubt.Load() != c.want {
				t.Errorf("doubt: %t, want %t (%v)", doubt.Load(), c.want, err)
			}
		})
	}
}
