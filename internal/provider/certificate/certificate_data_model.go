package certificate

import (
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// storedCertificate is a certificate as Command holds it. What the certificate
// itself says is read from its content, so that it has the same forms here as
// in the resource and the function; the server's own words do where the
// content is missing.
type storedCertificate struct {
	ID            types.Int64  `tfsdk:"id"`
	Thumbprint    types.String `tfsdk:"thumbprint"`
	SerialNumber  types.String `tfsdk:"serial_number"`
	Subject       types.String `tfsdk:"subject"`
	Issuer        types.String `tfsdk:"issuer"`
	DNSNames      types.List   `tfsdk:"dns_names"`
	NotBefore     types.String `tfsdk:"not_before"`
	NotAfter      types.String `tfsdk:"not_after"`
	KeyAlgorithm  types.String `tfsdk:"key_algorithm"`
	State         types.String `tfsdk:"state"`
	ImportDate    types.String `tfsdk:"import_date"`
	HasPrivateKey types.Bool   `tfsdk:"has_private_key"`
	PEM           types.String `tfsdk:"certificate_pem"`
	Metadata      types.Map    `tfsdk:"metadata"`
	OwnerRoleID   types.Int64  `tfsdk:"owner_role_id"`
	OwnerRoleName types.String `tfsdk:"owner_role_name"`
	Authority     types.String `tfsdk:"certificate_authority_name"`
	Template      types.String `tfsdk:"template_name"`
	Locations     types.List   `tfsdk:"locations"`
}

var (
	locationType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"store_id": types.StringType, "store_type_id": types.Int64Type, "client_machine": types.StringType,
		"store_path": types.StringType, "alias": types.StringType,
	}}
	storedCertificateType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.Int64Type, "thumbprint": types.StringType, "serial_number": types.StringType, "subject": types.StringType,
		"issuer": types.StringType, "dns_names": types.ListType{ElemType: types.StringType}, "not_before": types.StringType,
		"not_after": types.StringType, "key_algorithm": types.StringType, "state": types.StringType, "import_date": types.StringType,
		"has_private_key": types.BoolType, "certificate_pem": types.StringType, "metadata": types.MapType{ElemType: types.StringType},
		"owner_role_id": types.Int64Type, "owner_role_name": types.StringType, "certificate_authority_name": types.StringType,
		"template_name": types.StringType, "locations": types.ListType{ElemType: locationType},
	}}
)

// value is the certificate as an element of a list.
func (c *storedCertificate) value() attr.Value {
	return types.ObjectValueMust(storedCertificateType.AttrTypes, map[string]attr.Value{
		"id": c.ID, "thumbprint": c.Thumbprint, "serial_number": c.SerialNumber, "subject": c.Subject,
		"issuer": c.Issuer, "dns_names": c.DNSNames, "not_before": c.NotBefore, "not_after": c.NotAfter, "key_algorithm": c.KeyAlgorithm,
		"state": c.State, "import_date": c.ImportDate, "has_private_key": c.HasPrivateKey, "certificate_pem": c.PEM, "metadata": c.Metadata,
		"owner_role_id": c.OwnerRoleID, "owner_role_name": c.OwnerRoleName, "certificate_authority_name": c.Authority,
		"template_name": c.Template, "locations": c.Locations,
	})
}

// stored maps a row of the list. Metadata and locations are null where they
// were not asked for: the server then sends them empty.
func stored(row *keyfactor.Certificate, withMetadata, withLocations bool) storedCertificate {
	c := storedCertificate{
		ID: types.Int64Value(row.ID), State: textOrNull(row.CertStateString), ImportDate: serverTime(row.ImportDate),
		HasPrivateKey: types.BoolValue(row.HasPrivateKey),
		Authority:     textOrNull(row.CertificateAuthorityName), Template: textOrNull(row.TemplateName),
		Metadata: types.MapNull(types.StringType), Locations: types.ListNull(locationType),
	}
	// Some servers write no owner as 0 and "".
	if row.OwnerRoleID != nil && *row.OwnerRoleID != 0 {
		c.OwnerRoleID = types.Int64Value(*row.OwnerRoleID)
	}
	if row.OwnerRoleName != nil {
		c.OwnerRoleName = textOrNull(*row.OwnerRoleName)
	}
	if withMetadata {
		c.Metadata = metadataMap(row.Metadata)
	}
	if withLocations {
		c.Locations = locationList(row.Locations)
	}
	der := row.Content()
	file, err := certfile.ParseBytes(der, nil)
	if der == nil || err != nil {
		c.setServersWords(row)
		return c
	}
	c.setLeaf(file.Leaf)
	return c
}

func (c *storedCertificate) setLeaf(leaf certfile.Certificate) {
	c.Thumbprint = types.StringValue(leaf.Thumbprint)
	c.SerialNumber = types.StringPointerValue(leaf.SerialNumber)
	c.Subject, c.Issuer = types.StringPointerValue(leaf.Subject), types.StringPointerValue(leaf.Issuer)
	c.DNSNames = textList(leaf.DNSNames)
	c.NotBefore, c.NotAfter = timeValue(leaf.NotBefore), timeValue(leaf.NotAfter)
	c.KeyAlgorithm = types.StringPointerValue(leaf.KeyAlgorithm)
	c.PEM = types.StringValue(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})))
}

func (c *storedCertificate) setServersWords(row *keyfactor.Certificate) {
	c.Thumbprint = textOrNull(keyfactor.NormalThumbprint(row.Thumbprint))
	c.SerialNumber = textOrNull(normalSerial(row.SerialNumber))
	c.Subject, c.Issuer = textOrNull(row.IssuedDN), textOrNull(row.IssuerDN)
	c.DNSNames = types.ListNull(types.StringType)
	c.NotBefore, c.NotAfter = serverTime(row.NotBefore), serverTime(row.NotAfter)
	c.KeyAlgorithm, c.PEM = types.StringNull(), types.StringNull()
}

// normalSerial is a serial number in the form that it has when it is read from
// the certificate: upper-case hex of whole octets, without leading ones of zero.
// What is no hex is left alone.
func normalSerial(text string) string {
	n, ok := new(big.Int).SetString(strings.ReplaceAll(text, ":", ""), 16)
	if !ok || n.Sign() < 0 {
		return text
	}
	if n.Sign() == 0 {
		return "00"
	}
	return fmt.Sprintf("%X", n.Bytes())
}

func textOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// serverTime is a time of the server in RFC 3339, UTC; the server leaves the
// zone out at times. Null when it cannot be read.
func serverTime(text string) types.String {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return timeValue(&t)
		}
	}
	return types.StringNull()
}

func metadataMap(metadata keyfactor.Metadata) types.Map {
	elements := make(map[string]attr.Value, len(metadata))
	for name, value := range metadata {
		elements[name] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

func locationList(locations []keyfactor.CertificateLocation) types.List {
	elements := make([]attr.Value, len(locations))
	for i, l := range locations {
		elements[i] = types.ObjectValueMust(locationType.AttrTypes, map[string]attr.Value{
			"store_id": textOrNull(l.CertStoreID), "store_type_id": types.Int64PointerValue((*int64)(l.StoreType)),
			"client_machine": textOrNull(l.StoreMachine), "store_path": textOrNull(l.StorePath), "alias": textOrNull(l.Alias),
		})
	}
	return types.ListValueMust(locationType, elements)
}

// storedCertificateAttributes describe a certificate as Command holds it.
func storedCertificateAttributes() map[string]schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id":            schema.Int64Attribute{Computed: true, MarkdownDescription: "Command's id of the certificate."},
		"thumbprint":    text("SHA-1 of the certificate, upper-case hex."),
		"serial_number": text("The certificate's serial number, upper-case hex."),
		"subject":       text("The certificate's subject (RFC 4514)."),
		"issuer":        text("The certificate's issuer (RFC 4514)."),
		"dns_names": schema.ListAttribute{Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The DNS names among the certificate's subject alternative names, in its order."},
		"not_before":      text("From when the certificate is valid (RFC 3339, UTC)."),
		"not_after":       text("Until when the certificate is valid (RFC 3339, UTC)."),
		"key_algorithm":   text("The kind of the public key: `RSA`, `RSA-PSS`, `ECDSA`, `Ed25519`, `Ed448`, `DSA`, else the dotted OID."),
		"state":           text("The certificate's state in the vendor's words, e.g. `Active` or `Revoked`."),
		"import_date":     text("When Command got the certificate (RFC 3339, UTC)."),
		"has_private_key": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether Command holds the private key."},
		"certificate_pem": text("The certificate itself as PEM text, without its chain."),
		"metadata": schema.MapAttribute{Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The metadata fields that the server returns, by name."},
		"owner_role_id":              schema.Int64Attribute{Computed: true, MarkdownDescription: "The security role that owns the certificate. Null when there is none, and before Command 12."},
		"owner_role_name":            text("The name of that role."),
		"certificate_authority_name": text("The CA as Command knows it. Null for a certificate of a CA that it does not manage."),
		"template_name":              text("The template that the certificate was enrolled with, null when there is none."),
		"locations": schema.ListNestedAttribute{Computed: true,
			MarkdownDescription: "The certificate stores that hold the certificate, as far as Command knows.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"store_id":       text("The store's GUID."),
				"store_type_id":  schema.Int64Attribute{Computed: true, MarkdownDescription: "The number of the store's type."},
				"client_machine": text("The machine of the store."),
				"store_path":     text("The store's path on that machine."),
				"alias":          text("The certificate's name in the store."),
			}}},
	}
}
