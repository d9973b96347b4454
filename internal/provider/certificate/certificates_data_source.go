package certificate

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/attr"
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
	_ datasource.DataSource              = (*certificatesDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*certificatesDataSource)(nil)
)

// certificatePageSize is smaller than that of other lists: a row is a whole
// certificate.
const certificatePageSize = 1000

type certificatesDataSource struct{ session *session.Session }

// NewCertificatesDataSource makes keyfactor_certificates.
func NewCertificatesDataSource() datasource.DataSource { return &certificatesDataSource{} }

type certificatesDataModel struct {
	Query            types.String `tfsdk:"query"`
	CollectionID     types.Int64  `tfsdk:"collection_id"`
	IncludeExpired   types.Bool   `tfsdk:"include_expired"`
	IncludeRevoked   types.Bool   `tfsdk:"include_revoked"`
	IncludeMetadata  types.Bool   `tfsdk:"include_metadata"`
	IncludeLocations types.Bool   `tfsdk:"include_locations"`
	PageSize         types.Int64  `tfsdk:"page_size"`
	Certificates     types.List   `tfsdk:"certificates"`
}

func (d *certificatesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_certificates"
}

func (d *certificatesDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	// Nil while Terraform validates.
	d.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (d *certificatesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	include := func(description string) schema.Attribute {
		return schema.BoolAttribute{Optional: true, MarkdownDescription: description + " Not set means `false`."}
	}
	attributes := storedCertificateAttributes()
	attributes["metadata"] = schema.MapAttribute{Computed: true, ElementType: types.StringType,
		MarkdownDescription: "The metadata fields that the server returns, by name. Null without `include_metadata`."}
	if locations, ok := attributes["locations"].(schema.ListNestedAttribute); ok {
		locations.MarkdownDescription += " Null without `include_locations`."
		attributes["locations"] = locations
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists certificates that Command holds, by a query in its own language, to the last page. " +
			"All that is listed is kept in state: let the query select what is needed.\n\n" +
			"Permission in Command: " + permissionRead + ".",
		Attributes: map[string]schema.Attribute{
			"query": schema.StringAttribute{Optional: true,
				MarkdownDescription: "What to list, in Command's query language, as in its portal: `CN -contains \"pay\" AND IssuerDN -contains \"Internal CA\"`. " +
					"Not set lists all."},
			"collection_id": schema.Int64Attribute{Optional: true,
				MarkdownDescription: "The certificate collection to list, for callers whose permission is on one collection only."},
			"include_expired":   include("Whether expired certificates are listed too."),
			"include_revoked":   include("Whether revoked certificates are listed too."),
			"include_metadata":  include("Whether `metadata` is read."),
			"include_locations": include("Whether `locations` are read."),
			"page_size": schema.Int64Attribute{Optional: true, Validators: []validator.Int64{argument.Between(1, 100_000)},
				MarkdownDescription: "How many certificates to ask for at a time; 1000 if not set. A server may give fewer. The result is the same."},
			"certificates": schema.ListNestedAttribute{Computed: true,
				MarkdownDescription: "The certificates, by id; `[]` when the query finds none.",
				NestedObject:        schema.NestedAttributeObject{Attributes: attributes}},
		},
	}
}

func (d *certificatesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m certificatesDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	q := m.query()
	rows, err := session.Once(ctx, &d.session.Lists, session.ListKey{Path: "Certificates", What: q}, func(ctx context.Context) ([]keyfactor.Certificate, error) {
		q := q
		// No part of the key: the result is the same, whoever asks first.
		q.PageSize = int(m.PageSize.ValueInt64())
		if q.PageSize == 0 {
			q.PageSize = certificatePageSize
		}
		return client.ListCertificates(ctx, q)
	})
	if err != nil {
		resp.Diagnostics.Append(d.problem(m, err))
		return
	}
	elements := make([]attr.Value, len(rows))
	for i := range rows {
		c := stored(&rows[i], q.IncludeMetadata, q.IncludeLocations)
		elements[i] = c.value()
	}
	m.Certificates = types.ListValueMust(storedCertificateType, elements)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// problem is at the query where that is what the server refuses.
func (d *certificatesDataSource) problem(m certificatesDataModel, err error) diag.Diagnostic {
	const summary = "Unable to list certificates"
	if keyfactor.StatusOf(err) == http.StatusBadRequest && m.Query.ValueString() != "" {
		return d.session.FailureAt(path.Root("query"), summary, err, permissionRead)
	}
	return d.session.ListFailure(summary, err, permissionRead)
}

func (m *certificatesDataModel) query() keyfactor.CertificateQuery {
	return keyfactor.CertificateQuery{
		Query: m.Query.ValueString(), CollectionID: m.CollectionID.ValueInt64(),
		IncludeExpired: m.IncludeExpired.ValueBool(), IncludeRevoked: m.IncludeRevoked.ValueBool(),
		IncludeMetadata: m.IncludeMetadata.ValueBool(), IncludeLocations: m.IncludeLocations.ValueBool(),
		// Without it the server says false whether it holds a key or not.
		IncludeHasPrivateKey: true,
	}
}
