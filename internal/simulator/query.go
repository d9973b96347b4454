package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The query language of Command (contract 1.3): Field -op "value", AND, OR, parentheses, NULL, %TODAY%, %ME%.
// Field names and text compare without regard to case, as the server's database does.

// value is what a row has in a field. The zero value is NULL.
type value struct {
	kind kind
	text string
	list []string // multi-valued text: one match is enough
	num  int64
	when time.Time
}

type kind int

const (
	null kind = iota
	isText
	isList
	isNumber
	isTime
)

func textValue(s string) value {
	if s == "" {
		return value{}
	}
	return value{kind: isText, text: s}
}

func numberValue(n int64) value { return value{kind: isNumber, num: n} }

func timeValue(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return value{kind: isTime, when: t}
}

func boolValue(b bool) value {
	if b {
		return value{kind: isText, text: "true"}
	}
	return value{kind: isText, text: "false"}
}

// fields are the columns that a list can be asked by, in lower case.
type fields[T any] map[string]func(T) value

// expression is a parsed query: a comparison, or AND or OR of others. nil matches everything.
type expression struct {
	and, or  []*expression
	field    string // lower case
	op       string
	literal  string
	isNull   bool
	at       time.Time // the literal as a time, when it is one
	isNumber bool
	number   int64
}

// match evaluates a query on one row.
func match[T any](e *expression, columns fields[T], row T) bool {
	switch {
	case e == nil:
		return true
	case e.and != nil:
		return !slices.ContainsFunc(e.and, func(x *expression) bool { return !match(x, columns, row) })
	case e.or != nil:
		return slices.ContainsFunc(e.or, func(x *expression) bool { return match(x, columns, row) })
	}
	return e.compare(columns[e.field](row))
}

func (e *expression) compare(v value) bool {
	if e.isNull {
		return (v.kind == null) == (e.op == "-eq")
	}
	switch v.kind {
	case null:
		return e.op == "-ne" || e.op == "-notcontains"
	case isList:
		if e.op == "-ne" || e.op == "-notcontains" {
			return !slices.ContainsFunc(v.list, func(s string) bool { return !e.compareText(s) })
		}
		return slices.ContainsFunc(v.list, e.compareText)
	case isNumber:
		if e.isNumber {
			return ordered(e.op, compareInts(v.num, e.number))
		}
		return e.compareText(strconv.FormatInt(v.num, 10))
	case isTime:
		return !e.at.IsZero() && ordered(e.op, v.when.Compare(e.at))
	}
	return e.compareText(v.text)
}

func (e *expression) compareText(s string) bool {
	have, want := strings.ToLower(s), strings.ToLower(e.literal)
	switch e.op {
	case "-contains":
		return strings.Contains(have, want)
	case "-notcontains":
		return !strings.Contains(have, want)
	case "-startswith":
		return strings.HasPrefix(have, want)
	case "-endswith":
		return strings.HasSuffix(have, want)
	}
	return ordered(e.op, strings.Compare(have, want))
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func ordered(op string, c int) bool {
	switch op {
	case "-eq":
		return c == 0
	case "-ne":
		return c != 0
	case "-lt":
		return c < 0
	case "-le":
		return c <= 0
	case "-gt":
		return c > 0
	case "-ge":
		return c >= 0
	}
	return false
}

var operators = []string{
	"-eq", "-ne", "-contains", "-notcontains", "-startswith", "-endswith", "-lt", "-le", "-gt", "-ge",
}

// parser reads a query from left to right; AND binds tighter than OR.
type parser struct {
	rest  string
	known func(field string) bool
	now   time.Time
	me    string
}

// parseQuery reads a query; an empty one is nil. known tells which fields (in lower case) the list has.
func parseQuery(text string, known func(string) bool, now time.Time, me string) (*expression, error) {
	p := &parser{rest: strings.TrimSpace(text), known: known, now: now, me: me}
	if p.rest == "" {
		return nil, nil
	}
	e, err := p.either()
	if err != nil {
		return nil, err
	}
	if p.rest != "" {
		return nil, fmt.Errorf("unexpected %q in the query", firstRunes(p.rest, 20))
	}
	return e, nil
}

func (p *parser) either() (*expression, error) {
	return p.joined("OR", p.all, func(list []*expression) *expression { return &expression{or: list} })
}

func (p *parser) all() (*expression, error) {
	return p.joined("AND", p.one, func(list []*expression) *expression { return &expression{and: list} })
}

func (p *parser) joined(word string, part func() (*expression, error), join func([]*expression) *expression) (*expression, error) {
	var list []*expression
	for {
		e, err := part()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if !p.word(word) {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return join(list), nil
}

func (p *parser) one() (*expression, error) {
	if p.symbol('(') {
		e, err := p.either()
		if err != nil {
			return nil, err
		}
		if !p.symbol(')') {
			return nil, fmt.Errorf("a parenthesis is not closed in the query")
		}
		return e, nil
	}
	field := strings.ToLower(p.token())
	if !p.known(field) {
		return nil, fmt.Errorf("unknown field %q in the query", firstRunes(field, 40))
	}
	op := strings.ToLower(p.token())
	if !slices.Contains(operators, op) {
		return nil, fmt.Errorf("unknown operator %q in the query", firstRunes(op, 20))
	}
	return p.operand(&expression{field: field, op: op})
}

func (p *parser) operand(e *expression) (*expression, error) {
	if strings.HasPrefix(p.rest, `"`) {
		end := strings.Index(p.rest[1:], `"`)
		if end < 0 {
			return nil, fmt.Errorf("a quote is not closed in the query")
		}
		e.literal, p.rest = p.rest[1:1+end], strings.TrimSpace(p.rest[end+2:])
	} else {
		e.literal = p.token()
		if e.literal == "" {
			return nil, fmt.Errorf("a value is missing in the query")
		}
		e.isNull = strings.EqualFold(e.literal, "NULL")
	}
	switch strings.ToUpper(e.literal) {
	case "%TODAY%":
		e.at = p.now.UTC().Truncate(24 * time.Hour)
	case "%ME%":
		e.literal = p.me
	}
	if n, err := strconv.ParseInt(e.literal, 10, 64); err == nil {
		e.isNumber, e.number = true, n
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02", "1/2/2006"} {
		if t, err := time.Parse(layout, e.literal); err == nil {
			e.at = t
			break
		}
	}
	if e.isNull && e.op != "-eq" && e.op != "-ne" {
		return nil, fmt.Errorf("NULL goes with -eq and -ne only")
	}
	return e, nil
}

// token cuts the next run of characters other than white space and parentheses.
func (p *parser) token() string {
	end := strings.IndexAny(p.rest, " \t\r\n()\"")
	if end < 0 {
		end = len(p.rest)
	}
	out := p.rest[:end]
	p.rest = strings.TrimSpace(p.rest[end:])
	return out
}

func (p *parser) symbol(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = strings.TrimSpace(p.rest[1:])
	return true
}

func (p *parser) word(w string) bool {
	if len(p.rest) < len(w) || !strings.EqualFold(p.rest[:len(w)], w) {
		return false
	}
	if after := p.rest[len(w):]; after != "" && !strings.ContainsAny(after[:1], " \t\r\n(") {
		return false
	}
	p.rest = strings.TrimSpace(p.rest[len(w):])
	return true
}

func firstRunes(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
