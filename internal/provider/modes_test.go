package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const imported = "keyfactor_imported_certificate"

// mode is a way to authenticate to a simulator, and how it goes wrong.
type mode struct {
	name string
	// settings are the provider's arguments for the mode.
	settings func(t testing.TB, s *simulator.Simulator) acctest.Values
	// spoil makes a credential wrong.
	spoil func(t testing.TB, s *simulator.Simulator, settings acctest.Values)
	// logins counts the logins that the servers saw.
	logins func(s *simulator.Simulator) int
	// refusal is in the error of a wrong credential.
	refusal string
}

func modes() []mode {
	return []mode{
		{
			name: "basic",
			settings: func(_ testing.TB, s *simulator.Simulator) acctest.Values {
				return acctest.Values{"basic": acctest.Values{"username": simulator.User, "password": s.Password()}}
			},
			spoil:   set("basic", "password", "not-the-password"),
			logins:  refusals("command"),
			refusal: "refused the credentials (401 Unauthorized). The mode is basic, the credentials come from the provider configuration (basic.username, basic.password).",
		},
		{
			name:     "oauth, client in the body",
			settings: oauth(acctest.Values{}),
			spoil:    set("oauth", "client_secret", "not-the-secret"),
			logins:   tokenRequests,
			refusal:  "The server said: invalid_client: Invalid client or Invalid client credentials.",
		},
		{
			name:     "oauth, client in the header",
			settings: oauth(acctest.Values{"client_authentication": "header"}),
			spoil:    set("oauth", "client_secret", "not-the-secret"),
			logins:   tokenRequests,
			refusal:  "The server said: invalid_client: Invalid client or Invalid client credentials.",
		},
		{
			name: "oauth, password grant",
			settings: func(t testing.TB, s *simulator.Simulator) acctest.Values {
				return oauth(acctest.Values{"grant_type": "password", "username": simulator.User, "password": s.Password()})(t, s)
			},
			spoil:   set("oauth", "password", "not-the-password"),
			logins:  tokenRequests,
			refusal: "The server said: invalid_grant: Invalid user credentials. Check username and password.",
		},
		{
			name: "access_token",
			settings: func(_ testing.TB, s *simulator.Simulator) acctest.Values {
				return acctest.Values{"access_token": "Bearer " + s.AccessToken() + "\n"}
			},
			spoil:   func(_ testing.TB, _ *simulator.Simulator, v acctest.Values) { v["access_token"] = "not-the-token" },
			logins:  refusals("command"),
			refusal: "The token may have ended, and it cannot be renewed: get a new one.",
		},
		{
			name:     "venafi_certificate, PKCS#12",
			settings: venafiPKCS12,
			spoil:    set("venafi_certificate", "client_id", "myapp"),
			logins:   grantRequests,
			refusal:  "Check that venafi_certificate.client_id is the id of an API integration, in its exact case",
		},
		{
			name:     "venafi_certificate, PEM",
			settings: venafiPEM,
			spoil: func(t testing.TB, s *simulator.Simulator, v acctest.Values) {
				certificate, key, err := s.WrongClientCertificatePEM("svc-terraform")
				if err != nil {
					t.Fatal(err)
				}
				v["venafi_certificate"].(acctest.Values)["certificate_pem"] = certificate
				v["venafi_certificate"].(acctest.Values)["private_key_pem"] = key
			},
			logins:  grantRequests,
			refusal: "The server asked for the client certificate and was given it.",
		},
	}
}

func set(block, name, value string) func(testing.TB, *simulator.Simulator, acctest.Values) {
	return func(_ testing.TB, _ *simulator.Simulator, v acctest.Values) { v[block].(acctest.Values)[name] = value }
}

func oauth(more acctest.Values) func(testing.TB, *simulator.Simulator) acctest.Values {
	return func(_ testing.TB, s *simulator.Simulator) acctest.Values {
		block := acctest.Values{"token_url": s.TokenURL(), "client_id": simulator.ClientID, "client_secret": s.ClientSecret()}
		maps.Copy(block, more)
		return acctest.Values{"oauth": block}
	}
}

func venafiPKCS12(t testing.TB, s *simulator.Simulator) acctest.Values {
	t.Helper()
	file, err := s.ClientCertificatePKCS12("svc-terraform", "of the client")
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Values{"venafi_certificate": acctest.Values{
		"url": s.VedauthURL(), "client_id": simulator.VedauthClientID, "scope": "certificate:discover,manage",
		"pkcs12": base64.StdEncoding.EncodeToString(file), "pkcs12_password": "of the client",
	}}
}

func venafiPEM(t testing.TB, s *simulator.Simulator) acctest.Values {
	t.Helper()
	certificate, key, err := s.ClientCertificatePEM("svc-terraform")
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Values{"venafi_certificate": acctest.Values{
		"url": s.VedauthURL(), "client_id": simulator.VedauthClientID, "scope": "certificate:discover,manage",
		"certificate_pem": certificate, "private_key_pem": key,
	}}
}

// tokenRequests and grantRequests count logins at the identity provider and at vedauth.
func tokenRequests(s *simulator.Simulator) int {
	return s.Count("POST", "/realms/Keyfactor/protocol/openid-connect/token")
}
func grantRequests(s *simulator.Simulator) int {
	return s.Count("POST", "/vedauth/authorize/certificate")
}

// refusals counts a server's answers 401.
func refusals(server string) func(*simulator.Simulator) int {
	return func(s *simulator.Simulator) int {
		n := 0
		for _, e := range s.Journal() {
			if e.Server == server && e.Status == 401 {
				n++
			}
		}
		return n
	}
}

// provide is a mode's whole provider block.
func (m mode) provide(t testing.TB, s *simulator.Simulator) acctest.Values {
	t.Helper()
	v := m.settings(t, s)
	v["endpoint"], v["ca_certificate"], v["max_retries"] = s.Endpoint(), s.CAPEM(), 0
	return v
}

// configured is the provider in process with these settings.
func configured(t testing.TB, settings acctest.Values) *acctest.Server {
	t.Helper()
	server := acctest.NewServer(t)
	if text := server.Configure(settings).Errors(); text != "" {
		t.Fatalf("configuring the provider: %s", text)
	}
	return server
}

// hcl writes arguments as HCL, whose object expressions take JSON's syntax.
func hcl(t testing.TB, values acctest.Values) string {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text, err := json.Marshal(values[name])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s = %s\n", name, strings.NewReplacer("${", "$${", "%{", "%%{", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text)))
	}
	return b.String()
}

// applyAll plans n certificates and applies them all at the same time. It
// returns the errors, one for each that failed.
func applyAll(t *testing.T, server *acctest.Server, n int) []string {
	t.Helper()
	ca := acctest.NewCA(t)
	plans := make([]acctest.Planned, n)
	for i := range plans {
		c := ca.Issue(t, fmt.Sprintf("host-%d.example.com", i))
		plans[i] = server.Plan(imported, acctest.Object{}, acctest.Values{"certificate": c.PEM()})
		if text := plans[i].Diagnostics.Errors(); text != "" {
			t.Fatalf("planning: %s", text)
		}
	}
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		failed []string
	)
	for _, p := range plans {
		all.Go(func() {
			_, diags := server.Apply(imported, p)
			if text := diags.Errors(); text != "" {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, text)
			}
		})
	}
	all.Wait()
	return failed
}

// TestModes_FiftyResourcesLogInOnce runs fifty resources at the same time.
func TestModes_FiftyResourcesLogInOnce(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{})
			failed := applyAll(t, configured(t, m.provide(t, s)), 50)
			if len(failed) > 0 {
				t.Fatalf("%d of 50 failed, the first: %s", len(failed), failed[0])
			}
			want := 1
			if m.name == "basic" || m.name == "access_token" {
				want = 0 // nothing is fetched and nothing refused
			}
			if got := m.logins(s); got != want {
				t.Errorf("%d logins, want %d", got, want)
			}
			if n := len(s.Certificates()); n != 50 {
				t.Errorf("the server holds %d certificates", n)
			}
		})
	}
}

// TestModes_OneRefusedLoginForFifty is what keeps a directory account from
// being locked: the others fail unsent, with the same words.
func TestModes_OneRefusedLoginForFifty(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{ClientCertificates: simulator.Requested}})
			settings := m.provide(t, s)
			m.spoil(t, s, settings)
			failed := applyAll(t, configured(t, settings), 50)
			if len(failed) != 50 {
				t.Fatalf("%d of 50 failed", len(failed))
			}
			for _, text := range failed {
				if text != failed[0] {
					t.Fatalf("one says\n%s\nanother\n%s", failed[0], text)
				}
			}
			if !strings.Contains(failed[0], m.refusal) || !strings.Contains(failed[0], "not tried again in this run") {
				t.Errorf("the error is\n%s", failed[0])
			}
			if got := m.logins(s); got != 1 {
				t.Errorf("%d refused logins, want 1", got)
			}
			if n := s.Count("POST", "/Certificates/Import"); n != 0 {
				t.Errorf("%d imports were sent", n)
			}
		})
	}
}

// TestModes_TokenEndsInTheMiddle ends every token after some requests, as an
// administrator does: the user does not notice where it can be fetched anew.
func TestModes_TokenEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		if m.name == "basic" || m.name == "access_token" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{Faults: []simulator.Fault{
				{Server: "command", Kind: simulator.FaultEndTokens, Method: "POST", Path: "/Certificates/Import", Skip: 4, Count: 1},
			}})
			if failed := applyAll(t, configured(t, m.provide(t, s)), 12); len(failed) > 0 {
				t.Fatalf("%d of 12 failed, the first: %s", len(failed), failed[0])
			}
			if got := m.logins(s); got != 2 {
				t.Errorf("%d logins, want 2", got)
			}
			if got := refusals("command")(s); got == 0 {
				t.Error("no token was refused: the test shows nothing")
			}
			for _, c := range s.Certificates() {
				if c.Imports != 1 {
					t.Errorf("%s was imported %d times", c.Thumbprint, c.Imports)
				}
			}
		})
	}
}

// TestModes_TokensLiveShorterThanTheRun is the long apply. Whether a token is
// renewed in time or after a 401 depends on the machine; package auth's tests
// tell the two apart by a clock of their own.
func TestModes_TokensLiveShorterThanTheRun(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		if m.name != "oauth, client in the body" && m.name != "venafi_certificate, PEM" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{
				Latency: 50 * time.Millisecond, TokenLifetime: time.Second,
				Vedauth: simulator.VedauthOptions{AccessLifetime: time.Second},
			})
			server := configured(t, m.provide(t, s))
			const rounds = 200 // of 50 ms at least: ten times a token's life
			for range rounds {
				if failed := applyAll(t, server, 2); len(failed) > 0 {
					t.Fatal(failed[0])
				}
				if m.logins(s) >= 2 {
					return
				}
			}
			t.Errorf("%d logins: nothing was renewed", m.logins(s))
		})
	}
}

func TestModes_GivenTokenEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	m := modes()[4]
	server := configured(t, m.provide(t, s))
	if failed := applyAll(t, server, 1); len(failed) > 0 {
		t.Fatal(failed[0])
	}
	s.RevokeTokens()
	failed := applyAll(t, server, 5)
	if len(failed) != 5 || !strings.Contains(failed[0], m.refusal) {
		t.Errorf("failed: %q", failed)
	}
}

// TestModes_CLI goes through the real command line, from nothing to destroy.
func TestModes_CLI(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{})
			c := acctest.New(t, "web.example.com")
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{Config: "provider \"keyfactor\" {\n" + hcl(t, m.provide(t, s)) + "}\n" +
					"resource \"" + imported + "\" \"web\" {\n  certificate = " + acctest.Heredoc(c.PEM()) + "}\n"}},
			})
			if n := s.Count("POST", "/Certificates/Import"); n != 1 {
				t.Errorf("imported %d times", n)
			}
			for _, e := range s.Journal() {
				if !strings.HasPrefix(e.UserAgent, "terraform-provider-keyfactor/test Terraform/") {
					t.Fatalf("the user agent of %s %s is %q", e.Method, e.Path, e.UserAgent)
				}
			}
		})
	}
}
