package keyfactor

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// Certificate is a certificate as Command lists it (CertificateRetrievalResponse).
// Texts are "" where the server sent null or nothing.
type Certificate struct {
	ID                       int64  `json:"Id"`
	Thumbprint               string // SHA-1, hex, as the server wrote it
	SerialNumber             string
	IssuedDN                 string
	IssuedCN                 string
	IssuerDN                 string
	ImportDate               string // RFC 3339, sometimes without a zone
	NotBefore                string
	NotAfter                 string
	CertState                Number
	CertStateString          string
	KeyTypeString            string
	KeySizeInBits            Number
	TemplateName             string
	CertificateAuthorityName string

	// HasPrivateKey is true only in lists that were asked for it; everywhere
	// else the server sends false whether it holds a key or not.
	HasPrivateKey bool

	// OwnerRoleID and OwnerRoleName exist from Command 12 on.
	OwnerRoleID   *int64  `json:"OwnerRoleId"`
	OwnerRoleName *string `json:"OwnerRoleName"`

	// Metadata is empty unless it was asked for.
	Metadata Metadata

	// Locations is empty unless it was asked for.
	Locations []CertificateLocation

	// ContentBytes is base64 of the DER; see Content.
	ContentBytes string

	SubjectAltNameElements []SubjectAltName

	sha256 string // of the content that was forgotten, upper-case hex
}

// CertificateLocation is a certificate store that holds the certificate, as
// the list of certificates shows it.
type CertificateLocation struct {
	StoreMachine string
	StorePath    string
	StoreType    *Number // nil where the server sent null or nothing
	Alias        string
	CertStoreID  string `json:"CertStoreId"` // GUID
}

// SubjectAltName is one name; Type 2 is dNSName (RFC 5280 numbering).
type SubjectAltName struct {
	Value string
	Type  Number
}

// Number is an integer that the vendor documents as an enumeration or in two
// ways: a number in quotes counts too, a name or null is 0, never an error that
// would make the whole certificate unreadable.
type Number int64

// UnmarshalJSON reads a number, with or without quotes.
func (n *Number) UnmarshalJSON(data []byte) error {
	value, _ := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	*n = Number(value)
	return nil
}

// Content is the certificate's DER, nil when the server did not send it.
func (c *Certificate) Content() []byte {
	der, err := base64.StdEncoding.DecodeString(c.ContentBytes)
	if err != nil || len(der) == 0 {
		return nil
	}
	return der
}

// Is tells whether this row is the certificate with these thumbprints: its own
// Thumbprint equals sha1 (case and separators aside) and, where the row brings
// its content and sha256 is not "", the content's SHA-256 equals sha256.
func (c *Certificate) Is(sha1, sha256Hex string) bool {
	if !SameThumbprint(c.Thumbprint, sha1) {
		return false
	}
	if sha256Hex == "" {
		return true
	}
	own := c.contentSHA256()
	return own == "" || SameThumbprint(own, sha256Hex)
}

// contentSHA256 is the SHA-256 of the content in upper-case hex, "" when the
// server did not send the content.
func (c *Certificate) contentSHA256() string {
	if c.sha256 != "" {
		return c.sha256
	}
	der := c.Content()
	if der == nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// condense keeps what a refresh compares: the content's digest in place of the
// content, and nothing that only data sources show.
func (c *Certificate) condense() {
	c.sha256 = c.contentSHA256()
	c.ContentBytes, c.SubjectAltNameElements, c.Locations = "", nil, nil
	c.ImportDate, c.IssuedCN, c.CertStateString, c.KeyTypeString = "", "", "", ""
	c.TemplateName, c.CertificateAuthorityName = "", ""
}

// SameThumbprint compares two thumbprints in hex, case and separators aside.
// An empty thumbprint is like no other.
func SameThumbprint(a, b string) bool {
	a, b = NormalThumbprint(a), NormalThumbprint(b)
	return a != "" && a == b
}

// NormalThumbprint is a thumbprint in upper-case hex without separators
// (colons, hyphens, white space).
func NormalThumbprint(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; !('0' <= c && c <= '9' || 'A' <= c && c <= 'F') {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ':', '-', ' ', '\t', '\r', '\n', '\u200e':
			// U+200E comes along when a thumbprint is copied from Windows' certificate dialog.
			return -1
		}
		return r
	}, s))
}

// Metadata is a certificate's metadata by field name. The vendor's documents
// show strings, numbers and booleans as values; all are read as text, null as "".
type Metadata map[string]string

// UnmarshalJSON reads an object of scalars.
func (m *Metadata) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*m = make(Metadata, len(raw))
	for name, value := range raw {
		var text string
		switch {
		case string(value) == "null":
		case len(value) > 0 && value[0] == '"':
			if err := json.Unmarshal(value, &text); err != nil {
				return err
			}
		default:
			text = string(value)
		}
		(*m)[name] = text
	}
	return nil
}

// Get is the value of a field, whose name compares case-insensitively, and
// whether the server returned the field.
func (m Metadata) Get(name string) (string, bool) {
	if v, ok := m[name]; ok {
		return v, true
	}
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}
