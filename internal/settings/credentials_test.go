package settings

import (
	"strings"
	"testing"
)

func TestBasic_UserNameAndDomain(t *testing.T) {
	const fileStart, fileEnd = `{"servers":{"default":{"host":"h","username":"`, `","password":"p"}}}`
	for _, c := range []struct {
		name                   string
		user, domain           string // configuration
		envUser, envDomain     string
		fileUser, fileDomain   string
		want, problemInSetting string
	}{
		{name: "plain", user: "u", want: "u"},
		{name: "with a domain", user: "u", domain: "D", want: `D\u`},
		{name: "backslash", user: `D\u`, want: `D\u`},
		{name: "at", user: "u@d.example", want: "u@d.example"},
		{name: "the same twice", user: `D\u`, domain: "d", want: `D\u`},
		{name: "the same twice, at", user: "u@d.example", domain: "D.EXAMPLE", want: "u@d.example"},
		{name: "contradicting in the configuration", user: `D\u`, domain: "E", problemInSetting: "basic.domain"},
		{name: "contradicting in the environment", envUser: "u@d", envDomain: "E", problemInSetting: "KEYFACTOR_DOMAIN"},
		{name: "contradicting in the file", fileUser: `D\u`, fileDomain: "E", problemInSetting: "domain"},
		{name: "the higher source names a user with domain", user: `D\u`, envDomain: "E", want: `D\u`},
		{name: "the higher source names a user without domain", user: "u", envDomain: "E", want: `E\u`},
		{name: "the higher source names the domain", domain: "E", envUser: `D\u`, want: `E\u`},
		{name: "the higher source names the domain, at", domain: "E", envUser: "u@d", want: `E\u`},
		{name: "environment above file", envUser: `D\u`, fileUser: "x", fileDomain: "E", want: `D\u`},
		{name: "environment's domain above the file's user", envDomain: "E", fileUser: "u@d", want: `E\u`},
		{name: "not ASCII", user: "müller", domain: "Dömäne", want: `Dömäne\müller`},
	} {
		config := map[string]string{"basic.password": "p"}
		vars := map[string]string{"KEYFACTOR_USERNAME": c.envUser, "KEYFACTOR_DOMAIN": c.envDomain}
		if c.user != "" {
			config["basic.username"] = c.user
		}
		if c.domain != "" {
			config["basic.domain"] = c.domain
		}
		file := fileStart + strings.ReplaceAll(c.fileUser, `\`, `\\`) + `","domain":"` + c.fileDomain + fileEnd
		r := world{config: config, vars: vars, files: map[string]string{defaultPath: file}}.resolve()
		if r.Settings.Basic.Username != c.want {
			t.Errorf("%s: %q, want %q", c.name, r.Settings.Basic.Username, c.want)
		}
		const wrong = "contradicts the domain in the user name. Give the domain once, or the same in both. This setting belongs to the mode basic and "
		switch c.problemInSetting {
		case "":
			wantProblems(t, r.Problems, atDefaultPath)
		case "basic.domain":
			wantProblems(t, r.Problems, atDefaultPath, "conflicting basic.domain | Conflicting basic.domain | The argument basic.domain "+wrong+"can also come from the environment variable KEYFACTOR_DOMAIN.")
		case "KEYFACTOR_DOMAIN":
			wantProblems(t, r.Problems, atDefaultPath, "missing basic.domain | Conflicting basic.domain | The environment variable KEYFACTOR_DOMAIN "+wrong+"stands for the argument basic.domain.")
		case "domain":
			wantProblems(t, r.Problems, atDefaultPath, `missing basic.domain | Conflicting basic.domain | The key domain of the profile "default" in `+defaultPath+" "+wrong+"stands for the argument basic.domain.")
		}
	}
}

func TestCredentials_LineBreakAtTheEnd(t *testing.T) {
	const wrong = " has a control character in it, such as a line break at its end. Give it without, e.g. with trimspace(…). This setting belongs to the mode "
	r := world{config: with(onlyEndpoint, "basic.username", "u", "basic.password", "SECRET\n")}.resolve()
	wantProblems(t, r.Problems, "invalid basic.password | Invalid basic.password | The argument basic.password"+wrong+"basic and can also come from the environment variable KEYFACTOR_PASSWORD.")
	r = world{config: with(onlyEndpoint, "oauth.token_url", "https://idp.example/token", "oauth.client_id", "id"), vars: map[string]string{"KEYFACTOR_AUTH_CLIENT_SECRET": "SECRET\r\n"}}.resolve()
	wantProblems(t, r.Problems, "missing oauth.client_secret | Invalid oauth.client_secret | The environment variable KEYFACTOR_AUTH_CLIENT_SECRET"+wrong+"oauth and stands for the argument oauth.client_secret.")
}

func TestBasic_EmptyDomainIsNone(t *testing.T) {
	r := world{config: with(onlyEndpoint, "basic.username", "u", "basic.password", "p", "basic.domain", ""), vars: map[string]string{"KEYFACTOR_DOMAIN": "ENV"}}.resolve()
	wantProblems(t, r.Problems)
	if r.Settings.Basic.Username != "u" {
		t.Error(r.Settings.Basic.Username)
	}
}

func TestBasic_Refused(t *testing.T) {
	const forms = ` Write user, DOMAIN\user or user@domain. This setting belongs to the mode basic and can also come from the environment variable KEYFACTOR_USERNAME.`
	for user, wrong := range map[string]string{
		"user:SECRET": "has a colon in it, which HTTP Basic authentication cannot send in a user name.",
		"user\n":      "has a control character in it, such as a line break.",
		`D\\user`:     `has more than one \ or @ in it.`,
		`D\user@d`:    `has more than one \ or @ in it.`,
		`\user`:       `has nothing before or after \ or @.`,
		"user@":       `has nothing before or after \ or @.`,
	} {
		wantProblems(t, world{config: with(onlyEndpoint, "basic.username", user, "basic.password", "p")}.resolve().Problems,
			"invalid basic.username | Invalid basic.username | The argument basic.username "+wrong+forms)
	}
	wantProblems(t, world{config: with(onlyEndpoint, "basic.username", "", "basic.password", "")}.resolve().Problems,
		"invalid basic.username | Invalid basic.username | The argument basic.username is empty. Give it a value, or leave it out. This setting belongs to the mode basic and can also come from the environment variable KEYFACTOR_USERNAME.",
		"invalid basic.password | Invalid basic.password | The argument basic.password is empty. Give it a value, or leave it out. This setting belongs to the mode basic and can also come from the environment variable KEYFACTOR_PASSWORD.")
	wantProblems(t, world{config: with(onlyEndpoint, "basic.username", "u", "basic.password", "p", "basic.domain", `D\`)}.resolve().Problems,
		`invalid basic.domain | Invalid basic.domain | The argument basic.domain has a colon, \, @ or a control character in it. Write the name of the domain alone. This setting belongs to the mode basic and can also come from the environment variable KEYFACTOR_DOMAIN.`)
	wantProblems(t, world{config: onlyEndpoint, vars: with(basicVars, "KEYFACTOR_USERNAME", "u:SECRET")}.resolve().Problems,
		`missing basic.username | Invalid basic.username | The environment variable KEYFACTOR_USERNAME has a colon in it, which HTTP Basic authentication cannot send in a user name. Write user, DOMAIN\user or user@domain. This setting belongs to the mode basic and stands for the argument basic.username.`)
}

func TestOAuth_FromTheEnvironment(t *testing.T) {
	vars := with(oauthVars, "KEYFACTOR_AUTH_SCOPES", "openid, kf/api ,,", "KEYFACTOR_AUTH_AUDIENCE", "command")
	r := world{config: onlyEndpoint, vars: vars}.resolve()
	wantProblems(t, r.Problems)
	o := r.Settings.OAuth
	if o.TokenURL != "https://idp.example/token" || o.ClientID != "env-client" || o.ClientSecret.Reveal() != "env-secret" || strings.Join(o.Scopes, "|") != "openid|kf/api" ||
		o.Audience != "command" || o.GrantType != "client_credentials" || o.ClientAuthentication != "body" || o.Username != "" {
		t.Errorf("%+v", o)
	}
	w := world{config: with(onlyEndpoint, "oauth.audience", "", "oauth.client_authentication", "header"), lists: map[string][]string{"oauth.scopes": {}}, vars: vars}
	if o := w.resolve().Settings.OAuth; o.Audience != "" || len(o.Scopes) != 0 || o.ClientAuthentication != "header" {
		t.Errorf("written and empty does not win: %+v", o)
	}
}

func TestOAuth_PasswordGrant(t *testing.T) {
	config := with(onlyEndpoint, "oauth.grant_type", "password", "oauth.username", "u")
	vars := with(oauthVars, "KEYFACTOR_USERNAME", "not this one", "KEYFACTOR_PASSWORD", "nor this")
	wantProblems(t, world{config: config, vars: vars}.resolve().Problems,
		"missing oauth.password | Missing oauth.password | The mode oauth, written in the provider block, is not complete. Found: KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID, KEYFACTOR_AUTH_CLIENT_SECRET, oauth.username. Missing: oauth.password.")
	r := world{config: with(config, "oauth.password", "p"), vars: vars}.resolve()
	wantProblems(t, r.Problems)
	if o := r.Settings.OAuth; o.GrantType != "password" || o.Username != "u" || o.Password.Reveal() != "p" {
		t.Errorf("%+v", o)
	}
}

func TestOAuth_Refused(t *testing.T) {
	const own = " This setting belongs to the mode oauth."
	const url = " Write the https URL of the identity provider's token endpoint. This setting belongs to the mode oauth and can also come from the environment variable KEYFACTOR_AUTH_TOKEN_URL."
	for _, c := range []struct{ path, value, want string }{
		{"oauth.grant_type", "refresh", `invalid oauth.grant_type | Invalid oauth.grant_type | The argument oauth.grant_type is not one of its values. Write "client_credentials" or "password".` + own},
		{"oauth.client_authentication", "", `invalid oauth.client_authentication | Invalid oauth.client_authentication | The argument oauth.client_authentication is not one of its values. Write "body" or "header".` + own},
		{"oauth.username", "u", `conflicting oauth.username | Conflicting oauth.username | The argument oauth.username is for the grant type password only. Set oauth.grant_type to "password", or take it out.` + own},
		{"oauth.password", "u", `conflicting oauth.password | Conflicting oauth.password | The argument oauth.password is for the grant type password only. Set oauth.grant_type to "password", or take it out.` + own},
		{"oauth.client_id", "", "invalid oauth.client_id | Invalid oauth.client_id | The argument oauth.client_id is empty. Give it a value, or leave it out. This setting belongs to the mode oauth and can also come from the environment variable KEYFACTOR_AUTH_CLIENT_ID."},
		{"oauth.token_url", "idp.example/token", "invalid oauth.token_url | Invalid oauth.token_url | The argument oauth.token_url is not a URL that starts with https://." + url},
		{"oauth.token_url", "http://idp.example", "invalid oauth.token_url | Invalid oauth.token_url | The argument oauth.token_url is not an https address; http:// is taken only with a loopback address such as http://127.0.0.1:8080." + url},
		{"oauth.token_url", "https://a:SECRET@idp.example", "invalid oauth.token_url | Invalid oauth.token_url | The argument oauth.token_url has user information before the host, which is not taken from an address." + url},
		{"oauth.token_url", "https://idp.example/t?SECRET", "invalid oauth.token_url | Invalid oauth.token_url | The argument oauth.token_url has a query or a fragment, which an address must not have here." + url},
		{"oauth.token_url", "", "invalid oauth.token_url | Invalid oauth.token_url | The argument oauth.token_url is empty." + url},
	} {
		wantProblems(t, world{config: with(onlyEndpoint, c.path, c.value), vars: oauthVars}.resolve().Problems, c.want)
	}
	w := world{config: onlyEndpoint, lists: map[string][]string{"oauth.scopes": {"a", " "}}, vars: oauthVars}
	wantProblems(t, w.resolve().Problems, "invalid oauth.scopes | Invalid oauth.scopes | The argument oauth.scopes has an empty scope in it. Write the names of the scopes, or an empty list for none. This setting belongs to the mode oauth and can also come from the environment variable KEYFACTOR_AUTH_SCOPES.")
}

func TestOAuth_TokenURLIsKeptAsWritten(t *testing.T) {
	for text, want := range map[string]string{
		" https://IDP.example:443/realms/X//token/\n": "https://idp.example/realms/X//token/",
		"http://127.0.0.1:1/t":                        "http://127.0.0.1:1/t",
	} {
		if got := (world{config: with(onlyEndpoint, "oauth.token_url", text), vars: oauthVars}).resolve().Settings.OAuth.TokenURL; got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestAccessToken_Forms(t *testing.T) {
	for text, want := range map[string]string{
		"abc":              "abc",
		" \tabc\r\n":       "abc",
		"Bearer abc":       "abc",
		"\nbearer\t abc==": "abc==",
		"Bearerabc":        "Bearerabc",
	} {
		config := world{config: with(onlyEndpoint, "access_token", text)}.resolve()
		env := world{config: onlyEndpoint, vars: map[string]string{"KEYFACTOR_AUTH_ACCESS_TOKEN": text}}.resolve()
		for _, r := range []Result{config, env} {
			if r.Settings.AccessToken.Reveal() != want || len(r.Problems) > 0 {
				t.Errorf("%q: %q %s", text, r.Settings.AccessToken.Reveal(), lines(r.Problems))
			}
		}
	}
}

func TestAccessToken_Refused(t *testing.T) {
	for text, wrong := range map[string]string{
		"SECRET SECRET":          "has white space in it. A token is one line without white space.",
		"Bearer SECRET\nSECRET":  "has white space in it. A token is one line without white space.",
		"Bearer Bearer SECRET":   "has white space in it. A token is one line without white space.",
		"Bearer ":                "is empty. Give the token itself, or leave it out.",
		" ":                      "is empty. Give the token itself, or leave it out.",
		"SECR\u00e9T":            "has a character in it that a token cannot have. A token is one line of printable ASCII characters.",
		"SECRET\x00":             "has a character in it that a token cannot have. A token is one line of printable ASCII characters.",
		"\u202eSECRET":           "has a character in it that a token cannot have. A token is one line of printable ASCII characters.",
		"\u00a0Bearer\u00a0\n\t": "is empty. Give the token itself, or leave it out.",
	} {
		wantProblems(t, world{config: with(onlyEndpoint, "access_token", text)}.resolve().Problems,
			"invalid  | Invalid access_token | The argument access_token "+wrong+" This setting can also come from the environment variable KEYFACTOR_AUTH_ACCESS_TOKEN.")
		wantProblems(t, world{config: onlyEndpoint, vars: map[string]string{"KEYFACTOR_AUTH_ACCESS_TOKEN": text}}.resolve().Problems,
			"missing access_token | Invalid access_token | The environment variable KEYFACTOR_AUTH_ACCESS_TOKEN "+wrong+" This setting stands for the argument access_token.")
	}
}
