package auth

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// tokenAnswers brings what identity providers answer into the form that x/oauth2 reads: it takes JSON called
// text/plain for a form, and fails as a whole on a lifetime that is a fraction or an empty text, and on a byte order
// mark. A form stays as it is.
type tokenAnswers struct{ next http.RoundTripper }

func (t tokenAnswers) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header.Set("Accept", "application/json")
	resp, err := t.next.RoundTrip(out)
	if err != nil || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if plain, ok := plainToken(body); ok {
		body = plain
		resp.Header = resp.Header.Clone()
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// plainToken returns the members of a token answer that are used, each of the type that RFC 6749 section 5 gives it.
func plainToken(body []byte) ([]byte, bool) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, byteOrderMark)))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil || fields == nil {
		return nil, false
	}
	plain := map[string]any{}
	for _, name := range []string{"access_token", "token_type", "refresh_token", "error", "error_description"} {
		if text, ok := fields[name].(string); ok {
			plain[name] = text
		}
	}
	switch lifetime := fields["expires_in"].(type) {
	case json.Number:
		plain["expires_in"] = seconds(lifetime.String())
	case string:
		plain["expires_in"] = seconds(lifetime)
	}
	data, err := json.Marshal(plain)
	return data, err == nil
}

// seconds reads a lifetime; 0, unknown, for what is none.
func seconds(text string) int32 {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		return 0
	}
	return int32(min(f, math.MaxInt32))
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// carriable tells whether a token can stand in a header: printable ASCII without white space.
func carriable(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}
