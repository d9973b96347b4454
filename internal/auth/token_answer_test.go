package auth

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOAuth_AnswersThatIdentityProvidersGive(t *testing.T) {
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		kind, body string
		lifetime   time.Duration // 0: unknown
	}{
		"seconds as text":          {"application/json", `{"access_token":"T","token_type":"bearer","expires_in":"3600"}`, time.Hour},
		"fraction":                 {"application/json", `{"access_token":"T","expires_in":3599.9}`, 3599 * time.Second},
		"empty text":               {"application/json", `{"access_token":"T","expires_in":""}`, 0},
		"words":                    {"application/json", `{"access_token":"T","expires_in":"an hour"}`, 0},
		"zero":                     {"application/json", `{"access_token":"T","expires_in":0}`, 0},
		"negative":                 {"application/json", `{"access_token":"T","expires_in":-5}`, 0},
		"huge":                     {"application/json", `{"access_token":"T","expires_in":99999999999999999999}`, (1<<31 - 1) * time.Second},
		"null":                     {"application/json", `{"access_token":"T","expires_in":null,"refresh_token":null}`, 0},
		"an object where none is":  {"application/json", `{"access_token":"T","expires_in":60,"error_description":{},"token_type":7}`, time.Minute},
		"JSON called text":         {"text/plain; charset=utf-8", `{"access_token":"T","expires_in":60}`, time.Minute},
		"JSON called a form":       {"application/x-www-form-urlencoded", ` {"access_token":"T","expires_in":60}`, time.Minute},
		"JSON without a type":      {"", `{"access_token":"T","expires_in":60}`, time.Minute},
		"byte order mark":          {"application/json", "\xef\xbb\xbf{\"access_token\":\"T\",\"expires_in\":60}", time.Minute},
		"a form":                   {"application/x-www-form-urlencoded", `access_token=T&token_type=bearer&expires_in=60`, time.Minute},
		"a form as text":           {"text/plain", `access_token=T&expires_in=60`, time.Minute},
		"another name for bearer":  {"application/json", `{"access_token":"T","token_type":"BearerToken","expires_in":60}`, time.Minute},
		"characters and white end": {"application/json", `{"access_token":"T\n","expires_in":60}`, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.token = func(rw http.ResponseWriter, _ int) bool {
				rw.Header()["Content-Type"] = []string{c.kind}
				_, _ = io.WriteString(rw, c.body)
				return true
			}
			token, err := w.oauth(func(o *OAuthConfig) { o.Now = func() time.Time { return start } }).Token(t.Context())
			if err != nil || token.AccessToken.Reveal() != "T" || token.Type != "Bearer" {
				t.Fatalf("%q %v", token.AccessToken.Reveal(), err)
			}
			var lifetime time.Duration
			if !token.ExpiresAt.IsZero() {
				lifetime = token.ExpiresAt.Sub(start)
			}
			if lifetime != c.lifetime {
				t.Errorf("lives for %s", lifetime)
			}
		})
	}
}

func TestOAuth_TokenThatNoHeaderCanCarry(t *testing.T) {
	w := newWorld(t)
	w.token = func(rw http.ResponseWriter, _ int) bool {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"access_token":"SEC\nRET"}`)
		return true
	}
	_, errs := w.post(t, w.oauth(nil), 1)
	var got *Error
	if len(errs) != 1 || !errors.As(errs[0], &got) || got.Stage != StageToken || len(w.calls) != 0 || len(w.forms) != 1 {
		t.Fatalf("%v, %d calls", errs, len(w.calls))
	}
	if want := "The access_token in the answer has a character in it that a header cannot carry."; got.Description != want {
		t.Error(got.Description)
	}
}

func TestOAuth_AsksForJSON(t *testing.T) {
	w := newWorld(t)
	var accept string
	handler := w.server.Config.Handler
	w.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		accept = r.Header.Get("Accept")
		handler.ServeHTTP(rw, r)
	})
	if _, err := w.oauth(nil).Token(t.Context()); err != nil || accept != "application/json" {
		t.Error(accept, err)
	}
}

func TestRefusal_SchemesThatTheServerOffers(t *testing.T) {
	for name, c := range map[string]struct {
		challenges []string
		want       string
	}{
		"IIS without Basic": {[]string{"Negotiate", "NTLM"}, "The server offers Negotiate and NTLM, but not Basic, which this mode sends: Basic has to be enabled on the server."},
		"one line":          {[]string{`Digest realm="a, Basic b", nonce="x", Negotiate`}, "The server offers Digest and Negotiate, but not Basic, which this mode sends: Basic has to be enabled on the server."},
		"Basic among them":  {[]string{"Negotiate", `basic realm="x"`}, ""},
		"none":              {nil, ""},
		"no scheme":         {[]string{`"<script>"`, ""}, ""},
	} {
		rt := NewBasic("u", "p", "").Wrap(answers(func(*http.Request) (*http.Response, error) {
			resp, _ := reply(401, "text/html", "<html>401</html>")
			resp.Header["Www-Authenticate"] = c.challenges
			return resp, nil
		}))
		_, errs := many(t.Context(), rt, 1)
		var got *Error
		if !errors.As(errs[0], &got) || got.Diagnosis != c.want {
			t.Errorf("%s: %q", name, got.Diagnosis)
		}
	}
	rt := NewAccessToken("t", "").Wrap(answers(func(*http.Request) (*http.Response, error) {
		resp, _ := reply(401, "", "")
		resp.Header["Www-Authenticate"] = []string{`Basic realm="Command"`}
		return resp, nil
	}))
	_, errs := many(t.Context(), rt, 1)
	var got *Error
	if !errors.As(errs[0], &got) || !strings.HasPrefix(got.Diagnosis, "The server offers Basic, but not Bearer, which this mode sends") {
		t.Errorf("%+v", got)
	}
}

func TestGate_LoginPageProvesNothing(t *testing.T) {
	api := &played{answer: func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return reply(200, "text/html; charset=utf-8", "<html>Sign in</html>")
		}
		return reply(401, "application/json", "{}")
	}}
	_, errs := many(t.Context(), NewBasic("user", "p", "").Wrap(api), 5)
	if len(api.seen) != 2 || len(errs) != 4 {
		t.Errorf("%d requests, %d refused; want the page, one refusal, and nothing more", len(api.seen), len(errs))
	}
}
