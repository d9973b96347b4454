package certificate

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// Delete removes the certificate from Command, unless on_destroy, its having
// been there before, or a store that still holds it says otherwise.
func (r *importedCertificateResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state importedCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if keeps(&state) {
		return
	}
	client, diags := r.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, valuesOf(req.State.Raw).timeout("delete", defaultDeleteTimeout))
	defer cancel()
	d := deletion{session: r.session, client: client, state: &state, record: private}
	resp.Diagnostics.Append(d.run(ctx)...)
}

// keeps tells whether the certificate stays in Command without a look at it.
func keeps(state *importedCertificateModel) bool {
	if state.OnDestroy.IsNull() {
		return state.Preexisting.ValueBool()
	}
	return onDestroy(state.OnDestroy.ValueString()) == onDestroyKeep
}

// deletion is the work of one Delete.
type deletion struct {
	session *session.Session
	client  *keyfactor.Client
	state   *importedCertificateModel
	record  record
}

func (d deletion) run(ctx context.Context) diag.Diagnostics {
	thumbprint := d.state.Thumbprint.ValueString()
	unlock, err := d.session.Ledger.Lock(ctx, thumbprint)
	if err != nil {
		return diag.Diagnostics{d.session.Failure("Unable to delete the certificate", err, "")}
	}
	defer unlock()
	diags := d.runLocked(ctx, thumbprint)
	if diags.HasError() {
		d.session.Ledger.FailDelete(thumbprint)
	}
	return diags
}

func (d deletion) runLocked(ctx context.Context, thumbprint string) diag.Diagnostics {
	if d.session.Ledger.Brought(thumbprint) {
		return diag.Diagnostics{diag.NewWarningDiagnostic("Certificate is kept for another resource",
			fmt.Sprintf("The certificate %s was imported or updated by another resource in this run, so nothing was deleted.", thumbprint))}
	}
	collectionID := d.state.CollectionID.ValueInt64()
	found, diags := locator{
		session: d.session, client: d.client, id: d.state.ID.ValueInt64Pointer(), host: d.record.Host,
		sha1: thumbprint, sha256: d.state.ThumbprintSHA256.ValueString(), collectionID: collectionID, unsettled: d.record.Unsettled,
	}.find(ctx)
	if diags.HasError() || found.row == nil {
		return diags
	}
	if d.state.OnDestroy.IsNull() {
		locations, err := d.client.Locations(ctx, found.row.ID, collectionID)
		if err != nil && !keyfactor.IsNotFound(err) { // deleting what is gone is left to delete
			return diag.Diagnostics{d.session.Failure("Unable to read the certificate's stores", err, permissionRead)}
		}
		if len(locations) > 0 {
			return diag.Diagnostics{d.keptForStores(thumbprint, locations)}
		}
	}
	return d.delete(ctx, found.row.ID, collectionID)
}

// moves is how often a certificate may get another id while it is deleted.
const moves = 3

// delete deletes what was seen to be the certificate. That there is no such id
// (any more) means that it is done only if the certificate is nowhere else:
// Command may have given it another id meanwhile.
func (d deletion) delete(ctx context.Context, id, collectionID int64) diag.Diagnostics {
	for range moves {
		d.client.Finder().Wrote(id)
		err := d.client.Delete(ctx, id, collectionID)
		if err == nil {
			return nil
		}
		if !keyfactor.IsNotFound(err) {
			return diag.Diagnostics{d.session.Failure("Unable to delete the certificate", err, permissionDelete)}
		}
		row, err := d.client.FindByThumbprint(ctx, d.state.Thumbprint.ValueString(), d.state.ThumbprintSHA256.ValueString(), collectionID)
		switch {
		case err != nil:
			return diag.Diagnostics{d.session.Failure("Unable to tell whether the certificate was deleted", err, permissionRead)}
		case row == nil:
			return nil
		}
		id = row.ID
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to delete the certificate", fmt.Sprintf(
		"Command lists the certificate %s, under the id %d now, but answers that this id does not exist. Apply again.", d.state.Thumbprint.ValueString(), id))}
}

func (d deletion) keptForStores(thumbprint string, locations []keyfactor.StoreLocation) diag.Diagnostic {
	names := make([]string, 0, len(locations))
	for _, l := range locations {
		names = append(names, d.session.Line(storeName(l.StoreID, l.ClientMachine, l.StorePath)))
	}
	return diag.NewWarningDiagnostic("Certificate is kept: stores still hold it",
		fmt.Sprintf("Command still lists the certificate %s in %s. It stays in Command and is no longer managed. "+
			"Remove it from the stores and delete it in Command, or set on_destroy = \"delete\" and apply before destroying.", thumbprint, strings.Join(names, ", ")))
}
