package settings

import (
	"os"
	"strings"
	"testing"
)

const atDefaultPath = `warning config_file | Configuration file at the default path is used | Neither the provider block nor the environment names the endpoint, so settings are read from the profile "default" in /home/user/.keyfactor/command_config.json, which was found there. To be sure that nothing else is picked up, name endpoint and mode in the provider block, or the file in config_file.`

const readableByOthers = "warning config_file | Configuration file is readable by others | Other users of this machine can read "

func TestFile_UnchangedSetUpOfTheVendorsTools(t *testing.T) {
	full := `{"servers":{"default":{"host":"https://file.example/x","port":8443,"username":"user","password":"pw","domain":"DOM","client_id":"","client_secret":null,
		"access_token":"","scopes":[],"audience":"","token_url":"","api_path":"/Keyfactor/API/","auth_provider":{"type":"","parameters":{}},"skip_tls_verify":true,
		"ca_cert_path":"","auth_type":"basic","client_timeout":"30","kerberos_realm":"","other":[1,2]},"second":17}}`
	r := world{files: map[string]string{defaultPath: "\xEF\xBB\xBF" + full}}.resolve()
	wantProblems(t, r.Problems, atDefaultPath,
		`warning skip_tls_verify | TLS certificates are not verified | The key skip_tls_verify of the profile "default" in /home/user/.keyfactor/command_config.json turns the verification of server certificates off, for Command, the token endpoint and vedauth alike: whoever is in between can read and change everything, credentials included. Give the issuer's certificate in ca_certificate instead.`)
	s := r.Settings
	if s.Endpoint != "https://file.example:8443/Keyfactor/API" || s.Basic.Username != `DOM\user` || s.Basic.Password.Reveal() != "pw" ||
		!s.SkipTLSVerify || s.RequestTimeout.Seconds() != 30 || s.Origin != `the profile "default" in `+defaultPath+` (username, password, domain)` {
		t.Errorf("%+v", s)
	}
}

func TestFile_TypesOfValues(t *testing.T) {
	file := `{"servers":{"p":{"Host":"file.example","port":"8443","token_url":"https://idp.example/t","client_id":7,"client_secret":"s","scopes":"a, b","skip_tls_verify":"1","client_timeout":12}}}`
	r := world{config: map[string]string{"config_file": "/f", "profile": "p"}, files: map[string]string{"/f": file}}.resolve()
	s := r.Settings
	if s.Endpoint != "https://file.example:8443/KeyfactorAPI" || s.OAuth.ClientID != "7" || strings.Join(s.OAuth.Scopes, "|") != "a|b" || !s.SkipTLSVerify || s.RequestTimeout.Seconds() != 12 {
		t.Errorf("%+v %s", s, lines(r.Problems))
	}
	file = strings.Replace(file, `"a, b"`, `["x y","z"]`, 1)
	if s := (world{config: map[string]string{"config_file": "/f", "profile": "p"}, files: map[string]string{"/f": file}}).resolve().Settings; strings.Join(s.OAuth.Scopes, "|") != "x y|z" {
		t.Errorf("%q", s.OAuth.Scopes)
	}
}

func TestFile_ReadOnlyWhereNothingAboveNamesTheEndpoint(t *testing.T) {
	files := map[string]string{defaultPath: "broken", "/named": "broken"}
	for _, w := range []world{
		{config: onlyEndpoint, vars: basicVars, files: files},
		{vars: with(basicVars, "KEYFACTOR_ENDPOINT", "kf.example"), files: files},
		{vars: with(basicVars, "KEYFACTOR_HOSTNAME", "kf.example", "KEYFACTOR_AUTH_CONFIG_FILE", "/named", "KEYFACTOR_AUTH_CONFIG_PROFILE", "p"), files: files},
	} {
		wantProblems(t, w.resolve().Problems)
	}
	r := world{vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_FILE": "~/named", "KEYFACTOR_AUTH_CONFIG_PROFILE": "p"}, files: map[string]string{defaultPath: "broken", "/home/user/named": strings.Replace(basicFile, "default", "p", 1)}}.resolve()
	wantProblems(t, r.Problems)
	if r.Settings.Endpoint != "https://file.example/KeyfactorAPI" || r.Settings.Sources["config_file"] != (Source{FromEnvironment, "KEYFACTOR_AUTH_CONFIG_FILE"}) {
		t.Errorf("%+v", r.Settings)
	}
}

func TestFile_WrittenInTheConfigurationBeatsTheEnvironmentAsAWhole(t *testing.T) {
	vars := with(basicVars, "KEYFACTOR_ENDPOINT", "env.example", "KEYFACTOR_DOMAIN", "ENV", "KEYFACTOR_SKIP_VERIFY", "true", "KEYFACTOR_CA_CERT", "/nowhere",
		"KEYFACTOR_CLIENT_TIMEOUT", "7", "KEYFACTOR_AUTH_MODE", "oauth", "KEYFACTOR_AUTH_ACCESS_TOKEN", "x", "KEYFACTOR_MAX_RETRIES", "9")
	r := world{config: map[string]string{"config_file": "/f"}, vars: vars, files: map[string]string{"/f": basicFile}}.resolve()
	wantProblems(t, r.Problems)
	s := r.Settings
	if s.Endpoint != "https://file.example/KeyfactorAPI" || s.Mode != ModeBasic || s.Basic.Username != "file-user" || s.Basic.Password.Reveal() != "file-password" ||
		s.SkipTLSVerify || s.CAPEM != nil || s.RequestTimeout.Seconds() != 60 || s.MaxRetries != 9 || s.Sources["mode"].Kind != File {
		t.Errorf("%+v", s)
	}
}

func TestFile_WrittenProfileOfTheDefaultPathOrTheEnvironmentsFile(t *testing.T) {
	second := strings.Replace(basicFile, "default", "second", 1)
	r := world{config: map[string]string{"profile": "second"}, files: map[string]string{defaultPath: second}}.resolve()
	wantProblems(t, r.Problems)
	if r.Settings.Endpoint == "" {
		t.Error("not read")
	}
	r = world{config: map[string]string{"profile": "second"}, vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_FILE": "/f", "KEYFACTOR_ENDPOINT": "env.example"}, files: map[string]string{"/f": second, defaultPath: "broken"}}.resolve()
	wantProblems(t, r.Problems)
	if r.Settings.Endpoint != "https://file.example/KeyfactorAPI" {
		t.Error(r.Settings.Endpoint)
	}
}

func TestFile_ItsCredentialsGoToItsOwnHostOnly(t *testing.T) {
	files := map[string]string{"/f": basicFile}
	for endpoint, own := range map[string]bool{"https://FILE.example:443/other": true, "file.example": true, "file.example:8443": false, "other.example": false} {
		r := world{config: map[string]string{"config_file": "/f", "endpoint": endpoint}, files: files}.resolve()
		switch {
		case own:
			wantProblems(t, r.Problems)
		default:
			wantProblems(t, r.Problems, `conflicting endpoint | Conflicting endpoint | The argument endpoint names another host than the profile "default" in /f, which is named by config_file, and the credentials of a file go to its own host only. Take out endpoint, or config_file.`)
		}
		if own != (r.Settings.Endpoint != "") {
			t.Errorf("%s: %q", endpoint, r.Settings.Endpoint)
		}
	}
	r := world{config: map[string]string{"profile": "default", "endpoint": "other.example"}, files: map[string]string{defaultPath: basicFile}}.resolve()
	wantProblems(t, r.Problems, `conflicting endpoint | Conflicting endpoint | The argument endpoint names another host than the profile "default" in /home/user/.keyfactor/command_config.json, which is named by profile, and the credentials of a file go to its own host only. Take out endpoint, or profile.`)
}

func TestFile_WrittenAndIncomplete(t *testing.T) {
	vars := with(basicVars, "KEYFACTOR_ENDPOINT", "env.example")
	files := map[string]string{"/f": `{"servers":{"default":{"username":"file-user"}}}`}
	wantProblems(t, world{config: map[string]string{"config_file": "/f"}, vars: vars, files: files}.resolve().Problems,
		`missing endpoint | Missing endpoint | Nothing names the address of Keyfactor Command's API. Add host to the profile "default" in /f, or write endpoint in the provider block. The environment is not read for it because config_file is written.`,
		`missing  | Missing authentication mode | The provider block names no authentication mode, and none is complete in the profile "default" in /f. The environment is not read for credentials because config_file is written. Found: /f#servers.default.username. Missing: password (for basic).`+advice)
	wantProblems(t, world{config: map[string]string{"config_file": "/f", "endpoint": "kf.example", "basic": ""}, vars: vars, files: files}.resolve().Problems,
		`missing basic.password | Missing basic.password | The mode basic, written in the provider block, is not complete. Found: /f#servers.default.username. Missing: basic.password (or key password of the profile "default" in /f). The environment is not read for credentials because config_file is written.`)
	wantProblems(t, world{config: map[string]string{"config_file": "/f", "endpoint": "kf.example", "venafi_certificate": ""}, vars: venafiVars, files: files}.resolve().Problems,
		`missing venafi_certificate | Missing settings of the mode venafi_certificate | The mode venafi_certificate, written in the provider block, is not complete. Found: nothing. Missing: venafi_certificate.url; venafi_certificate.client_id; venafi_certificate.scope; venafi_certificate.pkcs12 (or certificate_pem and private_key_pem instead); venafi_certificate.pkcs12_password (an empty text for a file without one). The environment is not read for credentials because config_file is written.`)
}

func TestFile_WrittenWithSeveralModes(t *testing.T) {
	w := world{
		config: map[string]string{"config_file": "/f"}, vars: map[string]string{},
		files: map[string]string{"/f": `{"servers":{"default":{"host":"h","username":"u","password":"p","token_url":"https://i.example/t","client_id":"c","client_secret":"s"}}}`},
	}
	const want = `conflicting config_file | Conflicting authentication modes | The provider block names no authentication mode, and the profile "default" in /f completes more than one: basic (/f#servers.default.username, /f#servers.default.password) and oauth (/f#servers.default.token_url, /f#servers.default.client_id, /f#servers.default.client_secret). Write one of them in the provider block, or set KEYFACTOR_AUTH_MODE to basic or oauth.`
	wantProblems(t, w.resolve().Problems, want)
	w.vars["KEYFACTOR_AUTH_MODE"] = "access_token"
	wantProblems(t, w.resolve().Problems, want)
	w.vars["KEYFACTOR_AUTH_MODE"] = "oauth"
	if r := w.resolve(); r.Settings.Mode != ModeOAuth || len(r.Problems) > 0 {
		t.Errorf("%s %s", r.Settings.Mode, lines(r.Problems))
	}
	w.files["/f"] = `{"servers":{"default":{"host":"h","kerberos_realm":"R","kerberos_spn":"S"}}}`
	wantProblems(t, w.resolve().Problems, "invalid config_file | Invalid authentication mode | Only settings for Kerberos were found (/f#servers.default.kerberos_realm and /f#servers.default.kerberos_spn), a mode that this provider does not support. Use basic, oauth, access_token or venafi_certificate.")
}

func TestFile_Unusable(t *testing.T) {
	const mend = ". Mend it, or name another file in config_file or KEYFACTOR_AUTH_CONFIG_FILE."
	for _, c := range []struct{ name, text, wrong string }{
		{"not there", "", "cannot be read: file does not exist"},
		{"too large", strings.Repeat(" ", 1<<20+1), "cannot be read: it is larger than 1 MiB"},
		{"no JSON", "SECRET", "is not valid JSON: line 1, column 1"},
		{"no JSON further down", "{\n  \"servers\": {\n    \"a\": SECRET", "is not valid JSON: line 3, column 10"},
		{"cut", basicFile[:30], "is not valid JSON: line 1, column 30"},
		{"followed by more", basicFile + "SECRET", "is not valid JSON: line 1, column 98"},
		{"no object", `["SECRET"]`, `is not a client configuration file: it needs an object "servers" with an object for each profile`},
		{"no servers", `{"default":{"password":"SECRET"}}`, `is not a client configuration file: it needs an object "servers" with an object for each profile`},
		{"servers is a list", `{"servers":["SECRET"]}`, `is not a client configuration file: it needs an object "servers" with an object for each profile`},
		{"the profile is a text", `{"servers":{"default":"SECRET"}}`, `is not a client configuration file: the profile "default" is not an object`},
		{"a list of numbers", `{"servers":{"default":{"scopes":[1]}}}`, `cannot be used: the key scopes of the profile "default" has the wrong type`},
		{"an object for a text", `{"servers":{"default":{"password":{"SECRET":"SECRET"}}}}`, `cannot be used: the key password of the profile "default" has the wrong type`},
	} {
		files := map[string]string{}
		if c.text != "" {
			files["/f"], files[defaultPath] = c.text, c.text
		}
		wantProblems(t, world{config: map[string]string{"config_file": "/f"}, vars: basicVars, files: files}.resolve().Problems,
			"invalid config_file | Invalid config_file | The file /f, named by config_file, "+c.wrong+mend)
		wantProblems(t, world{vars: with(basicVars, "KEYFACTOR_AUTH_CONFIG_FILE", "/f"), files: files}.resolve().Problems,
			"missing config_file | Invalid KEYFACTOR_AUTH_CONFIG_FILE | The file /f, named by the environment variable KEYFACTOR_AUTH_CONFIG_FILE, "+c.wrong+mend)
		wantProblems(t, world{config: map[string]string{"profile": "default"}, vars: with(basicVars, "KEYFACTOR_AUTH_CONFIG_FILE", "/f"), files: files}.resolve().Problems,
			"invalid profile | Invalid KEYFACTOR_AUTH_CONFIG_FILE | The file /f, named by the environment variable KEYFACTOR_AUTH_CONFIG_FILE, "+c.wrong+mend)
		if c.text != "" {
			wantProblems(t, world{files: files}.resolve().Problems,
				"missing config_file | Invalid configuration file | The file /home/user/.keyfactor/command_config.json, the default path of the vendor's tools, "+c.wrong+mend)
		}
	}
	wantProblems(t, world{config: map[string]string{"profile": "default"}}.resolve().Problems,
		"invalid profile | Invalid configuration file | The file /home/user/.keyfactor/command_config.json, the default path of the vendor's tools, cannot be read: file does not exist"+mend)
}

func TestFile_NoSuchProfile(t *testing.T) {
	const end = " Name one of its profiles in profile or KEYFACTOR_AUTH_CONFIG_PROFILE."
	files := map[string]string{"/f": `{"servers":{"b\u0007":{},"a":{}}}`, "/empty": `{"servers":{}}`}
	wantProblems(t, world{config: map[string]string{"config_file": "/f", "profile": "x"}, files: files}.resolve().Problems,
		`invalid profile | Invalid profile | The profile "x" is not in /f, which has "a" and "b\a".`+end)
	wantProblems(t, world{config: map[string]string{"config_file": "/f"}, files: files}.resolve().Problems,
		`invalid config_file | Invalid profile | The profile "default", the default, is not in /f, which has "a" and "b\a".`+end)
	wantProblems(t, world{config: map[string]string{"config_file": "/empty"}, vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_PROFILE": "x"}, files: files}.resolve().Problems,
		`invalid config_file | Invalid KEYFACTOR_AUTH_CONFIG_PROFILE | The profile "x", named by the environment variable KEYFACTOR_AUTH_CONFIG_PROFILE, is not in /empty, which has no profile.`+end)
	wantProblems(t, world{vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_PROFILE": "x", "KEYFACTOR_AUTH_CONFIG_FILE": "/f"}, files: files}.resolve().Problems,
		`missing profile | Invalid KEYFACTOR_AUTH_CONFIG_PROFILE | The profile "x", named by the environment variable KEYFACTOR_AUTH_CONFIG_PROFILE, is not in /f, which has "a" and "b\a".`+end)
}

func TestFile_EmptyArguments(t *testing.T) {
	const end = " is empty. Leave it out, or name the vendor's client configuration file and one of its profiles. This setting can also come from the environment variable "
	wantProblems(t, world{config: map[string]string{"config_file": ""}}.resolve().Problems,
		"invalid config_file | Invalid config_file | The argument config_file"+end+"KEYFACTOR_AUTH_CONFIG_FILE.")
	wantProblems(t, world{config: map[string]string{"profile": ""}}.resolve().Problems,
		"invalid profile | Invalid profile | The argument profile"+end+"KEYFACTOR_AUTH_CONFIG_PROFILE.")
}

func TestFile_NoHomeDirectory(t *testing.T) {
	w := world{config: with(onlyEndpoint, "profile", "x", "access_token", "t")}
	env := w.environment()
	env.Home = ""
	wantProblems(t, Resolve(w.input(), env).Problems, "invalid profile | Invalid profile | There is no home directory, so the vendor's client configuration file has no default path. Name the file in config_file.")
	wantProblems(t, Resolve(world{vars: basicVars}.input(), Environment{}).Problems,
		world{}.resolve().asProblems()...)
}

// asProblems writes a result's problems as wantProblems takes them.
func (r Result) asProblems() []string {
	return strings.Split(strings.TrimSuffix(lines(r.Problems), "\n"), "\n")
}

func TestFile_ReadableByOthers(t *testing.T) {
	for mode, warns := range map[os.FileMode]bool{0o600: false, 0o700: false, 0o610: false, 0o640: true, 0o604: true, 0o444: true} {
		modes := map[string]os.FileMode{"/f": mode, defaultPath: mode}
		files := map[string]string{"/f": basicFile, defaultPath: basicFile}
		named := world{config: map[string]string{"config_file": "/f"}, files: files, modes: modes}.resolve()
		found := world{files: files, modes: modes}.resolve()
		if warns {
			wantProblems(t, named.Problems, readableByOthers+"/f, which can hold credentials. Take their permission away: chmod 600.")
			wantProblems(t, found.Problems, atDefaultPath, readableByOthers+defaultPath+", which can hold credentials. Take their permission away: chmod 600.")
		} else {
			wantProblems(t, named.Problems)
			wantProblems(t, found.Problems, atDefaultPath)
		}
	}
}
