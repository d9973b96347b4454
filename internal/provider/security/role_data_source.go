package security

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/argument"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ datasource.DataSource                     = (*roleDataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*roleDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*roleDataSource)(nil)
)

type roleDataSource struct{ reader }

// NewRoleDataSource makes keyfactor_security_role.
func NewRoleDataSource() datasource.DataSource { return &roleDataSource{} }

type roleModel struct {
	ID           types.Int64  `tfsdk:"id"`
	Name         types.String `tfsdk:"name"`
	Description  types.String `tfsdk:"description"`
	EmailAddress types.String `tfsdk:"email_address"`
	Enabled      types.Bool   `tfsdk:"enabled"`
	Immutable    types.Bool   `tfsdk:"immutable"`
	Valid        types.Bool   `tfsdk:"valid"`
	Private      types.Bool   `tfsdk:"private"`
	Permissions  types.List   `tfsdk:"permissions"`
	Identities   types.List   `tfsdk:"identities"`
	Claims       types.List   `tfsdk:"claims"`
}

func (d *roleDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_security_role"
}

func (d *roleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	attributes := listedRoleAttributes()
	attributes["id"] = schema.Int64Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Command's id of the role. Exactly one of `id` and `name` is given."}
	attributes["name"] = schema.StringAttribute{Optional: true, Computed: true, Validators: []validator.String{argument.NotEmpty()},
		MarkdownDescription: "The role's name, compared without regard to case; the server is asked for that role only. The result is as Command writes it."}
	attributes["permissions"] = schema.ListAttribute{Computed: true, ElementType: types.StringType,
		MarkdownDescription: "What the role may do: `/path/` as in `/security/read/` from Command 11 on, `Area:Permission` in Command 10."}
	attributes["identities"] = schema.ListNestedAttribute{Computed: true,
		MarkdownDescription: "The users and groups of Active Directory that hold the role. Groups are not expanded. Null where the server does not tell.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id":            schema.Int64Attribute{Computed: true, MarkdownDescription: "Command's id of the identity."},
			"account_name":  text("The account, `DOMAIN\\name`."),
			"identity_type": text("`User` or `Group`."),
			"sid":           text("The Windows security identifier."),
		}}}
	attributes["claims"] = schema.ListNestedAttribute{Computed: true,
		MarkdownDescription: "The claims that give the role, from Command 11 on. Null on Command 10, which has none.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"claim_type":                     text("What is compared, e.g. `OAuthSubject`, `OAuthRole`, `User` or `Group`."),
			"claim_value":                    text("The value that gives the role."),
			"description":                    text("What the claim is for."),
			"provider_authentication_scheme": text("The identity provider that the claim has to come from."),
		}}}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One security role of Command, with what it may do and who holds it: identities of Active Directory, and from Command 11 on claims. " +
			"None found is an error.\n\nPermission in Command: " + permissionRoles + ".",
		Attributes: attributes,
	}
}

func (d *roleDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		argument.ExactlyOneOf("id", "name"),
	}
}

func (d *roleDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m roleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := d.read(ctx, client, m)
	if err != nil {
		resp.Diagnostics.Append(d.problem(ctx, client, m, err))
		return
	}
	m.set(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// errNoRole means that there is no role of that name.
var errNoRole = errors.New("there is no security role of that name")

// roleName keys what was looked up by name.
type roleName string

// foundRole is a role in the two versions of the API; either may be nil.
type foundRole struct{ v1, v2 *keyfactor.Role }

// read reads the role, once in a run for each id or name.
func (d *roleDataSource) read(ctx context.Context, client *keyfactor.Client, m roleModel) (foundRole, error) {
	if m.Name.IsNull() {
		return d.byID(ctx, client, m.ID.ValueInt64(), nil)
	}
	name := m.Name.ValueString()
	key := session.ListKey{Path: "Security/Roles", What: roleName(name)}
	row, err := session.Once(ctx, &d.session.Lists, key, func(ctx context.Context) (*keyfactor.Role, error) {
		row, err := client.RoleByName(ctx, name)
		if err == nil && row == nil {
			err = errNoRole
		}
		return row, err
	})
	if err != nil {
		return foundRole{}, err
	}
	if row.Identities == nil || row.Permissions == nil {
		// As version 2 lists it: not all there is.
		return d.byID(ctx, client, row.ID, nil)
	}
	return d.byID(ctx, client, row.ID, row)
}

// byID reads the role in both versions of the API; v1 is what is known already.
func (d *roleDataSource) byID(ctx context.Context, client *keyfactor.Client, id int64, v1 *keyfactor.Role) (foundRole, error) {
	type roleID struct {
		id     int64
		listed bool
	}
	key := session.ListKey{Path: "Security/Roles", What: roleID{id, v1 != nil}}
	return session.Once(ctx, &d.session.Lists, key, func(ctx context.Context) (foundRole, error) {
		found := foundRole{v1: v1}
		var err error
		if found.v1 == nil {
			if found.v1, err = client.Role(ctx, id, 1); err != nil && !keyfactor.IsNotOffered(err) {
				return foundRole{}, err
			}
		}
		if major := client.Major(); major != 0 && major < 11 {
			return found, err
		}
		newer, newerErr := client.Role(ctx, id, 2)
		switch {
		case newerErr == nil:
			found.v2 = newer
		case found.v1 == nil:
			return foundRole{}, errors.Join(err, newerErr)
		case !keyfactor.IsNotOffered(newerErr):
			return foundRole{}, newerErr
		}
		return found, nil
	})
}

// problem explains why there is no role.
func (d *roleDataSource) problem(ctx context.Context, client *keyfactor.Client, m roleModel, err error) diag.Diagnostic {
	const summary = "Unable to find the security role"
	var ambiguous *keyfactor.AmbiguousRoleError
	switch {
	case errors.Is(err, errNoRole):
		return diag.NewAttributeErrorDiagnostic(path.Root("name"), summary, d.noRole(ctx, client, m.Name.ValueString()))
	case errors.As(err, &ambiguous):
		return diag.NewAttributeErrorDiagnostic(path.Root("name"), "Unable to choose the security role",
			fmt.Sprintf("%d roles have the name %s, in other case: their ids are %s. Give the id instead.",
				len(ambiguous.IDs), d.session.Line(quoted(ambiguous.Name)), numbers(ambiguous.IDs)))
	case keyfactor.StatusOf(err) == http.StatusNotFound:
		return d.session.FailureAt(path.Root("id"), summary, err, permissionRoles)
	}
	return d.session.ListFailure("Unable to read the security role", err, permissionRoles)
}

// noRole names the roles that come closest, where they can be read.
func (d *roleDataSource) noRole(ctx context.Context, client *keyfactor.Client, name string) string {
	detail := fmt.Sprintf("Command has no security role named %s", d.session.Line(quoted(name)))
	roles, err := readRoles(ctx, d.session, client)
	if err != nil {
		return detail + ", or this account may not see it."
	}
	names := make([]string, len(roles))
	for i := range roles {
		names[i] = roles[i].Name
	}
	detail += fmt.Sprintf(" among %d.", len(names))
	if near := closest(name, names, 3); len(near) > 0 {
		for i := range near {
			near[i] = d.session.Line(quoted(near[i]))
		}
		detail += " The closest are: " + strings.Join(near, ", ") + "."
	}
	return detail
}

func numbers(ids []int64) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprint(id)
	}
	return strings.Join(out, ", ")
}

// set takes from each version of the API what only it knows. Permissions are
// those of the newer one, which the permission model of Command 11 belongs to.
func (m *roleModel) set(found foundRole) {
	role := found.v1
	if role == nil {
		role = found.v2
	}
	m.ID, m.Name = types.Int64Value(role.ID), textOrNull(role.Name)
	m.Description, m.EmailAddress = types.StringPointerValue(role.Description), types.StringPointerValue(role.EmailAddress)
	m.Enabled, m.Immutable = types.BoolPointerValue(role.Enabled), types.BoolPointerValue(role.Immutable)
	m.Valid, m.Private = types.BoolPointerValue(role.Valid), types.BoolPointerValue(role.Private)
	m.Permissions, m.Identities = texts(role.Permissions), members(role.Identities)
	m.Claims = roleClaims(nil)
	if found.v2 != nil {
		m.Claims = roleClaims(found.v2.Claims)
		if found.v2.Permissions != nil {
			m.Permissions = texts(found.v2.Permissions)
		}
	}
}
