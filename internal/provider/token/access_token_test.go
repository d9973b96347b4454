package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const accessToken = "keyfactor_access_token"

// providerBlock is a provider block for the simulator with a mode.
func providerBlock(s *simulator.Simulator, mode string, value any) acctest.Values {
	return acctest.Values{"endpoint": s.Endpoint(), "ca_certificate": s.CAPEM(), "max_retries": 0, mode: value}
}

func oauth(s *simulator.Simulator) acctest.Values {
	return acctest.Values{"token_url": s.TokenURL(), "client_id": simulator.ClientID, "client_secret": s.ClientSecret()}
}

// vedauth is the provider's block venafi_certificate.
func vedauth(t testing.TB, s *simulator.Simulator) acctest.Values {
	v := arguments(t, s, nil)
	delete(v, "ca_certificate")
	return v
}

func TestAccessToken_OfEachMode(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{TokenLifetime: 3 * time.Hour})
	for name, c := range map[string]struct {
		mode    string
		value   any
		expires time.Duration
	}{
		"oauth":              {"oauth", oauth(s), 3 * time.Hour},
		"access_token":       {"access_token", "bearer " + s.AccessToken(), 0},
		"venafi_certificate": {"venafi_certificate", vedauth(t, s), 90 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewServer(t)
			if text := server.Configure(providerBlock(s, c.mode, c.value)).Errors(); text != "" {
				t.Fatal(text)
			}
			o, d := server.Open(accessToken, nil)
			if len(d) > 0 {
				t.Fatalf("opening: %s %s", d.Errors(), d.Warnings())
			}
			if c.expires == 0 {
				if got := o.Get("expires_at"); got != "null" {
					t.Errorf("expires_at is %q", got)
				}
				if o.Get("access_token") != s.AccessToken() {
					t.Error("the token is not the one that was given")
				}
			} else {
				within(t, o.Get("expires_at"), c.expires)
			}
			if got := o.Get("token_type"); got != "Bearer" {
				t.Errorf("token_type is %q", got)
			}
			// The token is good for a second provider, and the same for who asks again.
			second := acctest.NewServer(t)
			if text := second.Configure(providerBlock(s, "access_token", o.Get("access_token"))).Errors(); text != "" {
				t.Fatal(text)
			}
			if _, d := second.DataSource("keyfactor_security_roles", nil); d.Errors() != "" {
				t.Errorf("with that token: %s", d.Errors())
			}
			if again, _ := server.Open(accessToken, nil); again.Get("access_token") != o.Get("access_token") {
				t.Error("a second Open brought another token")
			}
		})
	}
}

func TestAccessToken_BasicHasNone(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	_, d := acctest.Serve(t, s, nil).Open(accessToken, nil)
	const want = "No access token in the mode basic: keyfactor_access_token gives the token that the provider works with, and the provider is configured with the mode basic, which sends user name and password. " +
		"Use oauth, access_token or venafi_certificate in the provider block, or keyfactor_venafi_token, which needs no provider configuration."
	if got := d.Errors(); got != want {
		t.Errorf("said %s", got)
	}
}

func TestAccessToken_ProviderNotConfigured(t *testing.T) {
	t.Parallel()
	_, d := configured(t).Open(accessToken, nil)
	got := d.Errors()
	if !strings.Contains(got, "Missing endpoint") || !strings.Contains(got, "Missing authentication mode") {
		t.Errorf("said %s", got)
	}
}

func TestAccessToken_UnknownProviderValue(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.NewServer(t)
	values := providerBlock(s, "oauth", oauth(s))
	values["oauth"].(acctest.Values)["client_secret"] = acctest.Unknown
	if d := server.Configure(values); len(d) > 0 {
		t.Fatalf("configuring: %s %s", d.Errors(), d.Warnings())
	}
	_, d := server.Open(accessToken, nil)
	const want = "Unknown provider configuration: Command cannot be called: the value of `oauth.client_secret` in the provider block is not known yet. " +
		"It depends on something that is applied in this run. Apply that first (-target), or give a value that is known at plan time."
	if got := d.Errors(); got != want {
		t.Errorf("said %s", got)
	}
}

func TestAccessToken_Refused(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{IDP: simulator.IDPOptions{RefusedClients: []string{simulator.ClientID}}})
	server := acctest.NewServer(t)
	if text := server.Configure(providerBlock(s, "oauth", oauth(s))).Errors(); text != "" {
		t.Fatal(text)
	}
	_, d := server.Open(accessToken, nil)
	got := d.Errors()
	if !strings.HasPrefix(got, "Unable to get an access token: The token endpoint on 127.0.0.1:") || !strings.Contains(got, "unauthorized_client") ||
		!strings.Contains(got, "the credentials come from the provider configuration (oauth.token_url, oauth.client_id, oauth.client_secret).") {
		t.Errorf("said %s", got)
	}
	if _, again := server.Open(accessToken, nil); again.Errors() != got || len(s.Journal()) != 1 {
		t.Errorf("%d token requests, the second time: %s", len(s.Journal()), again.Errors())
	}
}
