package token

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

// savedGrant is what Close needs to revoke a grant, as it is kept in private
// data between Open and Close. It holds secrets in clear, the client
// certificate's key among them, because the server may demand the certificate
// for the revocation too, and Close is given nothing else.
//
// Unlike the private data of a resource, that of an ephemeral resource is in no
// state and no plan: Terraform keeps it in the memory of its process, beside
// the configuration that the same secrets came from, and drops it after Close.
// No log holds it. TF_LOG_SDK_PROTO_DATA_DIR, a debugging aid of the plugin
// SDK, writes configurations and results to files with the secrets in them, but
// not this.
type savedGrant struct {
	URL            string `json:"url"`
	ClientID       string `json:"client_id"`
	Scope          string `json:"scope"`
	PKCS12         []byte `json:"pkcs12,omitempty"`
	PKCS12Password string `json:"pkcs12_password,omitempty"`
	CertificatePEM string `json:"certificate_pem,omitempty"`
	PrivateKeyPEM  string `json:"private_key_pem,omitempty"`
	CAPEM          []byte `json:"ca_pem,omitempty"`
	SkipTLSVerify  bool   `json:"skip_tls_verify,omitempty"`
	AccessToken    string `json:"access_token"`
	RefreshToken   string `json:"refresh_token,omitempty"`
}

const savedGrantKey = "grant"

// privateWriter and privateReader are the private data of Open and of Close.
type (
	privateWriter interface {
		SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	}
	privateReader interface {
		GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	}
)

func saveGrant(ctx context.Context, private privateWriter, login session.VedauthLogin, g venafi.Grant) diag.Diagnostics {
	v := login.Venafi
	data, err := json.Marshal(savedGrant{
		URL: v.URL, ClientID: v.ClientID, Scope: v.Scope,
		PKCS12: v.PKCS12, PKCS12Password: v.PKCS12Password.Reveal(),
		CertificatePEM: v.CertificatePEM, PrivateKeyPEM: v.PrivateKeyPEM.Reveal(),
		CAPEM: login.CAPEM, SkipTLSVerify: login.SkipTLSVerify,
		AccessToken: g.AccessToken.Reveal(), RefreshToken: g.RefreshToken.Reveal(),
	})
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to keep the grant", "What is needed to revoke it could not be encoded. This is a bug in the provider.")}
	}
	return private.SetKey(ctx, savedGrantKey, data)
}

// loadGrant returns nil where there is nothing to revoke.
func loadGrant(ctx context.Context, private privateReader) (*savedGrant, diag.Diagnostics) {
	data, diags := private.GetKey(ctx, savedGrantKey)
	if len(data) == 0 || diags.HasError() {
		return nil, diags
	}
	var saved savedGrant
	if json.Unmarshal(data, &saved) != nil { // its error could quote what it read
		diags.AddError("Unable to revoke the grant of keyfactor_venafi_token", "Terraform handed back something else than what it was given when the token was opened. The grant ends by itself.")
		return nil, diags
	}
	return &saved, diags
}

func (g *savedGrant) login() session.VedauthLogin {
	return session.VedauthLogin{
		Venafi: settings.Venafi{
			URL: g.URL, ClientID: g.ClientID, Scope: g.Scope,
			PKCS12: g.PKCS12, PKCS12Password: secret.String(g.PKCS12Password),
			CertificatePEM: g.CertificatePEM, PrivateKeyPEM: secret.String(g.PrivateKeyPEM),
		},
		CAPEM: g.CAPEM, SkipTLSVerify: g.SkipTLSVerify,
	}
}
