package simulator

import (
	"net/http"
	"strings"
)

// state is the vendor's CertState: 1 active, 2 revoked (its other members do not occur here).
func (c *certificate) state() (int, string) {
	if !c.revokedAt.IsZero() {
		return 2, "Revoked"
	}
	return 1, "Active"
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
	member, ok := c.collection(collection, list)
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
func (c *call) collection(id int, list selection[*certificate]) (func(*certificate) bool, bool) {
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
	member, ok := c.collection(collection, list)
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
