package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// world is an identity provider and an API over real connections. The API takes the tokens in valid.
type world struct {
	mu       sync.Mutex
	server   *httptest.Server
	base     *transport.Transport
	forms    []url.Values // of the token requests
	headers  []string     // Authorization of the token requests
	calls    []string     // Authorization of the API requests
	bodies   []string
	valid    map[string]bool
	lifetime int                                           // seconds, 0: not said
	token    func(w http.ResponseWriter, n int) bool       // answers instead of the identity provider
	api      func(w http.ResponseWriter, n int) (did bool) // answers instead of the API
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{valid: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/token", w.serveToken)
	mux.HandleFunc("/KeyfactorAPI/", w.serveAPI)
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	w.base = transport.New(transport.Options{MaxRetries: 2, RequestTimeout: 10 * time.Second,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(w.base.CloseIdleConnections)
	return w
}

func (w *world) serveToken(rw http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forms = append(w.forms, r.PostForm)
	w.headers = append(w.headers, r.Header.Get("Authorization"))
	n := len(w.forms)
	if w.token != nil && w.token(rw, n) {
		return
	}
	token := fmt.Sprint("token-", n)
	w.valid[token] = true
	rw.Header().Set("Content-Type", "application/json")
	if w.lifetime > 0 {
		_, _ = fmt.Fprintf(rw, `{"access_token":%q,"token_type":"bearer","expires_in":%d,"new_field":{}}`, token, w.lifetime)
		return
	}
	_, _ = fmt.Fprintf(rw, `{"access_token":%q}`, token)
}

func (w *world) serveAPI(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	header := r.Header.Get("Authorization")
	w.calls = append(w.calls, header)
	w.bodies = append(w.bodies, string(body))
	if w.api != nil && w.api(rw, len(w.calls)) {
		return
	}
	if !w.valid[strings.TrimPrefix(header, "Bearer ")] {
		rw.WriteHeader(401)
		return
	}
	_, _ = io.WriteString(rw, "{}")
}

func (w *world) oauth(change func(*OAuthConfig)) Authenticator {
	c := OAuthConfig{TokenURL: w.server.URL + "/token", ClientID: "id", ClientSecret: "s&cret"}
	if change != nil {
		change(&c)
	}
	return NewOAuth(c, w.base, "the provider configuration")
}

// post sends n requests with a body side by side.
func (w *world) post(t *testing.T, a Authenticator, n int) (statuses []int, errs []error) {
	t.Helper()
	client := w.base.Client(a.Wrap)
	var mu sync.Mutex
	together(n, func() {
		resp, err := client.Post(w.server.URL+"/KeyfactorAPI/x", "application/json", strings.NewReader("the body"))
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			errs = append(errs, err)
			return
		}
		statuses = append(statuses, resp.StatusCode)
	})
	return statuses, errs
}

func TestOAuth_FormOfTheRequest(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*OAuthConfig)
		form   string
		header string
	}{
		"client credentials": {nil, "client_id=id&client_secret=s%26cret&grant_type=client_credentials", ""},
		"scopes and audience": {func(c *OAuthConfig) { c.Scopes, c.Audience = []string{"a", "b c"}, "https://x" },
			"audience=https%3A%2F%2Fx&client_id=id&client_secret=s%26cret&grant_type=client_credentials&scope=a+b+c", ""},
		"password": {func(c *OAuthConfig) {
			c.GrantType, c.Username, c.Password, c.Audience = GrantPassword, "bob", "pä+ss", "aud"
		}, "audience=aud&client_id=id&client_secret=s%26cret&grant_type=password&password=p%C3%A4%2Bss&username=bob", ""},
		"header": {func(c *OAuthConfig) { c.ClientAuthentication = ClientInHeader },
			"grant_type=client_credentials", "Basic " + base64.StdEncoding.EncodeToString([]byte("id:s%26cret"))},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			token, err := w.oauth(c.change).Token(t.Context())
			if err != nil || token.AccessToken.Reveal() != "token-1" || token.Type != "Bearer" || !token.ExpiresAt.IsZero() {
				t.Fatal(token, err)
			}
			if got := w.forms[0].Encode(); got != c.form || w.headers[0] != c.header || len(w.forms) != 1 {
				t.Errorf("form %s, header %q", got, w.headers[0])
			}
		})
	}
}

func TestOAuth_FiftyRequestsOneToken(t *testing.T) {
	w := newWorld(t)
	w.lifetime = 3600
	var told []secret.String
	a := w.oauth(func(c *OAuthConfig) { c.OnSecret = func(s ...secret.String) { told = append(told, s...) } })
	if len(w.forms) != 0 {
		t.Error("a token was fetched before the first request")
	}
	before := time.Now()
	statuses, errs := w.post(t, a, 50)
	if len(statuses) != 50 || len(w.forms) != 1 || len(w.calls) != 50 {
		t.Errorf("%d answers, %d token requests, %d calls, %v", len(statuses), len(w.forms), len(w.calls), errs)
	}
	token, err := a.Token(t.Context())
	if left := token.ExpiresAt.Sub(before); err != nil || left < 59*time.Minute || left > time.Hour+time.Second || len(w.forms) != 1 {
		t.Errorf("expires in %s, %v", left, err)
	}
	if len(told) == 0 || told[0] != "token-1" {
		t.Error("the new token was not told to the redactor")
	}
	if a.Close(t.Context()) != nil || a.Mode() != "oauth" {
		t.Error("close")
	}
}

func TestOAuth_AnswersCarryNoCredentials(t *testing.T) {
	w := newWorld(t)
	w.api = func(rw http.ResponseWriter, n int) bool {
		if n == 1 {
			rw.WriteHeader(503)
		}
		return n == 1
	}
	resp, err := w.base.Client(w.oauth(nil).Wrap).Get(w.server.URL + "/KeyfactorAPI/x")
	if err != nil || resp.Request.Header.Get("Authorization") != "" || transport.AttemptsOf(resp) != 2 {
		t.Errorf("%v after %d attempts, %v", resp.Request.Header, transport.AttemptsOf(resp), err)
	}
}

func TestOAuth_TokenEndsUnderFiftyRequests(t *testing.T) {
	w := newWorld(t)
	a := w.oauth(nil)
	if statuses, errs := w.post(t, a, 1); len(statuses) != 1 {
		t.Fatal(errs)
	}
	w.mu.Lock()
	delete(w.valid, "token-1")
	w.mu.Unlock()
	statuses, errs := w.post(t, a, 50)
	if len(statuses) != 50 || len(w.forms) != 2 {
		t.Errorf("%d answers, %d token requests, %v", len(statuses), len(w.forms), errs)
	}
	for _, status := range statuses {
		if status != 200 {
			t.Errorf("status %d", status)
		}
	}
	for _, body := range w.bodies {
		if body != "the body" {
			t.Errorf("a repeated request lost its body: %q", body)
		}
	}
	if len(w.calls) < 52 || len(w.calls) > 101 {
		t.Errorf("%d calls", len(w.calls))
	}
}

func TestOAuth_RefusedClientIsTriedOnce(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404} {
		w := newWorld(t)
		w.token = func(rw http.ResponseWriter, _ int) bool {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, `{"error":"invalid_client","error_description":"Wrong secret s&cret"}`)
			return true
		}
		a := w.oauth(nil)
		_, errs := w.post(t, a, 50)
		_, err := a.Token(t.Context())
		if len(errs) != 50 || len(w.forms) != 1 || len(w.calls) != 0 {
			t.Fatalf("%d: %d errors, %d token requests, %d calls", status, len(errs), len(w.forms), len(w.calls))
		}
		var first, got *Error
		_ = errors.As(err, &first)
		for _, err := range errs {
			if !errors.As(err, &got) || got != first {
				t.Errorf("another error: %v", err)
			}
		}
		if got.Stage != StageToken || got.Status != status || got.Code != "invalid_client" || got.Description != "Wrong secret s&cret" ||
			!got.Final || got.Host != strings.TrimPrefix(w.server.URL, "http://") || got.Origin != "the provider configuration" {
			t.Errorf("%+v", got)
		}
		if strings.Contains(got.Error(), "s&cret") || strings.Contains(errs[0].Error(), "s&cret") {
			t.Error("the error's text repeats the server's words")
		}
	}
}

func TestOAuth_TokenRefusedByTheAPIBeforeAnySuccess(t *testing.T) {
	w := newWorld(t)
	w.api = func(rw http.ResponseWriter, _ int) bool { rw.WriteHeader(401); return true }
	_, errs := w.post(t, w.oauth(nil), 50)
	if len(errs) != 50 || len(w.forms) != 2 || len(w.calls) != 2 {
		t.Errorf("%d errors, %d token requests, %d calls; want 50, 2 and 2", len(errs), len(w.forms), len(w.calls))
	}
	var got *Error
	if !errors.As(errs[0], &got) || got.Stage != StageAPI || !got.Final || got.Mode != ModeOAuth {
		t.Errorf("%+v", got)
	}
}

func TestOAuth_TokenRefusedByTheAPIAfterSuccess(t *testing.T) {
	w := newWorld(t)
	a := w.oauth(nil)
	w.post(t, a, 1)
	w.api = func(rw http.ResponseWriter, n int) bool {
		if n <= 3 {
			rw.WriteHeader(401)
		}
		return n <= 3
	}
	_, errs := w.post(t, a, 1)
	var got *Error
	if len(errs) != 1 || !errors.As(errs[0], &got) || got.Final || len(w.forms) != 2 || len(w.calls) != 3 {
		t.Errorf("%v, %d token requests, %d calls", errs, len(w.forms), len(w.calls))
	}
	if statuses, errs := w.post(t, a, 1); len(statuses) != 1 {
		t.Errorf("the next request: %v", errs)
	}
}

func TestOAuth_TokenEndsAgainWhileTheRequestIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.lifetime = 2
	now := time.Now()
	a := w.oauth(func(c *OAuthConfig) { c.Now = func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return now } })
	w.post(t, a, 1)
	w.api = func(rw http.ResponseWriter, n int) bool {
		if n == 2 || n == 3 {
			now = now.Add(2 * time.Second) // each of them took longer than a token lives
			rw.WriteHeader(401)
			return true
		}
		return false
	}
	if statuses, errs := w.post(t, a, 1); len(statuses) != 1 || len(w.calls) != 4 || len(w.forms) != 3 {
		t.Errorf("%v, %d calls, %d token requests", errs, len(w.calls), len(w.forms))
	}
	w.api = func(rw http.ResponseWriter, _ int) bool {
		now = now.Add(2 * time.Second)
		rw.WriteHeader(401)
		return true
	}
	if _, errs := w.post(t, a, 1); len(errs) != 1 || len(w.calls) != 9 {
		t.Errorf("an endless 401: %v after %d calls", errs, len(w.calls)-4)
	}
}

func TestOAuth_TokenEndpointFails(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		kind     string
		body     string
		requests int
		want     Error
	}{
		"503 page":          {503, "text/html", "<html>SECRETPAGE</html>", 3, Error{Status: 503}},
		"429":               {429, "application/json", `{"error":"slow_down"}`, 3, Error{Status: 429, Code: "slow_down"}},
		"400 page":          {400, "text/html", "<html>SECRETPAGE</html>", 1, Error{Status: 400, Final: true}},
		"400 as text":       {400, "text/plain", `{"error":"invalid_scope","error_description":"d"}`, 1, Error{Status: 400, Code: "invalid_scope", Description: "d", Final: true}},
		"200 login page":    {200, "text/html", "<html>SECRETPAGE</html>", 1, Error{}},
		"200 without token": {200, "application/json", `{"id_token":"SECRETPAGE"}`, 1, Error{}},
		"200 empty":         {200, "application/json", ``, 1, Error{}},
		"200 with error":    {200, "application/json", `{"error":"invalid_grant"}`, 1, Error{Status: 200, Code: "invalid_grant", Final: true}},
		"200 with trouble":  {200, "application/json", `{"error":"temporarily_unavailable"}`, 1, Error{Status: 200, Code: "temporarily_unavailable"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.token = func(rw http.ResponseWriter, _ int) bool {
				rw.Header().Set("Content-Type", c.kind)
				rw.WriteHeader(c.status)
				_, _ = io.WriteString(rw, c.body)
				return true
			}
			a := w.oauth(nil)
			_, err := a.Token(t.Context())
			var got *Error
			if !errors.As(err, &got) || got.Status != c.want.Status || got.Code != c.want.Code || got.Final != c.want.Final ||
				c.want.Description != "" && got.Description != c.want.Description {
				t.Fatalf("%+v", got)
			}
			if len(w.forms) != c.requests || strings.Contains(err.Error()+got.Description, "SECRETPAGE") {
				t.Errorf("%d requests, %v", len(w.forms), err)
			}
			w.token = nil
			if _, err = a.Token(t.Context()); (err == nil) == c.want.Final {
				t.Errorf("later: %v", err)
			}
		})
	}
}

func TestOAuth_TokenEndpointRedirectsOrIsDown(t *testing.T) {
	w := newWorld(t)
	w.token = func(rw http.ResponseWriter, _ int) bool {
		rw.Header().Set("Location", "https://login.example/?x=y")
		rw.WriteHeader(307)
		return true
	}
	// One request: those that come while it is under way share its failure, later ones try again.
	_, errs := w.post(t, w.oauth(nil), 1)
	var redirect *transport.RedirectError
	if len(errs) != 1 || !errors.As(errs[0], &redirect) || redirect.To != "https://login.example" || len(w.forms) != 1 {
		t.Errorf("%v after %d requests", errs[0], len(w.forms))
	}
	_, errs = w.post(t, w.oauth(func(c *OAuthConfig) { c.TokenURL = "http://127.0.0.1:1/token" }), 10)
	var failed *transport.Error
	if len(errs) != 10 || !errors.As(errs[0], &failed) || failed.Host != "127.0.0.1:1" || failed.Attempts != 3 || len(w.calls) != 0 {
		t.Errorf("%v", errs)
	}
}

func TestOAuth_LostAnswerOfTheTokenEndpointIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.token = func(rw http.ResponseWriter, n int) bool {
		if n == 1 {
			conn, _, _ := http.NewResponseController(rw).Hijack()
			_ = conn.Close()
		}
		return n == 1
	}
	if token, err := w.oauth(nil).Token(t.Context()); err != nil || token.AccessToken != "token-2" {
		t.Error(err)
	}
}

func TestOAuth_TokenForAnImpatientCallIsFetchedPatiently(t *testing.T) {
	w := newWorld(t)
	w.token = func(rw http.ResponseWriter, n int) bool {
		if n == 1 {
			rw.WriteHeader(504)
		}
		return n == 1
	}
	req, _ := http.NewRequestWithContext(transport.SlowIsFinal(t.Context()), "GET", w.server.URL+"/KeyfactorAPI/x", nil)
	resp, err := w.base.Client(w.oauth(nil).Wrap).Do(req)
	if err != nil || resp.StatusCode != 200 || len(w.forms) != 2 {
		t.Error(resp, err, len(w.forms))
	}
}

func TestOAuth_CancelledWhileFetching(t *testing.T) {
	w := newWorld(t)
	arrived, let := make(chan struct{}), make(chan struct{})
	w.token = func(http.ResponseWriter, int) bool { close(arrived); <-let; return false }
	ctx, cancel := context.WithCancel(t.Context())
	a := w.oauth(nil)
	done := make(chan error)
	go func() { _, err := a.Token(ctx); done <- err }()
	<-arrived
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w.token = nil
	close(let)
	if _, err := a.Token(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOAuth_ShortTokensOverRealConnections(t *testing.T) {
	w := newWorld(t)
	w.lifetime = 1
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	a := w.oauth(func(c *OAuthConfig) { c.Now = clock })
	for range 10 {
		if statuses, errs := w.post(t, a, 20); len(statuses) != 20 {
			t.Fatal(errs)
		}
		mu.Lock()
		now = now.Add(500 * time.Millisecond)
		mu.Unlock()
	}
	if len(w.forms) != 5 {
		t.Errorf("%d token requests in five seconds of one-second tokens", len(w.forms))
	}
}
