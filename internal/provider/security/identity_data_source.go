package security

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/argument"
)

var (
	_ datasource.DataSource                     = (*identityDataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*identityDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*identityDataSource)(nil)
)

type identityDataSource struct{ reader }

// NewIdentityDataSource makes keyfactor_security_identity.
func NewIdentityDataSource() datasource.DataSource { return &identityDataSource{} }

type identityModel struct {
	ID           types.Int64  `tfsdk:"id"`
	AccountName  types.String `tfsdk:"account_name"`
	Validate     types.Bool   `tfsdk:"validate"`
	IdentityType types.String `tfsdk:"identity_type"`
	Valid        types.Bool   `tfsdk:"valid"`
	SID          types.String `tfsdk:"sid"`
	Roles        types.List   `tfsdk:"roles"`
}

func (d *identityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_security_identity"
}

func (d *identityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := identityAttributes()
	attributes["id"] = schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Command's id of the identity. Exactly one of `id` and `account_name` is given.",
	}
	attributes["account_name"] = schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{argument.NotEmpty()},
		MarkdownDescription: "The account, `DOMAIN\\name` (in HCL `\"DOMAIN\\\\name\"`), compared without regard to case. The result is as Command writes it.",
	}
	attributes["validate"] = validateAttribute()
	resp.Schema = schema.Schema{
		MarkdownDescription: "One security identity of Command, a user or group of Active Directory, with the roles that it holds. " +
			"The API cannot look one up: the whole list is read, once in a plan however many blocks ask for it. " +
			"From Command 11 on claims replace identities: see `keyfactor_security_claims`. None found is an error.\n\n" +
			"Permission in Command: " + permissionIdentities + ".",
		Attributes: attributes,
	}
}

func (d *identityDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		argument.ExactlyOneOf("id", "account_name"),
	}
}

func (d *identityDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m identityModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	order := identityOrder{validate: m.Validate.IsNull() || m.Validate.ValueBool()}
	all, err := readDirectory(ctx, d.session, client, order, howToRead{anyOrder: true})
	if err != nil {
		resp.Diagnostics.Append(d.session.ListFailure("Unable to read the security identity", err, permissionIdentities))
		return
	}
	found, problem := m.find(all, d.session.Line)
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	m.set(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// find looks the identity up; exactly one of the results is nil. line makes
// names fit to be shown.
func (m *identityModel) find(all *directory, line func(string) string) (*keyfactor.Identity, diag.Diagnostic) {
	if !m.ID.IsNull() {
		for n := range all.identities {
			if i := &all.identities[n]; i.ID == m.ID.ValueInt64() {
				return i, nil
			}
		}
		return nil, diag.NewAttributeErrorDiagnostic(path.Root("id"), "Unable to find the security identity",
			fmt.Sprintf("None of the %d identities that Command lists has the id %d. From Command 11 on only those of Active Directory are listed.",
				len(all.identities), m.ID.ValueInt64()))
	}
	name := m.AccountName.ValueString()
	switch found := all.named(name); len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, notFound(name, all, line)
	default:
		return nil, several(name, found, line)
	}
}

func notFound(name string, all *directory, line func(string) string) diag.Diagnostic {
	names := make([]string, len(all.identities))
	for i := range all.identities {
		names[i] = all.identities[i].AccountName
	}
	detail := fmt.Sprintf("None of the %d identities that Command lists has the account name %s.", len(names), line(quoted(name)))
	if near := closest(name, names, 3); len(near) > 0 {
		for i := range near {
			near[i] = line(quoted(near[i]))
		}
		detail += " The closest are: " + strings.Join(near, ", ") + "."
	}
	detail += ` The name includes the domain, DOMAIN\name. From Command 11 on only accounts of Active Directory are listed; others are claims.`
	return diag.NewAttributeErrorDiagnostic(path.Root("account_name"), "Unable to find the security identity", detail)
}

func several(name string, found []*keyfactor.Identity, line func(string) string) diag.Diagnostic {
	lines := make([]string, len(found))
	for n, i := range found {
		lines[n] = fmt.Sprintf("%s (id %d)", line(quoted(i.AccountName)), i.ID)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("account_name"), "Unable to choose the security identity",
		fmt.Sprintf("%d identities have the account name %s: %s. Give the id instead.", len(found), line(quoted(name)), strings.Join(lines, ", ")))
}

// quoted puts quotation marks around a text; %q would double the backslash of
// an account name. It comes before line, which takes a text that ends with the
// caller's own name for the beginning of a cut off Basic pair.
func quoted(text string) string { return `"` + text + `"` }

func (m *identityModel) set(i *keyfactor.Identity) {
	m.ID = types.Int64Value(i.ID)
	m.AccountName = textOrNull(i.AccountName)
	m.IdentityType = textOrNull(i.IdentityType)
	m.Valid = types.BoolPointerValue(i.Valid)
	m.SID = types.StringPointerValue(i.SID)
	m.Roles = heldRoles(i)
}
