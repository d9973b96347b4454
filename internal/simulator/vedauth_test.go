package simulator_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// mutual is a client that presents a certificate of cn; an empty cn presents none.
func (c *client) mutual(cn string) *client {
	c.t.Helper()
	next := *c
	own := transport(c.s)
	own.ForceAttemptHTTP2 = false
	if cn != "" {
		certificate, key, err := c.s.ClientCertificatePEM(cn)
		if err != nil {
			c.t.Fatal(err)
		}
		own.TLSClientConfig.Certificates = []tls.Certificate{keyPair(c.t, certificate, key)}
	}
	next.http = &http.Client{Transport: own}
	c.t.Cleanup(own.CloseIdleConnections)
	return &next
}

func keyPair(t *testing.T, certificate, key string) tls.Certificate {
	t.Helper()
	p, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// vedauth calls the authentication server; token may be empty.
func (c *client) vedauth(method, path, token, body string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.s.VedauthURL()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return c.do(r)
}

const authorize = `{"client_id":"MyApp","scope":"certificate:discover,manage"}`

func TestVedauth_TokenAndRevocation(t *testing.T) {
	c := start(t, simulator.Options{}).mutual("APIUser1")
	answer := c.vedauth("POST", "/authorize/certificate", "", authorize).want(t, 200)
	got := answer.object(t)
	token := got["access_token"].(string)
	if raw, err := base64.StdEncoding.DecodeString(token); err != nil || len(raw) != 16 || len(token) != 24 {
		t.Errorf("token %q", token)
	}
	date, err := http.ParseTime(answer.header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	if got["expires_in"] != 7775999.0 || got["token_type"] != "Bearer" || got["scope"] != "certificate:discover,manage" ||
		!strings.HasPrefix(got["identity"].(string), "local:{") || got["refresh_token"] == "" {
		t.Errorf("answer %v", got)
	}
	if left := int64(got["refresh_until"].(float64)) - date.Unix(); left < 31535998 || left > 31536000 {
		t.Errorf("refresh_until is %d s away", left)
	}
	if c.bearer(token) != 200 || c.s.LiveGrants() != 1 {
		t.Error("Command does not take the token")
	}
	verified := c.vedauth("GET", "/authorize/verify", token, "").want(t, 200)
	if verified.reason != "200 Token is valid" || verified.object(t)["application"] != "MyApp" {
		t.Errorf("verified %q %s", verified.reason, verified.body)
	}
	revoked := c.vedauth("GET", "/Revoke/Token", token, "").want(t, 200)
	if !strings.HasPrefix(revoked.reason, "200 Grant for identity [local:{") || string(revoked.body) != "{}" {
		t.Errorf("revoked %q %s", revoked.reason, revoked.body)
	}
	if c.bearer(token) != 401 || c.s.LiveGrants() != 0 {
		t.Error("the grant lives on")
	}
	if again := c.vedauth("GET", "/revoke/token", token, "").want(t, 202); again.reason != "202 [token] not found" {
		t.Errorf("again %q", again.reason)
	}
	if gone := c.vedauth("GET", "/authorize/verify", token, "").want(t, 401).object(t); gone["error"] != "invalid_token" {
		t.Errorf("gone %v", gone)
	}
	if is := c.vedauth("GET", "/authorize/IsAuthServer", "", "").want(t, 202); is.reason != "202 Venafi Authentication Server" {
		t.Errorf("is %q", is.reason)
	}
	entry := c.s.Requests("POST", "/vedauth/authorize/certificate")[0]
	if entry.Server != "vedauth" || entry.Facts["certificate"] != "APIUser1" || entry.Proto != "HTTP/1.1" {
		t.Errorf("entry %+v", entry)
	}
}

func TestVedauth_RefreshTokenIsGoodForOneUse(t *testing.T) {
	c := start(t, simulator.Options{}).mutual("APIUser1")
	first := c.vedauth("POST", "/authorize/certificate", "", authorize).object(t)
	body := func(refresh any, client string) string {
		text, _ := json.Marshal(map[string]any{"client_id": client, "refresh_token": refresh})
		return string(text)
	}
	second := c.vedauth("POST", "/authorize/token", "", body(first["refresh_token"], "MyApp")).want(t, 200).object(t)
	if c.bearer(second["access_token"].(string)) != 200 || c.s.LiveGrants() != 1 {
		t.Error("the new token is not taken")
	}
	c.vedauth("POST", "/authorize/token", "", body(first["refresh_token"], "MyApp")).want(t, 400).has(t, "Grant has been revoked")
	c.vedauth("POST", "/authorize/token", "", body(second["refresh_token"], "Other")).want(t, 400).has(t, "does not match")
}

func TestVedauth_Refusals(t *testing.T) {
	c := start(t, simulator.Options{Vedauth: simulator.VedauthOptions{
		Integrations: map[string]string{"MyApp": "certificate:discover,manage;configuration"}, RefusedUsers: []string{"Nobody"},
	}}).mutual("APIUser1")
	for body, want := range map[string]string{
		`{"client_id":"MyApp"}`:                              "invalid_request",
		`{"client_id":"MyApp","scope":""}`:                   "invalid_request",
		`{"Client_Id":"MyApp","Scope":"certificate"}`:        "invalid_request", // names are case sensitive
		`{"client_id":"myapp","scope":"certificate"}`:        "invalid_client",  // and so is the value
		`{"client_id":"MyApp","scope":"certificate:delete"}`: "invalid_scope",
		`{"client_id":"MyApp","scope":"ssh"}`:                "invalid_scope",
		`not JSON`:                                           "invalid_request",
	} {
		if got := c.vedauth("POST", "/authorize/certificate", "", body).want(t, 400).object(t); got["error"] != want {
			t.Errorf("%s: %v, want %s", body, got, want)
		}
	}
	c.vedauth("POST", "/Authorize/Certificate", "", `{"client_id":"MyApp","scope":" Certificate : Discover ; configuration"}`).want(t, 200)
	nobody := c.mutual("Nobody").vedauth("POST", "/authorize/certificate", "", authorize).want(t, 400)
	nobody.has(t, `"error":"unauthorized_client"`)
	nobody.has(t, "User is not authorized to use application 'MyApp'")
	c.vedauth("GET", "/nothing", "", "").want(t, 404)
	c.s.Configure(func(o *simulator.Options) { o.Vedauth.ReasonOnly = true })
	got := c.vedauth("POST", "/authorize/certificate", "", `{"client_id":"Other","scope":"x"}`).want(t, 400)
	if got.reason != "400 The application 'Other' is not registered." || len(got.body) != 0 {
		t.Errorf("%q %s", got.reason, got.body)
	}
}

func TestVedauth_DemandsACertificateOfItsAuthority(t *testing.T) {
	base := start(t, simulator.Options{})
	wrong := base.mutual("")
	certificate, key, err := base.s.WrongClientCertificatePEM("APIUser1")
	if err != nil {
		t.Fatal(err)
	}
	wrong.http.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		p := keyPair(t, certificate, key)
		return &p, nil
	}
	for name, c := range map[string]*client{"none": base.mutual(""), "another authority's": wrong} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", base.s.VedauthURL()+"/authorize/certificate", strings.NewReader(authorize))
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := c.http.Do(r); err == nil {
			resp.Body.Close()
			t.Errorf("%s: status %s", name, resp.Status)
		}
	}
	if n := len(base.s.Journal()); n != 0 {
		t.Errorf("%d requests were read", n)
	}
}

func TestVedauth_RequestedOrNeverAsked(t *testing.T) {
	for kind, want := range map[simulator.ClientCertificates]string{
		simulator.Requested: "No client certificate was presented.", simulator.NeverAsked: "No client certificate was presented.",
	} {
		base := start(t, simulator.Options{Vedauth: simulator.VedauthOptions{ClientCertificates: kind, MaxTLS: tls.VersionTLS12}})
		base.mutual("").vedauth("POST", "/authorize/certificate", "", authorize).want(t, 401).has(t, want)
		status := base.mutual("APIUser1").vedauth("POST", "/authorize/certificate", "", authorize).status
		if wanted := map[simulator.ClientCertificates]int{simulator.Requested: 200, simulator.NeverAsked: 401}[kind]; status != wanted {
			t.Errorf("%d: status %d, want %d", kind, status, wanted)
		}
		if got := base.s.Journal()[0].TLSVersion; got != "TLS 1.2" {
			t.Errorf("version %s", got)
		}
	}
}

func TestVedauth_MembersThatMayBeAbsent(t *testing.T) {
	c := start(t, simulator.Options{Vedauth: simulator.VedauthOptions{
		NoRefreshToken: true, NoExpiresIn: true, NoExpires: true, NoRefreshUntil: true, TokensRefused: true, RevokeFails: true,
	}}).mutual("APIUser1")
	got := c.vedauth("POST", "/authorize/certificate", "", authorize).object(t)
	for _, name := range []string{"refresh_token", "expires_in", "expires", "refresh_until"} {
		if _, ok := got[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
	token := got["access_token"].(string)
	if c.bearer(token) != 401 {
		t.Error("Command takes the token")
	}
	if c.vedauth("GET", "/revoke/token", token, "").status != 202 || c.s.LiveGrants() != 1 {
		t.Error("the grant was revoked")
	}
	c.s.EndGrants()
	if c.s.LiveGrants() != 0 {
		t.Error("the grant lives on")
	}
}

func TestVedauth_ItsOwnClock(t *testing.T) {
	c := start(t, simulator.Options{Vedauth: simulator.VedauthOptions{ClockOffset: -48 * time.Hour, AccessLifetime: time.Hour}}).mutual("APIUser1")
	answer := c.vedauth("POST", "/authorize/certificate", "", authorize)
	date, err := http.ParseTime(answer.header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	got := answer.object(t)
	if left := int64(got["expires"].(float64)) - date.Unix(); left < 3599 || left > 3601 || time.Since(date) < 47*time.Hour {
		t.Errorf("expires %d s after Date %s", left, date)
	}
	if c.bearer(got["access_token"].(string)) != 200 {
		t.Error("the token has ended by another clock")
	}
}

func TestVedauth_PKCS12(t *testing.T) {
	base := start(t, simulator.Options{})
	data, err := base.s.ClientCertificatePKCS12("APIUser1", "pw")
	if err != nil {
		t.Fatal(err)
	}
	key, leaf, chain, err := pkcs12.DecodeChain(data, "pw")
	if err != nil || leaf.Subject.CommonName != "APIUser1" || len(chain) != 1 {
		t.Fatalf("%v, %v, %d", err, leaf, len(chain))
	}
	c := base.mutual("")
	c.http.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}
	c.vedauth("POST", "/authorize/certificate", "", authorize).want(t, 200)
}

func TestVedauth_EchoesWhatWasSent(t *testing.T) {
	c := start(t, simulator.Options{Vedauth: simulator.VedauthOptions{EchoRequest: true}}).mutual("APIUser1")
	c.vedauth("GET", "/authorize/verify", "a-token", "").want(t, 401).has(t, "Bearer a-token")
	r, err := http.NewRequestWithContext(t.Context(), "POST", c.s.VedauthURL()+"/authorize/certificate", bytes.NewReader([]byte(`{"client_id":"x","scope":"y"}`)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), `client_id`) {
		t.Errorf("body %s", body)
	}
}
