package certificate

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// ImportState takes an id, a thumbprint, either of them behind a collection
// ("7/1234"), or the resource identity. The certificate itself is read by the
// Read that follows.
func (r *importedCertificateResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	text := req.ID
	if text == "" && req.Identity != nil {
		var thumbprint types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("thumbprint"), &thumbprint)...)
		text = thumbprint.ValueString()
	}
	if resp.Diagnostics.HasError() {
		return
	}
	wanted, ok := parseImportID(text)
	if !ok {
		resp.Diagnostics.AddError("Invalid import id",
			fmt.Sprintf("%q is neither Command's id of a certificate (a number) nor a SHA-1 thumbprint (40 hex digits), "+
				"alone or behind a collection: 1234, 9F3C…, 7/1234, 7/9F3C….", r.session.Line(text)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), types.Int64PointerValue(wanted.id))...)
	if wanted.thumbprint != "" {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("thumbprint"), wanted.thumbprint)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("collection_id"), types.Int64PointerValue(wanted.collectionID))...)
	resp.Diagnostics.Append(record{Importing: true}.save(ctx, resp.Private)...)
}

// importID is what `terraform import` was given.
type importID struct {
	id           *int64
	thumbprint   string // upper-case hex
	collectionID *int64
}

var sha1Hex = regexp.MustCompile(`^[0-9A-F]{40}$`)

func parseImportID(text string) (importID, bool) {
	var out importID
	text = strings.TrimSpace(text)
	if collection, rest, found := strings.Cut(text, "/"); found {
		n, ok := positive(collection)
		if !ok {
			return out, false
		}
		out.collectionID, text = &n, rest
	}
	if thumbprint := keyfactor.NormalThumbprint(text); sha1Hex.MatchString(thumbprint) {
		out.thumbprint = thumbprint
		return out, true
	}
	n, ok := positive(text)
	out.id = &n
	return out, ok
}

func positive(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n > 0
}

// adopt fills the state of an object that is being imported: the certificate's
// facts, id and preexisting, and nothing that a configuration would name.
func (r *importedCertificateResource) adopt(ctx context.Context, client *keyfactor.Client, l locator, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state importedCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	row, err := adoptable(ctx, client, l)
	if err != nil {
		resp.Diagnostics.Append(r.session.Failure("Unable to read the certificate to import", err, permissionRead))
		return
	}
	if row == nil {
		resp.Diagnostics.AddError("Unable to find the certificate to import",
			"Command lists no such certificate to this account: "+wanted(l)+". Check the id or thumbprint, the endpoint, and the permission "+permissionRead+".")
		return
	}
	factsOfRow(&state, row)
	state.ID = types.Int64Value(row.ID)
	state.Preexisting = types.BoolValue(true)
	state.InvalidKeyStores = invalidKeyStoreList(nil)
	r.session.Ledger.Import(state.Thumbprint.ValueString())
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("thumbprint"), state.Thumbprint)...)
	resp.Diagnostics.Append(record{Adopted: true, Host: r.session.Host(), SeenKey: row.HasPrivateKey}.save(ctx, resp.Private)...)
}

func adoptable(ctx context.Context, client *keyfactor.Client, l locator) (*keyfactor.Certificate, error) {
	if l.id == nil {
		return client.FindByThumbprint(ctx, l.sha1, "", l.collectionID)
	}
	return client.FindByID(ctx, *l.id, l.collectionID)
}

func wanted(l locator) string {
	what := "thumbprint " + l.sha1
	if l.id != nil {
		what = fmt.Sprintf("id %d", *l.id)
	}
	if l.collectionID != 0 {
		what += fmt.Sprintf(" in collection %d", l.collectionID)
	}
	return what
}
