package keyfactor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// CertificateQuery selects certificates for GET /Certificates.
type CertificateQuery struct {
	// Query is in Command's own language, e.g. `Thumbprint -eq "AB…"`; "" selects all.
	Query string

	Page     int // from 1; 0 means 1
	PageSize int // 0 leaves it to the server (50)

	SortField  string
	Descending bool

	// CollectionID limits the query to a collection, and makes the permission
	// on that collection count; 0 means none.
	CollectionID int64

	IncludeRevoked       bool
	IncludeExpired       bool
	IncludeMetadata      bool
	IncludeLocations     bool
	IncludeHasPrivateKey bool
}

func (q CertificateQuery) values(prefixed bool) url.Values {
	v := pageValues(prefixed, q.Query, q.Page, q.PageSize, q.SortField, q.Descending)
	name := pageName(prefixed)
	if q.IncludeRevoked {
		v.Set(name("IncludeRevoked"), "true")
	}
	if q.IncludeExpired {
		v.Set(name("IncludeExpired"), "true")
	}
	if q.IncludeMetadata {
		v.Set("includeMetadata", "true")
	}
	if q.IncludeLocations {
		v.Set("includeLocations", "true")
	}
	if q.IncludeHasPrivateKey {
		v.Set("includeHasPrivateKey", "true")
	}
	if q.CollectionID != 0 {
		v.Set("collectionId", strconv.FormatInt(q.CollectionID, 10))
	}
	return v
}

// pageValues are the parameters that every list endpoint takes. Never are both
// spellings sent: with ASP.NET's binder the prefixed ones then win.
func pageValues(prefixed bool, query string, page, size int, sortField string, descending bool) url.Values {
	name := pageName(prefixed)
	v := url.Values{}
	if query != "" {
		v.Set(name("QueryString"), query)
	}
	if page > 0 {
		v.Set(name("PageReturned"), strconv.Itoa(page))
	}
	if size > 0 {
		v.Set(name("ReturnLimit"), strconv.Itoa(size))
	}
	if sortField != "" {
		v.Set(name("SortField"), sortField)
	}
	if descending {
		// The vendor's name says the opposite of what it does: 1 is descending.
		v.Set(name("SortAscending"), "1")
	}
	return v
}

// pageName spells a paging parameter as Command 11 and later document it, or
// as 10.x does.
func pageName(prefixed bool) func(string) string {
	if !prefixed {
		return func(s string) string { return s }
	}
	return func(s string) string { return "pq." + strings.ToLower(s[:1]) + s[1:] }
}

// ErrQueryIgnored means that the server answered rows that were not asked for,
// whichever spelling of the parameters was used.
var ErrQueryIgnored = errors.New("the server ignored the query: it answered certificates that were not asked for")

// ErrUnsafeValue means that a value cannot be put into Command's query language.
var ErrUnsafeValue = errors.New(`a value that contains a double quote cannot be put into a query`)

const (
	certificatesPath = "Certificates"

	// lookupSize is the page size of a look-up of one certificate, and maxFound
	// how many a server may answer that takes no notice of it.
	lookupSize, maxFound = 50, 5_000
)

// certificates asks for one page of at most so many certificates; whole rows,
// or what [Certificate.condense] leaves of them.
func (c *Client) certificates(ctx context.Context, q CertificateQuery, prefixed bool, most int, condensed bool) ([]*Certificate, error) {
	l := listing[Certificate]{id: func(row *Certificate) int64 { return row.ID }}
	if condensed {
		l.row = func() decodeRow[Certificate] {
			return func(d *json.Decoder, into *Certificate) error {
				err := decodeOne(d, into)
				into.condense()
				return err
			}
		}
	}
	k := call{method: http.MethodGet, path: certificatesPath, query: q.values(prefixed)}
	p, err := fetch(transport.AtMost(ctx, maxAnswer), c, k, q.PageSize, most, l.entries().row)
	if err != nil {
		return nil, err
	}
	if p.rows == nil { // null or no content says nothing, and no certificate is a reason to import or to forget
		return nil, c.saysNothing(k)
	}
	rows := make([]*Certificate, len(p.rows))
	for i := range p.rows {
		rows[i] = p.rows[i].row.(*Certificate)
	}
	return rows, nil
}

// prefersPrefixed tells which spelling of the paging parameters to use first:
// what this server is known to understand, else what its version documents.
func (c *Client) prefersPrefixed(path string) bool {
	if prefixed, known := c.prefixed.Load(path); known {
		return prefixed.(bool)
	}
	major := c.Major()
	return major != 0 && major < 11
}

// FindByThumbprint finds a certificate, expired and revoked included, by its
// SHA-1 thumbprint, with metadata, locations and has-private-key. A row that
// brings its content must also match sha256Hex, unless that is "". It returns
// nil and no error when Command has no such certificate (or the caller may not
// see it). Where several rows match, it is the one with the lowest id.
func (c *Client) FindByThumbprint(ctx context.Context, sha1, sha256Hex string, collectionID int64) (*Certificate, error) {
	thumbprint := NormalThumbprint(sha1)
	if strings.Contains(thumbprint, `"`) {
		return nil, ErrUnsafeValue
	}
	return c.lookup(ctx, fmt.Sprintf(`Thumbprint -eq "%s"`, thumbprint), collectionID, func(row *Certificate) bool {
		return row.Is(thumbprint, sha256Hex)
	})
}

// FindByID finds a certificate, expired and revoked included, by Command's id,
// with metadata, locations and has-private-key; nil and no error when the list
// is empty, which alone does not prove that the certificate is gone.
func (c *Client) FindByID(ctx context.Context, id, collectionID int64) (*Certificate, error) {
	return c.lookup(ctx, fmt.Sprintf("CertId -eq %d", id), collectionID, func(row *Certificate) bool {
		return row.ID == id
	})
}

// lookup asks for what query selects. Rows for which match does not hold mean
// that the server ignored the query; then the other spelling of the parameters
// is tried once. An empty answer is believed only where the spelling is known
// to be understood, or where the other one brought rows that were not asked
// for: a 10.x server that does not know IncludeExpired hides expired
// certificates.
func (c *Client) lookup(ctx context.Context, query string, collectionID int64, match func(*Certificate) bool) (*Certificate, error) {
	q := CertificateQuery{
		Query: query, CollectionID: collectionID,
		IncludeRevoked: true, IncludeExpired: true,
		IncludeMetadata: true, IncludeLocations: true, IncludeHasPrivateKey: true,
		PageSize: lookupSize,
	}
	first := c.prefersPrefixed(certificatesPath)
	var empty, ignored []bool // spellings
	for _, prefixed := range []bool{first, !first} {
		rows, err := c.certificates(ctx, q, prefixed, maxFound, false)
		var tooMany *TooManyRowsError
		switch {
		case errors.As(err, &tooMany):
			ignored = append(ignored, prefixed)
		case err != nil:
			return nil, err
		case slices.ContainsFunc(rows, func(row *Certificate) bool { return !match(row) }):
			ignored = append(ignored, prefixed)
		case len(rows) > 0:
			c.prefixed.Store(certificatesPath, prefixed)
			return lowestID(rows), nil
		case c.understands(certificatesPath, prefixed):
			return nil, nil
		default:
			empty = append(empty, prefixed)
		}
	}
	if len(ignored) == 2 {
		return nil, ErrQueryIgnored
	}
	if len(ignored) == 1 {
		c.prefixed.Store(certificatesPath, empty[0])
	}
	return nil, nil
}

// understands tells whether an empty answer to this spelling can be believed.
func (c *Client) understands(path string, prefixed bool) bool {
	if known, ok := c.prefixed.Load(path); ok {
		return known.(bool) == prefixed
	}
	major := c.Major()
	return major != 0 && (major < 11) == prefixed
}

func lowestID(rows []*Certificate) *Certificate {
	return slices.MinFunc(rows, func(a, b *Certificate) int { return cmp.Compare(a.ID, b.ID) })
}

// Certificate reads one certificate by id, without has-private-key, which this
// endpoint does not tell. [IsNotFound] recognises that it does not exist.
func (c *Client) Certificate(ctx context.Context, id, collectionID int64) (*Certificate, error) {
	query := collection(collectionID)
	query.Set("includeMetadata", "true")
	query.Set("includeLocations", "true")
	var row Certificate
	err := c.do(ctx, call{method: http.MethodGet, path: certificatePath(id), query: query}, &row)
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// StoreLocation is a certificate store that holds a certificate.
type StoreLocation struct {
	StoreID       string `json:"StoreId"` // GUID, "" where the server does not tell
	StoreTypeID   int64  `json:"StoreTypeId"`
	ClientMachine string
	StorePath     string
	Alias         string
}

// Locations lists the certificate stores that Command knows to hold the
// certificate, by GET /Certificates/Locations/{id}.
func (c *Client) Locations(ctx context.Context, id, collectionID int64) ([]StoreLocation, error) {
	var answer *struct{ Details []locationDetail }
	k := call{method: http.MethodGet, path: "Certificates/Locations/" + strconv.FormatInt(id, 10), query: collection(collectionID)}
	if err := c.do(ctx, k, &answer); err != nil {
		return nil, err
	}
	if answer == nil { // null says nothing about stores, and none is a reason to delete
		return nil, c.saysNothing(k)
	}
	var all []StoreLocation
	for _, detail := range answer.Details {
		all = append(all, detail.locations()...)
	}
	return all, nil
}

// locationDetail are the stores of one type.
type locationDetail struct {
	StoreType   string
	StoreTypeID int64 `json:"StoreTypeId"`
	StoreCount  int64
	Locations   []StoreLocation
}

// locations are the stores; one without id or place where the server only counts them.
func (d locationDetail) locations() []StoreLocation {
	if len(d.Locations) == 0 && d.StoreCount > 0 {
		return []StoreLocation{{StoreTypeID: d.StoreTypeID, StorePath: d.StoreType}}
	}
	out := slices.Clone(d.Locations)
	for i := range out {
		if out[i].StoreTypeID == 0 {
			out[i].StoreTypeID = d.StoreTypeID
		}
	}
	return out
}

// SetMetadata sets the named metadata fields and leaves the others; "" clears
// a field, as the vendor's own client does it.
func (c *Client) SetMetadata(ctx context.Context, id, collectionID int64, fields map[string]string) error {
	err := c.do(ctx, call{
		method: http.MethodPut, path: "Certificates/Metadata", query: collection(collectionID),
		body: struct {
			Id       int64
			Metadata map[string]string
		}{id, fields},
	}, nil)
	return err
}

// Owner names a security role by id or by name, or none.
type Owner struct {
	RoleID   *int64
	RoleName *string
}

// IsZero tells that no role is named.
func (o Owner) IsZero() bool { return o.RoleID == nil && o.RoleName == nil }

// SetOwner makes a role the owner of a certificate; the zero Owner removes the
// owner. Command 12 and later; the caller needs the current and the new role.
func (c *Client) SetOwner(ctx context.Context, id, collectionID int64, owner Owner) error {
	err := c.do(ctx, call{
		method: http.MethodPut, path: certificatePath(id) + "/Owner", query: collection(collectionID),
		body: struct {
			NewRoleId   *int64  `json:",omitempty"`
			NewRoleName *string `json:",omitempty"`
		}{owner.RoleID, owner.RoleName},
	}, nil)
	return err
}

// Delete removes a certificate and its stored private key from Command's
// database, not from stores. [IsNotFound] recognises that the id does not exist.
func (c *Client) Delete(ctx context.Context, id, collectionID int64) error {
	err := c.do(ctx, call{method: http.MethodDelete, path: certificatePath(id), query: collection(collectionID)}, nil)
	return err
}

func certificatePath(id int64) string { return "Certificates/" + strconv.FormatInt(id, 10) }

func collection(id int64) url.Values {
	v := url.Values{}
	if id != 0 {
		v.Set("collectionId", strconv.FormatInt(id, 10))
	}
	return v
}
