package certificate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// compareMetadata holds fields that were just written against what Command
// returns right after, and remembers the differences: state keeps what was
// planned.
func (r *record) compareMetadata(written map[string]string, row *keyfactor.Certificate) diag.Diagnostics {
	var diags diag.Diagnostics
	other := answeredOtherwise(written, row.Metadata)
	for name := range written {
		delete(r.Answered, name)
	}
	if r.Answered == nil {
		r.Answered = map[string]string{}
	}
	maps.Copy(r.Answered, other)
	if len(other) > 0 {
		diags.AddAttributeWarning(path.Root("metadata"), "Metadata was not taken as written",
			"Command returns other values for "+joined(slices.Sorted(maps.Keys(other)))+
				". To change metadata at import the account needs the permission `/metadata/modify/`; a field may also have a type or options that change what is stored.")
	}
	return diags
}

// forgetUnmanaged drops what was remembered of fields that are no longer managed.
func (r *record) forgetUnmanaged(managed map[string]string) {
	maps.DeleteFunc(r.Answered, func(name, _ string) bool {
		_, kept := lookUpFold(managed, name)
		return !kept
	})
}

// setOwner remembers the owner that this resource sets.
func (r *record) setOwner(owner keyfactor.Owner) {
	r.OwnerID, r.OwnerName, r.OwnerHidden = owner.RoleID, owner.RoleName, false
}

// compareOwner holds an owner that was just written against the one that
// Command returns right after.
func (r *record) compareOwner(planned *importedCertificateModel, row *keyfactor.Certificate) diag.Diagnostics {
	var diags diag.Diagnostics
	owner := planned.owner()
	if owner.IsZero() {
		return diags
	}
	if r.OwnerHidden = !hasOwner(row); r.OwnerHidden {
		diags.AddAttributeWarning(ownerPath(planned), "Owner could not be read back",
			"Command accepted the owner but does not return one. It needs Command 12 or later, and a caller that may see it; a later change of the owner outside is not noticed.")
		return diags
	}
	if !ownedBy(row, owner) {
		diags.AddAttributeWarning(ownerPath(planned), "Owner was not taken as written",
			"Command returns another owner than the configured one. The next plan proposes to change it.")
		return diags
	}
	r.OwnerID, r.OwnerName = row.OwnerRoleID, row.OwnerRoleName
	return diags
}

func hasOwner(row *keyfactor.Certificate) bool {
	return row.OwnerRoleID != nil && *row.OwnerRoleID != 0 || row.OwnerRoleName != nil && *row.OwnerRoleName != ""
}

// ownedBy compares a row's owner with the one that is named; role names compare
// case-insensitively.
func ownedBy(row *keyfactor.Certificate, owner keyfactor.Owner) bool {
	switch {
	case owner.RoleID != nil:
		return row.OwnerRoleID != nil && *row.OwnerRoleID == *owner.RoleID
	case owner.RoleName != nil:
		return row.OwnerRoleName != nil && strings.EqualFold(*row.OwnerRoleName, *owner.RoleName)
	}
	return !hasOwner(row)
}

// sameOwner tells whether two configurations name the same owner in the same form.
func sameOwner(a, b keyfactor.Owner) bool {
	same := func(x, y *string) bool {
		return x == nil && y == nil || x != nil && y != nil && strings.EqualFold(*x, *y)
	}
	return (a.RoleID == nil) == (b.RoleID == nil) && (a.RoleID == nil || *a.RoleID == *b.RoleID) && same(a.RoleName, b.RoleName)
}

func ownerPath(m *importedCertificateModel) path.Path {
	if !m.OwnerRoleID.IsNull() {
		return path.Root("owner_role_id")
	}
	return path.Root("owner_role_name")
}

func ownerUnsupported(m *importedCertificateModel, version string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(ownerPath(m), "Invalid owner for this version of Command",
		fmt.Sprintf("The server is Command %s; certificates have an owner from version 12 on. Nothing was sent. Leave the owner out.", version))
}

// importWarnings says what an import did not do.
func importWarnings(s *session.Session, src source, o outcome, stores []string) diag.Diagnostics {
	var diags diag.Diagnostics
	if other := o.result.Thumbprint; other != "" && !keyfactor.SameThumbprint(other, src.thumbprint) {
		diags.AddWarning("Command imported another certificate",
			fmt.Sprintf("The plan showed the certificate %s, Command says that it imported %s from the same file. Check the file, and remove the other certificate in Command if it is not wanted.",
				src.thumbprint, s.Line(other)))
	}
	if o.unanswered && o.row != nil {
		text := "The import's answer was lost; the certificate is in Command now and was not before."
		if len(stores) > 0 {
			text += " What the stores answered is not known: look in Command whether their jobs ran."
		}
		diags.AddWarning("Import was not answered", text)
	}
	for _, refused := range o.result.InvalidKeyStores {
		diags.AddAttributeWarning(path.Root("store_ids"), "Store refused the certificate",
			fmt.Sprintf("The certificate is in Command, but the store %s did not take it: %s The next plan proposes to try it again.",
				s.Line(storeName(refused.StoreID, refused.ClientMachine, refused.StorePath)), session.Sentence(s.Line(explanation(refused)))))
	}
	return diags
}

// unsettled explains an import that may have been carried out.
func unsettled(s *session.Session, o outcome) string {
	text := "The import was sent, but its answer was lost"
	if !answerLost(o.err) {
		text += ", and sending it again failed"
	}
	text += ": " + session.Sentence(s.Explain(o.err, permissionImport))
	if o.lookUp != nil {
		text += " The look-up after it failed as well: " + session.Sentence(s.Explain(o.lookUp, permissionRead))
	} else {
		text += " A look-up cannot tell either: the certificate was there before, the collection may not show it, or the server may still be at work."
	}
	return text + " The object is in state, and Terraform marks it as tainted: the next apply replaces it, which imports the certificate again."
}

// storeName is how messages name a store: by its GUID, and by its place where
// that is known.
func storeName(id, machine, path string) string {
	place := strings.TrimSpace(machine + " " + path)
	if place == "" {
		return id
	}
	return id + " (" + place + ")"
}

func explanation(refused keyfactor.InvalidKeyStore) string {
	switch {
	case refused.Explanation != "":
		return refused.Explanation
	case refused.Reason != nil:
		return fmt.Sprintf("reason %d, without an explanation", *refused.Reason)
	}
	return "no reason was given"
}

// refreshOwner brings the configured form of the owner up to what the row says.
func refreshOwner(m *importedCertificateModel, row *keyfactor.Certificate, r record) bool {
	if m.owner().IsZero() || r.OwnerHidden && !hasOwner(row) || ownedBy(row, m.owner()) {
		return false
	}
	sameID := r.OwnerID != nil && row.OwnerRoleID != nil && *r.OwnerID == *row.OwnerRoleID
	switch {
	case !hasOwner(row):
		m.OwnerRoleID, m.OwnerRoleName = types.Int64Null(), types.StringNull()
	case !m.OwnerRoleID.IsNull():
		m.OwnerRoleID = types.Int64PointerValue(row.OwnerRoleID)
	case row.OwnerRoleName == nil && (sameID || r.OwnerID == nil):
		return false // the server tells the role's id only, and that is the one that was set
	default:
		m.OwnerRoleName = types.StringPointerValue(row.OwnerRoleName)
	}
	return true
}
