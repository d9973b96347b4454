package certificate

import (
	"context"
	"encoding/hex"
	"fmt"

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
	_ datasource.DataSource                     = (*certificateDataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*certificateDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*certificateDataSource)(nil)
)

type certificateDataSource struct{ session *session.Session }

// NewCertificateDataSource makes keyfactor_certificate.
func NewCertificateDataSource() datasource.DataSource { return &certificateDataSource{} }

type certificateDataModel struct {
	storedCertificate
	CollectionID types.Int64 `tfsdk:"collection_id"`
}

func (d *certificateDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_certificate"
}

func (d *certificateDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	// Nil while Terraform validates.
	d.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (d *certificateDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := storedCertificateAttributes()
	attributes["id"] = schema.Int64Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Command's id of the certificate. Exactly one of `id` and `thumbprint` is given."}
	attributes["thumbprint"] = schema.StringAttribute{Optional: true, Computed: true, Validators: []validator.String{sha1Thumbprint{}},
		MarkdownDescription: "SHA-1 of the certificate in hex; case, colons and spaces do not matter. The result is upper-case hex."}
	attributes["collection_id"] = schema.Int64Attribute{Optional: true,
		MarkdownDescription: "The certificate collection to look in, for callers whose permission is on one collection only."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One certificate that Command holds, expired and revoked ones included, with its metadata, its owner and the stores that it is in. " +
			"None found is an error.\n\nPermission in Command: " + permissionRead + ".",
		Attributes: attributes,
	}
}

func (d *certificateDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		argument.ExactlyOneOf("id", "thumbprint"),
	}
}

func (d *certificateDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m certificateDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := d.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	row, err := d.find(ctx, client, m)
	switch {
	case err != nil:
		resp.Diagnostics.Append(d.session.Failure("Unable to read the certificate", err, permissionRead))
		return
	case row == nil:
		resp.Diagnostics.Append(m.notFound())
		return
	}
	m.storedCertificate = stored(row, true, true)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// find looks the certificate up, once in a run however many blocks ask; nil
// when there is none.
func (d *certificateDataSource) find(ctx context.Context, client *keyfactor.Client, m certificateDataModel) (*keyfactor.Certificate, error) {
	type wanted struct {
		id, collection int64
		thumbprint     string
	}
	w := wanted{m.ID.ValueInt64(), m.CollectionID.ValueInt64(), keyfactor.NormalThumbprint(m.Thumbprint.ValueString())}
	key := session.ListKey{Path: "Certificates", What: w}
	return session.Once(ctx, &d.session.Lists, key, func(ctx context.Context) (*keyfactor.Certificate, error) {
		if m.Thumbprint.IsNull() {
			return client.FindByID(ctx, w.id, w.collection)
		}
		return client.FindByThumbprint(ctx, w.thumbprint, "", w.collection)
	})
}

func (m *certificateDataModel) notFound() diag.Diagnostic {
	at, what := path.Root("id"), fmt.Sprintf("the id %d", m.ID.ValueInt64())
	if !m.Thumbprint.IsNull() {
		at, what = path.Root("thumbprint"), "the thumbprint "+keyfactor.NormalThumbprint(m.Thumbprint.ValueString())
	}
	detail := "Command lists no certificate with " + what + ", expired and revoked ones included"
	if !m.CollectionID.IsNull() {
		return diag.NewAttributeErrorDiagnostic(at, "Unable to find the certificate",
			fmt.Sprintf("%s, in collection %d. It may be outside of that collection.", detail, m.CollectionID.ValueInt64()))
	}
	return diag.NewAttributeErrorDiagnostic(at, "Unable to find the certificate",
		detail+". An account whose permission is on one collection only sees its certificates with collection_id.")
}

// sha1Thumbprint checks that a text is a SHA-1 thumbprint.
type sha1Thumbprint struct{}

func (sha1Thumbprint) Description(context.Context) string {
	return "must be a SHA-1 thumbprint: 40 hexadecimal digits, separators aside"
}

func (v sha1Thumbprint) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v sha1Thumbprint) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	digits := keyfactor.NormalThumbprint(req.ConfigValue.ValueString())
	if sum, err := hex.DecodeString(digits); err == nil && len(sum) == 20 {
		return
	}
	detail := "A thumbprint here " + v.Description(ctx) + "."
	if len(digits) == 64 {
		detail += " This one is as long as a SHA-256 digest, which Command cannot look up."
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid thumbprint", detail)
}
