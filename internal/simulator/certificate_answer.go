package simulator

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"time"
)

// include are the switches of what a certificate's answer holds; all are off by default (contract 2.3).
type include struct{ locations, metadata, key bool }

// certificateAnswer is the vendor's CertificateRetrievalResponse. What came or went with a version is in the embedded
// parts, left out when nil.
type certificateAnswer struct {
	Id                       int
	Thumbprint, SerialNumber string
	IssuedDN, IssuedCN       string
	ImportDate               string
	NotBefore, NotAfter      string
	IssuerDN                 string
	PrincipalId              *int
	TemplateId               *int
	CertState                int
	KeySizeInBits, KeyType   int
	RequesterId              *int
	IssuedOU, IssuedEmail    *string
	KeyUsage                 int
	SigningAlgorithm         string
	CertStateString          string
	KeyTypeString            string
	RevocationEffDate        *string
	RevocationReason         *int `json:",omitempty"` // the 25 document's type has no null
	RevocationComment        *string
	CertificateAuthorityId   *int
	CertificateAuthorityName *string
	TemplateName             *string
	ArchivedKey              bool
	HasPrivateKey            bool
	PrincipalName            *string
	CertRequestId            *int
	RequesterName            *string
	ContentBytes             string
	ExtendedKeyUsages        []extendedKeyUsage
	SubjectAltNameElements   []subjectAltName
	CRLDistributionPoints    []crlPoint
	LocationsCount           []locationCount
	SSLLocations             []struct{}
	Locations                []location
	Metadata                 map[string]string
	CARowIndex               int64
	CARecordId               *string
	DetailedKeyUsage         detailedKeyUsage
	KeyRecoverable           bool
	Curve                    *string
	*only10
	*since12
	*since25
}

type only10 struct{ CertificateKeyId int }

type since12 struct {
	OwnerRoleId   *int
	OwnerRoleName *string
}

type since25 struct {
	KeyAlgorithm        *string
	AltKeyAlgorithm     *string
	AltKeySizeInBits    int
	AltKeyType          int
	AltSigningAlgorithm *string
	AltKeyTypeString    *string
	HasAltPrivateKey    bool
	EnrollmentPatternId *int
}

type extendedKeyUsage struct {
	Id               int
	Oid, DisplayName string
}

type subjectAltName struct {
	Id        int
	Value     string
	Type      int
	ValueHash string
}

type crlPoint struct {
	Id           int
	Url, UrlHash string
}

type locationCount struct {
	Type  string
	Count int
}

type location struct {
	StoreMachine, StorePath string
	StoreType               int
	Alias                   string
	ChainLevel              int
	CertStoreId             string
}

type detailedKeyUsage struct {
	CrlSign, DataEncipherment, DecipherOnly, DigitalSignature, EncipherOnly, KeyAgreement, KeyCertSign bool
	KeyEncipherment, NonRepudiation                                                                    bool
	HexCode                                                                                            string
}

func (c *call) answer(w *world, row *certificate, shown include) certificateAnswer {
	state, stateText := row.state()
	kind := keyKinds[row.keyOID]
	if kind.text == "" {
		kind.text = "Unknown"
	}
	a := certificateAnswer{
		Id: row.id, Thumbprint: row.thumbprint, SerialNumber: row.serial,
		IssuedDN: row.subject.String(), IssuedCN: row.cn(), IssuerDN: row.issuer.String(),
		ImportDate: stamp(row.importedAt), NotBefore: stamp(row.notBefore), NotAfter: stamp(row.notAfter),
		CertState: state, CertStateString: stateText, KeySizeInBits: row.keyBits,
		KeyType: kind.number, KeyTypeString: kind.text, SigningAlgorithm: signingAlgorithm(row.rawCertificate),
		ContentBytes: base64.StdEncoding.EncodeToString(row.der), HasPrivateKey: shown.key && row.hasKey,
		ExtendedKeyUsages: []extendedKeyUsage{}, SubjectAltNameElements: []subjectAltName{},
		CRLDistributionPoints: []crlPoint{}, LocationsCount: []locationCount{}, SSLLocations: []struct{}{},
		Locations: []location{}, Metadata: map[string]string{},
		IssuedOU: optional(row.subject.first("2.5.4.11")), IssuedEmail: optional(row.subject.first("1.2.840.113549.1.9.1")),
	}
	for i, s := range row.sans {
		a.SubjectAltNameElements = append(a.SubjectAltNameElements,
			subjectAltName{i + 1, s.value, s.kind, strings.ToUpper(digest([]byte(s.value)))})
	}
	a.usages(row.usage)
	if !row.revokedAt.IsZero() {
		at, reason := stamp(row.revokedAt), row.reason
		a.RevocationEffDate, a.RevocationReason, a.RevocationComment = &at, &reason, optional(row.comment)
	}
	if shown.metadata {
		a.Metadata = maps.Clone(row.metadata)
	}
	if shown.locations {
		a.place(w, row, c.s.o.Now())
	}
	a.version(c.o, w, row)
	return a
}

func (a *certificateAnswer) version(o Options, w *world, row *certificate) {
	major := o.major()
	if major < 11 {
		a.only10 = &only10{}
		a.withoutNull()
	}
	if major >= 12 {
		a.since12 = &since12{}
		if role := w.role(row.ownerID); role != nil && !o.HideOwner {
			id, name := role.ID, role.Name
			a.OwnerRoleId, a.OwnerRoleName = &id, &name
		}
	}
	if major >= 25 {
		a.since25 = &since25{KeyAlgorithm: optional(a.KeyTypeString)}
	}
}

// withoutNull sends 0 and "" where the 10.x document knows no null.
func (a *certificateAnswer) withoutNull() {
	a.TemplateId, a.RequesterId, a.CertRequestId, a.CertificateAuthorityId = new(int), new(int), new(int), new(int)
	a.TemplateName, a.RequesterName, a.CertificateAuthorityName, a.CARecordId = new(string), new(string), new(string), new(string)
}

// place fills what Command knows of the stores that hold the certificate.
func (a *certificateAnswer) place(w *world, row *certificate, now time.Time) {
	counts := map[string]int{}
	for _, p := range row.places {
		store := w.store(p.storeID)
		if store == nil || !p.visible(now) {
			continue
		}
		a.Locations = append(a.Locations, location{
			StoreMachine: store.ClientMachine, StorePath: store.StorePath, StoreType: store.StoreTypeID,
			Alias: p.alias, CertStoreId: store.ID,
		})
		if counts[store.StoreType]++; counts[store.StoreType] == 1 {
			a.LocationsCount = append(a.LocationsCount, locationCount{Type: store.StoreType})
		}
	}
	for i := range a.LocationsCount {
		a.LocationsCount[i].Count = counts[a.LocationsCount[i].Type]
	}
}

// usages fills what crypto/x509 reads; nothing where it refuses the certificate.
func (a *certificateAnswer) usages(parsed *x509.Certificate) {
	if parsed == nil {
		a.DetailedKeyUsage.HexCode = "0x0"
		return
	}
	k := parsed.KeyUsage
	// Windows prints the usage bits from the left: digitalSignature is 0x80, decipherOnly 0x8000.
	windows := 0
	for bit, flag := range []int{0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000} {
		if k&(1<<bit) != 0 {
			windows |= flag
		}
	}
	a.KeyUsage = windows
	a.DetailedKeyUsage = detailedKeyUsage{
		CrlSign: k&x509.KeyUsageCRLSign != 0, DataEncipherment: k&x509.KeyUsageDataEncipherment != 0,
		DecipherOnly: k&x509.KeyUsageDecipherOnly != 0, DigitalSignature: k&x509.KeyUsageDigitalSignature != 0,
		EncipherOnly: k&x509.KeyUsageEncipherOnly != 0, KeyAgreement: k&x509.KeyUsageKeyAgreement != 0,
		KeyCertSign: k&x509.KeyUsageCertSign != 0, KeyEncipherment: k&x509.KeyUsageKeyEncipherment != 0,
		NonRepudiation: k&x509.KeyUsageContentCommitment != 0, HexCode: fmt.Sprintf("0x%X", windows),
	}
	names := map[x509.ExtKeyUsage]extendedKeyUsage{
		x509.ExtKeyUsageServerAuth:      {1, "1.3.6.1.5.5.7.3.1", "Server Authentication"},
		x509.ExtKeyUsageClientAuth:      {2, "1.3.6.1.5.5.7.3.2", "Client Authentication"},
		x509.ExtKeyUsageCodeSigning:     {3, "1.3.6.1.5.5.7.3.3", "Code Signing"},
		x509.ExtKeyUsageEmailProtection: {4, "1.3.6.1.5.5.7.3.4", "Secure Email"},
	}
	for _, u := range parsed.ExtKeyUsage {
		if known, ok := names[u]; ok {
			a.ExtendedKeyUsages = append(a.ExtendedKeyUsages, known)
		}
	}
	for i, url := range parsed.CRLDistributionPoints {
		a.CRLDistributionPoints = append(a.CRLDistributionPoints,
			crlPoint{i + 1, url, strings.ToUpper(digest([]byte(url)))})
	}
}

func signingAlgorithm(c *rawCertificate) string {
	if c.usage != nil && c.usage.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
		return c.usage.SignatureAlgorithm.String()
	}
	return c.signatureOID
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp prints times as the vendor's samples do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
