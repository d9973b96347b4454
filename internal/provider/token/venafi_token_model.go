package token

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

type venafiTokenModel struct {
	URL            types.String `tfsdk:"url"`
	ClientID       types.String `tfsdk:"client_id"`
	Scope          types.String `tfsdk:"scope"`
	PKCS12         types.String `tfsdk:"pkcs12"`
	PKCS12Password types.String `tfsdk:"pkcs12_password"`
	CertificatePEM types.String `tfsdk:"certificate_pem"`
	PrivateKeyPEM  types.String `tfsdk:"private_key_pem"`
	CACertificate  types.String `tfsdk:"ca_certificate"`
	SkipTLSVerify  types.Bool   `tfsdk:"skip_tls_verify"`
	RevokeOnClose  types.Bool   `tfsdk:"revoke_on_close"`

	AccessToken  types.String `tfsdk:"access_token"`
	TokenType    types.String `tfsdk:"token_type"`
	RefreshToken types.String `tfsdk:"refresh_token"`
	ExpiresAt    types.String `tfsdk:"expires_at"`
	RefreshUntil types.String `tfsdk:"refresh_until"`
	Identity     types.String `tfsdk:"identity"`
}

// values are the arguments as the resolver of settings takes them.
func (m *venafiTokenModel) values() map[string]settings.Value {
	return map[string]settings.Value{
		"url": value(m.URL), "client_id": value(m.ClientID), "scope": value(m.Scope),
		"pkcs12": value(m.PKCS12), "pkcs12_password": value(m.PKCS12Password),
		"certificate_pem": value(m.CertificatePEM), "private_key_pem": value(m.PrivateKeyPEM),
	}
}

func value(v types.String) settings.Value {
	if state := stateOf(v); state != settings.Known {
		return settings.Value{State: state}
	}
	return settings.Text(v.ValueString())
}

func stateOf(v attr.Value) settings.State {
	switch {
	case v.IsNull():
		return settings.Null
	case v.IsUnknown():
		return settings.Unknown
	}
	return settings.Known
}

// login checks the arguments and brings them into the form that a login takes.
func (m *venafiTokenModel) login(env settings.Environment) (session.VedauthLogin, diag.Diagnostics) {
	resolved, problems := settings.ResolveVenafi(m.values(), env)
	ca, more := settings.ResolveCA("ca_certificate", value(m.CACertificate), env)
	diags := problemDiagnostics(append(problems, more...))
	if m.SkipTLSVerify.ValueBool() {
		diags.AddAttributeWarning(path.Root("skip_tls_verify"), "TLS certificates are not verified",
			"The argument skip_tls_verify turns the verification of the server's certificate off: whoever is in between can read the token and use it. Give the issuer's certificate in ca_certificate instead.")
	}
	return session.VedauthLogin{Venafi: resolved, CAPEM: ca, SkipTLSVerify: m.SkipTLSVerify.ValueBool()}, diags
}

// keepsGrant tells whether the grant is left alive when it is closed.
func (m *venafiTokenModel) keepsGrant() bool {
	return !m.RevokeOnClose.IsNull() && !m.RevokeOnClose.ValueBool()
}

// with is the result: the arguments as they are written, and the grant.
func (m *venafiTokenModel) with(g venafi.Grant) venafiTokenModel {
	result := *m
	result.AccessToken = types.StringValue(g.AccessToken.Reveal())
	result.TokenType = types.StringValue(g.TokenType)
	result.RefreshToken = textValue(g.RefreshToken.Reveal())
	result.ExpiresAt = timeValue(g.ExpiresAt)
	result.RefreshUntil = timeValue(g.RefreshUntil)
	result.Identity = textValue(g.Identity)
	return result
}

// problemDiagnostics reports problems of the arguments, all of which are errors
// here: there is nobody else whom a missing one could wait for.
func problemDiagnostics(problems []settings.Problem) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, p := range problems {
		switch {
		case p.Kind == settings.Warning:
			diags.AddAttributeWarning(path.Root(p.Path), p.Summary, p.Detail)
		case p.Path == "":
			diags.AddError(p.Summary, p.Detail)
		default:
			diags.AddAttributeError(path.Root(p.Path), p.Summary, p.Detail)
		}
	}
	return diags
}
