package settings

import (
	"strings"
	"testing"
)

const endpointContext = " Write a host, host:port or an https URL, with or without the API path. This setting can also come from the environment variable KEYFACTOR_ENDPOINT or KEYFACTOR_HOSTNAME."

func TestEndpoint_Forms(t *testing.T) {
	for text, want := range map[string]string{
		"kf.example":                         "https://kf.example/KeyfactorAPI",
		" kf.example\n":                      "https://kf.example/KeyfactorAPI",
		"KF.Example":                         "https://kf.example/KeyfactorAPI",
		"kf.example:8443":                    "https://kf.example:8443/KeyfactorAPI",
		"kf.example:443":                     "https://kf.example/KeyfactorAPI",
		"kf.example/KeyfactorAPI":            "https://kf.example/KeyfactorAPI",
		"kf.example:8443/other/api/":         "https://kf.example:8443/other/api",
		"https://kf.example":                 "https://kf.example/KeyfactorAPI",
		"https://kf.example/":                "https://kf.example/KeyfactorAPI",
		"HTTPS://kf.example:443//":           "https://kf.example/KeyfactorAPI",
		"https://kf.example//a//b/":          "https://kf.example/a/b",
		"https://kf.example/a%2Fb":           "https://kf.example/a%2Fb",
		"https://kf_1.example":               "https://kf_1.example/KeyfactorAPI",
		"https://192.0.2.1":                  "https://192.0.2.1/KeyfactorAPI",
		"2001:DB8::1":                        "https://[2001:db8::1]/KeyfactorAPI",
		"[2001:db8::1]:8443":                 "https://[2001:db8::1]:8443/KeyfactorAPI",
		"https://[2001:db8::443]":            "https://[2001:db8::443]/KeyfactorAPI",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080/KeyfactorAPI",
		"http://127.8.9.10:80/x":             "http://127.8.9.10/x",
		"http://[::1]:8080/x":                "http://[::1]:8080/x",
		"localhost:8443":                     "https://localhost:8443/KeyfactorAPI",
		"https://kf.example/user@host/a:b/c": "https://kf.example/user@host/a:b/c",
	} {
		r := world{config: map[string]string{"endpoint": text, "access_token": "t"}}.resolve()
		if r.Settings.Endpoint != want || len(r.Problems) > 0 {
			t.Errorf("%q: %q, %s", text, r.Settings.Endpoint, lines(r.Problems))
		}
	}
}

func TestEndpoint_Refused(t *testing.T) {
	const (
		user   = "has user information before the host, which is not taken from an address."
		query  = "has a query or a fragment, which an address must not have here."
		scheme = "is not an https address; http:// is taken only with a loopback address such as http://127.0.0.1:8080."
		port   = "has a port that is not a number from 1 to 65535."
		host   = "has no valid host name or IP address; write a name in other than ASCII letters in its xn-- form."
		noURL  = "is not a valid address."
	)
	for text, want := range map[string]string{
		"":                                 "is empty.",
		"  ":                               "is empty.",
		"https://SECRET:SECRET@kf.example": user,
		"SECRET@kf.example":                user,
		"SECRET:SECRET@kf.example:1/x":     user,
		"https://kf.example?SECRET":        query,
		"https://kf.example/a?":            query,
		"https://kf.example/#SECRET":       query,
		"kf.example#":                      query,
		"http://kf.example":                scheme,
		"http://localhost:8080":            scheme,
		"http://127.0.0.1.example":         scheme,
		"http://[::2]":                     scheme,
		"ftp://kf.example":                 scheme,
		"https://kf.example:0":             port,
		"https://kf.example:65536":         port,
		"https:/kf.example":                port,
		"https://kf.example:":              port,
		"https://":                         host,
		"https://:8443":                    host,
		"https://a..b":                     host,
		"https://kf example":               noURL,
		"kéy.example":                      host,
		"https://kf.example:SECRET":        noURL,
		`https://kf.example\SECRET`:        noURL,
		"https://kf.example/%zz":           noURL,
		"https://kf.example/https://SECRET:SECRET@kf.example": "has another address in its path.",
		"https://kf.example/a/../b":                           "has a path with . or .. in it.",
		"https://kf.example/a/%2e%2e/b":                       "has a path with . or .. in it.",
	} {
		r := world{config: map[string]string{"endpoint": text, "access_token": "t"}}.resolve()
		at := "endpoint"
		if strings.ContainsAny(text, "@?#") { // at the whole block: Terraform would quote the address
			at = ""
		}
		wantProblems(t, r.Problems, "invalid "+at+" | Invalid endpoint | The argument endpoint "+want+endpointContext)
		if r.Settings.Endpoint != "" {
			t.Errorf("%q: %q", text, r.Settings.Endpoint)
		}
	}
}

func TestEndpoint_HostNamePortAndPathOfTheVendor(t *testing.T) {
	for _, c := range []struct{ host, port, path, want string }{
		{"kf.example", "", "", "https://kf.example/KeyfactorAPI"},
		{"kf.example", "443", "KeyfactorAPI", "https://kf.example/KeyfactorAPI"},
		{"kf.example", "8443", "/Keyfactor/API/", "https://kf.example:8443/Keyfactor/API"},
		{"https://kf.example/KeyfactorAPI", "", "", "https://kf.example/KeyfactorAPI"},
		{"http://kf.example:8443/dropped", "443", "x", "https://kf.example:8443/x"},
		{"kf.example:8443", "8443", "/", "https://kf.example:8443/KeyfactorAPI"},
		{"2001:db8::1", "8443", "", "https://[2001:db8::1]:8443/KeyfactorAPI"},
	} {
		vars := with(basicVars, "KEYFACTOR_HOSTNAME", c.host, "KEYFACTOR_PORT", c.port, "KEYFACTOR_API_PATH", c.path)
		r := world{vars: vars}.resolve()
		if r.Settings.Endpoint != c.want || len(r.Problems) > 0 {
			t.Errorf("%+v: %q, %s", c, r.Settings.Endpoint, lines(r.Problems))
		}
	}
	r := world{vars: with(basicVars, "KEYFACTOR_HOSTNAME", "kf.example", "KEYFACTOR_API_PATH", "x")}.resolve()
	if got := r.Settings.Sources["endpoint"]; got != (Source{FromEnvironment, "KEYFACTOR_HOSTNAME, KEYFACTOR_API_PATH"}) {
		t.Errorf("%+v", got)
	}
}

func TestEndpoint_HostNamePortAndPathRefused(t *testing.T) {
	const rest = " Write a host, host:port or an https URL, with or without the API path. This setting stands for the argument endpoint."
	for _, c := range []struct{ host, port, path, subject, want string }{
		{"kf.example:8443", "8444", "", "address from the environment variables KEYFACTOR_HOSTNAME and KEYFACTOR_PORT", "has two different ports."},
		{"kf.example:443", "8443", "", "address from the environment variables KEYFACTOR_HOSTNAME and KEYFACTOR_PORT", "has two different ports."},
		{"kf.example", "https", "", "address from the environment variables KEYFACTOR_HOSTNAME and KEYFACTOR_PORT", "has a port that is not a number from 1 to 65535."},
		{"kf.example", "", "a?b", "address from the environment variables KEYFACTOR_HOSTNAME and KEYFACTOR_API_PATH", "has a query or a fragment, which an address must not have here."},
		{"kf.example", "", "https://u:p@kf.example/x", "address from the environment variables KEYFACTOR_HOSTNAME and KEYFACTOR_API_PATH", "has another address in its path."},
		{"https://u:p@kf.example/x", "", "", "environment variable KEYFACTOR_HOSTNAME", "has user information before the host, which is not taken from an address."},
		{"https://kf.example/x?y", "", "", "environment variable KEYFACTOR_HOSTNAME", "has a query or a fragment, which an address must not have here."},
		{"https://", "", "", "environment variable KEYFACTOR_HOSTNAME", "is empty."},
	} {
		vars := with(basicVars, "KEYFACTOR_HOSTNAME", c.host, "KEYFACTOR_PORT", c.port, "KEYFACTOR_API_PATH", c.path)
		wantProblems(t, world{vars: vars}.resolve().Problems, "missing endpoint | Invalid endpoint | The "+c.subject+" "+c.want+rest)
	}
}

func TestEndpoint_Precedence(t *testing.T) {
	vars := with(basicVars, "KEYFACTOR_ENDPOINT", "endpoint.example", "KEYFACTOR_HOSTNAME", "hostname.example", "KEYFACTOR_PORT", "1", "KEYFACTOR_API_PATH", "x")
	files := map[string]string{defaultPath: basicFile}
	w := world{config: map[string]string{"endpoint": "config.example"}, vars: vars, files: files}
	for _, step := range []struct {
		next, want string
		source     Source
	}{
		{"", "https://config.example/KeyfactorAPI", Source{Configuration, "endpoint"}},
		{"endpoint", "https://endpoint.example/KeyfactorAPI", Source{FromEnvironment, "KEYFACTOR_ENDPOINT"}},
		{"KEYFACTOR_ENDPOINT", "https://hostname.example:1/x", Source{FromEnvironment, "KEYFACTOR_HOSTNAME, KEYFACTOR_PORT, KEYFACTOR_API_PATH"}},
		{"KEYFACTOR_HOSTNAME", "https://file.example/KeyfactorAPI", Source{File, defaultPath + "#servers.default.host"}},
	} {
		delete(w.config, step.next)
		delete(vars, step.next)
		r := w.resolve()
		if r.Settings.Endpoint != step.want || r.Settings.Sources["endpoint"] != step.source {
			t.Errorf("%q, %+v, want %q, %+v", r.Settings.Endpoint, r.Settings.Sources["endpoint"], step.want, step.source)
		}
	}
}

func TestEndpoint_Missing(t *testing.T) {
	for _, vars := range []map[string]string{basicVars, with(basicVars, "KEYFACTOR_ENDPOINT", "", "KEYFACTOR_HOSTNAME", "", "KEYFACTOR_PORT", "8443")} {
		wantProblems(t, world{vars: vars}.resolve().Problems,
			"missing endpoint | Missing endpoint | Nothing names the address of Keyfactor Command's API. Write endpoint in the provider block, or set KEYFACTOR_ENDPOINT or KEYFACTOR_HOSTNAME.")
	}
}

func TestAllowedHosts(t *testing.T) {
	endpoint := func(host string) string {
		return "invalid endpoint | Invalid endpoint | The argument endpoint names the host " + host + ", which KEYFACTOR_ALLOWED_HOSTS does not list. Nothing is sent to it. Name another host, or add this one to the variable."
	}
	for _, c := range []struct{ list, endpoint, want string }{
		{"kf.example", "kf.example:8443", ""},
		{"other.example, KF.example", "kf.example", ""},
		{"kf.example:443", "kf.example", ""},
		{"kf.example:8443", "kf.example:8443", ""},
		{"[2001:db8::1],::1", "https://[2001:db8::1]:8443", ""},
		{"[::1]:8443", "https://[::1]:8443", ""},
		{"kf.example:443", "kf.example:8443", endpoint("kf.example:8443")},
		{"kf.example:80", "kf.example", endpoint("kf.example")},
		{"example", "kf.example", endpoint("kf.example")},
		{"[::1]:8443", "[::1]", endpoint("[::1]")},
	} {
		r := world{config: map[string]string{"endpoint": c.endpoint, "access_token": "t"}, vars: map[string]string{"KEYFACTOR_ALLOWED_HOSTS": c.list}}.resolve()
		if c.want != "" {
			wantProblems(t, r.Problems, c.want)
		} else {
			wantProblems(t, r.Problems)
		}
	}
}

func TestAllowedHosts_EveryAddressIsChecked(t *testing.T) {
	allowed := map[string]string{"KEYFACTOR_ALLOWED_HOSTS": "kf.example"}
	const rest = "which KEYFACTOR_ALLOWED_HOSTS does not list. Nothing is sent to it. Name another host, or add this one to the variable."
	wantProblems(t, world{vars: with(oauthVars, "KEYFACTOR_ENDPOINT", "kf.example", "KEYFACTOR_ALLOWED_HOSTS", "kf.example")}.resolve().Problems,
		"missing oauth.token_url | Invalid oauth.token_url | The environment variable KEYFACTOR_AUTH_TOKEN_URL names the host idp.example, "+rest)
	wantProblems(t, world{vars: with(venafiVars, "KEYFACTOR_ALLOWED_HOSTS", "kf.example"), config: map[string]string{"endpoint": "kf.example", "venafi_certificate": ""}}.resolve().Problems,
		"missing venafi_certificate.url | Invalid venafi_certificate.url | The environment variable VENAFI_URL names the host tpp.example, "+rest)
	_, problems := ResolveVenafi(map[string]Value{"url": Text("tpp.example"), "client_id": Text("a"), "scope": Text("b"), "certificate_pem": Text("c"), "private_key_pem": Text("d")}, world{vars: allowed}.environment())
	wantProblems(t, problems, "invalid url | Invalid url | The argument url names the host tpp.example, "+rest)
}

func TestAllowedHosts_Broken(t *testing.T) {
	for list, want := range map[string]string{
		"https://kf.example": "has an entry that is neither a host nor host:port. Write hosts separated by commas, without https:// and without a path.",
		"kf.example/x":       "has an entry that is neither a host nor host:port. Write hosts separated by commas, without https:// and without a path.",
		"*.example":          "has an entry that is neither a host nor host:port. Write hosts separated by commas, without https:// and without a path.",
		" , ":                "is set but names no host. Write hosts separated by commas, or unset it.",
	} {
		r := world{config: map[string]string{"endpoint": "kf.example", "access_token": "t"}, vars: map[string]string{"KEYFACTOR_ALLOWED_HOSTS": list}}.resolve()
		text := lines(r.Problems)
		if first := "missing  | Invalid KEYFACTOR_ALLOWED_HOSTS | The environment variable KEYFACTOR_ALLOWED_HOSTS " + want + "\n"; !strings.HasPrefix(text, first) {
			t.Errorf("%q: %s", list, text)
		}
		if !strings.Contains(text, "names the host kf.example") || r.Settings.Endpoint != "" {
			t.Errorf("%q allows a host: %s", list, text)
		}
	}
}
