package token_test

import (
	"encoding/base64"
	"maps"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const venafiToken = "keyfactor_venafi_token"

// arguments are those of a login that works, with these ones changed.
func arguments(t testing.TB, s *simulator.Simulator, change acctest.Values) acctest.Values {
	t.Helper()
	certificate, key, err := s.ClientCertificatePEM("svc-terraform")
	if err != nil {
		t.Fatal(err)
	}
	v := acctest.Values{
		"url": s.VedauthURL(), "client_id": simulator.VedauthClientID, "scope": "certificate:discover,manage",
		"certificate_pem": certificate, "private_key_pem": key, "ca_certificate": s.CAPEM(),
	}
	maps.Copy(v, change)
	return v
}

// pkcs12 are the arguments with the certificate as PKCS#12.
func pkcs12(t testing.TB, s *simulator.Simulator, password string) acctest.Values {
	t.Helper()
	file, err := s.ClientCertificatePKCS12("svc-terraform", "of the client")
	if err != nil {
		t.Fatal(err)
	}
	return arguments(t, s, acctest.Values{
		"certificate_pem": nil, "private_key_pem": nil,
		"pkcs12": base64.StdEncoding.EncodeToString(file), "pkcs12_password": password,
	})
}

// configured is a provider with an empty provider block.
func configured(t testing.TB) *acctest.Server {
	t.Helper()
	server := acctest.NewServer(t)
	if text := server.Configure(nil).Errors(); text != "" {
		t.Fatalf("an empty provider block: %s", text)
	}
	return server
}

func open(t testing.TB, server *acctest.Server, config acctest.Values) acctest.Object {
	t.Helper()
	o, diags := server.Open(venafiToken, config)
	if text := diags.Errors() + diags.Warnings(); text != "" {
		t.Fatalf("opening: %s", text)
	}
	return o
}

func TestVenafiToken_OpenedAndClosed(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]func(testing.TB, *simulator.Simulator) acctest.Values{
		"PEM":     func(t testing.TB, s *simulator.Simulator) acctest.Values { return arguments(t, s, nil) },
		"PKCS#12": func(t testing.TB, s *simulator.Simulator) acctest.Values { return pkcs12(t, s, "of the client") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{})
			server := configured(t)
			o := open(t, server, arguments(t, s))
			for attribute, want := range map[string]string{"token_type": "Bearer", "scope": "certificate:discover,manage", "client_id": "MyApp"} {
				if got := o.Get(attribute); got != want {
					t.Errorf("%s is %q, want %q", attribute, got, want)
				}
			}
			if len(o.Get("access_token")) != 24 || len(o.Get("refresh_token")) != 24 || !strings.HasPrefix(o.Get("identity"), "local:{") {
				t.Errorf("tokens of %d and %d characters for %s", len(o.Get("access_token")), len(o.Get("refresh_token")), o.Get("identity"))
			}
			within(t, o.Get("expires_at"), 90*24*time.Hour)
			within(t, o.Get("refresh_until"), 365*24*time.Hour)
			if n := s.LiveGrants(); n != 1 {
				t.Fatalf("%d live grants after Open", n)
			}

			if text := server.CloseEphemeral(venafiToken, o); len(text) != 0 {
				t.Errorf("closing: %s %s", text.Errors(), text.Warnings())
			}
			if n := s.LiveGrants(); n != 0 {
				t.Errorf("%d live grants after Close", n)
			}
			journal := s.Journal()
			if len(journal) != 2 || journal[1].Method != "GET" || journal[1].Path != "/vedauth/revoke/token" {
				t.Errorf("the journal is %+v", journal)
			}
			for _, e := range journal {
				if e.UserAgent != "terraform-provider-keyfactor/test Terraform/1.12.0" {
					t.Errorf("user agent %q", e.UserAgent)
				}
			}
		})
	}
}

// within checks a time that lies that far ahead, give or take some minutes.
func within(t *testing.T, text string, ahead time.Duration) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if off := time.Until(at) - ahead; err != nil || !strings.HasSuffix(text, "Z") || off.Abs() > 10*time.Minute {
		t.Errorf("the time is %q, %s off", text, off)
	}
}

func TestVenafiToken_ServerThatSaysLittle(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{NoRefreshToken: true, NoExpires: true, NoExpiresIn: true, NoRefreshUntil: true}})
	server := configured(t)
	o := open(t, server, arguments(t, s, nil))
	for _, name := range []string{"refresh_token", "expires_at", "refresh_until"} {
		if got := o.Get(name); got != "null" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if d := server.CloseEphemeral(venafiToken, o); len(d) != 0 || s.LiveGrants() != 0 {
		t.Errorf("closing: %s %s; %d live grants", d.Errors(), d.Warnings(), s.LiveGrants())
	}
}

func TestVenafiToken_GrantIsKeptWhereAskedFor(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := configured(t)
	o := open(t, server, arguments(t, s, acctest.Values{"revoke_on_close": false}))
	if d := server.CloseEphemeral(venafiToken, o); len(d) != 0 || s.LiveGrants() != 1 || s.Count("GET", "/vedauth/revoke/token") != 0 {
		t.Errorf("closing: %s %s; %d live grants", d.Errors(), d.Warnings(), s.LiveGrants())
	}
	if strings.Contains(string(o.Private), "access_token") {
		t.Error("private data holds a token that nothing will be done with")
	}
}

// TestVenafiToken_ClosedAfterTheAccessTokenEnded is a long apply: the grant
// lives on, and its refresh token opens the way to revoke it.
func TestVenafiToken_ClosedAfterTheAccessTokenEnded(t *testing.T) {
	t.Parallel()
	var now clock
	s := acctest.Start(t, simulator.Options{Now: now.time, Vedauth: simulator.VedauthOptions{AccessLifetime: time.Hour}})
	server := configured(t)
	o := open(t, server, arguments(t, s, nil))
	now.pass(2 * time.Hour)
	if n := s.LiveGrants(); n != 1 {
		t.Fatalf("%d live grants", n)
	}
	if d := server.CloseEphemeral(venafiToken, o); len(d) != 0 || s.LiveGrants() != 0 {
		t.Errorf("closing: %s %s; %d live grants", d.Errors(), d.Warnings(), s.LiveGrants())
	}
	if n := s.Count("POST", "/vedauth/authorize/token"); n != 1 {
		t.Errorf("the refresh token was used %d times", n)
	}
}

func TestVenafiToken_RevocationThatFailsIsAWarning(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{RevokeFails: true, NoRefreshToken: true}})
	server := configured(t)
	d := server.CloseEphemeral(venafiToken, open(t, server, arguments(t, s, nil)))
	const want = "Unable to revoke the grant of keyfactor_venafi_token: Its token stays valid until it ends by itself, or until an administrator of the server revokes it. " +
		"The server answered 202 to GET revoke/token, which means that it revoked nothing."
	if d.Errors() != "" || d.Warnings() != want {
		t.Errorf("closing: %s; %s", d.Errors(), d.Warnings())
	}
}

// spent is the time in a message, which depends on the machine.
var spent = regexp.MustCompile(`(\(\d+ attempts?) in [^)]*\)`)

func TestVenafiToken_Refused(t *testing.T) {
	t.Parallel()
	requested := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{ClientCertificates: simulator.Requested, RefusedUsers: []string{"nobody"}}})
	demanded := acctest.Start(t, simulator.Options{})
	never := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{ClientCertificates: simulator.NeverAsked}})
	wrong, wrongKey, err := requested.WrongClientCertificatePEM("svc-terraform")
	if err != nil {
		t.Fatal(err)
	}
	nobody, nobodyKey, err := requested.ClientCertificatePEM("nobody")
	if err != nil {
		t.Fatal(err)
	}
	host := func(s *simulator.Simulator) string {
		return strings.TrimSuffix(strings.TrimPrefix(s.VedauthURL(), "https://"), "/vedauth")
	}
	const summary = "Unable to get a token from vedauth: "
	answered := func(s *simulator.Simulator, status string) string {
		return summary + "The authentication server (vedauth) on " + host(s) + " answered " + status + " to authorize/certificate. "
	}
	for name, c := range map[string]struct {
		s      *simulator.Simulator
		change acctest.Values
		want   string
	}{
		"client id in another case": {requested, acctest.Values{"client_id": "myapp"}, answered(requested, "400 Bad Request") +
			"The server said: invalid_client: The application 'myapp' is not registered. " +
			"Check that client_id is the id of an API integration, in its exact case, and that the client certificate's issuer is among the server's trusted certificate authorities."},
		"scope beyond the integration's": {requested, acctest.Values{"scope": "ssh:manage"}, answered(requested, "400 Bad Request") +
			"The server said: invalid_scope: The scope is not a part of the application's scope. Check that scope is all or a part of the API integration's scope."},
		"user that may not": {requested, acctest.Values{"certificate_pem": nobody, "private_key_pem": nobodyKey}, answered(requested, "400 Bad Request") +
			"The server said: unauthorized_client: User is not authorized to use application 'MyApp'. Have the certificate's user allowed to use the API integration."},
		"certificate of another authority": {requested, acctest.Values{"certificate_pem": wrong, "private_key_pem": wrongKey}, answered(requested, "401 Unauthorized") +
			"The server said: invalid_client: The client certificate is not trusted. The server asked for the client certificate and was given it. " +
			"Check that client_id is the id of an API integration, in its exact case, and that the client certificate's issuer is among the server's trusted certificate authorities."},
		"certificate refused in the handshake": {demanded, acctest.Values{"certificate_pem": wrong, "private_key_pem": wrongKey}, summary +
			"POST " + demanded.VedauthURL() + "/authorize/certificate: " + host(demanded) + " asked for the client certificate and then ended the TLS connection (unknown certificate authority). " +
			"Check that the certificate has not ended or been revoked, and that its issuer is among the certificate authorities that the server trusts."},
		"never asked for the certificate": {never, nil, answered(never, "401 Unauthorized") +
			"The server said: invalid_client: No client certificate was presented. " +
			"The server never asked for the client certificate, neither in the TLS 1.3 handshake nor with TLS 1.2, in the handshake or by renegotiation. " +
			"Have vedauth's web server ask for client certificates in the handshake (IIS: \"Negotiate Client Certificate\" on the site's binding; httpd: SSLVerifyClient for the whole host). " +
			"Check that client_id is the id of an API integration, in its exact case, and that the client certificate's issuer is among the server's trusted certificate authorities."},
		"unknown server authority": {demanded, acctest.Values{"ca_certificate": nil}, summary +
			"POST " + demanded.VedauthURL() + "/authorize/certificate: the certificate of " + host(demanded) + " is not trusted (1 attempt) (x509: certificate signed by unknown authority). " +
			`Its issuer is "CN=Simulator root,O=Loopback simulator". If that is your own CA, give its certificate in ca_certificate: it is added to the system's roots.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, d := configured(t).Open(venafiToken, arguments(t, c.s, c.change))
			if got := spent.ReplaceAllString(d.Errors(), "$1)"); got != c.want {
				t.Errorf("the error is\n%s\nwant\n%s", got, c.want)
			}
			if len(o.Private) > 2 && strings.Contains(string(o.Private), "grant") {
				t.Error("private data was left")
			}
		})
	}
}

func TestVenafiToken_EndpointDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := listener.Addr().String()
	_ = listener.Close()
	s := acctest.Start(t, simulator.Options{})
	_, d := configured(t).Open(venafiToken, arguments(t, s, acctest.Values{"url": host}))
	text := d.Errors()
	if !strings.HasPrefix(text, "Unable to get a token from vedauth: POST https://"+host+"/vedauth/authorize/certificate: "+host+" refused the connection (5 attempts in ") ||
		!strings.HasSuffix(text, "s). Check host and port in url, and that the server is running.") {
		t.Errorf("the error is %s", text)
	}
}

func TestVenafiToken_SkipTLSVerifyWarns(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := configured(t)
	o, d := server.Open(venafiToken, arguments(t, s, acctest.Values{"skip_tls_verify": true, "ca_certificate": nil}))
	if d.Errors() != "" || !strings.Contains(d.Warnings(), `AttributeName("skip_tls_verify"): TLS certificates are not verified: The argument skip_tls_verify turns`) {
		t.Errorf("errors %q, warnings %q", d.Errors(), d.Warnings())
	}
	if d := server.CloseEphemeral(venafiToken, o); len(d) != 0 || s.LiveGrants() != 0 {
		t.Errorf("closing: %s %s; %d live grants", d.Errors(), d.Warnings(), s.LiveGrants())
	}
}

// TestVenafiToken_Arguments asserts what validation says, at which attribute.
func TestVenafiToken_Arguments(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.NewServer(t)
	for name, c := range map[string]struct {
		change acctest.Values
		want   string
	}{
		"complete": {nil, ""},
		"two certificates": {acctest.Values{"pkcs12": "AAAA"},
			`AttributeName("certificate_pem"): Conflicting certificate_pem: The argument certificate_pem stands beside pkcs12. The client certificate is given either by pkcs12 and pkcs12_password, or by certificate_pem and private_key_pem.`},
		"no key": {acctest.Values{"private_key_pem": nil},
			`AttributeName("private_key_pem"): Missing private_key_pem: The arguments are not complete. Found: url, client_id, scope, certificate_pem. Missing: private_key_pem.`},
		"user information in the address": {acctest.Values{"url": "https://user:hunter2@tpp.venafi.example"},
			`Invalid url: The argument url`},
		"not base64":              {acctest.Values{"pkcs12": "%%%", "certificate_pem": nil, "private_key_pem": nil}, `AttributeName("pkcs12"): Invalid pkcs12: The argument pkcs12 is not base64.`},
		"known after apply":       {acctest.Values{"url": acctest.Unknown, "private_key_pem": acctest.Unknown}, ""},
		"which one is not known":  {acctest.Values{"certificate_pem": acctest.Unknown, "private_key_pem": nil}, ""},
		"an empty scope":          {acctest.Values{"scope": ""}, `AttributeName("scope"): Invalid scope: The argument scope is empty.`},
		"plain http elsewhere":    {acctest.Values{"url": "http://tpp.venafi.example/vedauth"}, `AttributeName("url"): Invalid url: The argument url`},
		"vedsdk for an address":   {acctest.Values{"url": "tpp.venafi.example/vedsdk/"}, ""},
		"CA read when it is used": {acctest.Values{"ca_certificate": "made/later.pem"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := server.ValidateEphemeral(venafiToken, arguments(t, s, c.change)).Errors()
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("said\n%s\nwant\n%s", got, c.want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a password was repeated")
			}
		})
	}
}

func TestVenafiToken_CertificateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	for name, c := range map[string]struct {
		config acctest.Values
		want   string
	}{
		"wrong password": {pkcs12(t, s, "hunter2"), `AttributeName("pkcs12"): Invalid client certificate: `},
		"key of another": {arguments(t, s, acctest.Values{"private_key_pem": acctest.New(t, "other").KeyPEM(t)}), `AttributeName("certificate_pem"): Invalid client certificate: `},
		"CA not there":   {arguments(t, s, acctest.Values{"ca_certificate": "no/such.pem"}), `AttributeName("ca_certificate"): Invalid ca_certificate: The argument ca_certificate is not PEM text, so it was taken for the path of a file, and no file can be read there: no such file or directory.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, d := configured(t).Open(venafiToken, c.config)
			got := d.Errors()
			if !strings.HasPrefix(got, c.want) || strings.Contains(got, "hunter2") || strings.Contains(got, "no/such.pem") {
				t.Errorf("said\n%s", got)
			}
		})
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestVenafiToken_WhateverTheEnvironmentHolds is a machine where other tools
// are configured: half a mode, a wrong host, Venafi's own variables.
func TestVenafiToken_WhateverTheEnvironmentHolds(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	for name, value := range map[string]string{
		"KEYFACTOR_HOSTNAME": "https://user:pw@nowhere.invalid?x", "KEYFACTOR_AUTH_MODE": "kerberos", "KEYFACTOR_CA_CERT": "/no/such.pem",
		"KEYFACTOR_USERNAME": "a:b", "KEYFACTOR_PASSWORD": "x", "KEYFACTOR_AUTH_ACCESS_TOKEN": "two lines\nhere",
		"KEYFACTOR_CLIENT_TIMEOUT": "never", "KEYFACTOR_AUTH_CONFIG_FILE": "/no/such.json",
		"VENAFI_URL": "tpp.venafi.example", "VENAFI_CLIENT_ID": "Other", "VENAFI_SCOPE": "ssh", "VENAFI_P12_CERTIFICATE": "/no/such.p12", "VENAFI_P12_PASSWORD": "no",
	} {
		t.Setenv(name, value)
	}
	server := configured(t)
	o := open(t, server, arguments(t, s, nil))
	if d := server.CloseEphemeral(venafiToken, o); len(d) != 0 || s.LiveGrants() != 0 {
		t.Errorf("closing: %s %s; %d live grants", d.Errors(), d.Warnings(), s.LiveGrants())
	}
}

func TestVenafiToken_HostThatIsNotAllowed(t *testing.T) {
	t.Setenv("KEYFACTOR_ALLOWED_HOSTS", "tpp.venafi.example")
	s := acctest.Start(t, simulator.Options{})
	_, d := configured(t).Open(venafiToken, arguments(t, s, nil))
	if text := d.Errors(); !strings.HasPrefix(text, `AttributeName("url"): Invalid url: `) || !strings.Contains(text, "KEYFACTOR_ALLOWED_HOSTS") {
		t.Errorf("said %s", text)
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "KEYFACTOR_") || strings.HasPrefix(name, "VENAFI_") || name == "TF_CLI_CONFIG_FILE" {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}
