package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

const (
	apiPath   = "/KeyfactorAPI"
	official  = "command-openapi-10.yaml"
	derived   = "command-openapi-25-derived.yaml"
	directory = "KEYFACTOR_OPENAPI_DIR"
)

// document is one of the vendor's OpenAPI documents, made strict.
type document struct {
	name   string
	router routers.Router
	names  map[string]string // of properties: lower case → as declared
}

// exchange is one request with its answer, as they passed the proxy.
type exchange struct {
	method       string
	url          *url.URL
	header       http.Header
	body         []byte
	status       int
	answerHeader http.Header
	answer       []byte
}

func (x exchange) String() string {
	return fmt.Sprintf("%s %s → %d", x.method, strings.TrimPrefix(x.url.RequestURI(), apiPath), x.status)
}

// path is below the API's own path.
func (x exchange) path() string { return strings.TrimPrefix(x.url.Path, apiPath) }

// load reads a document and refuses what it does not name.
func load(t *testing.T, name string) *document {
	t.Helper()
	folder := os.Getenv(directory)
	if folder == "" {
		t.Skipf("skipped: %s does not name the folder with the vendor's OpenAPI documents", directory)
	}
	if !filepath.IsAbs(folder) { // relative to the repository, where make runs
		folder = filepath.Join("..", "..", folder)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return strict(t, name, doc)
}

func strict(t *testing.T, name string, doc *openapi3.T) *document {
	t.Helper()
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`))
	doc.Servers = openapi3.Servers{{URL: apiPath}}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	seen := map[*openapi3.Schema]bool{}
	for _, schema := range doc.Components.Schemas {
		closeSchema(schema.Value, seen)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	d := &document{name: name, router: router, names: map[string]string{}}
	for schema := range seen {
		for property := range schema.Properties {
			lower := strings.ToLower(property)
			if other, there := d.names[lower]; !there || property < other {
				d.names[lower] = property
			}
		}
	}
	return d
}

// closeSchema makes objects refuse properties that they do not name, unless they are maps.
func closeSchema(s *openapi3.Schema, seen map[*openapi3.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil && s.AdditionalProperties.Has == nil {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, property := range s.Properties {
		closeSchema(property.Value, seen)
	}
	if s.Items != nil {
		closeSchema(s.Items.Value, seen)
	}
}

// violations says what of an exchange the document does not describe.
func (d *document) violations(x exchange) []string {
	var found []string
	request, err := x.request()
	if err != nil {
		return []string{"request: " + err.Error()}
	}
	route, parameters, err := d.router.FindRoute(request)
	if err != nil {
		return []string{"path: " + err.Error()}
	}
	for name := range x.url.Query() {
		if !declares(route, "query", name) {
			found = append(found, "query: parameter "+name+" is not declared")
		}
	}
	for name := range x.header {
		if strings.HasPrefix(strings.ToLower(name), "x-") && !declares(route, "header", strings.ToLower(name)) {
			found = append(found, "header: "+strings.ToLower(name)+" is not declared")
		}
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true, IncludeResponseStatus: true,
		},
	}
	if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil {
		found = append(found, lines("request: ", err)...)
	}
	if route.Operation.RequestBody == nil && len(x.body) > 0 {
		found = append(found, "request: a body where none is declared")
	}
	answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: x.status, Header: x.answerHeader, Options: input.Options}
	answer.SetBodyBytes(x.answer)
	if err := openapi3filter.ValidateResponse(request.Context(), answer); err != nil {
		found = append(found, lines("answer: ", err)...)
	}
	if response := route.Operation.Responses.Status(x.status); response != nil && len(response.Value.Content) == 0 && len(x.answer) > 0 {
		found = append(found, "answer: a body where none is declared")
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (x exchange) request() (*http.Request, error) {
	request, err := http.NewRequest(x.method, x.url.String(), bytes.NewReader(x.body))
	if err != nil {
		return nil, err
	}
	request.Header = x.header.Clone()
	if len(x.body) == 0 {
		request.Body = http.NoBody
	}
	return request, nil
}

func declares(route *routers.Route, in, name string) bool {
	all := slices.Concat(route.PathItem.Parameters, route.Operation.Parameters)
	return slices.ContainsFunc(all, func(p *openapi3.ParameterRef) bool {
		return p.Value.In == in && p.Value.Name == name
	})
}

// lines gives each of several errors a line of its own: where, and what is wrong there. It names no value.
func lines(prefix string, err error) []string {
	switch e := err.(type) { //nolint:errorlint // the layers are taken off one by one
	case openapi3.MultiError:
		var all []string
		for _, one := range e {
			all = append(all, lines(prefix, one)...)
		}
		return all
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			prefix += "parameter " + e.Parameter.Name + ": "
		}
		if e.Err != nil {
			return lines(prefix, e.Err)
		}
		return []string{prefix + e.Reason}
	case *openapi3filter.ResponseError:
		if e.Err != nil {
			return lines(prefix, e.Err)
		}
		return []string{prefix + e.Reason}
	case *openapi3.SchemaError:
		return []string{prefix + strings.Join(generic(e.JSONPointer()), "/") + ": " + e.Reason}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return []string{prefix + text}
}

// generic writes a place in a document without the numbers of list entries.
func generic(pointer []string) []string {
	out := slices.Clone(pointer)
	for i, step := range out {
		if strings.Trim(step, "0123456789") == "" {
			out[i] = "*"
		}
	}
	return out
}

// errorBody tells whether an answer is Command's error object. Of a 401 it is only known that its body may be empty or a
// web server's page: nothing in it counts.
func (x exchange) errorBody() bool {
	if x.status == http.StatusUnauthorized {
		return true
	}
	var object struct{ ErrorCode, Message *string }
	decoder := json.NewDecoder(bytes.NewReader(x.answer))
	decoder.DisallowUnknownFields()
	return decoder.Decode(&object) == nil && object.Message != nil && object.ErrorCode != nil
}
