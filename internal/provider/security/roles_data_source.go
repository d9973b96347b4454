package security

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

var (
	_ datasource.DataSource              = (*rolesDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*rolesDataSource)(nil)
)

type rolesDataSource struct{ reader }

// NewRolesDataSource makes keyfactor_security_roles.
func NewRolesDataSource() datasource.DataSource { return &rolesDataSource{} }

type rolesModel struct {
	NameRegex types.String `tfsdk:"name_regex"`
	Roles     types.List   `tfsdk:"roles"`
}

func (d *rolesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_security_roles"
}

func (d *rolesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the security roles of Command, all of them. Who holds a role, and what it may do, is in `keyfactor_security_role`. " +
			"A role that only the newer version of the API lists (Command 11 and later) comes without `description`, `enabled`, `valid` and `private`.\n\n" +
			"Permission in Command: " + permissionRoles + ".",
		Attributes: map[string]schema.Attribute{
			"name_regex": schema.StringAttribute{
				Optional: true, Validators: []validator.String{regularExpression{}},
				MarkdownDescription: "Only roles whose name matches this regular expression ([RE2 syntax](https://github.com/google/re2/wiki/Syntax)), anywhere in the name unless anchored.",
			},
			"roles": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The roles, by name; `[]` when none matches.",
				NestedObject: schema.NestedAttributeObject{Attributes: listedRoleAttributes()},
			},
		},
	}
}

func (d *rolesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m rolesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name, diags := compiled(path.Root("name_regex"), m.NameRegex)
	resp.Diagnostics.Append(diags...)
	client, diags := d.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	all, err := readRoles(ctx, d.session, client)
	if err != nil {
		resp.Diagnostics.Append(d.session.ListFailure("Unable to list security roles", err, permissionRoles))
		return
	}
	var selected []*keyfactor.Role
	for i := range all {
		if name == nil || name.MatchString(all[i].Name) {
			selected = append(selected, &all[i])
		}
	}
	m.Roles = listedRoles(selected)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
