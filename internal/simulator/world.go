package simulator

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// world is the state of Command. Its lock is held by whoever reads or writes it.
type world struct {
	mu sync.RWMutex

	certificates map[int]*certificate
	ids          []int // of certificates, ascending
	byThumbprint map[string]*certificate
	places       map[string]*certificate // by place.key
	nextID       int

	stores     []*Store
	roles      []*Role
	identities []*Identity
	claims     []*Claim
	fields     []*MetadataField
	columns    fields[*certificate]
	orders     map[string][]*Identity // identities sorted by a field; emptied by every change
	roleJSON   map[int][]byte         // emptied by every change
}

// certificate is a row of Command's table of certificates.
type certificate struct {
	*rawCertificate
	id         int
	importedAt time.Time
	hasKey     bool
	metadata   map[string]string
	ownerID    int // 0 without owner
	revokedAt  time.Time
	reason     int
	comment    string
	imports    int
	places     []place
}

// place is a certificate in a store, from the time on that the store's job has run.
type place struct {
	storeID, alias string
	from           time.Time
	held           bool // waits for RunJobs
}

// key says where a place is; one certificate is there at a time.
func (p place) key() string { return p.storeID + "|" + strings.ToLower(p.alias) }

func (p place) visible(now time.Time) bool { return !p.held && !p.from.After(now) }

// Store is a certificate store of Command.
type Store struct {
	ID            string // GUID
	StoreTypeID   int
	StoreType     string
	ClientMachine string
	StorePath     string
	ContainerID   int
	AgentID       string
	Approved      bool
	Properties    string // JSON text
}

// Role is a security role. Permissions are those of API version 2; version 1 prints them as "Area:Permission".
type Role struct {
	ID                                 int
	Name, Description, EmailAddress    string
	Enabled, Immutable, Valid, Private bool
	PermissionSetID                    string
	Permissions                        []string
	LegacyPermissions                  []string
}

// Identity is a directory account known to Command.
type Identity struct {
	ID           int
	AccountName  string // DOMAIN\name
	IdentityType string // User or Group
	SID          string
	Valid        bool
	RoleIDs      []int
}

// Claim maps an identity provider's claim to roles (Command 11 and later).
type Claim struct {
	ID                                              int
	ClaimType                                       string // User, Group, Computer, OAuthOid, OAuthRole, OAuthSubject, OAuthClientId
	ClaimValue, Description                         string
	ProviderID, AuthenticationScheme, ProviderTitle string
	RoleIDs                                         []int
}

// MetadataField is a field that certificates may carry. DataType: 1 string, 2 integer, 3 date, 4 boolean, 5 multiple
// choice, 6 big text, 7 e-mail.
type MetadataField struct {
	ID                         int
	Name, Description, Options string
	DataType, DisplayOrder     int
}

// guid makes a stable GUID of a name.
func guid(name string) string {
	b := sha256.Sum256([]byte(name))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func newWorld(o Options) *world {
	w := &world{
		certificates: map[int]*certificate{}, byThumbprint: map[string]*certificate{},
		places: map[string]*certificate{}, nextID: 1,
		stores: seedStores(), roles: seedRoles(), fields: seedFields(), claims: seedClaims(),
	}
	w.identities = seedIdentities(o.Identities)
	w.columns = w.certificateColumns()
	return w
}

func (w *world) changed() { w.orders, w.roleJSON = nil, nil }

// save adds a certificate, or returns the row that has its thumbprint.
func (w *world) save(raw *rawCertificate, now time.Time) (c *certificate, isNew bool) {
	if c := w.byThumbprint[raw.thumbprint]; c != nil {
		return c, false
	}
	c = &certificate{rawCertificate: raw, id: w.nextID, importedAt: now, metadata: map[string]string{}}
	w.nextID++
	w.certificates[c.id], w.byThumbprint[raw.thumbprint] = c, c
	w.ids = append(w.ids, c.id)
	return c, true
}

func (w *world) remove(c *certificate) {
	delete(w.certificates, c.id)
	delete(w.byThumbprint, c.thumbprint)
	for _, p := range c.places {
		delete(w.places, p.key())
	}
	if i, ok := slices.BinarySearch(w.ids, c.id); ok {
		w.ids = slices.Delete(w.ids, i, i+1)
	}
}

func (w *world) store(id string) *Store {
	id = strings.ToLower(strings.Trim(id, "{}"))
	for _, s := range w.stores {
		if strings.EqualFold(s.ID, id) {
			return s
		}
	}
	return nil
}

func (w *world) role(id int) *Role {
	i := sort.Search(len(w.roles), func(i int) bool { return w.roles[i].ID >= id })
	if i < len(w.roles) && w.roles[i].ID == id {
		return w.roles[i]
	}
	return nil
}

func (w *world) roleNamed(name string) *Role {
	for _, r := range w.roles {
		if strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

func (w *world) field(name string) *MetadataField {
	for _, f := range w.fields {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// put sets metadata as far as fields exist; it returns the first unknown name.
func (w *world) put(o Options, c *certificate, metadata map[string]string) {
	for name, v := range metadata {
		f := w.field(name)
		if f == nil {
			continue
		}
		stored := o.storedMetadata(*f, v)
		if stored == "" && !o.EmptyMetadataReturned {
			delete(c.metadata, f.Name)
			continue
		}
		c.metadata[f.Name] = stored
	}
}

// unknownField is the first name, in order, that no metadata field has.
func (w *world) unknownField(metadata map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		if w.field(name) == nil {
			return name
		}
	}
	return ""
}

func (o Options) storedMetadata(f MetadataField, v string) string {
	switch {
	case o.StoreMetadata != nil:
		return o.StoreMetadata(f, v)
	case !o.NormalizeMetadata:
		return v
	}
	v = strings.TrimSpace(v)
	switch f.DataType {
	case 3:
		if t, err := time.Parse("2006-01-02", v); err == nil {
			return t.Format("2006-01-02T15:04:05")
		}
	case 4:
		if v != "" {
			return strings.ToUpper(v[:1]) + strings.ToLower(v[1:])
		}
	}
	return v
}
