package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

// grants plays vedauth and keeps account of its grants, over plain HTTP: what TLS does is tested elsewhere.
type grants struct {
	server  *httptest.Server
	mu      sync.Mutex
	n       int             // grants given
	live    map[string]bool // by access token
	asked   []string        // "METHOD path"
	expires int
	answer  func(w http.ResponseWriter, r *http.Request) bool
}

func newGrants(t *testing.T) *grants {
	t.Helper()
	g := &grants{live: map[string]bool{}, expires: 3600}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	return g
}

func (g *grants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	if g.answer != nil && g.answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/vedauth/authorize/certificate":
		g.n++
		token := fmt.Sprintf("grant-%d==", g.n)
		g.live[token] = true
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d,"token_type":"Bearer"}`, token, g.expires)
	case "/vedauth/revoke/token":
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !g.live[token] {
			w.WriteHeader(202)
			return
		}
		delete(g.live, token)
	}
}

func (g *grants) authenticator(change func(*venafi.Config)) Authenticator {
	c := venafi.Config{URL: g.server.URL, ClientID: "MyApp", Scope: "certificate"}
	if change != nil {
		change(&c)
	}
	return NewVenafi(c, transport.Options{MaxRetries: 2, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}, "the environment")
}

func TestVenafi_EveryGrantIsRevokedAtTheEnd(t *testing.T) {
	g := newGrants(t)
	a := g.authenticator(nil)
	refuse := ""
	api := answers(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("Authorization") == refuse {
			return reply(401, "", "")
		}
		return reply(200, "", "")
	})
	rt := a.Wrap(api)
	for _, refuse = range []string{"", "Bearer grant-1==", "Bearer grant-2=="} {
		if statuses, errs := many(t.Context(), rt, 20); len(statuses) != 20 {
			t.Fatal(errs)
		}
	}
	if g.n != 3 || len(g.live) != 3 {
		t.Fatalf("%d grants, %d live", g.n, len(g.live))
	}
	if err := a.Close(t.Context()); err != nil || len(g.live) != 0 {
		t.Errorf("%v, %d grants left", err, len(g.live))
	}
	if _, err := a.Token(t.Context()); !errors.Is(err, ErrClosed) || g.n != 3 {
		t.Errorf("after Close: %v", err)
	}
	asked := len(g.asked)
	if err := a.Close(t.Context()); err != nil || len(g.asked) != asked {
		t.Errorf("a second Close: %v", err)
	}
}

func TestVenafi_GrantsAreKeptWhenAskedTo(t *testing.T) {
	g := newGrants(t)
	a := g.authenticator(func(c *venafi.Config) { c.KeepGrants = true })
	if _, err := a.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil || len(g.live) != 1 {
		t.Errorf("%v, %d grants", err, len(g.live))
	}
}

func TestVenafi_CloseWithoutUseSendsNothing(t *testing.T) {
	g := newGrants(t)
	if err := g.authenticator(nil).Close(t.Context()); err != nil || len(g.asked) != 0 {
		t.Error(err, g.asked)
	}
}

func TestVenafi_CloseIsBounded(t *testing.T) {
	g := newGrants(t)
	a := g.authenticator(nil)
	if _, err := a.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived := make(chan struct{})
	g.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		close(arrived)
		<-r.Context().Done()
		return true
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if err := a.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestVenafi_GrantThatArrivesDuringCloseIsRevoked(t *testing.T) {
	g := newGrants(t)
	a := g.authenticator(nil)
	arrived, let := make(chan struct{}), make(chan struct{})
	g.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/certificate") {
			close(arrived)
			<-let
		}
		return false
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := a.Token(ctx); done <- err }()
	<-arrived
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go close(let)
	if err := a.Close(t.Context()); err != nil || g.n != 1 || len(g.live) != 0 {
		t.Errorf("%v, %d grants, %d live", err, g.n, len(g.live))
	}
}

func TestVenafi_UnrevokedGrantIsReported(t *testing.T) {
	g := newGrants(t)
	a := g.authenticator(nil)
	if _, err := a.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	clear(g.live)
	if err := a.Close(t.Context()); !errors.Is(err, venafi.ErrNotRevoked) {
		t.Error(err)
	}
}

func TestVenafi_RefusedOnceForFifty(t *testing.T) {
	g := newGrants(t)
	g.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"error":"unauthorized_client","error_description":"not this one"}`)
		return true
	}
	a := g.authenticator(nil)
	_, errs := many(t.Context(), a.Wrap(answers(func(*http.Request) (*http.Response, error) {
		t.Error("the API was asked")
		return reply(200, "", "")
	})), 50)
	if len(errs) != 50 || len(g.asked) != 1 {
		t.Fatalf("%d errors, %d requests", len(errs), len(g.asked))
	}
	var got *Error
	if !errors.As(errs[49], &got) || got.Stage != StageVedauth || got.Mode != ModeVenafi || got.Status != 400 || !got.Final ||
		got.Code != "unauthorized_client" || got.Description != "not this one" || got.Origin != "the environment" || got.Diagnosis != "" {
		t.Errorf("%+v", got)
	}
	var cause *venafi.Error
	if !errors.As(errs[0], &cause) || a.Close(t.Context()) != nil {
		t.Error("the cause is lost")
	}
}

func TestVenafi_InvalidURL(t *testing.T) {
	a := NewVenafi(venafi.Config{URL: "http://tpp.example"}, transport.Options{}, "")
	if _, err := a.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "https") {
		t.Error(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestVenafi_TokenIsRenewedBeforeItEnds(t *testing.T) {
	g := newGrants(t)
	g.expires = 100
	now := time.Now()
	var mu sync.Mutex
	a := g.authenticator(func(c *venafi.Config) { c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now } })
	for _, want := range []string{"grant-1==", "grant-1==", "grant-2=="} {
		token, err := a.Token(t.Context())
		if err != nil || token.AccessToken.Reveal() != want || token.Type != "Bearer" {
			t.Errorf("%v, want %s", err, want)
		}
		mu.Lock()
		now = now.Add(50 * time.Second)
		mu.Unlock()
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
