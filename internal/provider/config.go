package provider

import (
	"context"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
)

func providerSchema() schema.Schema {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	hidden := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "Imports certificates into Keyfactor Command and reads its identities, roles, claims and certificates. " +
			"Exactly one of `basic`, `oauth`, `access_token` and `venafi_certificate` chooses how to authenticate; with none, the environment or the vendor's configuration file does.",
		Attributes: map[string]schema.Attribute{
			"endpoint":       text("Command's API: a host, `host:port` or https URL, with or without the API path (`/KeyfactorAPI` is added where there is none). Environment: `KEYFACTOR_ENDPOINT`, else `KEYFACTOR_HOSTNAME`, `KEYFACTOR_PORT` and `KEYFACTOR_API_PATH`."),
			"ca_certificate": text("PEM text, or the path of a PEM file, with certificates to trust besides the system's, for Command, the token endpoint and vedauth alike. Environment: `KEYFACTOR_CA_CERT`."),
			"skip_tls_verify": schema.BoolAttribute{Optional: true,
				MarkdownDescription: "Accept any server certificate, for all three servers: whoever is on the way can read credentials and keys. Environment: `KEYFACTOR_SKIP_VERIFY` (`true`, `1`). Default `false`."},
			"request_timeout": text("How long one HTTP attempt may take: a duration (`90s`) or a number of seconds. Environment: `KEYFACTOR_CLIENT_TIMEOUT` (seconds). Default `60s`."),
			"max_retries": schema.Int64Attribute{Optional: true,
				MarkdownDescription: "How often a request that is safe to repeat is repeated after the first attempt, 0 to 20. Environment: `KEYFACTOR_MAX_RETRIES`. Default `4`."},
			"config_file":  text("The vendor's client configuration file (JSON). Written here, it is always read and beats the environment as a whole. Environment: `KEYFACTOR_AUTH_CONFIG_FILE`. Default `~/.keyfactor/command_config.json`, read only where nothing else names the endpoint."),
			"profile":      text("The profile in that file (`servers.<profile>`). Environment: `KEYFACTOR_AUTH_CONFIG_PROFILE`. Default `default`."),
			"access_token": hidden("A bearer token that you already have; it is never renewed. Environment: `KEYFACTOR_AUTH_ACCESS_TOKEN`."),
			"basic": schema.SingleNestedAttribute{Optional: true,
				MarkdownDescription: "Active Directory account, by HTTP Basic.",
				Attributes: map[string]schema.Attribute{
					"username": text("`DOMAIN\\user`, `user@domain` or `user`. Environment: `KEYFACTOR_USERNAME`."),
					"password": hidden("The account's password. Environment: `KEYFACTOR_PASSWORD`."),
					"domain":   text("The account's domain, where the user name has none. Environment: `KEYFACTOR_DOMAIN`."),
				}},
			"oauth": schema.SingleNestedAttribute{Optional: true,
				MarkdownDescription: "A token from an identity provider, by client credentials or password grant.",
				Attributes: map[string]schema.Attribute{
					"token_url":     text("The token endpoint, https. Environment: `KEYFACTOR_AUTH_TOKEN_URL`."),
					"client_id":     text("The client's id. Environment: `KEYFACTOR_AUTH_CLIENT_ID`."),
					"client_secret": hidden("The client's secret. Environment: `KEYFACTOR_AUTH_CLIENT_SECRET`."),
					"scopes": schema.ListAttribute{Optional: true, ElementType: types.StringType,
						MarkdownDescription: "Scopes to ask for. Environment: `KEYFACTOR_AUTH_SCOPES`, comma-separated."},
					"audience":              text("Audience to ask for. Environment: `KEYFACTOR_AUTH_AUDIENCE`."),
					"grant_type":            text("`client_credentials` (default) or `password`."),
					"username":              text("User name, for the password grant only."),
					"password":              hidden("Password, for the password grant only."),
					"client_authentication": text("Where client id and secret go: in the `body` (default) or the `header` of the token request."),
				}},
			"venafi_certificate": schema.SingleNestedAttribute{Optional: true,
				MarkdownDescription: "A client certificate, exchanged for a token at the authentication server of Venafi's Trust Protection Platform (`POST vedauth/authorize/certificate`).",
				Attributes: map[string]schema.Attribute{
					"url":             text("The server: a host, or an https URL with or without `/vedauth`. Environment: `VENAFI_URL`."),
					"client_id":       text("The API integration's id; its case counts. Environment: `VENAFI_CLIENT_ID`."),
					"scope":           text("The scope to ask for, e.g. `certificate:discover,manage`. Environment: `VENAFI_SCOPE`."),
					"pkcs12":          hidden("The client certificate and its key as PKCS#12, base64 (`filebase64(\"client.pfx\")`). Environment: `VENAFI_P12_CERTIFICATE`, a path or base64."),
					"pkcs12_password": hidden("The file's password; an empty one is a password. Environment: `VENAFI_P12_PASSWORD`."),
					"certificate_pem": text("The client certificate as PEM, its chain after it; instead of `pkcs12`."),
					"private_key_pem": hidden("The client certificate's key as PEM; instead of `pkcs12`."),
					"revoke_on_exit": schema.BoolAttribute{Optional: true,
						MarkdownDescription: "Revoke the grant when the provider's process ends. Default `true`."},
				}},
		},
	}
}

// inputOf is the provider block as the resolver takes it.
func inputOf(raw tftypes.Value) settings.Input {
	in := settings.Input{Values: map[string]settings.Value{}, Blocks: map[string]settings.State{}}
	for name, value := range attributesOf(raw) {
		if !value.Type().Is(tftypes.Object{}) {
			in.Values[name] = valueOf(value)
			continue
		}
		in.Blocks[name] = stateOf(value)
		for member, v := range attributesOf(value) {
			in.Values[name+"."+member] = valueOf(v)
		}
	}
	return in
}

func attributesOf(raw tftypes.Value) map[string]tftypes.Value {
	attributes := map[string]tftypes.Value{}
	if raw.IsNull() || !raw.IsKnown() || raw.As(&attributes) != nil {
		return nil
	}
	return attributes
}

func stateOf(value tftypes.Value) settings.State {
	switch {
	case value.IsNull():
		return settings.Null
	case !value.IsKnown():
		return settings.Unknown
	}
	return settings.Known
}

func valueOf(value tftypes.Value) settings.Value {
	if state := stateOf(value); state != settings.Known {
		return settings.Value{State: state}
	}
	var (
		text   string
		truth  bool
		number big.Float
		items  []tftypes.Value
	)
	switch {
	case value.As(&text) == nil:
		return settings.Text(text)
	case value.As(&truth) == nil && truth:
		return settings.Text("true")
	case value.As(&truth) == nil:
		return settings.Text("false")
	case value.As(&number) == nil:
		return settings.Text(number.Text('f', -1))
	case value.As(&items) == nil:
		return listOf(items)
	}
	return settings.Value{}
}

// listOf is a list; an unknown element makes the whole list unknown.
func listOf(items []tftypes.Value) settings.Value {
	texts := make([]string, 0, len(items))
	for _, item := range items {
		v := valueOf(item)
		if v.State == settings.Unknown {
			return v
		}
		texts = append(texts, v.Text)
	}
	return settings.List(texts...)
}

// attributePath turns "oauth.token_url" into a path of the provider block.
func attributePath(dotted string) path.Path {
	at := path.Empty()
	if dotted == "" {
		return at
	}
	for _, step := range strings.Split(dotted, ".") {
		at = at.AtName(step)
	}
	return at
}

// checkClientCertificate reads the client certificate that the provider block
// holds, so that a wrong password is an error there.
func checkClientCertificate(resolved settings.Result) diag.Diagnostics {
	set := resolved.Settings
	inBlock := set.Sources["venafi_certificate.pkcs12"].Kind == settings.Configuration && len(set.Venafi.PKCS12) > 0 ||
		set.Sources["venafi_certificate.certificate_pem"].Kind == settings.Configuration && set.Venafi.CertificatePEM != ""
	if set.Mode != settings.ModeVenafi || !inBlock || len(resolved.Unknown) > 0 || hasMissing(resolved.Problems) {
		return nil
	}
	if _, err := session.ClientCertificate(set.Venafi); err != nil {
		at := session.ClientCertificateArgument(set.Venafi)
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(attributePath(at), "Invalid client certificate", session.ClientCertificateProblem(set.Venafi, err))}
	}
	return nil
}

func hasMissing(problems []settings.Problem) bool {
	return slices.ContainsFunc(problems, func(p settings.Problem) bool { return p.Kind == settings.Missing })
}

// logSources tells where each setting came from, never its value.
func logSources(ctx context.Context, set settings.Settings) {
	for _, name := range slices.Sorted(maps.Keys(set.Sources)) {
		source := set.Sources[name]
		tflog.Debug(ctx, "Provider setting", map[string]any{"setting": name, "source": source.Kind.String(), "name": source.Name})
	}
	tflog.Debug(ctx, "Authentication mode", map[string]any{"mode": string(set.Mode)})
}
