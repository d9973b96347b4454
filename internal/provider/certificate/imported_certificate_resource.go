package certificate

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	_ resource.Resource                   = (*importedCertificateResource)(nil)
	_ resource.ResourceWithConfigure      = (*importedCertificateResource)(nil)
	_ resource.ResourceWithValidateConfig = (*importedCertificateResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*importedCertificateResource)(nil)
	_ resource.ResourceWithImportState    = (*importedCertificateResource)(nil)
	_ resource.ResourceWithIdentity       = (*importedCertificateResource)(nil)
)

// What the vendor documents as needed for each call (Command 11 and later; the
// page of the resource names those of version 10).
const (
	permissionImport   = "`/certificates/import/` (Command 10: Certificates: Import)"
	permissionRead     = "`/certificates/collections/read/`, globally or for the collection in `collection_id` (Command 10: Certificates: Read)"
	permissionMetadata = "`/certificates/collections/metadata/modify/` (Command 10: Certificates: Edit Metadata)"
	permissionOwner    = "`/certificates/collections/change_owner/`, together with holding both the current and the new owner role"
	permissionDelete   = "`/certificates/collections/delete/` (Command 10: Certificates: Delete)"
)

const (
	defaultCreateTimeout = 20 * time.Minute
	defaultReadTimeout   = 5 * time.Minute
	defaultUpdateTimeout = 20 * time.Minute
	defaultDeleteTimeout = 10 * time.Minute
)

type importedCertificateResource struct {
	files   *Files
	session *session.Session
	now     func() time.Time
}

// NewImportedCertificateResource makes keyfactor_imported_certificate. Files it
// has read it takes from files.
func NewImportedCertificateResource(files *Files) resource.Resource {
	return &importedCertificateResource{files: files, now: time.Now}
}

func (r *importedCertificateResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_imported_certificate"
}

func (r *importedCertificateResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	// Nil while Terraform validates.
	r.session, resp.Diagnostics = session.From(req.ProviderData)
}

func (r *importedCertificateResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = importedCertificateSchema()
}

func (r *importedCertificateResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan importedCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	config := valuesOf(req.Config.Raw).contentModel()
	if resp.Diagnostics.HasError() {
		return
	}
	client, diags := r.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, valuesOf(req.Plan.Raw).timeout("create", defaultCreateTimeout))
	defer cancel()

	c := creation{session: r.session, client: client, files: r.files, plan: plan, content: contentOf(&config)}
	saved := c.run(ctx)
	resp.Diagnostics.Append(c.diags...)
	if !saved {
		return
	}
	c.plan.settle()
	state, diags := withComputed(ctx, req.Plan.Raw, &c.plan)
	resp.Diagnostics.Append(diags...)
	resp.State.Raw = state
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("thumbprint"), c.plan.Thumbprint)...)
	resp.Diagnostics.Append(c.record.save(ctx, resp.Private)...)
}

// creation is the work of one Create.
type creation struct {
	session *session.Session
	client  *keyfactor.Client
	files   *Files
	plan    importedCertificateModel
	content content
	record  record
	diags   diag.Diagnostics
}

// run imports the certificate. It tells whether there is something for state to
// remember, which there may be beside an error.
func (c *creation) run(ctx context.Context) bool {
	source, diags := readSource(ctx, c.session, c.client, c.files, c.content)
	c.diags.Append(diags...)
	if c.diags.HasError() || !c.takeFacts(source) {
		return false
	}
	unlock, err := c.session.Ledger.Lock(ctx, source.thumbprint)
	if err != nil {
		c.diags.Append(c.session.Failure("Unable to import the certificate", err, ""))
		return false
	}
	defer unlock()
	if !c.alone(source.thumbprint) {
		return false
	}
	saved := c.importLocked(ctx, source)
	if !saved {
		c.session.Ledger.Forget(source.thumbprint)
	}
	return saved
}

// alone refuses a certificate that another object in state is about.
func (c *creation) alone(thumbprint string) bool {
	if c.session.Ledger.DeleteFailed(thumbprint) {
		c.diags.AddAttributeError(c.content.valueAt, "Unable to import the certificate before it is deleted",
			fmt.Sprintf("The certificate with the thumbprint %s could not be deleted in this run, so it is still in state under another address. "+
				"Nothing was imported. Apply again: a later run would otherwise delete what this one imports.", thumbprint))
		return false
	}
	if !c.session.Ledger.Create(thumbprint) {
		c.diags.AddAttributeError(c.content.valueAt, "Conflicting resources",
			fmt.Sprintf("Another keyfactor_imported_certificate has already imported the certificate with the thumbprint %s in this run. "+
				"One certificate is one resource: remove one of the two, or key `for_each` by thumbprint. "+
				"A later run does not notice it again.", thumbprint))
		return false
	}
	return true
}

// takeFacts puts the facts of the file into the plan where they were unknown.
func (c *creation) takeFacts(source source) bool {
	if planned := c.plan.Thumbprint; !planned.IsUnknown() && !keyfactor.SameThumbprint(planned.ValueString(), source.thumbprint) {
		c.diags.AddAttributeError(c.content.valueAt, "Certificate changed after the plan",
			fmt.Sprintf("The plan showed the certificate %s, the file now holds %s. Nothing was imported; plan again.", planned.ValueString(), source.thumbprint))
		return false
	}
	if source.file != nil {
		c.plan.setFile(source.file)
	} else {
		c.plan.Thumbprint = types.StringValue(source.thumbprint)
		c.plan.Format = formatValue(source.format)
	}
	return true
}

func (c *creation) importLocked(ctx context.Context, source source) bool {
	collectionID := c.plan.CollectionID.ValueInt64()
	defer c.client.Finder().Importing(collectionID)()
	before, err := c.client.FindByThumbprint(ctx, source.thumbprint, source.sha256(), collectionID)
	if err != nil {
		c.diags.Append(c.session.Failure("Unable to look up the certificate", err, permissionRead))
		return false
	}
	request, ok := c.request(ctx, source)
	if !ok {
		return false
	}
	c.plan.Preexisting = types.BoolValue(before != nil)
	c.record = record{Digest: c.content.digest(), BringsKey: c.plan.HasPrivateKey.ValueBool(), Host: c.session.Host()}
	c.record.setOwner(c.plan.owner())

	result := newImporter(c.session, c.client, source, collectionID, before != nil).send(ctx, request)
	if result.err != nil && !result.unsettled {
		c.diags.Append(c.session.FailureAt(c.content.valueAt, "Unable to import the certificate", result.err, permissionImport))
		return false
	}
	c.session.Ledger.Bring(source.thumbprint)
	if result.unsettled {
		c.record.Unsettled = true
		c.diags.AddAttributeError(c.content.valueAt, "Unable to tell whether the certificate was imported", unsettled(c.session, result))
		return true
	}
	c.plan.setImport(result.result)
	c.diags.Append(importWarnings(c.session, source, result, request.StoreIDs)...)
	c.readBack(ctx, source, result)
	return true
}

// request is what to send; false when the server cannot take it.
func (c *creation) request(ctx context.Context, source source) (keyfactor.ImportRequest, bool) {
	owner := c.plan.owner()
	if major := c.client.Major(); !owner.IsZero() && major > 0 && major < 12 {
		c.diags.Append(ownerUnsupported(&c.plan, c.client.ProductVersion()))
		return keyfactor.ImportRequest{}, false
	}
	storeTypes, diags := c.plan.storeTypes(ctx)
	c.diags.Append(diags...)
	return keyfactor.ImportRequest{
		Content: source.payload, Password: source.password,
		Metadata: managedFields(c.plan.Metadata), Owner: owner,
		StoreIDs: c.plan.storeIDs(), StoreTypes: storeTypes, Schedule: c.plan.schedule(),
	}, !diags.HasError()
}

// readBack completes state with what Command now holds. The import is done:
// what cannot be read is a warning, and the next refresh finds it.
func (c *creation) readBack(ctx context.Context, source source, result outcome) {
	row := result.row
	if row == nil {
		var err error
		row, err = c.client.Finder().ByThumbprint(ctx, source.thumbprint, source.sha256(), c.plan.CollectionID.ValueInt64())
		if err != nil {
			c.diags.AddWarning("Imported certificate could not be read back",
				"The certificate was imported. "+c.session.Explain(err, permissionRead)+" The next plan finds it by its thumbprint.")
			return
		}
		if row == nil {
			c.diags.AddWarning("Imported certificate is not listed",
				fmt.Sprintf("Command accepted the import, but lists no certificate with the thumbprint %s to this account. The next plan looks for it again.", source.thumbprint))
			return
		}
	}
	c.client.Finder().Wrote(row.ID)
	c.plan.ID = types.Int64Value(row.ID)
	if source.file == nil {
		factsOfRow(&c.plan, row)
	}
	c.record.SeenKey = row.HasPrivateKey
	c.record.BringsKey = c.plan.HasPrivateKey.ValueBool()
	if result.unanswered {
		return // what the server holds is no answer to this import: the next refresh compares
	}
	c.diags.Append(c.record.compareMetadata(managedFields(c.plan.Metadata), row)...)
	c.diags.Append(c.record.compareOwner(&c.plan, row)...)
}
