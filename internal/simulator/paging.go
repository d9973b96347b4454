package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// prefixes of paging parameters: pq. everywhere, the others on single lists (contract 1.3).
var prefixes = []string{"pq.", "certificatestorequery.", "query."}

// pagingNames are the parameters that may carry a prefix.
var pagingNames = []string{
	"querystring", "pagereturned", "returnlimit", "sortfield", "sortascending", "includerevoked", "includeexpired",
	"validate",
}

// parameters are a request's query parameters in lower case, paging ones without their prefix. As ASP.NET's binder
// does, one prefixed name makes the bare ones be ignored (contract 1.3).
func (c *call) parameters() map[string]string {
	bare, prefixed := map[string]string{}, map[string]string{}
	for name, values := range c.r.URL.Query() {
		lower := strings.ToLower(name)
		stripped := lower
		for _, p := range prefixes {
			stripped = strings.TrimPrefix(stripped, p)
		}
		switch {
		case len(values) == 0:
		case stripped != lower:
			prefixed[stripped] = values[0]
		default:
			bare[lower] = values[0]
		}
	}
	switch {
	case c.o.BareNamesOnly:
		return bare
	case len(prefixed) > 0 || c.o.PrefixedNamesOnly:
		for _, name := range pagingNames {
			delete(bare, name)
		}
	}
	for name, v := range prefixed {
		bare[name] = v
	}
	return bare
}

// page is what a list request asks for.
type page struct {
	query          string
	number, limit  int
	sort           string // lower case; empty means the default
	descending     bool
	given          map[string]string
	invalid        string // what is wrong with the request; empty when nothing is
	ignored        bool
	requestedLimit int
}

func (c *call) page() page {
	p := page{number: 1, limit: 50, given: c.parameters()}
	p.number = p.whole("pagereturned", 1)
	p.limit = p.whole("returnlimit", 50)
	p.requestedLimit = p.limit
	p.query = p.given["querystring"]
	p.sort = strings.ToLower(p.given["sortfield"])
	switch strings.ToLower(p.given["sortascending"]) {
	case "", "0", "ascending":
	case "1", "descending":
		p.descending = true // the vendor's name says the opposite of what it does
	default:
		p.invalid = "The value '" + p.given["sortascending"] + "' is not valid for SortAscending."
	}
	if p.number < 1 {
		p.number = 1
	}
	if p.limit < 1 {
		p.limit = 50
	}
	if c.o.MaxPageSize > 0 && p.limit > c.o.MaxPageSize {
		p.limit = c.o.MaxPageSize
	}
	if c.o.IgnoreQuery || c.ignoreQuery {
		p.query = ""
	}
	if c.o.IgnorePaging || c.ignorePaging {
		p.number, p.limit, p.ignored = 1, 50, true
	}
	c.fact("page", p.number)
	c.fact("limit", p.requestedLimit)
	return p
}

func (p *page) whole(name string, absent int) int {
	text := p.given[name]
	if text == "" {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		p.invalid = "The value '" + text + "' is not valid for " + name + "."
		return absent
	}
	return n
}

// flag reads a boolean switch; anything but true and false makes the request invalid.
func (p *page) flag(name string, absent bool) bool {
	text, ok := p.given[name]
	if !ok || text == "" {
		return absent
	}
	switch strings.ToLower(text) {
	case "true":
		return true
	case "false":
		return false
	}
	p.invalid = "The value '" + text + "' is not valid for " + name + "."
	return absent
}

// cut is the page's part of n rows.
func (p *page) cut(n int) (from, to int) {
	if p.number-1 > n/p.limit {
		return n, n
	}
	from = min((p.number-1)*p.limit, n)
	return from, min(from+p.limit, n)
}

// total sets x-total-count.
func (c *call) total(n int) {
	if !c.o.NoTotalCount {
		c.w.Header().Set("X-Total-Count", strconv.Itoa(n))
	}
}

// selection is a list with its columns: what may be asked and sorted by.
type selection[T any] struct {
	columns fields[T]
	sorts   map[string]func(a, b T) int // in lower case; "" is the default
}

// selectRows filters and sorts rows as a list request asks; on failure the answer has been sent. rows is not changed.
func selectRows[T any](c *call, p *page, list selection[T], rows []T) ([]T, bool) {
	e, ok := parsed(c, p, list)
	if !ok {
		return nil, false
	}
	var out []T
	for _, row := range rows {
		if match(e, list.columns, row) {
			out = append(out, row)
		}
	}
	return sorted(p, list, out), true
}

// parsed checks a list request and reads its query; on failure the answer has been sent.
func parsed[T any](c *call, p *page, list selection[T]) (*expression, bool) {
	if p.invalid != "" {
		c.invalid("%s", p.invalid)
		return nil, false
	}
	if _, ok := list.sorts[p.sort]; !ok {
		c.fail(http.StatusBadRequest, codeSortField, "Invalid sort field: %s.", p.given["sortfield"])
		return nil, false
	}
	known := func(field string) bool { _, ok := list.columns[field]; return ok }
	e, err := parseQuery(p.query, known, c.s.o.Now(), c.account.label())
	if err != nil {
		c.invalid("Invalid query: %s.", err)
		return nil, false
	}
	if p.query != "" {
		c.fact("query", p.query)
	}
	return e, true
}

func sorted[T any](p *page, list selection[T], rows []T) []T {
	less := list.sorts[p.sort]
	if p.ignored {
		less = list.sorts[""]
	}
	direction := 1
	if p.descending && !p.ignored {
		direction = -1
	}
	if !slices.IsSortedFunc(rows, func(a, b T) int { return direction * less(a, b) }) {
		slices.SortStableFunc(rows, func(a, b T) int { return direction * less(a, b) })
	}
	return rows
}
