package simulator

import (
	"maps"
	"slices"
	"strings"
)

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
		"san":              sanList,
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
