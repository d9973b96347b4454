package contract

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestContract_CatchesViolations is the check of the check: each exchange breaks one rule, or none.
func TestContract_CatchesViolations(t *testing.T) {
	documents := map[string]*document{official: load(t, official), derived: load(t, derived)}
	requestedWith := http.Header{"X-Keyfactor-Requested-With": {"APIClient"}, "Content-Type": {"application/json"}}
	imported := `{"ImportStatus":1,"JobStatus":1,"InvalidKeystores":[],"Thumbprint":"ABCD"}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		answer             string
		header             http.Header
		want               string
	}{
		"as it is":              {"POST", "/Certificates/Import", `{"Certificate":"AAAA"}`, 200, imported, nil, ""},
		"misspelt property":     {"POST", "/Certificates/Import", `{"Certificate":"AAAA","StoreIDs":[]}`, 200, imported, nil, `request: : property "StoreIDs" is unsupported`},
		"wrong type":            {"POST", "/Certificates/Import", `{"Certificate":1}`, 200, imported, nil, "request: Certificate: "},
		"missing property":      {"POST", "/Certificates/Import", `{}`, 200, imported, nil, `request: Certificate: property "Certificate" is missing`},
		"no GUID, 10":           {"POST", "/Certificates/Import", `{"Certificate":"AAAA","StoreIds":["1"]}`, 200, imported, nil, "request: StoreIds/*: "},
		"answer misspelt":       {"POST", "/Certificates/Import", `{"Certificate":"AAAA"}`, 200, `{"ImportState":1}`, nil, `answer: : property "ImportState" is unsupported`},
		"answer of wrong type":  {"POST", "/Certificates/Import", `{"Certificate":"AAAA"}`, 200, `{"JobStatus":"Success"}`, nil, "answer: JobStatus: "},
		"status":                {"POST", "/Certificates/Import", `{"Certificate":"AAAA"}`, 201, imported, nil, "answer: status is not supported"},
		"missing header":        {"POST", "/Certificates/Import", `{"Certificate":"AAAA"}`, 200, imported, http.Header{"Content-Type": {"application/json"}}, "request: parameter x-keyfactor-requested-with: "},
		"undeclared header":     {"GET", "/Certificates/1", "", 200, "{}", http.Header{"X-Keyfactor-Requested-With": {"APIClient"}, "X-Other": {"1"}}, "header: x-other is not declared"},
		"undeclared parameter":  {"GET", "/Certificates?query=x", "", 200, "[]", nil, "query: parameter query is not declared"},
		"parameter's type":      {"GET", "/Certificates?ReturnLimit=all", "", 200, "[]", nil, "request: parameter ReturnLimit: "},
		"list":                  {"GET", "/Certificates", "", 200, "{}", nil, "answer: : value must be an array"},
		"unknown path":          {"GET", "/Certificate", "", 200, "[]", nil, "path: no matching operation was found"},
		"unknown method":        {"PATCH", "/Certificates", "", 200, "[]", nil, "path: method not allowed"},
		"body where none is":    {"DELETE", "/Certificates/1", "null", 204, "", nil, "request: a body where none is declared"},
		"answer where none is":  {"DELETE", "/Certificates/1", "", 204, "{}", nil, "answer: a body where none is declared"},
		"another error's shape": {"GET", "/Certificates/1", "", 404, `{"error":"x"}`, nil, "answer: "},
	} {
		t.Run(name, func(t *testing.T) {
			address, err := url.Parse("https://localhost" + apiPath + c.path)
			if err != nil {
				t.Fatal(err)
			}
			x := exchange{
				method: c.method, url: address, header: requestedWith, body: []byte(c.body), status: c.status,
				answerHeader: http.Header{"Content-Type": {"application/json"}}, answer: []byte(c.answer),
			}
			if c.header != nil {
				x.header = c.header
			}
			document, major := derived, "25"
			if strings.HasSuffix(name, ", 10") { // only the official document says what a GUID is
				document, major = official, "10"
			}
			got := strings.Join(judge(documents, document, major, x, map[string]int{}), "; ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}
