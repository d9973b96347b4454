package certificate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ ephemeral.EphemeralResource              = (*analysisEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigure = (*analysisEphemeralResource)(nil)
)

type analysisEphemeralResource struct {
	session *session.Session
}

type analysisEphemeralModel struct {
	Certificate  types.String `tfsdk:"certificate"`
	Password     types.String `tfsdk:"password"`
	Certificates types.List   `tfsdk:"certificates"`
}

// NewAnalysisEphemeralResource makes the ephemeral keyfactor_certificate_analysis.
func NewAnalysisEphemeralResource() ephemeral.EphemeralResource {
	return &analysisEphemeralResource{}
}

func (e *analysisEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_certificate_analysis"
}

func (e *analysisEphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (e *analysisEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Asks Command what it sees in a certificate file, private key and all, before anything is imported (`POST /Certificates/Analyze`). " +
			"Neither the file nor the answer is ever in plan or state. Terraform opens it in plan and again in apply.\n\n" +
			"Permission in Command: " + permissionAnalyze + ".",
		Attributes: map[string]schema.Attribute{
			"certificate": schema.StringAttribute{Required: true, Sensitive: true,
				MarkdownDescription: "The file's content: PEM text, or base64 of a PEM, DER, PKCS#12 or PKCS#7 file. A private key in PEM is not sent."},
			"password": schema.StringAttribute{Optional: true, Sensitive: true,
				MarkdownDescription: "The password of a PKCS#12 file; an empty one is a password."},
			"certificates": schema.ListNestedAttribute{Computed: true,
				MarkdownDescription: "The certificates that the server sees; the chain is among them from Command 12.4 on.",
				NestedObject:        schema.NestedAttributeObject{Attributes: analyzedEphemeralAttributes()}},
		},
	}
}

func analyzedEphemeralAttributes() map[string]schema.Attribute {
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

func (e *analysisEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model analysisEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	c := content{
		value: model.Certificate, password: model.Password,
		valueAt: path.Root("certificate"), passwordAt: path.Root("password"),
	}
	file, err := sendableOf(model.Certificate.ValueString(), model.Password.ValueStringPointer())
	if err != nil {
		resp.Diagnostics.Append(c.readError(err)...)
		return
	}
	password := c.secretPassword()
	if file.format != certfile.PKCS12 {
		password = nil // only PKCS#12 has one: not sent where it does not belong
	}
	certificates, diags := analyze(ctx, e.session, file.payload, password)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.Certificates = certificates
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}
