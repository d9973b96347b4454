package venafi

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vedauth is a server in Go. Its answers are literal.
type vedauth struct {
	server *httptest.Server
	ca     *authority
	mu     sync.Mutex
	seen   []string // "METHOD path body authorization"
	handle func(w http.ResponseWriter, r *http.Request, n int)
}

func startVedauth(t *testing.T, change func(*tls.Config), handle func(w http.ResponseWriter, r *http.Request, n int)) *vedauth {
	t.Helper()
	v := &vedauth{ca: newAuthority(t, "Test CA"), handle: handle}
	v.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.seen = append(v.seen, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)+r.Header.Get("Authorization")))
		n := len(v.seen)
		v.mu.Unlock()
		v.handle(w, r, n)
	}))
	roots := x509.NewCertPool()
	roots.AddCert(v.ca.cert)
	v.server.TLS = &tls.Config{Certificates: []tls.Certificate{v.ca.issue(t, "server")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	if change != nil {
		change(v.server.TLS)
	}
	v.server.EnableHTTP2 = true
	v.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	v.server.StartTLS()
	t.Cleanup(v.server.Close)
	return v
}

func (v *vedauth) config(t *testing.T) Config {
	t.Helper()
	return Config{URL: v.server.URL + "/VEDAuth/", ClientID: "MyApp", Scope: "certificate:discover,manage", Certificate: v.ca.issue(t, "device"),
		Transport: transport.Options{CAPEM: v.ca.pem, MaxRetries: 2, RequestTimeout: 20 * time.Second,
			Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}}
}

func says(text string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = io.WriteString(w, text) }
}

func TestConfig_PrintsNoKey(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{77}, ed25519.SeedSize))
	c := Config{URL: "https://tpp.example/vedauth", ClientID: "MyApp", Scope: "certificate", Certificate: tls.Certificate{PrivateKey: key}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&log, verb, c)
		fmt.Fprintf(&log, verb, struct{ C *Config }{&c})
	}
	for _, part := range []string{"77 77", "4d4d", "TU1N", "0x4d, 0x4d"} {
		if strings.Contains(log.String(), part) {
			t.Errorf("%s in %s", part, log.String())
		}
	}
	if got := fmt.Sprint(c); got != `vedauth "https://tpp.example/vedauth" as "MyApp" for "certificate"` {
		t.Error(got)
	}
}

func TestBaseURL_Forms(t *testing.T) {
	for in, want := range map[string]string{
		"tpp.venafi.example":                      "https://tpp.venafi.example/vedauth",
		" tpp.venafi.example:8443 ":               "https://tpp.venafi.example:8443/vedauth",
		"https://tpp.venafi.example":              "https://tpp.venafi.example/vedauth",
		"https://tpp.venafi.example/":             "https://tpp.venafi.example/vedauth",
		"https://tpp.venafi.example/vedauth":      "https://tpp.venafi.example/vedauth",
		"HTTPS://tpp.venafi.example:443/VedAuth/": "https://tpp.venafi.example:443/vedauth",
		"https://tpp.venafi.example/vedsdk":       "https://tpp.venafi.example/vedauth",
		"tpp.venafi.example/VEDSDK/":              "https://tpp.venafi.example/vedauth",
		"https://proxy.example/tpp":               "https://proxy.example/tpp/vedauth",
		"https://proxy.example/tpp/vedsdk//":      "https://proxy.example/tpp/vedauth",
		"https://[2001:db8::1]:8443":              "https://[2001:db8::1]:8443/vedauth",
		"http://127.0.0.1:8080":                   "http://127.0.0.1:8080/vedauth",
		"http://localhost/vedauth":                "http://localhost/vedauth",
		"https://host.example/notvedauth":         "https://host.example/notvedauth/vedauth",
	} {
		if got, err := BaseURL(in); got != want || err != nil {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{
		"": errURL, "https://": errURL, "https://:443": errURL, "host:port": errURL, "https://%zz": errURL,
		"https://user:PASS@host": errPrivate, "user:PASS@host": errPrivate, "https://host/?x=PASS": errPrivate,
		"https://host?": errPrivate, "https://host/#PASS": errPrivate, "https://host/#": errPrivate,
		"http://tpp.example": errScheme, "http://127.0.0.1.example": errScheme, "ftp://host": errScheme,
	} {
		_, err := BaseURL(in)
		if !errors.Is(err, want) || err != nil && strings.Contains(err.Error(), "PASS") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestAuthorize_DocumentedAnswer(t *testing.T) {
	v := startVedauth(t, nil, says(`{"access_token":"qDtHTFi0u9OoXAD8j0DgBA==","refresh_token":"x6v02VPIE94d4cBDASgyaQ==","expires":1634594280,"expires_in":7775999,
		"token_type":"Bearer","scope":"certificate:discover, manage","identity":"local:{d5a5b2a2-1111-2222-3333-444455556666}","refresh_until":1658354280,"new":[1]}`))
	now := time.Now()
	c := v.config(t)
	c.Now = func() time.Time { return now }
	var told []secret.String
	c.OnSecret = func(s ...secret.String) { told = append(told, s...) }
	g, err := Authorize(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if g.AccessToken.Reveal() != "qDtHTFi0u9OoXAD8j0DgBA==" || g.RefreshToken.Reveal() != "x6v02VPIE94d4cBDASgyaQ==" || g.TokenType != "Bearer" ||
		g.Scope != "certificate:discover, manage" || g.Identity != "local:{d5a5b2a2-1111-2222-3333-444455556666}" ||
		!g.ExpiresAt.Equal(now.Add(7775999*time.Second)) || g.RefreshUntil.Unix() != 1658354280 {
		t.Errorf("got %+v", g.ExpiresAt)
	}
	if len(told) != 2 || told[0] != g.AccessToken || told[1] != g.RefreshToken {
		t.Error("the tokens were not told")
	}
	if want := `POST /vedauth/authorize/certificate {"client_id":"MyApp","scope":"certificate:discover,manage"}`; len(v.seen) != 1 || v.seen[0] != want {
		t.Errorf("sent %q", v.seen)
	}
}

func TestAuthorize_LenientDecoding(t *testing.T) {
	now := time.Now()
	date := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		body    string
		date    string
		expires time.Duration // 0: unknown
	}{
		"only the token":         {`{"access_token":"t"}`, "-", 0},
		"expires_in as text":     {`{"access_token":"t","expires_in":"60"}`, "-", time.Minute},
		"expires_in as decimal":  {`{"access_token":"t","expires_in":60.0}`, "-", time.Minute},
		"expires_in wins":        {fmt.Sprintf(`{"access_token":"t","expires_in":60,"expires":%d}`, date.Unix()+5), date.Format(http.TimeFormat), time.Minute},
		"expires against Date":   {fmt.Sprintf(`{"access_token":"t","expires":%d}`, date.Unix()+90), date.Format(http.TimeFormat), 90 * time.Second},
		"expires without Date":   {fmt.Sprintf(`{"access_token":"t","expires":%d}`, now.Unix()+90), "-", 0},
		"expires in the past":    {fmt.Sprintf(`{"access_token":"t","expires":%d}`, date.Unix()-1), date.Format(http.TimeFormat), 0},
		"zero and null":          {`{"access_token":"t","expires_in":0,"expires":null,"refresh_token":null,"scope":["a"],"identity":{}}`, "-", 0},
		"absurd numbers":         {`{"access_token":"t","expires_in":1e300,"expires":-9e99,"refresh_until":"soon"}`, "-", 0},
		"very long":              {`{"access_token":"t","expires_in":999999999999}`, "-", 100 * 365 * 24 * time.Hour},
		"byte order mark":        {"\xef\xbb\xbf" + `{"access_token":"t","expires_in":60}`, "-", time.Minute},
		"other case":             {`{"Access_Token":"t","Expires_In":60}`, "-", 0},
		"unknown members nested": {`{"a":{"access_token":"no"},"access_token":"t"}`, "-", 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := startVedauth(t, nil, func(w http.ResponseWriter, _ *http.Request, _ int) {
				w.Header()["Date"] = []string{c.date}
				_, _ = io.WriteString(w, c.body)
			})
			config := v.config(t)
			config.Now = func() time.Time { return now }
			g, err := Authorize(t.Context(), config)
			if name == "other case" {
				if err == nil {
					t.Error("JSON names are case sensitive")
				}
				return
			}
			if err != nil || g.AccessToken != "t" || g.TokenType != "Bearer" {
				t.Fatal(err)
			}
			if want := now.Add(c.expires); c.expires > 0 && !g.ExpiresAt.Equal(want) || c.expires == 0 && !g.ExpiresAt.IsZero() {
				t.Errorf("expires %s", g.ExpiresAt)
			}
		})
	}
}

func TestAuthorize_Refusals(t *testing.T) {
	for name, c := range map[string]struct {
		answer string // raw
		want   Error
	}{
		"error body": {"400 Bad Request\r\nConnection: close\r\n\r\n" + `{"error":"unauthorized_client","error_description":"User is not authorized to use application 'x'"}`,
			Error{Status: 400, Code: "unauthorized_client", Description: "User is not authorized to use application 'x'"}},
		"reason phrase only": {"403 Failed to issue grant: User is not authorized for the requested scope\r\nContent-Length: 0\r\n\r\n",
			Error{Status: 403, Reason: "Failed to issue grant: User is not authorized for the requested scope",
				Diagnosis: "The server asked for the client certificate and was given it."}},
		"page": {"401 Unauthorized\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html></html>",
			Error{Status: 401, Diagnosis: "The server asked for the client certificate and was given it."}},
		"no token": {"200 OK\r\nConnection: close\r\n\r\n{\"access_token\": null }",
			Error{Status: 200, Diagnosis: "The answer holds no access_token: it is not vedauth's, or not a grant."}},
		"token that no header can carry": {"200 OK\r\nConnection: close\r\n\r\n{\"access_token\": \"a\\nb\"}",
			Error{Status: 200, Diagnosis: "The access_token in the answer has a character in it that a header cannot carry."}},
		"login page": {"200 OK\r\nConnection: close\r\n\r\n<html></html>",
			Error{Status: 200, Diagnosis: "The answer holds no access_token: it is not vedauth's, or not a grant."}},
	} {
		t.Run(name, func(t *testing.T) {
			v := startVedauth(t, nil, func(w http.ResponseWriter, _ *http.Request, _ int) {
				conn, _, _ := http.NewResponseController(w).Hijack()
				_, _ = io.WriteString(conn, "HTTP/1.1 "+c.answer)
				_ = conn.Close()
			})
			_, err := Authorize(t.Context(), v.config(t))
			var got *Error
			if !errors.As(err, &got) {
				t.Fatal(err)
			}
			c.want.Call, c.want.Host = "authorize/certificate", strings.TrimPrefix(v.server.URL, "https://")
			if *got != c.want || len(v.seen) != 1 {
				t.Errorf("got  %+v\nwant %+v after %d requests", *got, c.want, len(v.seen))
			}
		})
	}
}

func TestAuthorize_TLS13ServerThatNeverAsks(t *testing.T) {
	var versions []uint16
	v := startVedauth(t, func(c *tls.Config) { c.ClientAuth = tls.NoClientCert }, func(w http.ResponseWriter, r *http.Request, _ int) {
		versions = append(versions, r.TLS.Version)
		w.WriteHeader(403)
	})
	_, err := Authorize(t.Context(), v.config(t))
	var got *Error
	if !errors.As(err, &got) || !strings.HasPrefix(got.Diagnosis, "The server never asked for the client certificate, neither in the TLS 1.3 handshake nor with TLS 1.2") {
		t.Errorf("%+v", got)
	}
	if fmt.Sprint(versions) != fmt.Sprint([]uint16{tls.VersionTLS13, tls.VersionTLS12}) {
		t.Errorf("versions %x", versions)
	}
}

func TestAuthorize_TLS12ServerThatNeverAsks(t *testing.T) {
	v := startVedauth(t, func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.NoClientCert, tls.VersionTLS12 }, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.WriteHeader(401)
	})
	_, err := Authorize(t.Context(), v.config(t))
	var got *Error
	if !errors.As(err, &got) || got.Diagnosis != "The server never asked for the client certificate. "+askAtOnce || len(v.seen) != 1 {
		t.Errorf("%+v after %d requests", got, len(v.seen))
	}
}

func TestAuthorize_CertificateRefusedInTheHandshake(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		v := startVedauth(t, func(c *tls.Config) { c.MaxVersion = version }, says(`{}`))
		c := v.config(t)
		c.Certificate = newAuthority(t, "Other CA").issue(t, "stranger")
		_, err := Authorize(t.Context(), c)
		var got *CertificateRefusedError
		if !errors.As(err, &got) || got.Alert != "unknown certificate authority" || len(v.seen) != 0 {
			t.Errorf("TLS %x: %v", version, err)
		}
		var failed *transport.Error
		if !errors.As(err, &failed) || failed.Attempts != 1 {
			t.Errorf("TLS %x: %+v", version, failed)
		}
	}
}

func TestAuthorize_SpeaksHTTP1Only(t *testing.T) {
	v := startVedauth(t, nil, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.ProtoMajor != 1 || len(r.TLS.PeerCertificates) != 1 {
			t.Errorf("%s with %d certificates", r.Proto, len(r.TLS.PeerCertificates))
		}
		_, _ = io.WriteString(w, `{"access_token":"t"}`)
	})
	if _, err := Authorize(t.Context(), v.config(t)); err != nil {
		t.Error(err)
	}
}

func TestAuthorize_SameRulesAsTheAPI(t *testing.T) {
	v := startVedauth(t, nil, func(w http.ResponseWriter, r *http.Request, n int) {
		switch n {
		case 1:
			w.WriteHeader(503)
		case 2:
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		case 3:
			_, _ = io.WriteString(w, `{"access_token":"t"}`)
		default:
			http.Redirect(w, r, "https://elsewhere.example/login", 307)
		}
	})
	if _, err := Authorize(t.Context(), v.config(t)); err != nil || len(v.seen) != 3 {
		t.Errorf("%v after %d requests", err, len(v.seen))
	}
	_, err := Authorize(t.Context(), v.config(t))
	var redirect *transport.RedirectError
	if !errors.As(err, &redirect) || redirect.To != "https://elsewhere.example" || len(v.seen) != 4 {
		t.Errorf("%v after %d requests", err, len(v.seen))
	}
	c := v.config(t)
	c.Transport.AllowedHosts = []string{"command.example"}
	var host *transport.HostError
	if _, err = Authorize(t.Context(), c); !errors.As(err, &host) || len(v.seen) != 4 {
		t.Errorf("%v after %d requests", err, len(v.seen))
	}
	c = v.config(t)
	c.Transport.CAPEM = nil
	var untrusted *transport.CertificateError
	if _, err = Authorize(t.Context(), c); !errors.As(err, &untrusted) || untrusted.Issuer != "CN=Test CA" || len(v.seen) != 4 {
		t.Errorf("%v after %d requests", err, len(v.seen))
	}
}

func TestRevoke_Answers(t *testing.T) {
	const gone = `{"error":"invalid_token","error_description":"Grant not found"}`
	type step struct {
		want   string // what is sent
		status int
		body   string
	}
	first := "GET /vedauth/revoke/token Bearer A=="
	refresh := `POST /vedauth/authorize/token {"client_id":"MyApp","refresh_token":"R=="}`
	second := "GET /vedauth/revoke/token Bearer B=="
	for name, c := range map[string]struct {
		refresh secret.String
		steps   []step
		check   func(error) bool
	}{
		"revoked":                          {"R==", []step{{first, 200, "{}"}}, func(err error) bool { return err == nil }},
		"202 is not revoked":               {"", []step{{first, 202, ""}}, func(err error) bool { return errors.Is(err, ErrNotRevoked) }},
		"unknown token":                    {"", []step{{first, 401, gone}}, func(err error) bool { return err == nil }},
		"unexplained 401":                  {"", []step{{first, 401, ""}}, func(err error) bool { var e *Error; return errors.As(err, &e) && e.Status == 401 }},
		"forbidden":                        {"R==", []step{{first, 403, ""}}, func(err error) bool { var e *Error; return errors.As(err, &e) && e.Status == 403 }},
		"access token ended, grant lives":  {"R==", []step{{first, 401, gone}, {refresh, 200, `{"access_token":"B=="}`}, {second, 200, ""}}, func(err error) bool { return err == nil }},
		"202, then by the refresh token":   {"R==", []step{{first, 202, ""}, {refresh, 200, `{"access_token":"B=="}`}, {second, 202, ""}}, func(err error) bool { return errors.Is(err, ErrNotRevoked) }},
		"both tokens unknown":              {"R==", []step{{first, 401, gone}, {refresh, 400, ""}}, func(err error) bool { return err == nil }},
		"refresh fails for another reason": {"R==", []step{{first, 401, gone}, {refresh, 500, ""}}, func(err error) bool { var e *Error; return errors.As(err, &e) && e.Status == 500 }},
	} {
		t.Run(name, func(t *testing.T) {
			v := startVedauth(t, nil, func(w http.ResponseWriter, _ *http.Request, n int) {
				if n <= len(c.steps) {
					w.WriteHeader(c.steps[n-1].status)
					_, _ = io.WriteString(w, c.steps[n-1].body)
				}
			})
			err := Revoke(t.Context(), v.config(t), "A==", c.refresh)
			if !c.check(err) {
				t.Errorf("%v", err)
			}
			var want []string
			for _, s := range c.steps {
				want = append(want, s.want)
			}
			if strings.Join(v.seen, "\n") != strings.Join(want, "\n") {
				t.Errorf("sent %q", v.seen)
			}
		})
	}
}

func TestGrant_Live(t *testing.T) {
	now := time.Now()
	client, err := New(Config{URL: "tpp.example", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	past, future := now.Add(-time.Second), now.Add(time.Second)
	for _, c := range []struct {
		g    Grant
		live bool
	}{
		{Grant{}, true}, {Grant{ExpiresAt: future}, true}, {Grant{ExpiresAt: past}, false},
		{Grant{ExpiresAt: past, RefreshToken: "r"}, true}, {Grant{ExpiresAt: past, RefreshToken: "r", RefreshUntil: past}, false},
	} {
		c.g.client = client
		if c.g.Live() != c.live {
			t.Errorf("%+v", c.g.ExpiresAt)
		}
	}
	if (Grant{}).Live() || (Grant{}).Revoke(t.Context()) == nil {
		t.Error("a grant from nowhere")
	}
}
