package contract

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// exception is what the documents say otherwise than the vendor's pages or servers.
type exception struct {
	name   string
	source string // where that is written
	// applies chooses the exchanges, by the first number of the version.
	applies func(major string, x exchange) bool
	// violation is how the violations begin that are let pass.
	violation string
	// prepare, instead of violation, changes the exchange or chooses another document before they are compared.
	prepare func(d map[string]*document, x exchange, document string) (exchange, string)
}

var exceptions = []exception{
	{
		name:    "answers in camelCase",
		source:  "the 11.x Swagger, which the vendor's Go SDK v11 was made from, declares camelCase where 10.x and 24/25 have PascalCase",
		applies: func(major string, x exchange) bool { return major == "11" && len(x.answer) > 0 && x.status < 300 },
		prepare: func(d map[string]*document, x exchange, document string) (exchange, string) {
			x.answer = d[document].declaredCase(x.answer)
			return x, document
		},
	},
	{
		name:   "operations that the official document leaves empty",
		source: "the official document has path items without operations for /Security/Identities and /Security/Roles; the derived one has them, with the paging names of 11 and later instead of the pq. ones of 10.x",
		applies: func(major string, x exchange) bool {
			return major == "10" && (x.path() == "/Security/Identities" || x.path() == "/Security/Roles")
		},
		prepare: func(_ map[string]*document, x exchange, _ string) (exchange, string) {
			bare := url.Values{}
			for name, values := range x.url.Query() {
				if rest, prefixed := strings.CutPrefix(name, "pq."); prefixed {
					name = strings.ToUpper(rest[:1]) + rest[1:]
				}
				bare[name] = values
			}
			address := *x.url
			address.RawQuery = bare.Encode()
			x.url = &address
			return x, derived
		},
	},
	{
		name:      "bare names of paging parameters in 10.x",
		source:    "the vendor's reference pages of 10.x print queryString and the like without the pq. of the document; the provider sends them while it does not know the version, and goes on where rows prove that they count",
		applies:   func(major string, x exchange) bool { return major == "10" && x.path() == "/Certificates" },
		violation: "query: parameter QueryString is not declared",
	},
	{
		name:      "bare IncludeRevoked in 10.x",
		source:    "as above",
		applies:   func(major string, x exchange) bool { return major == "10" && x.path() == "/Certificates" },
		violation: "query: parameter IncludeRevoked is not declared",
	},
	{
		name:      "bare IncludeExpired in 10.x",
		source:    "as above",
		applies:   func(major string, x exchange) bool { return major == "10" && x.path() == "/Certificates" },
		violation: "query: parameter IncludeExpired is not declared",
	},
	{
		name:      "bare ReturnLimit in 10.x",
		source:    "as above",
		applies:   func(major string, x exchange) bool { return major == "10" && x.path() == "/Certificates" },
		violation: "query: parameter ReturnLimit is not declared",
	},
	{
		name:      "serial numbers are hexadecimal",
		source:    "the official document declares Thumbprint and SerialNumber as format byte, base64; servers, and the vendor's own clients, have upper-case hexadecimal",
		applies:   func(major string, x exchange) bool { return major == "10" && hexadecimal(x.answer) },
		violation: "answer: */SerialNumber: string doesn't match the regular expression",
	},
	{
		name:      "errors in 10.x",
		source:    "the official document lists the statuses 200 and 204 only; the errors exist, and their body is in the vendor's own clients: ErrorCode and Message",
		applies:   func(major string, x exchange) bool { return major == "10" && x.status >= 400 && x.errorBody() },
		violation: "answer: status is not supported",
	},
}

// hexadecimal tells whether all serial numbers of an answer are upper-case hexadecimal.
func hexadecimal(answer []byte) bool {
	var rows []struct{ SerialNumber string }
	if json.Unmarshal(answer, &rows) != nil {
		return false
	}
	return !slices.ContainsFunc(rows, func(row struct{ SerialNumber string }) bool {
		return strings.Trim(row.SerialNumber, "0123456789ABCDEF") != ""
	})
}

// declaredCase writes the property names of an answer as the document declares them.
func (d *document) declaredCase(answer []byte) []byte {
	var value any
	if json.Unmarshal(answer, &value) != nil {
		return answer
	}
	out, err := json.Marshal(d.rename(value))
	if err != nil {
		return answer
	}
	return out
}

func (d *document) rename(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = d.rename(v[i])
		}
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if declared, known := d.names[strings.ToLower(name)]; known {
				name = declared
			}
			if name != "Metadata" { // a map: its names are the user's
				member = d.rename(member)
			}
			out[name] = member
		}
		return out
	}
	return value
}
