package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// played is an API without a network: each request takes a second of the test's clock.
type played struct {
	mu     sync.Mutex
	now    int // requests under way
	most   int // at the same time
	seen   []string
	answer func(n int, req *http.Request) (*http.Response, error)
}

func (p *played) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.seen = append(p.seen, req.Header.Get("Authorization"))
	n := len(p.seen)
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-req.Context().Done():
	}
	p.mu.Lock()
	p.now--
	p.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return p.answer(n, req)
}

func reply(status int, kind, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)),
		Request: &http.Request{URL: must("https://command.example/KeyfactorAPI")},
	}, nil
}

// many sends requests side by side and returns their statuses (0 for an error) and errors in no particular order.
func many(ctx context.Context, rt http.RoundTripper, n int) (statuses []int, errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(ctx, "GET", "https://command.example/KeyfactorAPI/x", nil)
			resp, err := rt.RoundTrip(req)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			statuses = append(statuses, resp.StatusCode)
		})
	}
	wg.Wait()
	return statuses, errs
}

func TestGate_OneRequestUntilTheFirstSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &played{answer: func(int, *http.Request) (*http.Response, error) { return reply(200, "application/json", "{}") }}
		start := time.Now()
		statuses, errs := many(t.Context(), NewBasic(`D\u`, "p", "").Wrap(api), 50)
		if len(statuses) != 50 || len(errs) != 0 {
			t.Errorf("%d answers, %v", len(statuses), errs)
		}
		if took := time.Since(start); took != 2*time.Second || api.most != 49 {
			t.Errorf("took %s, %d at the same time; want one, then 49", took, api.most)
		}
	})
}

func TestGate_RefusedLoginIsSentOnce(t *testing.T) {
	for _, a := range []Authenticator{NewBasic("user", "wrong", "here"), NewAccessToken("wrong", "here")} {
		synctest.Test(t, func(t *testing.T) {
			api := &played{answer: func(int, *http.Request) (*http.Response, error) {
				return reply(401, "application/json", `{"ErrorCode":"0xA0140001","Message":"no"}`)
			}}
			rt := a.Wrap(api)
			_, errs := many(t.Context(), rt, 50)
			_, later := many(t.Context(), rt, 1)
			if len(api.seen) != 1 || len(errs) != 50 {
				t.Fatalf("%s: %d requests, %d errors", a.Mode(), len(api.seen), len(errs))
			}
			for _, err := range append(errs, later...) {
				if !errors.Is(err, errs[0]) {
					t.Errorf("another error: %v", err)
				}
			}
			var got *Error
			if !errors.As(errs[0], &got) || got.Status != 401 || !got.Final || got.Origin != "here" || got.Mode != a.Mode() ||
				got.Stage != StageAPI || got.Host != "command.example" || got.Code != "0xA0140001" || got.Description != "no" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestGate_UnprovenAnswersLetTheNextOneGoAhead(t *testing.T) {
	lost := &transport.Error{Attempts: 5, Connected: true, Err: io.ErrUnexpectedEOF}
	for name, first := range map[string]func() (*http.Response, error){
		"lost answer":      func() (*http.Response, error) { return nil, lost },
		"5xx":              func() (*http.Response, error) { return reply(503, "application/json", "{}") },
		"a proxy's page":   func() (*http.Response, error) { return reply(403, "text/html", "<html>") },
		"too many":         func() (*http.Response, error) { return reply(429, "application/json", "{}") },
		"proxy login":      func() (*http.Response, error) { return reply(407, "application/json", "{}") },
		"time-out":         func() (*http.Response, error) { return reply(408, "application/json", "{}") },
		"untyped failures": func() (*http.Response, error) { return nil, errors.New("other") },
	} {
		synctest.Test(t, func(t *testing.T) {
			api := &played{answer: func(n int, _ *http.Request) (*http.Response, error) {
				if n <= 3 {
					return first()
				}
				return reply(404, "application/json; charset=utf-8", "{}")
			}}
			start := time.Now()
			many(t.Context(), NewBasic("user", "p", "").Wrap(api), 10)
			if took := time.Since(start); took != 5*time.Second || api.most != 6 || len(api.seen) != 10 {
				t.Errorf("%s: took %s, %d requests, %d at the same time; want 4 one by one, then 6", name, took, len(api.seen), api.most)
			}
		})
	}
}

func TestGate_WhoWaitedForAFailureTriesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		attempts := map[int]int{} // how many were a request's nth
		base := transport.New(transport.Options{MaxRetries: 4, Observe: func(_ context.Context, e transport.Event) {
			mu.Lock()
			defer mu.Unlock()
			attempts[e.Attempt]++
		}})
		rt := NewBasic("user", "p", "").Wrap(base)
		send := func() {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:1/", nil)
			if _, err := rt.RoundTrip(req); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		}
		first, _ := rt.(*tripper).gate.enter(t.Context())
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(send)
		}
		synctest.Wait() // all nine are waiting
		_ = first.leave(down, io.ErrUnexpectedEOF)
		wg.Wait()
		if fmt.Sprint(attempts) != "map[1:9]" {
			t.Errorf("attempts of those who waited: %v", attempts)
		}
		send()
		if fmt.Sprint(attempts) != "map[1:10 2:1 3:1 4:1 5:1]" {
			t.Errorf("a later request has no retries: %v", attempts)
		}
	})
}

func TestGate_OnlyWhoWaitedIsHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		first, _ := g.enter(t.Context())
		if first.once {
			t.Error("the first is hurried")
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			second, err := g.enter(t.Context())
			if err != nil || !second.once {
				t.Errorf("%+v, %v", second, err)
			}
			_ = second.leave(unproven, nil)
		})
		synctest.Wait()
		_ = first.leave(down, io.ErrUnexpectedEOF)
		wg.Wait()
		if third, err := g.enter(t.Context()); err != nil || third.once {
			t.Errorf("%+v, %v", third, err)
		}
	})
}

func TestGate_FirstRequestHangsAndWaitersHonourTheirOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &played{answer: func(int, *http.Request) (*http.Response, error) { return reply(200, "", "") }}
		rt := NewBasic("user", "p", "").Wrap(api)
		hanging, cancel := context.WithCancel(t.Context())
		slow, _ := http.NewRequestWithContext(hanging, "GET", "https://command.example/", nil)
		var firstErr error
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, firstErr = (&tripper{session: rt.(*tripper).session, next: hang{}}).RoundTrip(slow)
		}()
		synctest.Wait()

		short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		start := time.Now()
		_, errs := many(short, rt, 5)
		if len(errs) != 5 || time.Since(start) != 100*time.Millisecond || !errors.Is(errs[0], context.DeadlineExceeded) {
			t.Errorf("%v after %s", errs, time.Since(start))
		}
		if len(api.seen) != 0 {
			t.Error("a request overtook the first one")
		}
		cancel()
		<-done
		if !errors.Is(firstErr, context.Canceled) {
			t.Error(firstErr)
		}
		if statuses, errs := many(t.Context(), rt, 3); len(statuses) != 3 {
			t.Errorf("after the first was cancelled: %v", errs)
		}
	})
}

// hang never answers.
type hang struct{}

func (hang) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestGate_CancelledFirstRequestLetsTheNextOneGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &played{answer: func(int, *http.Request) (*http.Response, error) { return reply(200, "", "") }}
		rt := NewBasic("user", "p", "").Wrap(api)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { many(ctx, rt, 1) })
		synctest.Wait()
		statuses, errs := many(t.Context(), rt, 5)
		wg.Wait()
		if len(statuses) != 5 || len(errs) != 0 {
			t.Errorf("%v %v", statuses, errs)
		}
	})
}

func TestGate_PanicFurtherDownFreesTheOthers(t *testing.T) {
	rt := NewBasic("user", "p", "").Wrap(panics{}).(*tripper)
	func() {
		defer func() { _ = recover() }()
		req, _ := http.NewRequest("GET", "https://command.example/", nil)
		_, _ = rt.RoundTrip(req)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	pass, err := rt.gate.enter(ctx)
	if err != nil || pass.probe == nil {
		t.Errorf("%+v, %v", pass, err)
	}
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("below") }

func TestSession_LaterRefusalIsFinalForPasswordsAndGivenTokens(t *testing.T) {
	for _, a := range []Authenticator{NewBasic("user", "p", ""), NewAccessToken("t", "")} {
		status := 200
		api := answers(func(*http.Request) (*http.Response, error) { return reply(status, "", "") })
		rt := a.Wrap(api)
		if statuses, _ := many(t.Context(), rt, 2); len(statuses) != 2 {
			t.Fatal(statuses)
		}
		status = 401
		_, first := many(t.Context(), rt, 1)
		status = 200
		_, second := many(t.Context(), rt, 1)
		if len(first) != 1 || len(second) != 1 || !errors.Is(second[0], first[0]) {
			t.Errorf("%s: %v then %v", a.Mode(), first, second)
		}
	}
}

type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestSession_CredentialsStayWithTheAPI(t *testing.T) {
	seen := map[string]string{}
	rt := NewBasic("user", "p", "").Wrap(answers(func(req *http.Request) (*http.Response, error) {
		seen[req.URL.Scheme+"://"+req.URL.Host] = req.Header.Get("Authorization")
		return reply(200, "", "")
	}))
	for _, url := range []string{"https://command.example/a", "https://Command.Example/b", "https://command.example:443/c", "https://other.example/", "https://command.example:8443/", "http://command.example/"} {
		req, _ := http.NewRequest("GET", url, nil)
		if _, err := rt.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		if req.Header.Get("Authorization") != "" {
			t.Error("the caller's request was changed")
		}
	}
	for host, header := range seen {
		if want := strings.EqualFold(strings.TrimSuffix(host, ":443"), "https://command.example"); (header != "") != want {
			t.Errorf("%s got %q", host, header)
		}
	}
	if seen["https://command.example"] != "Basic dXNlcjpw" {
		t.Errorf("header %q", seen["https://command.example"])
	}
}

func TestSession_BodyIsClosedAndSentWhole(t *testing.T) {
	var closed atomic.Bool
	body := &tracked{Reader: strings.NewReader("body"), closed: &closed}
	rt := NewBasic("user", "p", "").Wrap(answers(func(req *http.Request) (*http.Response, error) {
		data, _ := io.ReadAll(req.Body)
		if string(data) != "body" {
			t.Errorf("sent %q", data)
		}
		return reply(200, "", "")
	}))
	req, _ := http.NewRequest("POST", "https://command.example/", body)
	if _, err := rt.RoundTrip(req); err != nil || !closed.Load() {
		t.Error(err, closed.Load())
	}
}

type tracked struct {
	io.Reader
	closed *atomic.Bool
}

func (t *tracked) Close() error { t.closed.Store(true); return nil }

func TestBasic_NonASCIIIsSaid(t *testing.T) {
	for password, want := range map[string]bool{"pässword": true, "plain~ ": false} {
		rt := NewBasic("user", secretString(password), "").Wrap(answers(func(*http.Request) (*http.Response, error) { return reply(401, "text/html", "<html>401</html>") }))
		_, errs := many(t.Context(), rt, 1)
		var got *Error
		if !errors.As(errs[0], &got) || got.NonASCII != want || got.Description != "" {
			t.Errorf("%+v", got)
		}
	}
	if _, err := NewBasic("u", "p", "").Token(t.Context()); !errors.Is(err, ErrNoToken) {
		t.Error(err)
	}
}

func TestRefusal_WordsOfTheChallenge(t *testing.T) {
	rt := NewAccessToken("t", "").Wrap(answers(func(*http.Request) (*http.Response, error) {
		resp, _ := reply(401, "", "")
		resp.Status = "401 Grant not found"
		resp.Header["Www-Authenticate"] = []string{"Negotiate", `Bearer realm="x", error="invalid_token", error_description="The \"token\" ended"`}
		return resp, nil
	}))
	_, errs := many(t.Context(), rt, 1)
	var got *Error
	if !errors.As(errs[0], &got) || got.Code != "invalid_token" || got.Description != `The "token" ended` || got.Reason != "Grant not found" {
		t.Errorf("%+v", got)
	}
	if got.Error() != "access_token authentication: the API on command.example answered 401" {
		t.Error(got)
	}
}
