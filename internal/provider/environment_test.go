package provider_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const roles = "keyfactor_security_roles"

// emptyBlock is a configuration that says nothing about the provider.
const emptyBlock = "provider \"keyfactor\" {}\ndata \"keyfactor_security_roles\" \"all\" {}\n"

// hostAndPort are the simulator's, as the vendor's tools are told them.
func hostAndPort(s *simulator.Simulator) (host, port string) {
	host, port, _ = strings.Cut(strings.TrimSuffix(strings.TrimPrefix(s.Endpoint(), "https://"), "/KeyfactorAPI"), ":")
	return host, port
}

// TestEnvironment_OfTheVendorsTools has the variables of Keyfactor's own tools
// as they are set for those, and an empty provider block, and none at all.
func TestEnvironment_OfTheVendorsTools(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	host, port := hostAndPort(s)
	user := strings.TrimPrefix(simulator.User, `KEYEXAMPLE\`)
	where := []string{"KEYFACTOR_HOSTNAME=" + host, "KEYFACTOR_PORT=" + port, "KEYFACTOR_API_PATH=KeyfactorAPI", "KEYFACTOR_CA_CERT=ca.pem"}
	for name, c := range map[string]struct {
		environ []string
		scheme  string
	}{
		"basic": {[]string{"KEYFACTOR_USERNAME=" + user, "KEYFACTOR_PASSWORD=" + s.Password(), "KEYFACTOR_DOMAIN=KEYEXAMPLE"}, "basic"},
		"oauth": {[]string{"KEYFACTOR_AUTH_TOKEN_URL=" + s.TokenURL(), "KEYFACTOR_AUTH_CLIENT_ID=" + simulator.ClientID,
			"KEYFACTOR_AUTH_CLIENT_SECRET=" + s.ClientSecret(), "KEYFACTOR_AUTH_SCOPES=openid,profile"}, "bearer"},
		"a token": {[]string{"KEYFACTOR_AUTH_ACCESS_TOKEN=" + s.AccessToken()}, "bearer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, config := range []string{emptyBlock, strings.TrimPrefix(emptyBlock, "provider \"keyfactor\" {}\n")} {
				w := newWorkspace(t, config, append(where, c.environ...)...)
				w.write("ca.pem", s.CAPEM())
				w.must("plan")
			}
			found := false
			for _, e := range s.Journal() {
				found = found || e.Server == "command" && e.Scheme == c.scheme && e.Status == 200
			}
			if !found {
				t.Errorf("no call was made with the scheme %s", c.scheme)
			}
		})
	}
}

// TestEnvironment_VendorsFile is ~/.keyfactor/command_config.json alone.
func TestEnvironment_VendorsFile(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	host, port := hostAndPort(s)
	w := newWorkspace(t, emptyBlock, "TF_LOG_PROVIDER=DEBUG")
	w.environ = append(w.environ, "TF_LOG_PATH="+filepath.Join(w.folder, "debug.log"))
	w.write("ca.pem", s.CAPEM())
	file, err := json.Marshal(map[string]any{"servers": map[string]any{"default": map[string]any{
		"host": host + ":" + port, "username": simulator.User, "password": s.Password(), "api_path": "KeyfactorAPI", "ca_cert_path": filepath.Join(w.folder, "ca.pem"),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.write("home/.keyfactor/command_config.json", string(file))
	output := flat(w.must("plan"))
	if !strings.Contains(output, "command_config.json") {
		t.Errorf("no warning names the file that was found: %s", output)
	}
	log := w.read("debug.log")
	for setting, want := range map[string]string{
		"endpoint": `source=file`, "basic.password": `source=file`, "request_timeout": `source=default`, "ca_certificate": `source=file`,
	} {
		line := regexp.MustCompile(`(?m)^.*Provider setting.*setting=`+regexp.QuoteMeta(setting)+` .*$`).FindString(log) +
			regexp.MustCompile(`(?m)^.*Provider setting.*setting=`+regexp.QuoteMeta(setting)+`$`).FindString(log)
		if !strings.Contains(line, want) {
			t.Errorf("the log's line about %s is %q", setting, line)
		}
	}
	if strings.Contains(log, s.Password()) {
		t.Error("the log holds the password")
	}
}

// TestEnvironment_VenafiCertificate: VENAFI_* variables count where
// KEYFACTOR_AUTH_MODE says so, and an error names the variable at fault.
func TestEnvironment_VenafiCertificate(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	block := venafiPKCS12(t, s)["venafi_certificate"].(acctest.Values)
	for name, value := range map[string]string{
		"KEYFACTOR_AUTH_MODE": "venafi_certificate", "KEYFACTOR_ENDPOINT": s.Endpoint(), "KEYFACTOR_CA_CERT": s.CAPEM(),
		"VENAFI_URL": s.VedauthURL(), "VENAFI_CLIENT_ID": "MyApp", "VENAFI_SCOPE": "certificate:discover",
		"VENAFI_P12_CERTIFICATE": block["pkcs12"].(string), "VENAFI_P12_PASSWORD": "of the client",
	} {
		t.Setenv(name, value)
	}
	if _, d := configured(t, nil).DataSource(roles, nil); d.Errors() != "" {
		t.Error(d.Errors())
	}
	t.Setenv("VENAFI_P12_PASSWORD", "of another")
	_, d := configured(t, nil).DataSource(roles, nil)
	text := d.Errors()
	if !strings.Contains(text, "Invalid client certificate: ") || !strings.HasSuffix(text, "VENAFI_P12_CERTIFICATE and VENAFI_P12_PASSWORD.") || strings.Contains(text, "of another") {
		t.Errorf("said %s", text)
	}
}

// hostile is an environment that configures other things than this provider.
func hostile(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"KEYFACTOR_HOSTNAME": "https://user:pw@nowhere.invalid?x", "KEYFACTOR_AUTH_MODE": "kerberos", "KEYFACTOR_CA_CERT": "/no/such.pem",
		"KEYFACTOR_CLIENT_TIMEOUT": "never", "KEYFACTOR_AUTH_CONFIG_FILE": "/no/such.json", "KEYFACTOR_MAX_RETRIES": "many",
		"VENAFI_P12_CERTIFICATE": "/no/such.p12",
	} {
		t.Setenv(name, value)
	}
}

// TestEnvironment_NothingNeedsCommand is what OpenTofu does for a function: it
// configures the provider with an empty block and calls it.
func TestEnvironment_NothingNeedsCommand(t *testing.T) {
	hostile(t)
	server := acctest.NewServer(t)
	if text := server.Configure(nil).Errors(); text != "" {
		t.Fatalf("configuring: %s", text)
	}
	// Plans read no server either.
	c := acctest.New(t, "web.example.com")
	if text := server.Plan(imported, acctest.Object{}, acctest.Values{"certificate": c.PEM()}).Diagnostics.Errors(); text != "" {
		t.Errorf("planning: %s", text)
	}
	_, d := server.DataSource(roles, nil)
	text := d.Errors()
	if !strings.Contains(text, "KEYFACTOR_HOSTNAME") || strings.Contains(text, "user:pw") {
		t.Errorf("a data source says %s", text)
	}
}

// TestUnknown_ProviderValues is a provider block that depends on something
// applied in the same run.
func TestUnknown_ProviderValues(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	known := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	config := acctest.Values{"certificate": c.PEM()}
	o, _ := known.Create(imported, config)

	for name, change := range map[string]acctest.Values{
		"endpoint":       {"endpoint": acctest.Unknown},
		"basic.password": {"basic": acctest.Values{"username": simulator.User, "password": acctest.Unknown}},
		"basic":          {"basic": acctest.Unknown},
		"ca_certificate": {"ca_certificate": acctest.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Serve(t, s, change)
			before := len(s.Journal())

			_, d := server.DataSource(roles, nil)
			if text := d.Errors(); !strings.HasPrefix(text, "Unknown provider configuration: Command cannot be called: the value of `"+name+"` in the provider block is not known yet. ") {
				t.Errorf("a data source says %s", text)
			}
			read, d := server.Read(imported, o)
			if d.Errors() != "" || !strings.Contains(d.Warnings(), "`"+name+"`") || !strings.Contains(d.Warnings(), "State is kept as it is.") {
				t.Errorf("a refresh says %q and warns %q", d.Errors(), d.Warnings())
			}
			if !read.Value.Equal(o.Value) {
				t.Error("a refresh changed state")
			}
			if d := server.Plan(imported, o, config).Diagnostics; d.Errors() != "" {
				t.Errorf("a plan says %s", d.Errors())
			}
			if n := len(s.Journal()) - before; n != 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// TestUnknown_WhatChangesNothing: a time-out that is not known yet keeps nobody waiting.
func TestUnknown_WhatChangesNothing(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	if _, d := acctest.Serve(t, s, acctest.Values{"request_timeout": acctest.Unknown, "max_retries": acctest.Unknown}).DataSource(roles, nil); d.Errors() != "" {
		t.Errorf("a data source says %s", d.Errors())
	}
}

// TestAliases_ShareNothing: one configuration's refused login, token and list
// are not another's, in one process.
func TestAliases_ShareNothing(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	wrong := acctest.Serve(t, s, acctest.Values{"basic": acctest.Values{"username": simulator.User, "password": "not-the-password"}})
	if _, d := wrong.DataSource(roles, nil); d.Errors() == "" {
		t.Fatal("a wrong password was taken")
	}
	m := modes()[1]
	for i := range 2 {
		server := configured(t, m.provide(t, s))
		for range 2 {
			if _, d := server.DataSource(roles, nil); d.Errors() != "" {
				t.Fatal(d.Errors())
			}
		}
		if got := m.logins(s); got != i+1 {
			t.Errorf("%d logins after %d configurations", got, i+1)
		}
	}
	if _, d := wrong.DataSource(roles, nil); d.Errors() == "" || refusals("command")(s) != 1 {
		t.Errorf("the refused login was tried again, or forgotten: %s", d.Errors())
	}
}

// TestConfigure_OneProcessTwice is one provider process configured twice, as
// tests and -debug do.
func TestConfigure_OneProcessTwice(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	m := modes()[1]
	server := acctest.NewServer(t)
	settings := m.provide(t, s)
	m.spoil(t, s, settings)
	server.Configure(settings)
	if _, d := server.DataSource(roles, nil); d.Errors() == "" {
		t.Fatal("a wrong secret was taken")
	}
	server.Configure(m.provide(t, s))
	if _, d := server.DataSource(roles, nil); d.Errors() != "" {
		t.Errorf("configured anew: %s", d.Errors())
	}
}

// TestTLS_PrivateCA: with it everything works, in every mode (see modes_test.go);
// without it nothing is sent, and the error names the issuer and the argument.
func TestTLS_PrivateCA(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			settings := m.provide(t, s)
			delete(settings, "ca_certificate")
			_, d := configured(t, settings).DataSource(roles, nil)
			text := d.Errors()
			for _, want := range []string{" is not trusted (", `Its issuer is "CN=Simulator root,O=Loopback simulator". If that is your own CA, give its certificate in ca_certificate (or KEYFACTOR_CA_CERT)`} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in: %s", want, text)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := len(s.Journal()); n != 0 {
			t.Errorf("%d requests reached a server that is not trusted", n)
		}
	})
}

// TestEndpoint_Down asserts which server is named, and the setting to look at.
func TestEndpoint_Down(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode          int
		server, wants string
	}{
		{0, "command", "Check host and port in endpoint"},
		{1, "idp", "No token could be fetched from the token endpoint, so Command was not called."},
		{1, "idp", "Check host and port in oauth.token_url"},
		{5, "vedauth", "No token could be fetched from vedauth, so Command was not called."},
		{5, "vedauth", "Check host and port in venafi_certificate.url"},
	} {
		t.Run(c.server+", "+c.wants, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{})
			s.StopListening(c.server)
			server := configured(t, modes()[c.mode].provide(t, s))
			_, d := server.DataSource(roles, nil)
			if text := d.Errors(); !strings.Contains(text, c.wants) || !strings.Contains(text, " refused the connection (1 attempt in ") {
				t.Errorf("said %s", text)
			}
			// It comes back, and so does the run: nothing was refused for good.
			if err := s.Listen(c.server); err != nil {
				t.Fatal(err)
			}
			if _, d := server.DataSource(roles, nil); d.Errors() != "" {
				t.Errorf("after it came back: %s", d.Errors())
			}
		})
	}
}
