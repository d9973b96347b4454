package certificate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ datasource.DataSource              = (*analysisDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*analysisDataSource)(nil)
)

type analysisDataSource struct {
	session *session.Session
}

type analysisDataModel struct {
	Certificate  types.String `tfsdk:"certificate"`
	Certificates types.List   `tfsdk:"certificates"`
}

// NewAnalysisDataSource makes keyfactor_certificate_analysis.
func NewAnalysisDataSource() datasource.DataSource { return &analysisDataSource{} }

func (d *analysisDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_certificate_analysis"
}

func (d *analysisDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (d *analysisDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Asks Command what it sees in a certificate file, before anything is imported (`POST /Certificates/Analyze`). " +
			"For files without a private key: the argument is kept in state. For PKCS#12, and PEM with a key, use the ephemeral resource of the same name.\n\n" +
			"Permission in Command: " + permissionAnalyze + ".",
		Attributes: map[string]schema.Attribute{
			"certificate": schema.StringAttribute{Required: true, Sensitive: true,
				MarkdownDescription: "The file's content: PEM text, or base64 of a PEM, DER or PKCS#7 file."},
			"certificates": schema.ListNestedAttribute{Computed: true,
				MarkdownDescription: "The certificates that the server sees; the chain is among them from Command 12.4 on.",
				NestedObject:        schema.NestedAttributeObject{Attributes: analyzedDataAttributes()}},
		},
	}
}

func analyzedDataAttributes() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range analyzedDescriptions {
		switch name {
		case "is_end_entity":
			attributes[name] = schema.BoolAttribute{Computed: true, MarkdownDescription: description}
		case "metadata":
			attributes[name] = schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
		default:
			attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: description}
		}
	}
	return attributes
}

func (d *analysisDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model analysisDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := path.Root("certificate")
	file, err := sendableOf(model.Certificate.ValueString(), nil)
	switch {
	case file.holdsKey || file.format == certfile.PKCS12:
		resp.Diagnostics.AddAttributeError(at, "Invalid certificate file for a data source",
			"The file holds a private key, or is a PKCS#12 file, and a data source keeps its arguments in state. "+
				"Use the ephemeral resource keyfactor_certificate_analysis. Nothing was sent.")
		return
	case err != nil:
		resp.Diagnostics.AddAttributeError(at, "Invalid certificate file", err.Error())
		return
	}
	certificates, diags := analyze(ctx, d.session, file.payload, nil)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.Certificates = certificates
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
