package certificate

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// Read brings state up to what Command holds. It keeps state on everything but
// the certificate's own absence, and sets only what changed: decoding and
// setting the whole model costs several times the rest of a refresh.
func (r *importedCertificateResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state := valuesOf(req.State.Raw)
	resp.Diagnostics.Append(setIdentity(ctx, state, req, resp)...)
	private, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	// An object that is being imported has no state to keep: Client reports what is unknown.
	if unknown := r.session.UnknownSettings(); len(unknown) > 0 && !private.Importing {
		resp.Diagnostics.AddWarning("Certificate was not refreshed",
			"The provider's configuration is not known yet (`"+strings.Join(unknown, "`, `")+"`), so Command cannot be asked. State is kept as it is.")
		return
	}
	client, diags := r.session.Client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, state.timeout("read", defaultReadTimeout))
	defer cancel()

	f := refresh{state: state, record: private}
	if private.Importing {
		r.adopt(ctx, client, f.locator(r, client), req, resp)
		return
	}
	found, diags := f.locator(r, client).find(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if found.row == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	f.apply(ctx, found, req, resp)
}

// refresh is the work of one Read.
type refresh struct {
	state  values
	record record
}

func (f refresh) locator(r *importedCertificateResource, client *keyfactor.Client) locator {
	l := locator{session: r.session, client: client, host: f.record.Host, unsettled: f.record.Unsettled}
	if id, ok := f.state.number("id"); ok {
		l.id = &id
	}
	l.sha1, _ = f.state.text("thumbprint")
	l.sha256, _ = f.state.text("thumbprint_sha256")
	l.collectionID, _ = f.state.number("collection_id")
	l.together = l.sha256 != "" // what is read ahead comes without the content
	return l
}

// apply sets what the row tells otherwise than state.
func (f refresh) apply(ctx context.Context, found located, req resource.ReadRequest, resp *resource.ReadResponse) {
	set := func(name string, value attr.Value) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	row := found.row
	if f.state.isNull("thumbprint_sha256") {
		f.applyFacts(row, set)
		f.record.BringsKey = row.HasPrivateKey
		resp.Diagnostics.Append(f.record.save(ctx, resp.Private)...)
	}
	if id, ok := f.state.number("id"); !ok || id != row.ID {
		set("id", types.Int64Value(row.ID))
	}
	if !f.state.isNull("metadata") {
		var metadata types.Map
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("metadata"), &metadata)...)
		if now, changed := refreshedMetadata(metadata, row.Metadata, f.record.Answered); changed {
			set("metadata", now)
		}
	}
	if !f.state.isNull("owner_role_id") || !f.state.isNull("owner_role_name") {
		owner := importedCertificateModel{OwnerRoleID: f.state.int64Value("owner_role_id"), OwnerRoleName: f.state.stringValue("owner_role_name")}
		if refreshOwner(&owner, row, f.record) {
			set("owner_role_id", owner.OwnerRoleID)
			set("owner_role_name", owner.OwnerRoleName)
		}
	}
	if found.listed {
		f.applyKey(ctx, row, set, resp)
	}
}

// applyFacts completes the facts of a file that only the server could read and
// whose read-back failed.
func (f refresh) applyFacts(row *keyfactor.Certificate, set func(string, attr.Value)) {
	var m importedCertificateModel
	factsOfRow(&m, row)
	if m.ThumbprintSHA256.IsNull() {
		return
	}
	for name, value := range map[string]attr.Value{
		"thumbprint_sha256": m.ThumbprintSHA256, "subject": m.Subject, "issuer": m.Issuer, "serial_number": m.SerialNumber,
		"dns_names": m.DNSNames, "not_before": m.NotBefore, "not_after": m.NotAfter, "key_algorithm": m.KeyAlgorithm,
		"has_private_key": m.HasPrivateKey,
	} {
		set(name, value)
	}
}

// applyKey notices a private key that was removed outside, and remembers that
// one was seen.
func (f refresh) applyKey(ctx context.Context, row *keyfactor.Certificate, set func(string, attr.Value), resp *resource.ReadResponse) {
	switch {
	case row.HasPrivateKey && !f.record.SeenKey:
		f.record.SeenKey = true
		resp.Diagnostics.Append(f.record.save(ctx, resp.Private)...)
	case !row.HasPrivateKey && f.record.SeenKey && f.state.isTrue("has_private_key"):
		set("has_private_key", types.BoolValue(false))
	}
}

// setIdentity gives an identity to objects that have none yet: a CLI before
// 1.12 keeps none, and the framework wants one even of an object that is gone.
func setIdentity(ctx context.Context, state values, req resource.ReadRequest, resp *resource.ReadResponse) diag.Diagnostics {
	if resp.Identity == nil || req.Identity != nil && !req.Identity.Raw.IsFullyNull() {
		return nil
	}
	thumbprint, ok := state.text("thumbprint")
	if !ok {
		return nil
	}
	return resp.Identity.SetAttribute(ctx, path.Root("thumbprint"), types.StringValue(thumbprint))
}
