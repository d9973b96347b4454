package security

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// What the vendor documents as needed for each call.
const (
	permissionIdentities = "`/security/modify/` (Command 10: SecuritySettings: Read)"
	permissionRoles      = "`/security/read/` (Command 10: SecuritySettings: Read)"
	permissionClaims     = "`/security/read/`"
)

// DataSources lists the data sources about security.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{
		NewIdentitiesDataSource,
		NewIdentityDataSource,
		NewRolesDataSource,
		NewRoleDataSource,
		NewClaimsDataSource,
	}
}

// reader is what the data sources of this package have in common.
type reader struct {
	session *session.Session
}

func (r *reader) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	// Nil while Terraform validates.
	r.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (r *reader) client() (*keyfactor.Client, diag.Diagnostics) { return r.session.Client() }
