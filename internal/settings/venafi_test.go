package settings

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// pfx begins as a PKCS#12 file does; nothing here reads further.
var pfx = append([]byte{0x30, 0x82, 0x01, 0x00}, bytes.Repeat([]byte{0xfb}, 256)...)

func venafiArguments(more ...string) map[string]Value {
	values := map[string]Value{
		"url": Text("tpp.example"), "client_id": Text("app"), "scope": Text("certificate:manage"),
		"pkcs12": Text(base64.StdEncoding.EncodeToString(pfx)), "pkcs12_password": Text("pw"),
	}
	for i := 0; i < len(more); i += 2 {
		if values[more[i]] = Text(more[i+1]); more[i+1] == "-" {
			delete(values, more[i])
		}
	}
	return values
}

func TestVenafi_AddressForms(t *testing.T) {
	for text, want := range map[string]string{
		"tpp.example":                          "https://tpp.example/vedauth",
		"TPP.example:8443":                     "https://tpp.example:8443/vedauth",
		"https://tpp.example":                  "https://tpp.example/vedauth",
		"https://tpp.example:443/":             "https://tpp.example/vedauth",
		"https://tpp.example/vedauth":          "https://tpp.example/vedauth",
		"https://tpp.example/VedAuth/":         "https://tpp.example/vedauth",
		"https://tpp.example/vedsdk":           "https://tpp.example/vedauth",
		"tpp.example/VEDSDK//":                 "https://tpp.example/vedauth",
		"https://tpp.example/prefix":           "https://tpp.example/prefix/vedauth",
		"https://tpp.example/prefix/vedsdk/":   "https://tpp.example/prefix/vedauth",
		"https://tpp.example:8443/a/b/vedauth": "https://tpp.example:8443/a/b/vedauth",
		"http://127.0.0.1:8080":                "http://127.0.0.1:8080/vedauth",
		"[::1]:8443":                           "https://[::1]:8443/vedauth",
	} {
		got, problems := ResolveVenafi(venafiArguments("url", text), Environment{})
		if got.URL != want || len(problems) > 0 {
			t.Errorf("%q: %q %s", text, got.URL, lines(problems))
		}
	}
	_, problems := ResolveVenafi(venafiArguments("url", "https://SECRET@tpp.example"), Environment{})
	wantProblems(t, problems, "invalid  | Invalid url | The argument url has user information before the host, which is not taken from an address. Write the server's host, or its https URL, with or without /vedauth.")
}

func TestVenafi_ArgumentsThatStandAlone(t *testing.T) {
	got, problems := ResolveVenafi(venafiArguments(), Environment{})
	wantProblems(t, problems)
	if got.ClientID != "app" || got.Scope != "certificate:manage" || !bytes.Equal(got.PKCS12, pfx) || got.PKCS12Password.Reveal() != "pw" || !got.RevokeOnExit {
		t.Errorf("%+v", got)
	}
	got, problems = ResolveVenafi(venafiArguments("pkcs12", "-", "pkcs12_password", "-", "certificate_pem", "C", "private_key_pem", "K", "revoke_on_exit", "false"), Environment{})
	wantProblems(t, problems)
	if got.CertificatePEM != "C" || got.PrivateKeyPEM.Reveal() != "K" || got.PKCS12 != nil || got.RevokeOnExit {
		t.Errorf("%+v", got)
	}
}

func TestVenafi_ArgumentsThatStandAloneIgnoreTheEnvironment(t *testing.T) {
	_, problems := ResolveVenafi(nil, world{vars: venafiVars}.environment())
	wantProblems(t, problems, "missing  | Missing url, client_id, scope, pkcs12 and pkcs12_password | The arguments are not complete. Found: nothing. Missing: url; client_id; scope; pkcs12 (or certificate_pem and private_key_pem instead); pkcs12_password (an empty text for a file without one).")
	_, problems = ResolveVenafi(venafiArguments("pkcs12_password", "-"), world{vars: venafiVars}.environment())
	wantProblems(t, problems, "missing pkcs12_password | Missing pkcs12_password | The arguments are not complete. Found: url, client_id, scope, pkcs12. Missing: pkcs12_password (an empty text for a file without one).")
}

func TestVenafi_OneClientCertificate(t *testing.T) {
	const either = " The client certificate is given either by pkcs12 and pkcs12_password, or by certificate_pem and private_key_pem."
	_, problems := ResolveVenafi(venafiArguments("certificate_pem", "C"), Environment{})
	wantProblems(t, problems, "conflicting certificate_pem | Conflicting certificate_pem | The argument certificate_pem stands beside pkcs12."+either)
	_, problems = ResolveVenafi(venafiArguments("pkcs12", "-", "private_key_pem", "K"), Environment{})
	wantProblems(t, problems, "conflicting  | Conflicting private_key_pem | The argument private_key_pem stands beside pkcs12_password."+either)
	r := world{config: with(onlyEndpoint, "venafi_certificate.pkcs12", "AAAA", "venafi_certificate.private_key_pem", "K"), vars: venafiVars}.resolve()
	wantProblems(t, r.Problems, "conflicting venafi_certificate.private_key_pem | Conflicting venafi_certificate.private_key_pem | The argument venafi_certificate.private_key_pem stands beside venafi_certificate.pkcs12."+either+" This setting belongs to the mode venafi_certificate.")
}

func TestVenafi_FormBegunInTheConfigurationIsNotReplacedByTheEnvironment(t *testing.T) {
	r := world{config: with(onlyEndpoint, "venafi_certificate.certificate_pem", "C"), vars: venafiVars}.resolve()
	wantProblems(t, r.Problems, "missing venafi_certificate.private_key_pem | Missing venafi_certificate.private_key_pem | The mode venafi_certificate, written in the provider block, is not complete. Found: VENAFI_URL, VENAFI_CLIENT_ID, VENAFI_SCOPE, venafi_certificate.certificate_pem. Missing: venafi_certificate.private_key_pem.")
	if r.Settings.Venafi.PKCS12 != nil {
		t.Error("the environment's certificate is used")
	}
	r = world{config: with(onlyEndpoint, "venafi_certificate.pkcs12", base64.StdEncoding.EncodeToString(pfx)), vars: venafiVars}.resolve()
	wantProblems(t, r.Problems)
	if !bytes.Equal(r.Settings.Venafi.PKCS12, pfx) || r.Settings.Sources["venafi_certificate.pkcs12_password"].Name != "VENAFI_P12_PASSWORD" {
		t.Errorf("%+v", r.Settings.Sources)
	}
}

func TestVenafi_PKCS12InTheConfiguration(t *testing.T) {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		text := encoding.EncodeToString(pfx)
		got, problems := ResolveVenafi(venafiArguments("pkcs12", " "+text[:64]+"\r\n\t"+text[64:]+"\n"), Environment{})
		wantProblems(t, problems)
		if !bytes.Equal(got.PKCS12, pfx) {
			t.Errorf("%x", got.PKCS12)
		}
	}
	for _, text := range []string{"SECRET!", "/path/client.pfx.SECRET", "===", "A"} {
		_, problems := ResolveVenafi(venafiArguments("pkcs12", text), Environment{})
		wantProblems(t, problems, `invalid pkcs12 | Invalid pkcs12 | The argument pkcs12 is not base64. Write the file's content as filebase64("client.pfx") gives it.`)
	}
	_, problems := ResolveVenafi(venafiArguments("pkcs12", ""), Environment{})
	wantProblems(t, problems, "invalid pkcs12 | Invalid pkcs12 | The argument pkcs12 is empty. Give it a value, or leave it out.")
}

func TestVenafi_PKCS12InTheEnvironment(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(pfx)
	files := map[string]string{"/c.pfx": string(pfx), "/c.b64": text + "\n", "/home/user/c.pfx": string(pfx), "MIIpath": string(pfx), "/empty": ""}
	resolve := func(value string) Result {
		return world{config: onlyEndpoint, vars: with(venafiVars, "VENAFI_P12_CERTIFICATE", value, "KEYFACTOR_AUTH_MODE", "venafi_certificate"), files: files}.resolve()
	}
	for _, value := range []string{text, text[:60] + "\n" + text[60:], "/c.pfx", "/c.b64\n", "~/c.pfx", "MIIpath"} {
		r := resolve(value)
		wantProblems(t, r.Problems)
		if !bytes.Equal(r.Settings.Venafi.PKCS12, pfx) {
			t.Errorf("%.20q: %x", value, r.Settings.Venafi.PKCS12)
		}
	}
	const end = " This setting belongs to the mode venafi_certificate and stands for the argument venafi_certificate.pkcs12."
	wantProblems(t, resolve(text[:200]+"SECRET").Problems, "missing venafi_certificate.pkcs12 | Invalid venafi_certificate.pkcs12 | The environment variable VENAFI_P12_CERTIFICATE is not base64 of a PKCS#12 file, so it was taken for the path of one, and no file can be read there: file does not exist. Set it to a path or to base64."+end)
	wantProblems(t, resolve("/empty").Problems, "missing venafi_certificate.pkcs12 | Invalid venafi_certificate.pkcs12 | The environment variable VENAFI_P12_CERTIFICATE is the path of an empty file. Set it to the path of a PKCS#12 file."+end)
}

func TestVenafi_EmptyPasswordIsAPassword(t *testing.T) {
	vars := with(venafiVars, "KEYFACTOR_AUTH_MODE", "venafi_certificate")
	wantProblems(t, world{config: onlyEndpoint, vars: vars}.resolve().Problems)
	delete(vars, "VENAFI_P12_PASSWORD")
	wantProblems(t, world{config: onlyEndpoint, vars: vars}.resolve().Problems, "missing venafi_certificate.pkcs12_password | Missing venafi_certificate.pkcs12_password | The mode venafi_certificate, chosen by KEYFACTOR_AUTH_MODE, is not complete. Found: VENAFI_URL, VENAFI_CLIENT_ID, VENAFI_SCOPE, VENAFI_P12_CERTIFICATE. Missing: venafi_certificate.pkcs12_password (or environment variable VENAFI_P12_PASSWORD; an empty text for a file without one).")
	wantProblems(t, world{config: with(onlyEndpoint, "venafi_certificate.pkcs12_password", ""), vars: vars}.resolve().Problems)
}

func TestVenafi_VariablesAreReadOnlyForThatMode(t *testing.T) {
	read := map[string]bool{}
	w := world{config: onlyEndpoint, vars: with(venafiVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "t", "VENAFI_P12_PASSWORD", "SECRET")}
	env := w.environment()
	env.Lookup = func(name string) (string, bool) {
		read[name] = true
		text, ok := w.vars[name]
		return text, ok
	}
	if r := Resolve(w.input(), env); len(r.Problems) > 0 {
		t.Error(lines(r.Problems))
	}
	for name := range read {
		if strings.HasPrefix(name, "VENAFI_") {
			t.Error(name)
		}
	}
	w.vars["KEYFACTOR_AUTH_MODE"] = "venafi_certificate"
	if Resolve(w.input(), env); !read["VENAFI_URL"] {
		t.Error("the control finds nothing either")
	}
}
