package token

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/auth"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ ephemeral.EphemeralResource              = (*accessToken)(nil)
	_ ephemeral.EphemeralResourceWithConfigure = (*accessToken)(nil)
)

// accessToken is keyfactor_access_token. It has no Close: the provider itself
// works with this token, and gives it back when its process ends.
type accessToken struct {
	session *session.Session
}

type accessTokenModel struct {
	AccessToken types.String `tfsdk:"access_token"`
	TokenType   types.String `tfsdk:"token_type"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
}

func newAccessToken() ephemeral.EphemeralResource { return &accessToken{} }

func (e *accessToken) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_token"
}

func (e *accessToken) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	s, diags := session.From(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	e.session = s
}

func (e *accessToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The bearer token that this provider works with, for another provider or a script. Needs the mode `oauth`, `access_token` or `venafi_certificate`; `basic` has no token.\n\n" +
			"It is opened in plan and again in apply, so plan and apply see different tokens (except in the mode `access_token`), and a token may end before a long apply does: only this provider renews it, not who received it. " +
			"In the mode `venafi_certificate` its grant is revoked when the provider's process ends, unless `revoke_on_exit = false`: give it to nothing that has to work after that.",
		Attributes: map[string]schema.Attribute{
			"access_token": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The token, without `Bearer `."},
			"token_type":   schema.StringAttribute{Computed: true, MarkdownDescription: "What goes before the token in an `Authorization` header: `Bearer`."},
			"expires_at": schema.StringAttribute{Computed: true,
				MarkdownDescription: "When the token ends, by this machine's clock (RFC 3339, UTC); null where the server did not say, and in the mode `access_token`."},
		},
	}
}

func (e *accessToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	if req.ClientCapabilities.DeferralAllowed && len(e.session.UnknownSettings()) > 0 {
		resp.Deferred = &ephemeral.Deferred{Reason: ephemeral.DeferredReasonProviderConfigUnknown}
		return
	}
	authenticator, diags := e.session.Authenticator()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	token, err := authenticator.Token(ctx)
	switch {
	case errors.Is(err, auth.ErrNoToken):
		resp.Diagnostics.AddError("No access token in the mode basic",
			"keyfactor_access_token gives the token that the provider works with, and the provider is configured with the mode basic, which sends user name and password. "+
				"Use oauth, access_token or venafi_certificate in the provider block, or keyfactor_venafi_token, which needs no provider configuration.")
		return
	case err != nil:
		resp.Diagnostics.Append(e.session.Failure("Unable to get an access token", err, ""))
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, accessTokenModel{
		AccessToken: types.StringValue(token.AccessToken.Reveal()),
		TokenType:   types.StringValue(token.Type),
		ExpiresAt:   timeValue(token.ExpiresAt),
	})...)
}

// timeValue is a time in RFC 3339, UTC, whole seconds; null for the zero time.
func timeValue(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// textValue is null for an empty text: the server did not send it.
func textValue(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
