package settings

import (
	"slices"
	"strings"
)

// Row is one setting and the places that can hold it.
type Row struct {
	Path     string   // attribute path in the provider block
	Mode     Mode     // the mode that it belongs to; empty for the provider as a whole
	Env      []string // variables; where there are several, see Resolve's rule for endpoint
	FileKeys []string // keys in servers.<profile> of the vendor's configuration file
	Secret   bool
	Required bool   // its mode is not complete without it
	Default  string // as text; empty when there is none

	// EnvironmentOnly: there is no such attribute, Path is a name for Sources only.
	EnvironmentOnly bool

	list    bool   // text in the environment is split at commas
	empty   bool   // an empty variable is a value
	hint    string // said beside it where it is missing
	neutral bool   // while it is unknown, what is known can be used: it changes neither whom we talk to nor as whom
}

// Sources: names of attributes as the vendor's words in snake_case; variables and file keys as keyfactor-auth-client-go
// v1.6.0 reads them; KEYFACTOR_ENDPOINT, KEYFACTOR_MAX_RETRIES, KEYFACTOR_AUTH_MODE, KEYFACTOR_ALLOWED_HOSTS and VENAFI_*
// are this provider's own.
var table = []Row{
	{Path: "endpoint", Env: []string{"KEYFACTOR_ENDPOINT", "KEYFACTOR_HOSTNAME", "KEYFACTOR_PORT", "KEYFACTOR_API_PATH"}, FileKeys: []string{"host", "port", "api_path"}, Required: true},
	{Path: "ca_certificate", Env: []string{"KEYFACTOR_CA_CERT"}, FileKeys: []string{"ca_cert_path"}},
	{Path: "skip_tls_verify", Env: []string{"KEYFACTOR_SKIP_VERIFY"}, FileKeys: []string{"skip_tls_verify"}, Default: "false"},
	{Path: "request_timeout", Env: []string{"KEYFACTOR_CLIENT_TIMEOUT"}, FileKeys: []string{"client_timeout"}, Default: "60s", neutral: true},
	{Path: "max_retries", Env: []string{"KEYFACTOR_MAX_RETRIES"}, Default: "4", neutral: true},
	{Path: "config_file", Env: []string{"KEYFACTOR_AUTH_CONFIG_FILE"}, Default: "~/.keyfactor/command_config.json"},
	{Path: "profile", Env: []string{"KEYFACTOR_AUTH_CONFIG_PROFILE"}, Default: "default"},
	{Path: "allowed_hosts", Env: []string{"KEYFACTOR_ALLOWED_HOSTS"}, EnvironmentOnly: true, list: true},
	{Path: "mode", Env: []string{"KEYFACTOR_AUTH_MODE"}, EnvironmentOnly: true},

	{Path: "basic.username", Mode: ModeBasic, Env: []string{"KEYFACTOR_USERNAME"}, FileKeys: []string{"username"}, Required: true},
	{Path: "basic.password", Mode: ModeBasic, Env: []string{"KEYFACTOR_PASSWORD"}, FileKeys: []string{"password"}, Secret: true, Required: true},
	{Path: "basic.domain", Mode: ModeBasic, Env: []string{"KEYFACTOR_DOMAIN"}, FileKeys: []string{"domain"}},

	{Path: "oauth.token_url", Mode: ModeOAuth, Env: []string{"KEYFACTOR_AUTH_TOKEN_URL"}, FileKeys: []string{"token_url"}, Required: true},
	{Path: "oauth.client_id", Mode: ModeOAuth, Env: []string{"KEYFACTOR_AUTH_CLIENT_ID"}, FileKeys: []string{"client_id"}, Required: true},
	{Path: "oauth.client_secret", Mode: ModeOAuth, Env: []string{"KEYFACTOR_AUTH_CLIENT_SECRET"}, FileKeys: []string{"client_secret"}, Secret: true, Required: true},
	{Path: "oauth.scopes", Mode: ModeOAuth, Env: []string{"KEYFACTOR_AUTH_SCOPES"}, FileKeys: []string{"scopes"}, list: true},
	{Path: "oauth.audience", Mode: ModeOAuth, Env: []string{"KEYFACTOR_AUTH_AUDIENCE"}, FileKeys: []string{"audience"}},
	{Path: "oauth.grant_type", Mode: ModeOAuth, Default: "client_credentials"},
	{Path: "oauth.username", Mode: ModeOAuth},
	{Path: "oauth.password", Mode: ModeOAuth, Secret: true},
	{Path: "oauth.client_authentication", Mode: ModeOAuth, Default: "body"},

	{Path: "access_token", Mode: ModeAccessToken, Env: []string{"KEYFACTOR_AUTH_ACCESS_TOKEN"}, FileKeys: []string{"access_token"}, Secret: true, Required: true},

	{Path: "venafi_certificate.url", Mode: ModeVenafi, Env: []string{"VENAFI_URL"}, Required: true},
	{Path: "venafi_certificate.client_id", Mode: ModeVenafi, Env: []string{"VENAFI_CLIENT_ID"}, Required: true},
	{Path: "venafi_certificate.scope", Mode: ModeVenafi, Env: []string{"VENAFI_SCOPE"}, Required: true},
	{Path: "venafi_certificate.pkcs12", Mode: ModeVenafi, Env: []string{"VENAFI_P12_CERTIFICATE"}, Secret: true, hint: "or certificate_pem and private_key_pem instead"},
	{Path: "venafi_certificate.pkcs12_password", Mode: ModeVenafi, Env: []string{"VENAFI_P12_PASSWORD"}, Secret: true, empty: true, hint: "an empty text for a file without one"},
	{Path: "venafi_certificate.certificate_pem", Mode: ModeVenafi},
	{Path: "venafi_certificate.private_key_pem", Mode: ModeVenafi, Secret: true},
	{Path: "venafi_certificate.revoke_on_exit", Mode: ModeVenafi, Default: "true", neutral: true},
}

// kerberosVariables and kerberosKeys belong to a mode of the vendor's tools that this provider does not have.
var (
	kerberosVariables = []string{
		"KEYFACTOR_AUTH_KRB_USERNAME", "KEYFACTOR_AUTH_KRB_PASSWORD", "KEYFACTOR_AUTH_KRB_REALM", "KEYFACTOR_AUTH_KRB_KEYTAB",
		"KEYFACTOR_AUTH_KRB_CCACHE", "KEYFACTOR_AUTH_KRB_SPN", "KEYFACTOR_AUTH_KRB_CONFIG", "KEYFACTOR_AUTH_KRB_DISABLE_PAFXFAST",
	}
	kerberosKeys = []string{"kerberos_realm", "kerberos_keytab", "kerberos_config", "kerberos_ccache", "kerberos_spn"}
)

// Table returns every setting, in the order of the documentation.
func Table() []Row {
	rows := slices.Clone(table)
	for i := range rows {
		rows[i].Env = slices.Clone(rows[i].Env)
		rows[i].FileKeys = slices.Clone(rows[i].FileKeys)
	}
	return rows
}

// rowOf returns the setting with that path; a path that is not in the table is a mistake in this package.
func rowOf(path string) Row {
	i := slices.IndexFunc(table, func(r Row) bool { return r.Path == path })
	if i < 0 {
		panic("settings: no row " + path)
	}
	return table[i]
}

func rowsOf(mode Mode) []Row {
	var rows []Row
	for _, r := range table {
		if r.Mode == mode {
			rows = append(rows, r)
		}
	}
	return rows
}

// block returns the name of the nested attribute that holds the setting, or an empty text.
func (r Row) block() string {
	block, _, nested := strings.Cut(r.Path, ".")
	if !nested {
		return ""
	}
	return block
}
