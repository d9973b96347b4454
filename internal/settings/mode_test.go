package settings

import (
	"reflect"
	"testing"
)

var onlyEndpoint = map[string]string{"endpoint": "kf.example"}

const (
	nothing = "missing  | Missing authentication mode | The provider block names no authentication mode, KEYFACTOR_AUTH_MODE is not set, and no mode is complete in the environment."
	advice  = " Write basic, oauth, access_token or venafi_certificate in the provider block, or complete one of these modes."
	venafi  = " VENAFI_URL, VENAFI_CLIENT_ID, VENAFI_SCOPE and VENAFI_P12_CERTIFICATE are set, which are read only with KEYFACTOR_AUTH_MODE=venafi_certificate or a block venafi_certificate."
)

func TestMode_ChosenByTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		vars   map[string]string
		want   Mode
		source string
	}{
		{basicVars, ModeBasic, "KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD"},
		{with(basicVars, "KEYFACTOR_AUTH_CLIENT_ID", "x", "KEYFACTOR_AUTH_CLIENT_SECRET", "y"), ModeBasic, "KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD"},
		{oauthVars, ModeOAuth, "KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID and KEYFACTOR_AUTH_CLIENT_SECRET"},
		{with(oauthVars, "KEYFACTOR_USERNAME", "x"), ModeOAuth, "KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID and KEYFACTOR_AUTH_CLIENT_SECRET"},
		{tokenVars, ModeAccessToken, "KEYFACTOR_AUTH_ACCESS_TOKEN"},
		{with(oauthVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x"), ModeAccessToken, "KEYFACTOR_AUTH_ACCESS_TOKEN"},
		{with(basicVars, "KEYFACTOR_AUTH_KRB_REALM", "x"), ModeBasic, "KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD"},
		{with(venafiVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x"), ModeAccessToken, "KEYFACTOR_AUTH_ACCESS_TOKEN"},
		{with(basicVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x", "KEYFACTOR_AUTH_MODE", "basic"), ModeBasic, "KEYFACTOR_AUTH_MODE"},
		{with(oauthVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x", "KEYFACTOR_AUTH_MODE", " OAuth "), ModeOAuth, "KEYFACTOR_AUTH_MODE"},
		{with(venafiVars, "KEYFACTOR_AUTH_MODE", "venafi_certificate"), ModeVenafi, "KEYFACTOR_AUTH_MODE"},
		{with(basicVars, "KEYFACTOR_AUTH_MODE", ""), ModeBasic, "KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD"},
	} {
		r := world{config: onlyEndpoint, vars: c.vars}.resolve()
		if r.Settings.Mode != c.want || len(r.Problems) > 0 || r.Settings.Sources["mode"] != (Source{FromEnvironment, c.source}) {
			t.Errorf("%v: %s, %+v, %s", c.vars, r.Settings.Mode, r.Settings.Sources["mode"], lines(r.Problems))
		}
	}
}

func TestMode_NoneComplete(t *testing.T) {
	for _, c := range []struct {
		vars map[string]string
		want string
	}{
		{nil, nothing + " Found: nothing. Missing: KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD (for basic); or KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID and KEYFACTOR_AUTH_CLIENT_SECRET (for oauth); or KEYFACTOR_AUTH_ACCESS_TOKEN (for access_token)." + advice},
		{venafiVars, nothing + " Found: nothing. Missing: KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD (for basic); or KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID and KEYFACTOR_AUTH_CLIENT_SECRET (for oauth); or KEYFACTOR_AUTH_ACCESS_TOKEN (for access_token)." + advice + venafi},
		{map[string]string{"KEYFACTOR_USERNAME": "u", "VENAFI_SCOPE": "s", "VENAFI_URL": ""}, nothing + " Found: KEYFACTOR_USERNAME. Missing: KEYFACTOR_PASSWORD (for basic)." + advice + " VENAFI_SCOPE is set, which is read only with KEYFACTOR_AUTH_MODE=venafi_certificate or a block venafi_certificate."},
		{map[string]string{"KEYFACTOR_USERNAME": "u", "KEYFACTOR_DOMAIN": "d"}, nothing + " Found: KEYFACTOR_USERNAME, KEYFACTOR_DOMAIN. Missing: KEYFACTOR_PASSWORD (for basic)." + advice},
		{map[string]string{"KEYFACTOR_USERNAME": "u", "KEYFACTOR_AUTH_CLIENT_ID": "c"}, nothing + " Found: KEYFACTOR_USERNAME, KEYFACTOR_AUTH_CLIENT_ID. Missing: KEYFACTOR_PASSWORD (for basic); or KEYFACTOR_AUTH_TOKEN_URL and KEYFACTOR_AUTH_CLIENT_SECRET (for oauth)." + advice},
		{map[string]string{"KEYFACTOR_USERNAME": "u", "KEYFACTOR_AUTH_KRB_REALM": "r"}, nothing + " Found: KEYFACTOR_USERNAME. Missing: KEYFACTOR_PASSWORD (for basic). Kerberos (KEYFACTOR_AUTH_KRB_REALM) is not supported." + advice},
		{map[string]string{"KEYFACTOR_USERNAME": "u", "KEYFACTOR_AUTH_CONFIG_FILE": "/x"}, nothing + " Found: KEYFACTOR_USERNAME. Missing: KEYFACTOR_PASSWORD (for basic)." + advice + " The file in KEYFACTOR_AUTH_CONFIG_FILE is not read because the endpoint is named elsewhere: to use it, write config_file and leave out endpoint."},
		{map[string]string{"KEYFACTOR_AUTH_KRB_USERNAME": "u", "KEYFACTOR_AUTH_KRB_SPN": "s"}, "missing  | Invalid authentication mode | Only settings for Kerberos were found (KEYFACTOR_AUTH_KRB_USERNAME and KEYFACTOR_AUTH_KRB_SPN), a mode that this provider does not support. Use basic, oauth, access_token or venafi_certificate."},
		{map[string]string{"KEYFACTOR_AUTH_MODE": "ntlm"}, "missing  | Invalid KEYFACTOR_AUTH_MODE | The environment variable KEYFACTOR_AUTH_MODE is not an authentication mode. Set it to basic, oauth, access_token or venafi_certificate."},
		{with(oauthVars, "KEYFACTOR_AUTH_MODE", "basic", "KEYFACTOR_PASSWORD", "p"), "missing basic.username | Missing basic.username | The mode basic, chosen by KEYFACTOR_AUTH_MODE, is not complete. Found: KEYFACTOR_PASSWORD. Missing: basic.username (or environment variable KEYFACTOR_USERNAME)."},
	} {
		r := world{config: onlyEndpoint, vars: c.vars}.resolve()
		wantProblems(t, r.Problems, c.want)
	}
}

func TestMode_MoreThanOneComplete(t *testing.T) {
	const start = "missing  | Conflicting authentication modes | The provider block names no authentication mode, and the environment completes more than one: "
	both := with(oauthVars, "KEYFACTOR_USERNAME", "u", "KEYFACTOR_PASSWORD", "p")
	wantProblems(t, world{config: onlyEndpoint, vars: both}.resolve().Problems, start+
		"basic (KEYFACTOR_USERNAME, KEYFACTOR_PASSWORD) and oauth (KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID, KEYFACTOR_AUTH_CLIENT_SECRET). Write one of them in the provider block, or set KEYFACTOR_AUTH_MODE to basic or oauth.")
	for _, vars := range []map[string]string{with(basicVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x"), with(both, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x")} {
		wantProblems(t, world{config: onlyEndpoint, vars: vars}.resolve().Problems, start+
			"basic (KEYFACTOR_USERNAME, KEYFACTOR_PASSWORD) and access_token (KEYFACTOR_AUTH_ACCESS_TOKEN). Write one of them in the provider block, or set KEYFACTOR_AUTH_MODE to basic or access_token.")
	}
}

func TestMode_ConfigurationDecidesAlone(t *testing.T) {
	all := with(with(oauthVars, "KEYFACTOR_USERNAME", "u", "KEYFACTOR_PASSWORD", "p"), "KEYFACTOR_AUTH_ACCESS_TOKEN", "x", "KEYFACTOR_AUTH_MODE", "nonsense")
	for key, value := range venafiVars {
		all[key] = value
	}
	for _, mode := range Modes() {
		config := with(onlyEndpoint, string(mode), "token")
		r := world{config: config, vars: all}.resolve()
		wantProblems(t, r.Problems)
		if r.Settings.Mode != mode || r.Settings.Sources["mode"] != (Source{Configuration, string(mode)}) {
			t.Errorf("%s: %s %+v", mode, r.Settings.Mode, r.Settings.Sources["mode"])
		}
	}
}

func TestMode_TwoInTheConfiguration(t *testing.T) {
	wantProblems(t, world{config: with(onlyEndpoint, "basic", "", "oauth", "", "access_token", "x")}.resolve().Problems,
		"conflicting  | Conflicting authentication modes | The provider block has basic, oauth and access_token. Each of them is an authentication mode by itself: keep one.")
	wantProblems(t, world{config: with(onlyEndpoint, "access_token", "x"), unknown: []string{"basic"}, vars: basicVars}.resolve().Problems)
}

func TestMode_HalfWrittenBlockIsCompleted(t *testing.T) {
	w := world{
		config: map[string]string{"basic.username": "config-user"},
		vars:   map[string]string{"KEYFACTOR_USERNAME": "env-user"},
		files:  map[string]string{defaultPath: basicFile},
	}
	r := w.resolve()
	if got := r.Settings.Basic; got.Username != "config-user" || got.Password.Reveal() != "file-password" {
		t.Errorf("%q %q", got.Username, got.Password.Reveal())
	}
	if want := `the provider configuration (basic.username) and the profile "default" in ` + defaultPath + ` (password)`; r.Settings.Origin != want {
		t.Error(r.Settings.Origin)
	}
	w.vars["KEYFACTOR_PASSWORD"] = "env-password"
	if got := w.resolve().Settings; got.Basic.Password.Reveal() != "env-password" || got.Origin != "the provider configuration (basic.username) and the environment variable KEYFACTOR_PASSWORD" {
		t.Errorf("%+v", got)
	}
}

func TestMode_CountedInTheEnvironmentFirstThenInTheFile(t *testing.T) {
	oauthFile := `{"servers":{"default":{"host":"file.example","token_url":"https://file.example/t","client_id":"c","client_secret":"s"}}}`
	userFile := `{"servers":{"default":{"host":"file.example","username":"file-user"}}}`
	twoFile := `{"servers":{"default":{"host":"file.example","username":"u","password":"p","access_token":"t"}}}`
	for _, c := range []struct {
		name string
		vars map[string]string
		file string
		want Mode
	}{
		{"the environment completes one, the file another", tokenVars, basicFile, ModeAccessToken},
		{"the environment completes one, the file two", oauthVars, twoFile, ModeOAuth},
		{"only the file", nil, oauthFile, ModeOAuth},
		{"the environment begins one, the file completes another", map[string]string{"KEYFACTOR_USERNAME": "u"}, oauthFile, ModeOAuth},
		{"only both together", map[string]string{"KEYFACTOR_PASSWORD": "env-password"}, userFile, ModeBasic},
		{"a token beside client settings, as in the environment", nil, oauthFile[:len(oauthFile)-3] + `,"access_token":"t"}}}`, ModeAccessToken},
		{"the mode's variable chooses in the file", map[string]string{"KEYFACTOR_AUTH_MODE": "basic"}, twoFile, ModeBasic},
	} {
		r := world{vars: c.vars, files: map[string]string{defaultPath: c.file}}.resolve()
		if r.Settings.Mode != c.want || len(r.Problems) != 1 || r.Problems[0].Kind != Warning {
			t.Errorf("%s: %s, %s", c.name, r.Settings.Mode, lines(r.Problems))
		}
	}
	r := world{vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_FILE": "/f"}, files: map[string]string{"/f": twoFile}}.resolve()
	wantProblems(t, r.Problems, `missing  | Conflicting authentication modes | The provider block names no authentication mode, and the profile "default" in /f completes more than one: basic (/f#servers.default.username, /f#servers.default.password) and access_token (/f#servers.default.access_token). Write one of them in the provider block, or set KEYFACTOR_AUTH_MODE to basic or access_token.`)
	r = world{vars: map[string]string{"KEYFACTOR_AUTH_CONFIG_FILE": "/f"}, files: map[string]string{"/f": userFile}}.resolve()
	wantProblems(t, r.Problems, `missing  | Missing authentication mode | The provider block names no authentication mode, KEYFACTOR_AUTH_MODE is not set, and no mode is complete in the environment or in the profile "default" in /f. Found: /f#servers.default.username. Missing: KEYFACTOR_PASSWORD (for basic).`+advice)
}

func TestUnknown_IsNeverAnErrorByItself(t *testing.T) {
	all := with(basicVars, "KEYFACTOR_AUTH_ACCESS_TOKEN", "x", "KEYFACTOR_ENDPOINT", "env.example")
	for _, c := range []struct {
		name    string
		w       world
		unknown []string
		mode    Mode
	}{
		{"the endpoint", world{unknown: []string{"endpoint"}, config: map[string]string{"access_token": "t"}}, []string{"endpoint"}, ModeAccessToken},
		{"a block", world{config: onlyEndpoint, unknown: []string{"basic"}}, []string{"basic"}, ""},
		{"a block, with an ambiguous environment", world{config: onlyEndpoint, unknown: []string{"oauth"}, vars: all}, []string{"oauth"}, ""},
		{"a token", world{config: onlyEndpoint, unknown: []string{"access_token"}, vars: all}, []string{"access_token"}, ""},
		{"part of a block", world{config: with(onlyEndpoint, "basic.username", "u"), unknown: []string{"basic.password", "basic.domain"}}, []string{"basic.password", "basic.domain"}, ModeBasic},
		{"the file", world{unknown: []string{"config_file"}, vars: all}, []string{"config_file"}, ""},
		{"the profile, with a half-written mode", world{config: map[string]string{"basic.username": "u"}, unknown: []string{"profile"}, vars: all}, []string{"profile"}, ModeBasic},
		{"what decides whom to trust", world{config: with(onlyEndpoint, "access_token", "t"), unknown: []string{"ca_certificate", "skip_tls_verify"}}, []string{"ca_certificate", "skip_tls_verify"}, ModeAccessToken},
		{"what changes nobody's identity", world{config: with(onlyEndpoint, "access_token", "t"), unknown: []string{"request_timeout", "max_retries"}}, nil, ModeAccessToken},
		{"the grant type", world{config: with(onlyEndpoint, "oauth.username", "u"), vars: oauthVars, unknown: []string{"oauth.grant_type"}}, []string{"oauth.grant_type"}, ModeOAuth},
		{"the form of the client certificate", world{config: with(onlyEndpoint, "venafi_certificate.url", "tpp", "venafi_certificate.client_id", "x", "venafi_certificate.scope", "y"), unknown: []string{"venafi_certificate.certificate_pem"}}, []string{"venafi_certificate.certificate_pem"}, ModeVenafi},
		{"a client certificate beside a known one", world{config: with(onlyEndpoint, "venafi_certificate.url", "tpp", "venafi_certificate.client_id", "x", "venafi_certificate.scope", "y", "venafi_certificate.certificate_pem", "c", "venafi_certificate.private_key_pem", "k"), unknown: []string{"venafi_certificate.pkcs12"}}, []string{"venafi_certificate.pkcs12"}, ModeVenafi},
		{"only revoke_on_exit", world{config: with(onlyEndpoint, "venafi_certificate", ""), vars: venafiVars, unknown: []string{"venafi_certificate.revoke_on_exit"}}, nil, ModeVenafi},
	} {
		r := c.w.resolve()
		if !reflect.DeepEqual(r.Unknown, c.unknown) || r.Settings.Mode != c.mode || len(r.Problems) > 0 {
			t.Errorf("%s: %v, %q, %s", c.name, r.Unknown, r.Settings.Mode, lines(r.Problems))
		}
	}
}

func TestUnknown_NeverFallsBackToTheEnvironment(t *testing.T) {
	r := world{unknown: []string{"endpoint", "basic.password"}, config: map[string]string{"basic.username": "u"}, vars: with(basicVars, "KEYFACTOR_ENDPOINT", "env.example"), files: map[string]string{defaultPath: basicFile}}.resolve()
	if r.Settings.Endpoint != "" || r.Settings.Basic.Password != "" {
		t.Errorf("%+v", r.Settings)
	}
}
