package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error codes that a real server was seen to send (contract 1.4). For 404 none was captured: that code is our choice.
const (
	codeValidation = "0xA011000F"
	codeSortField  = "0xA011004A"
	codeNoBody     = "0xA0F00003"
	codeForbidden  = "0xA0140002"
	codeNotFound   = "0xA0110008"
)

// route is one operation of Command. In path, a segment {id} takes anything.
type route struct {
	method, path string
	since        int // first major version that has it
	handle       func(*call, string)
}

func (s *Simulator) routes() []route {
	return []route{
		{"POST", "/certificates/import", 0, (*call).importCertificate},
		{"POST", "/certificates/analyze", 0, (*call).analyze},
		{"POST", "/certificates/revoke", 0, (*call).revoke},
		{"GET", "/certificates", 0, (*call).listCertificates},
		{"PUT", "/certificates/metadata", 0, (*call).putMetadata},
		{"GET", "/certificates/locations/{id}", 0, (*call).locations},
		{"DELETE", "/certificates/privatekey/{id}", 0, (*call).deletePrivateKey},
		{"PUT", "/certificates/{id}/owner", 12, (*call).putOwner},
		{"GET", "/certificates/{id}", 0, (*call).getCertificate},
		{"DELETE", "/certificates/{id}", 0, (*call).deleteCertificate},
		{"GET", "/certificatestores", 0, (*call).listStores},
		{"GET", "/certificatestores/{id}", 0, (*call).getStore},
		{"GET", "/security/identities", 0, (*call).listIdentities},
		{"GET", "/security/roles", 0, (*call).listRoles},
		{"GET", "/security/roles/{id}", 0, (*call).getRole},
		{"GET", "/security/claims", 11, (*call).listClaims},
		{"GET", "/security/claims/{id}", 11, (*call).getClaim},
		{"GET", "/security/my", 11, (*call).my},
		{"GET", "/metadatafields", 0, (*call).listMetadataFields},
		{"GET", "/status/endpoints", 0, (*call).endpoints},
		{"GET", "/status/healthcheck", 12, (*call).healthCheck},
	}
}

func (s *Simulator) commandHandler() http.Handler {
	routes := s.routes()
	return s.journaled("command", func(c *call) {
		c.pause(c.o.Latency)
		path := strings.ToLower(strings.TrimRight(c.r.URL.Path, "/"))
		rest, ok := strings.CutPrefix(path, strings.ToLower(apiPath))
		if !ok || (rest != "" && rest[0] != '/') {
			c.send(http.StatusNotFound, "text/html", []byte(notFoundPage))
			return
		}
		c.path = rest
		if !c.o.NoVersionHeader {
			c.w.Header().Set("X-Keyfactor-Product-Version", c.o.Version)
		}
		c.command(routes)
	})
}

// command checks who calls and how, then finds the operation.
func (c *call) command(routes []route) {
	account := c.authenticate()
	if account == nil {
		c.unauthorized()
		return
	}
	c.caller(account)
	switch c.r.Header.Get("X-Keyfactor-Requested-With") {
	case "APIClient", "XMLHttpRequest":
	default:
		if !c.o.AcceptMissingRequestedWith {
			c.fail(http.StatusBadRequest, codeValidation, "The header 'X-Keyfactor-Requested-With' is required.")
			return
		}
	}
	if !account.hasRole() {
		c.fail(http.StatusForbidden, codeForbidden, "User %s doesn't have the required permission", account.label())
		return
	}
	known := false
	for _, r := range routes {
		id, ok := r.match(c.path)
		if !ok || c.o.major() < r.since {
			continue
		}
		known = true
		if r.method == c.r.Method {
			r.handle(c, id)
			return
		}
	}
	if known {
		c.send(http.StatusMethodNotAllowed, "", nil)
		return
	}
	c.send(http.StatusNotFound, "", nil)
}

// match compares a path in lower case with the route's and returns what stands at {id}.
func (r route) match(path string) (id string, ok bool) {
	want, got := strings.Split(r.path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i := range want {
		switch {
		case want[i] == "{id}":
			id = got[i]
		case want[i] != got[i]:
			return "", false
		}
	}
	return id, true
}

// authenticate takes Basic with a directory account, or a bearer token that one of our servers issued.
func (c *call) authenticate() *Account {
	kind, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	switch strings.ToLower(kind) {
	case "basic":
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil
		}
		name, password, _ := strings.Cut(c.decodeBasic(raw), ":")
		return c.s.accountByPassword(name, password)
	case "bearer":
		return c.s.accountByToken(strings.TrimSpace(value))
	}
	return nil
}

func (c *call) decodeBasic(raw []byte) string {
	if !c.o.BasicLatin1 {
		if !utf8.Valid(raw) {
			return ""
		}
		return string(raw)
	}
	runes := make([]rune, 0, len(raw))
	for _, b := range raw {
		runes = append(runes, rune(b))
	}
	return string(runes)
}

func (c *call) unauthorized() {
	c.w.Header().Add("WWW-Authenticate", "Bearer")
	c.w.Header().Add("WWW-Authenticate", `Basic realm="Keyfactor Command"`)
	switch {
	case c.o.EmptyUnauthorizedBody:
		c.send(http.StatusUnauthorized, "", nil)
	case c.o.HTMLUnauthorizedBody:
		c.send(http.StatusUnauthorized, "text/html", []byte(unauthorizedPage))
	default:
		c.json(http.StatusUnauthorized, map[string]string{"Message": "Authorization has been denied for this request."})
	}
}

// fail sends the documented error body.
func (c *call) fail(status int, code, format string, args ...any) {
	c.json(status, struct{ ErrorCode, Message string }{code, fmt.Sprintf(format, args...)})
}

func (c *call) invalid(format string, args ...any) {
	c.fail(http.StatusBadRequest, codeValidation, format, args...)
}

// allowed answers 403 and returns false when the caller lacks a permission.
func (c *call) allowed(permission string, collection int) bool {
	if c.account.may(permission, collection) {
		return true
	}
	shown := permission
	if collection != 0 {
		shown = fmt.Sprintf("%s%d/", permission, collection)
	}
	if name, ok := names10[permission]; ok && c.o.major() < 11 {
		shown = name
	}
	c.fail(http.StatusForbidden, codeForbidden,
		"User %s does not have the required permissions: %s.", c.account.label(), shown)
	return false
}

// json answers in PascalCase, in version 11 in camelCase (contract 1.2).
func (c *call) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		c.send(http.StatusInternalServerError, "text/plain", []byte(err.Error()))
		return
	}
	c.rawJSON(status, body)
}

func (c *call) rawJSON(status int, body []byte) {
	if c.o.major() == 11 && status < http.StatusBadRequest {
		body = camelCase(body)
	}
	c.send(status, "application/json; charset=utf-8", body)
}

// apiVersion is 2 where the caller asks for version 2 of an operation and the server has it.
func (c *call) apiVersion() int {
	if c.o.major() < 11 {
		return 1
	}
	major, _, _ := strings.Cut(c.r.Header.Get("X-Keyfactor-Api-Version"), ".")
	if major == "2" {
		return 2
	}
	return 1
}

// id reads a numeric id of the path; on failure the answer has been sent.
func (c *call) id(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	if err != nil {
		c.invalid("The value '%s' is not valid.", text)
		return 0, false
	}
	c.fact("id", n)
	return n, true
}

func (c *call) notFound(what string, id any) {
	c.fail(http.StatusNotFound, codeNotFound, "Unable to find '%s' with Id '%v'", what, id)
}

// endpoints is the official clients' probe; the strings' format is not documented.
func (c *call) endpoints(string) {
	var out []string
	for _, r := range c.s.routes() {
		if c.o.major() >= r.since {
			out = append(out, r.method+" "+apiPath+r.path)
		}
	}
	slices.Sort(out)
	c.json(http.StatusOK, out)
}

func (c *call) healthCheck(string) { c.w.WriteHeader(http.StatusNoContent) }

const notFoundPage = `<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head>
<body><h2>404 - File or directory not found.</h2><h3>The resource you are looking for might have been removed, had its
name changed, or is temporarily unavailable.</h3></body></html>`

const unauthorizedPage = `<!DOCTYPE html><html><head><title>401 - Unauthorized: Access is denied due to invalid
credentials.</title></head><body><h2>401 - Unauthorized: Access is denied due to invalid credentials.</h2></body></html>`
