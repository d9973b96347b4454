package certificate

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// Update changes metadata and owner by their own calls, and imports again for
// stores or a private key. State follows step by step: what was done before a
// failure is remembered.
func (r *importedCertificateResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config importedCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	private, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	client, diags := r.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, valuesOf(req.Plan.Raw).timeout("update", defaultUpdateTimeout))
	defer cancel()

	u := update{
		session: r.session, client: client, files: r.files, now: r.now(),
		plan: plan, state: state, done: state, record: private, content: contentOf(&config),
	}
	u.run(ctx)
	resp.Diagnostics.Append(u.diags...)
	u.done.settle()
	resp.Diagnostics.Append(resp.State.Set(ctx, &u.done)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("thumbprint"), u.done.Thumbprint)...)
	resp.Diagnostics.Append(u.record.save(ctx, resp.Private)...)
}

// update is the work of one Update.
type update struct {
	session     *session.Session
	client      *keyfactor.Client
	files       *Files
	now         time.Time
	plan, state importedCertificateModel
	done        importedCertificateModel // what state will hold
	record      record
	content     content
	diags       diag.Diagnostics

	source  *source           // nil where the content is the one applied last
	adopted bool              // first update after an import into state
	written bool              // something was sent that a read-back has to confirm
	fields  map[string]string // metadata that was written
	owner   bool              // the owner was written
}

func (u *update) run(ctx context.Context) {
	thumbprint := u.state.Thumbprint.ValueString()
	unlock, err := u.session.Ledger.Lock(ctx, thumbprint)
	if err != nil {
		u.diags.Append(u.session.Failure("Unable to update the certificate", err, ""))
		return
	}
	defer unlock()
	u.adopted = u.record.Adopted
	row, ok := u.find(ctx)
	if !ok {
		return
	}
	u.session.Ledger.Bring(thumbprint)
	defer u.client.Finder().Wrote(row.ID)
	for _, step := range []func(context.Context, *keyfactor.Certificate){
		u.checkOwner, u.checkContent, u.importAgain, u.changeMetadata, u.changeOwner,
	} {
		if step(ctx, row); u.diags.HasError() {
			return
		}
	}
	u.finish(ctx, row)
}

// find sees the certificate before anything is changed under its id.
func (u *update) find(ctx context.Context) (*keyfactor.Certificate, bool) {
	found, diags := u.locator().find(ctx)
	u.diags.Append(diags...)
	if diags.HasError() {
		return nil, false
	}
	if found.row == nil {
		u.diags.AddError("Unable to update the certificate", fmt.Sprintf(
			"Command no longer has the certificate %s. Plan again: it will be imported anew.", u.state.Thumbprint.ValueString()))
		return nil, false
	}
	if u.plan.ID.IsUnknown() {
		u.done.ID = types.Int64Value(found.row.ID)
	}
	return found.row, true
}

func (u *update) locator() locator {
	return locator{
		session: u.session, client: u.client, id: u.state.ID.ValueInt64Pointer(), host: u.record.Host,
		sha1: u.state.Thumbprint.ValueString(), sha256: u.state.ThumbprintSHA256.ValueString(),
		collectionID: u.plan.CollectionID.ValueInt64(),
	}
}

// checkContent makes sure that the file holds the certificate of this object.
// After an import into state a file that cannot be read here is seen for the
// first time: the server tells which certificate it holds.
func (u *update) checkContent(ctx context.Context, row *keyfactor.Certificate) {
	if u.record.Digest == u.content.digest() && !importNeed(ctx, &u.plan, &u.state).any() {
		return
	}
	src, diags := readSource(ctx, u.session, u.client, u.files, u.content)
	u.diags.Append(diags...)
	if u.diags.HasError() {
		return
	}
	if !keyfactor.SameThumbprint(src.thumbprint, u.state.Thumbprint.ValueString()) {
		u.diags.AddAttributeError(u.content.valueAt, "Conflicting certificates",
			fmt.Sprintf("State holds the certificate %s, the file holds %s. Nothing was changed. "+
				"Use -replace to import the file's certificate in its place.", u.state.Thumbprint.ValueString(), src.thumbprint))
		return
	}
	u.source = &src
}

// takeContent puts the facts of the file into state, once there is nothing
// left to send of it.
func (u *update) takeContent(row *keyfactor.Certificate) {
	if u.source == nil {
		return
	}
	if u.source.file != nil {
		u.done.setFile(u.source.file)
	} else {
		u.done.Format = formatValue(u.source.format)
		u.done.HasPrivateKey = types.BoolValue(row.HasPrivateKey)
	}
	u.record.Digest, u.record.BringsKey = u.content.digest(), u.done.HasPrivateKey.ValueBool()
}

// importAgain sends the file again for stores that do not have it yet, or for
// its private key; never metadata or owner, which have calls of their own.
func (u *update) importAgain(ctx context.Context, row *keyfactor.Certificate) {
	need := importNeed(ctx, &u.plan, &u.state)
	stores, ok := u.storesToSend(ctx, need, row)
	if !ok {
		return
	}
	if len(stores) == 0 && !need.key {
		u.keepStores(nil)
		u.takeContent(row)
		return
	}
	storeTypes, diags := u.plan.storeTypes(ctx)
	u.diags.Append(diags...)
	if u.diags.HasError() || u.source == nil {
		return
	}
	request := keyfactor.ImportRequest{Content: u.source.payload, Password: u.source.password, StoreIDs: stores}
	if len(stores) > 0 {
		request.StoreTypes, request.Schedule = storeTypes, u.schedule()
	}
	result := newImporter(u.session, u.client, *u.source, u.plan.CollectionID.ValueInt64(), true).send(ctx, request)
	if result.err != nil {
		u.diags.Append(u.session.FailureAt(u.content.valueAt, "Unable to import the certificate again", result.err, permissionImport))
		return
	}
	u.written = true
	u.diags.Append(importWarnings(u.session, *u.source, result, stores)...)
	u.done.ImportStatus = types.Int64PointerValue(result.result.ImportStatus)
	u.done.JobStatus = types.Int64PointerValue(result.result.JobStatus)
	u.keepStores(result.result.InvalidKeyStores)
	u.takeContent(row)
}

// keepStores puts the stores into state as planned, and those that refused.
// Stores refused earlier need no care: they are always sent again.
func (u *update) keepStores(refused []keyfactor.InvalidKeyStore) {
	u.done.StoreIDs, u.done.StoreTypes, u.done.Schedule = u.plan.StoreIDs, u.plan.StoreTypes, u.plan.Schedule
	u.done.InvalidKeyStores = invalidKeyStoreList(refused)
}

// storesToSend are the stores that the import has to name. After an import into
// state, stores that Command already lists for the certificate are only recorded.
func (u *update) storesToSend(ctx context.Context, need need, row *keyfactor.Certificate) ([]string, bool) {
	stores := slices.Concat(need.newStores, need.retries)
	if need.all {
		stores = u.plan.storeIDs()
	}
	if !u.adopted || len(stores) == 0 {
		return stores, true
	}
	locations, err := u.client.Locations(ctx, row.ID, u.plan.CollectionID.ValueInt64())
	if err != nil {
		u.diags.Append(u.session.Failure("Unable to read the certificate's stores", err, permissionRead))
		return nil, false
	}
	var listed []string
	for _, l := range locations {
		listed = append(listed, l.StoreID)
	}
	return without(stores, listed), true
}

// schedule is what to send: a past one, which the plan allows only where no
// store is new, is left out.
func (u *update) schedule() *time.Time {
	at := u.plan.schedule()
	if at == nil || !at.Before(u.now.Add(-schedulePast)) {
		return at
	}
	u.diags.Append(schedulePassed())
	return nil
}

func (u *update) changeMetadata(ctx context.Context, row *keyfactor.Certificate) {
	fields := fieldsToWrite(managedFields(u.plan.Metadata), managedFields(u.state.Metadata), row.Metadata)
	if len(fields) > 0 {
		if err := u.client.SetMetadata(ctx, row.ID, u.plan.CollectionID.ValueInt64(), fields); err != nil {
			u.diags.Append(u.session.FailureAt(path.Root("metadata"), "Unable to change the certificate's metadata", err, permissionMetadata))
			return
		}
		u.written, u.fields = true, fields
	}
	u.done.Metadata = u.plan.Metadata
	u.record.forgetUnmanaged(managedFields(u.plan.Metadata))
}

// checkOwner refuses an owner that the server cannot have, before anything is sent.
func (u *update) checkOwner(_ context.Context, row *keyfactor.Certificate) {
	want := u.plan.owner()
	major := u.client.Major()
	if !want.IsZero() && major > 0 && major < 12 && !sameOwner(want, u.state.owner()) && !ownedBy(row, want) {
		u.diags.Append(ownerUnsupported(&u.plan, u.client.ProductVersion()))
	}
}

func (u *update) changeOwner(ctx context.Context, row *keyfactor.Certificate) {
	want, had := u.plan.owner(), u.state.owner()
	switch {
	case sameOwner(want, had):
	case want.IsZero() && !hasOwner(row) && !u.record.OwnerHidden:
	case want.IsZero() && !u.stillOurs(row):
		u.diags.AddWarning("Owner is left as it is",
			"The owner was taken out of the configuration, but Command's current owner is not the one that this resource set. It stays.")
	case hasOwner(row) && ownedBy(row, want):
		u.record.OwnerID, u.record.OwnerName, u.record.OwnerHidden = row.OwnerRoleID, row.OwnerRoleName, false
	default:
		if !u.sendOwner(ctx, row, want) {
			return
		}
	}
	u.done.OwnerRoleID, u.done.OwnerRoleName = u.plan.OwnerRoleID, u.plan.OwnerRoleName
}

// sendOwner writes the owner; false after an error.
func (u *update) sendOwner(ctx context.Context, row *keyfactor.Certificate, want keyfactor.Owner) bool {
	err := u.client.SetOwner(ctx, row.ID, u.plan.CollectionID.ValueInt64(), want)
	if err != nil && want.IsZero() && u.record.OwnerHidden && keyfactor.StatusOf(err) == http.StatusNotFound {
		// Before Command 12 there is neither an owner nor this call.
		u.diags.AddWarning("Owner could not be removed", "This server knows no owners of certificates, so there is none to remove.")
		err = nil
	}
	if err != nil {
		at := ownerPath(&u.plan)
		if want.IsZero() {
			at = ownerPath(&u.state)
		}
		u.diags.Append(u.session.FailureAt(at, "Unable to change the certificate's owner", err, permissionOwner))
		return false
	}
	u.written, u.owner = true, true
	u.record.setOwner(want)
	return true
}

// stillOurs tells whether the current owner is the one that this resource set.
func (u *update) stillOurs(row *keyfactor.Certificate) bool {
	switch {
	case u.record.OwnerHidden:
		return true
	case u.record.OwnerID != nil:
		return ownedBy(row, keyfactor.Owner{RoleID: u.record.OwnerID})
	case u.record.OwnerName != nil:
		return ownedBy(row, keyfactor.Owner{RoleName: u.record.OwnerName})
	}
	return false
}

// finish takes over what needs no call and reads back what was written.
func (u *update) finish(ctx context.Context, row *keyfactor.Certificate) {
	u.done.Certificate, u.done.Password = u.plan.Certificate, u.plan.Password
	u.done.CollectionID, u.done.OnDestroy, u.done.Timeouts = u.plan.CollectionID, u.plan.OnDestroy, u.plan.Timeouts
	u.record.Adopted = false
	u.record.Host = u.session.Host()
	if u.written {
		found, diags := u.locator().find(ctx)
		if diags.HasError() || found.row == nil {
			u.diags.AddWarning("Changed certificate could not be read back",
				"The changes were made. "+u.readBackFailure(diags)+" The next plan reads it again.")
			return
		}
		row = found.row
		u.record.SeenKey = u.record.SeenKey || found.listed && row.HasPrivateKey
	}
	u.diags.Append(u.record.compareMetadata(u.fields, row)...)
	if u.owner {
		u.diags.Append(u.record.compareOwner(&u.done, row)...)
	}
}

func (u *update) readBackFailure(diags diag.Diagnostics) string {
	for _, d := range diags.Errors() {
		return d.Detail()
	}
	return "Command does not list the certificate."
}
