package simulator

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// state is the vendor's CertState: 1 active, 2 revoked (its other members do not occur here).
func (c *certificate) state() (int, string) {
	if !c.revokedAt.IsZero() {
		return 2, "Revoked"
	}
	return 1, "Active"
}

// certificateColumns are the documented query fields that the simulator has values for (contract 2.3).
func (w *world) certificateColumns() fields[*certificate] {
	text := func(get func(*certificate) string) func(*certificate) value {
		return func(c *certificate) value { return textValue(get(c)) }
	}
	none := func(*certificate) value { return value{} }
	cn := text(func(c *certificate) string { return c.rawCertificate.subject.first("2.5.4.3") })
	return fields[*certificate]{
		"certid":           func(c *certificate) value { return numberValue(int64(c.id)) },
		"thumbprint":       text(func(c *certificate) string { return c.thumbprint }),
		"serialnumber":     text(func(c *certificate) string { return c.serial }),
		"cn":               cn,
		"issuedcn":         cn,
		"issueddn":         text(func(c *certificate) string { return c.rawCertificate.subject.String() }),
		"issuerdn":         text(func(c *certificate) string { return c.rawCertificate.issuer.String() }),
		"ou":               text(func(c *certificate) string { return c.rawCertificate.subject.first("2.5.4.11") }),
		"san":              func(c *certificate) value { return sanList(c) },
		"certstate":        func(c *certificate) value { n, _ := c.state(); return numberValue(int64(n)) },
		"hasprivatekey":    func(c *certificate) value { return boolValue(c.hasKey) },
		"importdate":       func(c *certificate) value { return timeValue(c.importedAt) },
		"issueddate":       func(c *certificate) value { return timeValue(c.notBefore) },
		"expirationdate":   func(c *certificate) value { return timeValue(c.notAfter) },
		"revocationdate":   func(c *certificate) value { return timeValue(c.revokedAt) },
		"keysize":          func(c *certificate) value { return numberValue(int64(c.keyBits)) },
		"keytype":          text(func(c *certificate) string { return keyKinds[c.keyOID].text }),
		"signingalgorithm": text(func(c *certificate) string { return c.signatureOID }),
		"ownerrolename":    text(func(c *certificate) string { return w.ownerName(c) }),
		"certstorefqdn":    func(c *certificate) value { return w.storeList(c, func(s *Store) string { return s.ClientMachine }) },
		"certstorepath":    func(c *certificate) value { return w.storeList(c, func(s *Store) string { return s.StorePath }) },
		"archivedkey":      func(*certificate) value { return boolValue(false) },
		"isexcluded":       func(*certificate) value { return boolValue(false) },
		"publickey":        text(func(c *certificate) string { return strings.ToUpper(digest(c.spki)) }),
		"ca":               none,
		"certrequestid":    none,
		"eku":              none,
		"ekuname":          none,
		"netbiosprincipal": none,
		"netbiosrequester": none,
		"revoker":          none,
		"ssldnsname":       none,
		"sslipaddress":     none,
		"sslnetworkname":   none,
		"sslport":          none,
	}
}

func sanList(c *certificate) value {
	if len(c.sans) == 0 {
		return value{}
	}
	v := value{kind: isList}
	for _, s := range c.sans {
		v.list = append(v.list, s.value)
	}
	return v
}

func (w *world) storeList(c *certificate, get func(*Store) string) value {
	v := value{kind: isList}
	for _, p := range c.places {
		if s := w.store(p.storeID); s != nil {
			v.list = append(v.list, get(s))
		}
	}
	if v.list == nil {
		return value{}
	}
	return v
}

func (w *world) ownerName(c *certificate) string {
	if r := w.role(c.ownerID); r != nil {
		return r.Name
	}
	return ""
}

// certificateSorts are the sort fields that a live 25.5 took; every other one was 400 (contract 2.3).
var certificateSorts = map[string]func(a, b *certificate) int{
	"":           func(a, b *certificate) int { return a.id - b.id },
	"certid":     func(a, b *certificate) int { return a.id - b.id },
	"issuedcn":   func(a, b *certificate) int { return strings.Compare(a.cn(), b.cn()) },
	"issuerdn":   func(a, b *certificate) int { return strings.Compare(a.issuer.der, b.issuer.der) },
	"issueddate": func(a, b *certificate) int { return a.notBefore.Compare(b.notBefore) },
}

func (c *certificate) cn() string { return c.rawCertificate.subject.first("2.5.4.3") }

func (c *call) listCertificates(string) {
	p := c.page()
	collection := p.whole("collectionid", 0)
	revoked, expired := p.flag("includerevoked", false), p.flag("includeexpired", false)
	shown := include{
		locations: p.flag("includelocations", false), metadata: p.flag("includemetadata", false),
		key: p.flag("includehasprivatekey", false),
	}
	if !c.allowed("/certificates/collections/read/", collection) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	list := selection[*certificate]{columns: w.columns, sorts: certificateSorts}
	e, ok := parsed(c, &p, list)
	if !ok {
		return
	}
	member, ok := c.collection(w, collection, list)
	if !ok {
		return
	}
	now := c.s.o.Now()
	var rows []*certificate
	for _, id := range w.candidates(e) {
		row := w.certificates[id]
		if (!revoked && !row.revokedAt.IsZero()) || (!expired && row.notAfter.Before(now)) {
			continue
		}
		if member(row) && match(e, list.columns, row) {
			rows = append(rows, row)
		}
	}
	rows = sorted(&p, list, rows)
	from, to := p.cut(len(rows))
	c.total(len(rows))
	out := make([]certificateAnswer, 0, to-from)
	for _, row := range rows[from:to] {
		out = append(out, c.answer(w, row, shown))
	}
	c.json(http.StatusOK, out)
}

// collection tells which rows a collection has; a collection is a query. On failure the answer has been sent.
func (c *call) collection(w *world, id int, list selection[*certificate]) (func(*certificate) bool, bool) {
	if id == 0 {
		return func(*certificate) bool { return true }, true
	}
	c.fact("collection", id)
	text, ok := c.o.Collections[id]
	if !ok {
		c.invalid("Certificate collection '%d' does not exist.", id)
		return nil, false
	}
	known := func(field string) bool { _, ok := list.columns[field]; return ok }
	e, err := parseQuery(text, known, c.s.o.Now(), c.account.label())
	if err != nil {
		c.fail(http.StatusInternalServerError, codeValidation, "The query of collection %d is wrong: %s", id, err)
		return nil, false
	}
	return func(row *certificate) bool { return match(e, list.columns, row) }, true
}

// candidates are ids, ascending, that can match: found by index where the query names thumbprints or ids.
func (w *world) candidates(e *expression) []int {
	if ids, ok := w.narrow(e); ok {
		return ids
	}
	return w.ids
}

func (w *world) narrow(e *expression) ([]int, bool) {
	switch {
	case e == nil:
		return nil, false
	case e.or != nil:
		seen := map[int]bool{}
		for _, x := range e.or {
			ids, ok := w.narrow(x)
			if !ok {
				return nil, false
			}
			for _, id := range ids {
				seen[id] = true
			}
		}
		return slices.Sorted(maps.Keys(seen)), true
	case e.and != nil:
		var best []int
		found := false
		for _, x := range e.and {
			ids, ok := w.narrow(x)
			switch {
			case !ok:
			case !found:
				best, found = ids, true
			default:
				best = intersect(best, ids)
			}
		}
		return best, found
	case e.field == "thumbprint" && e.op == "-eq" && !e.isNull:
		if c := w.byThumbprint[strings.ToUpper(e.literal)]; c != nil {
			return []int{c.id}, true
		}
		return nil, true
	case e.field == "certid" && e.isNumber:
		return w.idRange(e.op, int(e.number))
	}
	return nil, false
}

func (w *world) idRange(op string, n int) ([]int, bool) {
	at, exact := slices.BinarySearch(w.ids, n)
	after := at
	if exact {
		after++
	}
	switch op {
	case "-eq":
		return w.ids[at:after], true
	case "-lt":
		return w.ids[:at], true
	case "-le":
		return w.ids[:after], true
	case "-gt":
		return w.ids[after:], true
	case "-ge":
		return w.ids[at:], true
	}
	return nil, false
}

func intersect(a, b []int) []int {
	if len(a) > len(b) {
		a, b = b, a
	}
	var out []int
	for _, id := range a {
		if _, ok := slices.BinarySearch(b, id); ok {
			out = append(out, id)
		}
	}
	return out
}

// row finds a certificate that the caller may handle; on failure the answer has been sent. The world must be locked.
func (c *call) row(text, permission string) (*certificate, bool) {
	p := page{given: c.parameters()}
	collection := p.whole("collectionid", 0)
	if p.invalid != "" {
		c.invalid("%s", p.invalid)
		return nil, false
	}
	id, ok := c.id(text)
	if !ok || !c.allowed(permission, collection) {
		return nil, false
	}
	w := c.s.world
	list := selection[*certificate]{columns: w.columns, sorts: certificateSorts}
	member, ok := c.collection(w, collection, list)
	if !ok {
		return nil, false
	}
	row := w.certificates[id]
	if row == nil || !member(row) {
		c.notFound("Certificate", id)
		return nil, false
	}
	c.fact("thumbprint", row.thumbprint)
	return row, true
}

func (c *call) getCertificate(id string) {
	p := page{given: c.parameters()}
	shown := include{locations: p.flag("includelocations", false), metadata: p.flag("includemetadata", false)}
	if p.invalid != "" {
		c.invalid("%s", p.invalid)
		return
	}
	c.s.world.mu.RLock()
	defer c.s.world.mu.RUnlock()
	if row, ok := c.row(id, "/certificates/collections/read/"); ok {
		c.json(http.StatusOK, c.answer(c.s.world, row, shown))
	}
}

func (c *call) deleteCertificate(id string) {
	c.s.world.mu.Lock()
	defer c.s.world.mu.Unlock()
	if row, ok := c.row(id, "/certificates/collections/delete/"); ok {
		c.s.world.remove(row)
		c.w.WriteHeader(http.StatusNoContent)
	}
}

func (c *call) deletePrivateKey(id string) {
	c.s.world.mu.Lock()
	defer c.s.world.mu.Unlock()
	if row, ok := c.row(id, "/certificates/collections/delete/"); ok {
		row.hasKey = false
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// putMetadata changes the named fields only; "" clears one (contract 2.6).
func (c *call) putMetadata(string) {
	var request struct {
		ID       int `json:"Id"`
		Metadata map[string]looseText
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	metadata := texts(request.Metadata)
	c.fact("metadata", slices.Sorted(maps.Keys(metadata)))
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	row, ok := c.row(strconv.Itoa(request.ID), "/certificates/collections/metadata/modify/")
	if !ok {
		return
	}
	if unknown := w.unknownField(metadata); unknown != "" && !c.o.IgnoreUnknownMetadata {
		c.invalid("Metadata field '%s' does not exist.", unknown)
		return
	}
	w.put(c.o, row, metadata)
	c.w.WriteHeader(http.StatusNoContent)
}

// putOwner needs the current and the new owner role, unless the caller may change owners at large (contract 2.7).
func (c *call) putOwner(id string) {
	var request struct {
		NewRoleID   int    `json:"NewRoleId"`
		NewRoleName string `json:"NewRoleName"`
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	expanded := c.o.major() >= 25 && c.account.may("/certificates/expanded_change_owner/", 0)
	permission := "/certificates/collections/change_owner/"
	if expanded {
		permission = "/certificates/expanded_change_owner/"
	}
	row, ok := c.row(id, permission)
	if !ok {
		return
	}
	c.fact("owner", "")
	next, ok := c.ownerRole(request.NewRoleID, request.NewRoleName)
	if !ok {
		return
	}
	for _, role := range []*Role{w.role(row.ownerID), next} {
		if role != nil && !expanded && !c.account.holds(role.Name) {
			c.fail(http.StatusForbidden, codeForbidden,
				"User %s does not hold the owner role '%s'.", c.account.label(), role.Name)
			return
		}
	}
	row.ownerID = 0
	if next != nil {
		row.ownerID = next.ID
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// ownerRole is the role that a request names by id or by name, nil for none; on failure the answer has been sent.
func (c *call) ownerRole(id int, name string) (*Role, bool) {
	var role *Role
	switch {
	case id == 0 && name == "":
		return nil, true
	case id != 0 && name != "":
		c.invalid("Only one of the owner role's id and name may be given.")
		return nil, false
	case id != 0:
		role = c.s.world.role(id)
	default:
		role = c.s.world.roleNamed(name)
	}
	if role == nil {
		c.invalid("The owner role does not exist.")
		return nil, false
	}
	c.fact("owner", role.Name)
	return role, true
}

// revoke marks certificates as revoked at once (contract 2.8).
func (c *call) revoke(string) {
	var request struct {
		CertificateIDs []int `json:"CertificateIds"`
		Reason         int
		Comment        string
		EffectiveDate  *time.Time
		CollectionID   int `json:"CollectionId"`
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	if !c.allowed("/certificates/collections/revoke/", request.CollectionID) {
		return
	}
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range request.CertificateIDs {
		if w.certificates[id] == nil {
			c.notFound("Certificate", id)
			return
		}
	}
	at := c.s.o.Now()
	if request.EffectiveDate != nil {
		at = *request.EffectiveDate
	}
	for _, id := range request.CertificateIDs {
		row := w.certificates[id]
		row.revokedAt, row.reason, row.comment = at, request.Reason, request.Comment
	}
	c.json(http.StatusOK, struct {
		RevokedIds     []int
		SuspendedCerts []int
	}{request.CertificateIDs, []int{}})
}

func base64DER(der []byte) string { return base64.StdEncoding.EncodeToString(der) }
