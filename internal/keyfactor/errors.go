package keyfactor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Error is an answer of the server that is not the one asked for.
type Error struct {
	Method string
	Path   string // of the URL, without query
	Host   string
	Status int // HTTP status; 200 to 299 when the body was not what the API documents

	// Message, Code ("0xA011000F") and Reasons (of failed operations) are the
	// server's own words, raw: whoever shows them escapes and redacts them.
	Message string
	Code    string
	Reasons []string

	// FirstLine is the first line of a body that is not Command's error object,
	// raw, without HTML tags. It is whole: cutting a secret in two would hide it
	// from whoever removes secrets.
	FirstLine string

	// Unreadable names what of a JSON answer has another type than documented,
	// e.g. "the member Id"; "" when that is not the matter.
	Unreadable string

	// NotCommand is set when nothing in the answer looks like Command's API:
	// a login page, a proxy's error page, another application.
	NotCommand bool
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: HTTP status %d", e.Method, e.Path, e.Status)
	switch {
	case e.Message != "":
		fmt.Fprintf(&b, ": %s", e.Message)
	case e.Unreadable != "":
		fmt.Fprintf(&b, ": %s cannot be read", e.Unreadable)
	case e.NotCommand:
		b.WriteString(": the answer does not look like Command's API")
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	return b.String()
}

// IsNotFound tells whether err is Command's own 404: the status together with
// Command's error body. A proxy's or web server's 404 is not.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && !e.NotCommand
}

// StatusOf is the HTTP status of err when it is an answer of the server, else 0.
func StatusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// newError reads an answer that is no success. The body may be Command's
// object {"ErrorCode","Message","FailedOperations"}, HTML or nothing.
func newError(k call, resp *http.Response, body []byte) *Error {
	e := &Error{Method: k.method, Path: resp.Request.URL.Path, Host: resp.Request.URL.Host, Status: resp.StatusCode}
	var object struct {
		ErrorCode        string
		Message          string
		FailedOperations []struct{ Reason string }
	}
	if err := json.Unmarshal(body, &object); err == nil && (object.Message != "" || object.ErrorCode != "") {
		e.Message, e.Code = object.Message, object.ErrorCode
		for _, f := range object.FailedOperations {
			if f.Reason != "" {
				e.Reasons = append(e.Reasons, f.Reason)
			}
		}
		return e
	}
	e.FirstLine = firstLine(body)
	// An empty 401 is documented for Command (IIS); an empty 5xx may be anybody's.
	e.NotCommand = resp.Header.Get("x-keyfactor-product-version") == "" && resp.StatusCode != http.StatusUnauthorized
	if resp.StatusCode == http.StatusNotFound {
		// Believing a 404 means dropping an object from state, so the body has
		// to be Command's own, whatever the headers say.
		e.NotCommand = true
	}
	return e
}

// newFormatError is a success whose body is not what was asked for. JSON of
// another shape is not shown: it may hold a certificate.
func newFormatError(k call, resp *http.Response, body []byte, err error) *Error {
	e := &Error{Method: k.method, Path: resp.Request.URL.Path, Host: resp.Request.URL.Host, Status: resp.StatusCode}
	if body = bytes.TrimSpace(body); !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("[")) {
		e.FirstLine, e.NotCommand = firstLine(body), true
		return e
	}
	e.Unreadable = "the answer as a whole"
	var member *json.UnmarshalTypeError
	if errors.As(err, &member) && member.Field != "" {
		e.Unreadable = "the member " + member.Field
	}
	return e
}

// saysNothing is a success that brought null, or nothing, in place of a list.
func (c *Client) saysNothing(k call) *Error {
	e := &Error{Method: k.method, Path: "/" + k.path, Status: http.StatusOK, Unreadable: "the answer as a whole"}
	if at, err := url.Parse(c.base); err == nil {
		e.Path, e.Host = at.Path+e.Path, at.Host
	}
	return e
}

// firstLine is the first line of a body with something to read in it, HTML
// tags left out.
func firstLine(body []byte) string {
	const limit = 64 * 1024
	if len(body) > limit {
		body = body[:limit]
	}
	for line := range strings.Lines(stripTags(string(body))) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// stripTags drops <…> and the contents of script and style elements.
func stripTags(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	lower := asciiLower(s)
	for i := 0; i < len(s); {
		if s[i] != '<' {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			break
		}
		for _, element := range []string{"script", "style"} {
			if strings.HasPrefix(lower[i+1:], element) {
				if closing := strings.Index(lower[i:], "</"+element); closing >= 0 {
					end = closing + len("</") + len(element)
				}
			}
		}
		b.WriteByte('\n')
		i += end + 1
	}
	return b.String()
}

// asciiLower keeps every byte at its place, which strings.ToLower does not.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
