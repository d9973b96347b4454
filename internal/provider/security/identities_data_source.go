package security

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/argument"
)

var (
	_ datasource.DataSource                   = (*identitiesDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*identitiesDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*identitiesDataSource)(nil)
)

// maxPageSize bounds what a configuration may ask for at a time.
const maxPageSize = 100_000

type identitiesDataSource struct{ reader }

// NewIdentitiesDataSource makes keyfactor_security_identities.
func NewIdentitiesDataSource() datasource.DataSource { return &identitiesDataSource{} }

type identitiesModel struct {
	AccountNameRegex types.String `tfsdk:"account_name_regex"`
	IdentityType     types.String `tfsdk:"identity_type"`
	RoleName         types.String `tfsdk:"role_name"`
	Valid            types.Bool   `tfsdk:"valid"`
	Validate         types.Bool   `tfsdk:"validate"`
	SortField        types.String `tfsdk:"sort_field"`
	SortAscending    types.Bool   `tfsdk:"sort_ascending"`
	PageSize         types.Int64  `tfsdk:"page_size"`
	Identities       types.List   `tfsdk:"identities"`
}

func (d *identitiesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_security_identities"
}

func (d *identitiesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the security identities of Command, all of them, with the roles that they hold. " +
			"Identities are users and groups of Active Directory. From Command 11 on claims replace them, and this list shows the ones of Active Directory only: " +
			"see `keyfactor_security_claims`. Groups are not expanded.\n\n" +
			"The API has no filter: the whole list is read, once in a plan however many blocks ask for it, and filtered here.\n\n" +
			"Permission in Command: " + permissionIdentities + ".",
		Attributes: map[string]schema.Attribute{
			"account_name_regex": schema.StringAttribute{
				Optional: true, Validators: []validator.String{regularExpression{}},
				MarkdownDescription: "Only accounts whose name matches this regular expression ([RE2 syntax](https://github.com/google/re2/wiki/Syntax)), anywhere in the name unless anchored. " +
					"`(?i)` at its beginning ignores case. A backslash is four in HCL: `\"^DOMAIN\\\\\\\\\"`.",
			},
			"identity_type": schema.StringAttribute{
				Optional: true, Validators: []validator.String{argument.OneOf(identityTypes...)},
				MarkdownDescription: "Only identities of this type: `" + strings.Join(identityTypes, "` or `") + "`.",
			},
			"role_name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{argument.NotEmpty()},
				MarkdownDescription: "Only identities that hold the security role of this name (case-insensitive).",
			},
			"valid": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Only identities that Command calls valid (`true`) or not valid (`false`). Needs `validate`.",
			},
			"validate": validateAttribute(),
			"sort_field": schema.StringAttribute{
				Optional: true, Validators: []validator.String{argument.NotEmpty()},
				MarkdownDescription: "The field that the server sorts by, e.g. `AccountName` or `IdentityType`; `Id` if not set. " +
					"A field that the server does not know is its error.",
			},
			"sort_ascending": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "Whether the lowest comes first; `true` if not set.",
			},
			"page_size": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{argument.Between(1, maxPageSize)},
				MarkdownDescription: "How many identities to ask for at a time; 2500 if not set. A server may give fewer. Less helps where a page takes longer than `request_timeout`; " +
					"it is halved by itself in that case. The result is the same.",
			},
			"identities": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The identities that pass all filters, in the order asked for; `[]` when none does.",
				NestedObject: schema.NestedAttributeObject{Attributes: identityAttributes()},
			},
		},
	}
}

func validateAttribute() schema.Attribute {
	return schema.BoolAttribute{
		Optional: true,
		MarkdownDescription: "Whether the server checks each identity's audit record while it lists them; `true` if not set. " +
			"`false` makes a long list faster, and `valid` meaningless.",
	}
}

func (d *identitiesDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config identitiesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || config.Valid.IsNull() || config.Valid.IsUnknown() {
		return
	}
	if !config.Validate.IsNull() && !config.Validate.IsUnknown() && !config.Validate.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("valid"), "Conflicting arguments",
			"The filter valid needs the server's check of each identity, and validate = false leaves that out. Remove one of the two.")
	}
}

func (d *identitiesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m identitiesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	filter, diags := m.filter()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	order := m.order()
	all, err := readDirectory(ctx, d.session, client, order, howToRead{pageSize: int(m.PageSize.ValueInt64())})
	if err != nil {
		resp.Diagnostics.Append(d.problem(m, err))
		return
	}
	selected := filter.apply(all.identities)
	if order.byID() && order.descending {
		slices.Reverse(selected)
	}
	list, err := identityValues(ctx, selected)
	if err == nil {
		err = setList(resp, req.Config.Raw, "identities", list)
	}
	if err != nil {
		resp.Diagnostics.AddError("Unable to show the security identities", err.Error()+". This is a bug in the provider.")
	}
}

// problem is at the sort field where that is what the server refuses.
func (d *identitiesDataSource) problem(m identitiesModel, err error) diag.Diagnostic {
	const summary = "Unable to list security identities"
	if keyfactor.StatusOf(err) == http.StatusBadRequest && !m.SortField.IsNull() {
		return d.session.FailureAt(path.Root("sort_field"), summary, err, permissionIdentities)
	}
	return d.session.ListFailure(summary, err, permissionIdentities)
}

// setList makes the state what the configuration is, and a computed list.
func setList(resp *datasource.ReadResponse, config tftypes.Value, name string, list tftypes.Value) error {
	var configured map[string]tftypes.Value
	if err := config.As(&configured); err != nil {
		return err
	}
	attributes := maps.Clone(configured) // As hands out the configuration's own map
	attributes[name] = list
	resp.State.Raw = tftypes.NewValue(config.Type(), attributes)
	return nil
}

func (m *identitiesModel) order() identityOrder {
	return identityOrder{
		validate:   m.Validate.IsNull() || m.Validate.ValueBool(),
		sortField:  sortField(m.SortField.ValueString()),
		descending: !m.SortAscending.IsNull() && !m.SortAscending.ValueBool(),
	}
}

// sortField makes the default and its spellings one: they are one list.
func sortField(name string) string {
	if strings.EqualFold(name, "Id") {
		return ""
	}
	return name
}

// identityFilter is what the API does not do. Zero fields select everything.
type identityFilter struct {
	name         *regexp.Regexp
	identityType string
	role         string
	valid        *bool
}

func (f identityFilter) apply(identities []keyfactor.Identity) []*keyfactor.Identity {
	selected := make([]*keyfactor.Identity, 0, len(identities))
	roles := map[*keyfactor.Role]bool{} // whether it is the one asked for
	for n := range identities {
		if i := &identities[n]; f.matches(i) && f.holds(i, roles) {
			selected = append(selected, i)
		}
	}
	return selected
}

func (f identityFilter) matches(i *keyfactor.Identity) bool {
	switch {
	case f.identityType != "" && !strings.EqualFold(i.IdentityType, f.identityType):
		return false
	case f.valid != nil && (i.Valid == nil || *i.Valid != *f.valid):
		return false
	}
	return f.name == nil || f.name.MatchString(i.AccountName)
}

func (f identityFilter) holds(i *keyfactor.Identity, roles map[*keyfactor.Role]bool) bool {
	if f.role == "" {
		return true
	}
	for _, role := range i.Roles {
		is, known := roles[role]
		if !known {
			is = strings.EqualFold(role.Name, f.role)
			roles[role] = is
		}
		if is {
			return true
		}
	}
	return false
}
