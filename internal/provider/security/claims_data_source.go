package security

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ datasource.DataSource              = (*claimsDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*claimsDataSource)(nil)
)

type claimsDataSource struct{ reader }

// NewClaimsDataSource makes keyfactor_security_claims.
func NewClaimsDataSource() datasource.DataSource { return &claimsDataSource{} }

type claimsModel struct {
	ClaimType   types.String `tfsdk:"claim_type"`
	ClaimValue  types.String `tfsdk:"claim_value"`
	Description types.String `tfsdk:"description"`
	Claims      types.List   `tfsdk:"claims"`
}

var claimType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id": types.Int64Type, "claim_type": types.StringType, "claim_value": types.StringType,
	"description": types.StringType, "provider_authentication_scheme": types.StringType,
}}

func (d *claimsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_security_claims"
}

func (d *claimsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	filter := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description + " The whole value, compared without regard to case; sent as the server's query."}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the claims that Command knows, which from version 11 on replace identities: what a login or token has to bring to hold a role. " +
			"Command 10 has none; there this is an error, and `keyfactor_security_identities` is the list to read.\n\n" +
			"Permission in Command: " + permissionClaims + ".",
		Attributes: map[string]schema.Attribute{
			"claim_type":  filter("Only claims of this type: `User`, `Group`, `Computer`, `OAuthOid`, `OAuthRole`, `OAuthSubject` or `OAuthClientId`."),
			"claim_value": filter("Only claims with this value, e.g. a client id or `DOMAIN\\name`."),
			"description": filter("Only claims with this description."),
			"claims": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The claims; `[]` when none passes all filters.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                             schema.Int64Attribute{Computed: true, MarkdownDescription: "Command's id of the claim."},
					"claim_type":                     text("What is compared, by name."),
					"claim_value":                    text("The value that is compared with."),
					"description":                    text("What the claim is for."),
					"provider_authentication_scheme": text("The identity provider that the claim has to come from."),
				}},
			},
		},
	}
}

func (d *claimsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m claimsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	// The values are comparable, and a missing filter differs from an empty one.
	key := session.ListKey{Path: "Security/Claims", What: [3]types.String{m.ClaimType, m.ClaimValue, m.Description}}
	claims, err := session.Once(ctx, &d.session.Lists, key, func(ctx context.Context) ([]keyfactor.Claim, error) {
		return client.Claims(ctx, keyfactor.ClaimFilter{
			ClaimType: m.ClaimType.ValueStringPointer(), ClaimValue: m.ClaimValue.ValueStringPointer(), Description: m.Description.ValueStringPointer(),
		})
	})
	if err != nil {
		resp.Diagnostics.Append(d.session.ListFailure("Unable to list security claims", err, permissionClaims))
		return
	}
	m.Claims = claimList(claims)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func claimList(claims []keyfactor.Claim) types.List {
	elements := make([]attr.Value, len(claims))
	for i := range claims {
		c := &claims[i]
		elements[i] = types.ObjectValueMust(claimType.AttrTypes, map[string]attr.Value{
			"id": types.Int64Value(c.ID), "claim_type": types.StringPointerValue(c.ClaimType), "claim_value": types.StringPointerValue(c.ClaimValue),
			"description": types.StringPointerValue(c.Description), "provider_authentication_scheme": types.StringPointerValue(c.Scheme()),
		})
	}
	return types.ListValueMust(claimType, elements)
}
