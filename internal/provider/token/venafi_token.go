package token

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

var (
	_ ephemeral.EphemeralResource                   = (*venafiToken)(nil)
	_ ephemeral.EphemeralResourceWithConfigure      = (*venafiToken)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*venafiToken)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*venafiToken)(nil)
)

// venafiToken is keyfactor_venafi_token. Of the provider's configuration it
// uses nothing; the session lends it the user agent, the log and the redactor.
type venafiToken struct {
	session     *session.Session
	environment settings.Environment
}

func newVenafiToken() ephemeral.EphemeralResource {
	return &venafiToken{
		session:     session.New(settings.Result{}, "terraform-provider-keyfactor"),
		environment: settings.OS(),
	}
}

func (e *venafiToken) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_venafi_token"
}

func (e *venafiToken) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	s, diags := session.From(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if s != nil {
		e.session = s
	}
}

func (e *venafiToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token from the authentication server of Venafi's Trust Protection Platform, for a client certificate (`POST vedauth/authorize/certificate`), e.g. for the `access_token` of the `venafi` provider. " +
			"Needs no configuration of this provider, and reads nothing from the environment but `KEYFACTOR_ALLOWED_HOSTS` and the proxy variables.\n\n" +
			"It is opened in plan and again in apply: each gets a grant of its own, and closing it revokes that grant, refresh token included (`GET vedauth/revoke/token`). " +
			"Share the token with nobody else and keep it for nothing that has to work after the run.",
		Attributes: map[string]schema.Attribute{
			"url":             required("The server: a host, or an https URL with or without `/vedauth`."),
			"client_id":       required("The API integration's id; its case counts. The certificate's user must be allowed to use it."),
			"scope":           required("The scope to ask for, all or a part of the integration's, e.g. `certificate:discover,manage`."),
			"pkcs12":          optional(true, "The client certificate and its key as PKCS#12, base64 (`filebase64(\"client.pfx\")`). Either this, or `certificate_pem` and `private_key_pem`."),
			"pkcs12_password": optional(true, "The password of `pkcs12`; an empty one is a password."),
			"certificate_pem": optional(false, "The client certificate as PEM, its chain after it; instead of `pkcs12`."),
			"private_key_pem": optional(true, "The client certificate's key as PEM, not encrypted; instead of `pkcs12`."),
			"ca_certificate":  optional(false, "PEM text, or the path of a PEM file, with certificates to trust besides the system's."),
			"skip_tls_verify": schema.BoolAttribute{Optional: true,
				MarkdownDescription: "Accept any server certificate: whoever is on the way can read the token. Default `false`."},
			"revoke_on_close": schema.BoolAttribute{Optional: true,
				MarkdownDescription: "Revoke the grant when it is closed, at the end of plan and of apply. Default `true`. With `false` every plan and apply leaves a live grant on the server until it ends by itself."},

			"access_token":  computed(true, "The token, without `Bearer `."),
			"token_type":    computed(false, "What goes before the token in an `Authorization` header: `Bearer`."),
			"refresh_token": computed(true, "Gets one more access token of the same grant, once; null where the integration gives none."),
			"expires_at":    computed(false, "When the access token ends, by this machine's clock (RFC 3339, UTC); null where the server did not say."),
			"refresh_until": computed(false, "When the grant ends, by the server's clock (RFC 3339, UTC); null where the server did not say."),
			"identity":      computed(false, "Whom the server took the certificate for: a prefixed universal name such as `local:{…}`; null where the server did not say."),
		},
	}
}

func required(description string) schema.Attribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func optional(sensitive bool, description string) schema.Attribute {
	return schema.StringAttribute{Optional: true, Sensitive: sensitive, MarkdownDescription: description}
}

func computed(sensitive bool, description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, Sensitive: sensitive, MarkdownDescription: description}
}

// ValidateConfig reports what is missing, wrong or conflicting, as far as it is
// known. Files are read when it is opened: they may be made in between.
func (e *venafiToken) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var config venafiTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, problems := settings.ResolveVenafi(config.values(), e.environment)
	resp.Diagnostics.Append(problemDiagnostics(problems)...)
}

// Open gets a grant and leaves in private data what Close needs.
func (e *venafiToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var config venafiTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	login, diags := config.login(e.environment)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	vedauth, diags := e.session.Vedauth(login)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	grant, err := venafi.Authorize(ctx, vedauth)
	if err != nil {
		resp.Diagnostics.AddError("Unable to get a token from vedauth", e.session.ExplainVedauth(err))
		return
	}
	result := config.with(grant)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &result)...)
	if config.keepsGrant() {
		return
	}
	resp.Diagnostics.Append(saveGrant(ctx, resp.Private, login, grant)...)
	if resp.Diagnostics.HasError() {
		_ = grant.Revoke(ctx) // Close is not called for what was not opened
	}
}

// Close revokes the grant. That this fails is a warning: what the token was for
// is done, and the grant ends by itself.
func (e *venafiToken) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	saved, diags := loadGrant(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if saved == nil || resp.Diagnostics.HasError() {
		return
	}
	vedauth, diags := e.session.Vedauth(saved.login())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	access, refresh := secret.String(saved.AccessToken), secret.String(saved.RefreshToken)
	e.session.Redactor().Add(access, refresh)
	if err := venafi.Revoke(ctx, vedauth, access, refresh); err != nil {
		resp.Diagnostics.AddWarning("Unable to revoke the grant of keyfactor_venafi_token",
			"Its token stays valid until it ends by itself, or until an administrator of the server revokes it. "+e.session.ExplainVedauth(err))
	}
}
