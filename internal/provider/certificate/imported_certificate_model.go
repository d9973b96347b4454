package certificate

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// importedCertificateModel is the resource as Terraform holds it.
type importedCertificateModel struct {
	Certificate   types.String `tfsdk:"certificate"`
	CertificateWO types.String `tfsdk:"certificate_wo"`
	Password      types.String `tfsdk:"password"`
	PasswordWO    types.String `tfsdk:"password_wo"`

	Metadata      types.Map    `tfsdk:"metadata"`
	StoreIDs      types.Set    `tfsdk:"store_ids"`
	StoreTypes    types.Set    `tfsdk:"store_types"`
	Schedule      types.String `tfsdk:"schedule"`
	OwnerRoleID   types.Int64  `tfsdk:"owner_role_id"`
	OwnerRoleName types.String `tfsdk:"owner_role_name"`
	CollectionID  types.Int64  `tfsdk:"collection_id"`
	OnDestroy     types.String `tfsdk:"on_destroy"`
	Timeouts      types.Object `tfsdk:"timeouts"`

	Thumbprint       types.String `tfsdk:"thumbprint"`
	ThumbprintSHA256 types.String `tfsdk:"thumbprint_sha256"`
	Format           types.String `tfsdk:"format"`
	Subject          types.String `tfsdk:"subject"`
	Issuer           types.String `tfsdk:"issuer"`
	SerialNumber     types.String `tfsdk:"serial_number"`
	DNSNames         types.List   `tfsdk:"dns_names"`
	NotBefore        types.String `tfsdk:"not_before"`
	NotAfter         types.String `tfsdk:"not_after"`
	KeyAlgorithm     types.String `tfsdk:"key_algorithm"`
	HasPrivateKey    types.Bool   `tfsdk:"has_private_key"`

	ID               types.Int64 `tfsdk:"id"`
	Preexisting      types.Bool  `tfsdk:"preexisting"`
	ImportStatus     types.Int64 `tfsdk:"import_status"`
	JobStatus        types.Int64 `tfsdk:"job_status"`
	InvalidKeyStores types.List  `tfsdk:"invalid_key_stores"`
}

// storeTypeModel is one element of store_types.
type storeTypeModel struct {
	StoreTypeID types.Int64  `tfsdk:"store_type_id"`
	Alias       types.String `tfsdk:"alias"`
	Overwrite   types.Bool   `tfsdk:"overwrite"`
	Properties  types.String `tfsdk:"properties"`
}

// setCertificate copies the facts that a certificate's bytes tell.
func (m *importedCertificateModel) setCertificate(c certfile.Certificate) {
	m.Thumbprint = types.StringValue(c.Thumbprint)
	m.ThumbprintSHA256 = types.StringValue(c.ThumbprintSHA256)
	m.Subject = types.StringPointerValue(c.Subject)
	m.Issuer = types.StringPointerValue(c.Issuer)
	m.SerialNumber = types.StringPointerValue(c.SerialNumber)
	m.DNSNames = textList(c.DNSNames)
	m.NotBefore = timeValue(c.NotBefore)
	m.NotAfter = timeValue(c.NotAfter)
	m.KeyAlgorithm = types.StringPointerValue(c.KeyAlgorithm)
}

// setFile copies the facts of a file.
func (m *importedCertificateModel) setFile(f *facts) {
	m.setCertificate(f.certificate)
	m.Format = types.StringValue(string(f.format))
	m.HasPrivateKey = types.BoolValue(f.bringsKey())
}

// keepFacts copies what is known of the certificate from another model.
func (m *importedCertificateModel) keepFacts(from *importedCertificateModel) {
	m.Thumbprint, m.ThumbprintSHA256, m.Format = from.Thumbprint, from.ThumbprintSHA256, from.Format
	m.Subject, m.Issuer, m.SerialNumber = from.Subject, from.Issuer, from.SerialNumber
	m.DNSNames, m.NotBefore, m.NotAfter = from.DNSNames, from.NotBefore, from.NotAfter
	m.KeyAlgorithm, m.HasPrivateKey = from.KeyAlgorithm, from.HasPrivateKey
}

// keepAnswers copies what the server told from another model.
func (m *importedCertificateModel) keepAnswers(from *importedCertificateModel) {
	m.ID, m.Preexisting = from.ID, from.Preexisting
	m.ImportStatus, m.JobStatus, m.InvalidKeyStores = from.ImportStatus, from.JobStatus, from.InvalidKeyStores
}

// forgetFacts makes everything unknown that depends on the file.
func (m *importedCertificateModel) forgetFacts() {
	m.Thumbprint, m.ThumbprintSHA256, m.Format = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.Subject, m.Issuer, m.SerialNumber = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.DNSNames = types.ListUnknown(types.StringType)
	m.NotBefore, m.NotAfter = types.StringUnknown(), types.StringUnknown()
	m.KeyAlgorithm, m.HasPrivateKey = types.StringUnknown(), types.BoolUnknown()
}

// forgetAnswers makes everything unknown that the server tells.
func (m *importedCertificateModel) forgetAnswers() {
	m.ID, m.Preexisting = types.Int64Unknown(), types.BoolUnknown()
	m.forgetImport()
}

// forgetImport makes everything unknown that an import answers.
func (m *importedCertificateModel) forgetImport() {
	m.ImportStatus, m.JobStatus = types.Int64Unknown(), types.Int64Unknown()
	m.InvalidKeyStores = types.ListUnknown(types.ObjectType{AttrTypes: invalidKeyStoreTypes})
}

// setImport copies what an import answered.
func (m *importedCertificateModel) setImport(result *keyfactor.ImportResult) {
	m.ImportStatus = types.Int64PointerValue(result.ImportStatus)
	m.JobStatus = types.Int64PointerValue(result.JobStatus)
	m.InvalidKeyStores = invalidKeyStoreList(result.InvalidKeyStores)
}

// computed are the attributes that no configuration sets, by name.
func (m *importedCertificateModel) computed() map[string]attr.Value {
	return map[string]attr.Value{
		"thumbprint": m.Thumbprint, "thumbprint_sha256": m.ThumbprintSHA256, "format": m.Format,
		"subject": m.Subject, "issuer": m.Issuer, "serial_number": m.SerialNumber, "dns_names": m.DNSNames,
		"not_before": m.NotBefore, "not_after": m.NotAfter, "key_algorithm": m.KeyAlgorithm, "has_private_key": m.HasPrivateKey,
		"id": m.ID, "preexisting": m.Preexisting, "import_status": m.ImportStatus, "job_status": m.JobStatus,
		"invalid_key_stores": m.InvalidKeyStores,
	}
}

// settle turns what is still unknown into null, and lists into empty ones:
// after apply nothing may be unknown.
func (m *importedCertificateModel) settle() {
	for _, v := range []*types.String{
		&m.Thumbprint, &m.ThumbprintSHA256, &m.Format, &m.Subject, &m.Issuer, &m.SerialNumber, &m.NotBefore, &m.NotAfter, &m.KeyAlgorithm,
	} {
		if v.IsUnknown() {
			*v = types.StringNull()
		}
	}
	for _, v := range []*types.Int64{&m.ID, &m.ImportStatus, &m.JobStatus} {
		if v.IsUnknown() {
			*v = types.Int64Null()
		}
	}
	if m.DNSNames.IsUnknown() {
		m.DNSNames = types.ListNull(types.StringType)
	}
	if m.HasPrivateKey.IsUnknown() {
		m.HasPrivateKey = types.BoolNull()
	}
	if m.Preexisting.IsUnknown() {
		m.Preexisting = types.BoolValue(false)
	}
	if m.InvalidKeyStores.IsUnknown() {
		m.InvalidKeyStores = invalidKeyStoreList(nil)
	}
}

// owner is the configured owner in the API's form.
func (m *importedCertificateModel) owner() keyfactor.Owner {
	return keyfactor.Owner{RoleID: m.OwnerRoleID.ValueInt64Pointer(), RoleName: m.OwnerRoleName.ValueStringPointer()}
}

// storeIDs are the configured stores; an unknown set has none.
func (m *importedCertificateModel) storeIDs() []string { return texts(m.StoreIDs.Elements()) }

// storeTypes are the configured store types in the API's form.
func (m *importedCertificateModel) storeTypes(ctx context.Context) ([]keyfactor.StoreType, diag.Diagnostics) {
	var elements []storeTypeModel
	diags := m.StoreTypes.ElementsAs(ctx, &elements, false)
	out := make([]keyfactor.StoreType, 0, len(elements))
	for _, e := range elements {
		t := keyfactor.StoreType{StoreTypeID: e.StoreTypeID.ValueInt64(), Alias: e.Alias.ValueString(), Overwrite: e.Overwrite.ValueBool()}
		if p := e.Properties.ValueString(); p != "" {
			t.Properties = []byte(p)
		}
		out = append(out, t)
	}
	return out, diags
}

// schedule is the configured time, nil when there is none.
func (m *importedCertificateModel) schedule() *time.Time {
	t, err := time.Parse(time.RFC3339, m.Schedule.ValueString())
	if err != nil {
		return nil
	}
	return &t
}

// refused are the stores that state lists as having refused the certificate.
func (m *importedCertificateModel) refused() []keyfactor.InvalidKeyStore {
	var out []keyfactor.InvalidKeyStore
	for _, element := range m.InvalidKeyStores.Elements() {
		object, ok := element.(types.Object)
		if !ok {
			continue
		}
		a := object.Attributes()
		store := keyfactor.InvalidKeyStore{
			StoreID: text(a["store_id"]), ClientMachine: text(a["client_machine"]), StorePath: text(a["store_path"]),
			Alias: text(a["alias"]), Explanation: text(a["explanation"]),
		}
		if reason, ok := a["reason"].(types.Int64); ok {
			store.Reason = reason.ValueInt64Pointer()
		}
		out = append(out, store)
	}
	return out
}

func invalidKeyStoreList(stores []keyfactor.InvalidKeyStore) types.List {
	elements := make([]attr.Value, 0, len(stores))
	for _, s := range stores {
		elements = append(elements, types.ObjectValueMust(invalidKeyStoreTypes, map[string]attr.Value{
			"store_id": types.StringValue(s.StoreID), "client_machine": types.StringValue(s.ClientMachine),
			"store_path": types.StringValue(s.StorePath), "alias": types.StringValue(s.Alias),
			"reason": types.Int64PointerValue(s.Reason), "explanation": types.StringValue(s.Explanation),
		}))
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: invalidKeyStoreTypes}, elements)
}

// textList is a list of strings; null for nil, which means not known.
func textList(values []string) types.List {
	if values == nil {
		return types.ListNull(types.StringType)
	}
	elements := make([]attr.Value, 0, len(values))
	for _, v := range values {
		elements = append(elements, types.StringValue(v))
	}
	return types.ListValueMust(types.StringType, elements)
}

func timeValue(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// texts are the known strings among values.
func texts(values []attr.Value) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

func text(v attr.Value) string {
	s, _ := v.(types.String)
	return s.ValueString()
}
