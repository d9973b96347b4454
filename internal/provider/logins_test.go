package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// TestLogin_WhatTheUserReads goes through all layers for the failures that
// depend on how a server behaves; package session's tests have every text whole.
func TestLogin_WhatTheUserReads(t *testing.T) {
	t.Parallel()
	const blockOf = "the credentials come from the provider configuration ("
	for name, c := range map[string]struct {
		options simulator.Options
		mode    int
		change  func(acctest.Values)
		wants   []string
	}{
		"identity provider answers a sign-in page": {
			simulator.Options{IDP: simulator.IDPOptions{HTML: 200}}, 1, nil,
			[]string{"answered something that is no token, so Command was not called.", "Check oauth.token_url: it is the token endpoint itself, in Keycloak https://HOST/realms/REALM/protocol/openid-connect/token."},
		},
		"identity provider fails": {
			simulator.Options{IDP: simulator.IDPOptions{HTML: 503}}, 1, nil,
			[]string{"answered 503 Service Unavailable and gave no token, so Command was not called.", "overloaded or failing; apply again when it is well."},
		},
		"identity provider has no such page": {
			simulator.Options{IDP: simulator.IDPOptions{HTML: 404}}, 1, nil,
			[]string{"answered 404 Not Found and gave no token", "in Keycloak https://HOST/realms/REALM/"},
		},
		"identity provider is slow": {
			simulator.Options{IDP: simulator.IDPOptions{Latency: time.Minute}}, 1, func(v acctest.Values) { v["request_timeout"] = "0.3" },
			[]string{"No token could be fetched from the token endpoint", "(1 attempt in ", "ms): timed out after 300ms waiting for the complete answer. Raise request_timeout"},
		},
		"identity provider wants the header": {
			simulator.Options{IDP: simulator.IDPOptions{HeaderOnly: true}}, 1, nil,
			[]string{"The server said: invalid_client", "wants them in the header (client_authentication)"},
		},
		"scope that is not asked for": {
			simulator.Options{IDP: simulator.IDPOptions{RequiredScope: "keyfactor"}}, 1, nil,
			[]string{"The server said: invalid_scope", "Check scopes and audience."},
		},
		"Basic in another encoding": {
			simulator.Options{BasicLatin1: true}, 0, func(v acctest.Values) {
				v["basic"] = acctest.Values{"username": `KEYEXAMPLE\jürgen`, "password": "wörd"}
			},
			[]string{"refused the credentials (401 Unauthorized)", blockOf + "basic.username, basic.password).", "they are sent as UTF-8, and the server may expect another encoding."},
		},
		"Command answers 401 with a page": {
			simulator.Options{HTMLUnauthorizedBody: true}, 0, func(v acctest.Values) { v["basic"].(acctest.Values)["password"] = "wrong" },
			[]string{"refused the credentials (401 Unauthorized). The mode is basic, " + blockOf + "basic.username, basic.password). Check user name, password and domain."},
		},
		"vedauth never asks": {
			simulator.Options{Vedauth: simulator.VedauthOptions{ClientCertificates: simulator.NeverAsked}}, 6, nil,
			[]string{"The server never asked for the client certificate, neither in the TLS 1.3 handshake nor with TLS 1.2"},
		},
		"vedauth says it in the reason phrase": {
			simulator.Options{Vedauth: simulator.VedauthOptions{ReasonOnly: true, RefusedUsers: []string{"svc-terraform"}}}, 6, nil,
			[]string{"User is not authorized to use application 'MyApp'", "venafi_certificate.client_id"},
		},
		"Command does not know vedauth": {
			simulator.Options{Vedauth: simulator.VedauthOptions{TokensRefused: true}}, 6, nil,
			[]string{"Command on 127.0.0.1:", "The authentication server issued a token, but Command does not accept it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, c.options)
			s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\jürgen`, Password: "wörd", Roles: []string{simulator.Everything}})
			settings := modes()[c.mode].provide(t, s)
			if c.change != nil {
				c.change(settings)
			}
			_, d := configured(t, settings).DataSource(roles, nil)
			for _, want := range c.wants {
				if text := d.Errors(); !strings.Contains(text, want) {
					t.Errorf("no %q in: %s", want, text)
				}
			}
			if strings.Contains(d.Errors(), "<") {
				t.Errorf("HTML was shown: %s", d.Errors())
			}
		})
	}
}

// TestLogin_HostsThatAreNotAllowed: nothing is sent to any of them.
func TestLogin_HostsThatAreNotAllowed(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	for allowed, c := range map[string]struct {
		mode int
		at   string
	}{
		"keyfactor.keyexample.com": {0, `AttributeName("endpoint"): Invalid endpoint: `},
		strings.TrimSuffix(strings.TrimPrefix(s.Endpoint(), "https://"), "/KeyfactorAPI"):       {1, `AttributeName("oauth").AttributeName("token_url"): Invalid oauth.token_url: `},
		strings.TrimSuffix(strings.TrimPrefix(s.Endpoint(), "https://"), "/KeyfactorAPI") + ",": {5, `AttributeName("venafi_certificate").AttributeName("url"): Invalid venafi_certificate.url: `},
	} {
		t.Run(c.at, func(t *testing.T) {
			t.Setenv("KEYFACTOR_ALLOWED_HOSTS", allowed)
			text := acctest.NewServer(t).Configure(modes()[c.mode].provide(t, s)).Errors()
			if !strings.HasPrefix(text, c.at) || !strings.Contains(text, "KEYFACTOR_ALLOWED_HOSTS") {
				t.Errorf("said %s", text)
			}
		})
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	t.Run("allowed", func(t *testing.T) {
		t.Setenv("KEYFACTOR_ALLOWED_HOSTS", "127.0.0.1")
		if _, d := configured(t, modes()[5].provide(t, s)).DataSource(roles, nil); d.Errors() != "" {
			t.Error(d.Errors())
		}
	})
}

// TestFunction_WhateverTheEnvironmentHolds calls a function through the command
// line, with an empty provider block and settings of other tools around it.
func TestFunction_WhateverTheEnvironmentHolds(t *testing.T) {
	t.Parallel()
	c := acctest.New(t, "web.example.com")
	w := newWorkspace(t, "provider \"keyfactor\" {}\noutput \"thumbprint\" { value = provider::keyfactor::certificate_info(file(\"web.pem\")).thumbprint }\n",
		"KEYFACTOR_HOSTNAME=https://user:pw@nowhere.invalid?x", "KEYFACTOR_AUTH_MODE=kerberos", "KEYFACTOR_CA_CERT=/no/such.pem", "KEYFACTOR_CLIENT_TIMEOUT=never")
	w.write("web.pem", c.PEM())
	if output := w.must("plan"); !strings.Contains(output, c.Thumbprint()) {
		t.Errorf("said %s", output)
	}
}
