package keyfactor

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// ImportRequest is what POST /Certificates/Import takes.
type ImportRequest struct {
	// Content are the bytes of a PEM, DER, PKCS#12 or PKCS#7 file.
	Content []byte
	// Password opens a PKCS#12 file; nil sends none.
	Password *secret.String
	// Metadata by field name; the fields must exist in Command.
	Metadata map[string]string
	Owner    Owner // Command 12 and later

	// StoreIDs are the GUIDs of the stores to install into.
	StoreIDs   []string
	StoreTypes []StoreType
	// Schedule is when to install; nil means at once.
	Schedule *time.Time
}

// StoreType says how to install into the stores of one type.
type StoreType struct {
	StoreTypeID int64
	Alias       string
	Overwrite   bool
	// Properties is a JSON array of objects, nil for none.
	Properties json.RawMessage
}

// ImportResult is what Command answers to an import.
type ImportResult struct {
	// ImportStatus and JobStatus are the vendor's numbers, whose meaning is not
	// published; nil when the server sent none.
	ImportStatus *int64
	JobStatus    *int64
	// InvalidKeyStores are the stores that Command refused; the certificate
	// itself is imported all the same.
	InvalidKeyStores []InvalidKeyStore
	// Thumbprint is "" where the server does not send it (10.x).
	Thumbprint string
}

// InvalidKeyStore is a store that refused the certificate.
type InvalidKeyStore struct {
	StoreID       string
	ClientMachine string
	StorePath     string
	Alias         string
	Reason        *int64 // the vendor's FailureType, 0 to 7, whose meaning is not published
	Explanation   string
}

// Import sends a certificate to Command. Importing again what is there already
// is documented as a success, so an import that installs nothing is marked as
// safe to repeat; one that starts store jobs is not.
func (c *Client) Import(ctx context.Context, r ImportRequest) (*ImportResult, error) {
	if len(r.StoreIDs) == 0 {
		ctx = transport.Repeatable(ctx)
	} else {
		ctx = transport.NotRepeatable(ctx)
	}
	var answer importAnswer
	err := c.do(ctx, call{
		method: http.MethodPost, path: "Certificates/Import", body: r.wire(),
	}, &answer)
	if err != nil {
		return nil, err
	}
	return answer.result(), nil
}

type importBody struct {
	Certificate   []byte            `json:"Certificate"` // base64
	Password      *string           `json:"Password,omitempty"`
	Metadata      map[string]string `json:"Metadata,omitempty"`
	StoreIDs      []string          `json:"StoreIds,omitempty"`
	StoreTypes    []storeTypeBody   `json:"StoreTypes,omitempty"`
	Schedule      string            `json:"Schedule,omitempty"`
	OwnerRoleID   *int64            `json:"OwnerRoleId,omitempty"`
	OwnerRoleName *string           `json:"OwnerRoleName,omitempty"`
}

type storeTypeBody struct {
	StoreTypeID int64           `json:"StoreTypeId"`
	Alias       string          `json:"Alias,omitempty"`
	Overwrite   bool            `json:"Overwrite"`
	Properties  json.RawMessage `json:"Properties,omitempty"`
}

func (r ImportRequest) wire() importBody {
	body := importBody{
		Certificate: r.Content, Metadata: r.Metadata, StoreIDs: r.StoreIDs,
		OwnerRoleID: r.Owner.RoleID, OwnerRoleName: r.Owner.RoleName,
	}
	if r.Password != nil {
		password := r.Password.Reveal()
		body.Password = &password
	}
	for _, t := range r.StoreTypes {
		body.StoreTypes = append(body.StoreTypes, storeTypeBody(t))
	}
	if r.Schedule != nil {
		body.Schedule = r.Schedule.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return body
}

type importAnswer struct {
	ImportStatus json.RawMessage
	JobStatus    json.RawMessage
	Thumbprint   string

	InvalidKeystores []invalidKeystore
	// InvaildKeyStores is how the vendor's reference pages print the name.
	InvaildKeyStores []invalidKeystore
}

type invalidKeystore struct {
	KeystoreID    string `json:"KeystoreId"`
	ClientMachine string
	StorePath     string
	Alias         string
	Reason        json.RawMessage
	Explanation   string
}

func (a importAnswer) result() *ImportResult {
	r := &ImportResult{
		ImportStatus: number(a.ImportStatus), JobStatus: number(a.JobStatus), Thumbprint: a.Thumbprint,
	}
	for _, k := range append(a.InvalidKeystores, a.InvaildKeyStores...) {
		r.InvalidKeyStores = append(r.InvalidKeyStores, InvalidKeyStore{
			StoreID: strings.Trim(k.KeystoreID, "{}"), ClientMachine: k.ClientMachine, StorePath: k.StorePath, Alias: k.Alias,
			Reason: number(k.Reason), Explanation: k.Explanation,
		})
	}
	return r
}

// number reads an enumeration's value. The vendor's schema says integer, its
// example shows names: anything but a number is nil, never an error.
func number(raw json.RawMessage) *int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// AnalyzedCertificate is a certificate that the server sees in a file.
type AnalyzedCertificate struct {
	IssuedDN    string
	IssuerDN    string
	Thumbprint  string
	NotBefore   string
	NotAfter    string
	IsEndEntity *bool // nil where the server does not tell (before 12.4)
	Metadata    Metadata
}

// maxAnalyzed is how many certificates a file may hold.
const maxAnalyzed = 1_000

// Analyze asks the server what it sees in a file. It changes nothing.
func (c *Client) Analyze(ctx context.Context, content []byte, password *secret.String) ([]AnalyzedCertificate, error) {
	body := importBody{Certificate: content}
	if password != nil {
		p := password.Reveal()
		body.Password = &p
	}
	row := func() decodeRow[entry] {
		return func(d *json.Decoder, e *entry) error {
			into := new(AnalyzedCertificate)
			e.row = into
			return decodeOne(d, into)
		}
	}
	k := call{method: http.MethodPost, path: "Certificates/Analyze", body: body}
	p, err := fetch(transport.AtMost(transport.Repeatable(ctx), maxAnswer), c, k, maxAnalyzed, maxAnalyzed, row)
	if err != nil {
		return nil, err
	}
	rows := make([]AnalyzedCertificate, len(p.rows))
	for i := range p.rows {
		rows[i] = *p.rows[i].row.(*AnalyzedCertificate)
	}
	return rows, nil
}
