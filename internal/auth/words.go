package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// maxWords is how much of a refusal's body is read.
const maxWords = 64 << 10

// refusal turns a 401 of the API into an error and closes the answer.
func (s *session) refusal(resp *http.Response) *Error {
	defer func() { _ = resp.Body.Close() }()
	data, _ := io.ReadAll(io.LimitReader(resp.Body, maxWords)) // what cannot be read only makes the message shorter
	e := &Error{Mode: s.mode, Origin: s.origin, Stage: StageAPI, Status: resp.StatusCode, NonASCII: s.nonASCII, Reason: reason(resp)}
	if resp.Request != nil {
		e.Host = resp.Request.URL.Host
	}
	e.Code, e.Description = words(data)
	if e.Code == "" && e.Description == "" {
		for _, challenge := range resp.Header.Values("WWW-Authenticate") {
			e.Code, e.Description = param(challenge, "error"), param(challenge, "error_description")
			if e.Code != "" {
				break
			}
		}
	}
	e.Diagnosis = s.otherSchemes(resp.Header.Values("WWW-Authenticate"))
	return e
}

// otherSchemes says that the server's challenges (RFC 9110 section 11.6.1) offer other schemes than this mode's, as IIS
// does where only Windows authentication is on.
func (s *session) otherSchemes(challenges []string) string {
	own := "Bearer"
	if s.mode == ModeBasic {
		own = "Basic"
	}
	var offered []string
	for _, challenge := range challenges {
		for _, match := range schemes.FindAllStringSubmatch(quotedText.ReplaceAllString(challenge, `""`), -1) {
			if strings.EqualFold(match[1], own) {
				return ""
			}
			if !slices.Contains(offered, match[1]) {
				offered = append(offered, match[1])
			}
		}
	}
	if len(offered) == 0 || len(offered) > 5 {
		return ""
	}
	return fmt.Sprintf("The server offers %s, but not %s, which this mode sends: %s has to be enabled on the server.",
		strings.Join(offered, " and "), own, own)
}

var (
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	schemes    = regexp.MustCompile(`(?:^|,)\s*([A-Za-z][A-Za-z0-9-]{0,20})(?:\s+[^\s,=]|\s*(?:,|$))`)
)

// reason returns the words of the status line unless they are the standard ones.
func reason(resp *http.Response) string {
	_, phrase, _ := strings.Cut(resp.Status, " ")
	if phrase == http.StatusText(resp.StatusCode) {
		return ""
	}
	return phrase
}

// words returns a code and a sentence from a JSON error: OAuth's (RFC 6749 section 5.2) or Command's.
func words(body []byte) (code, description string) {
	var fields map[string]any
	if json.Unmarshal(bytes.TrimPrefix(body, byteOrderMark), &fields) != nil {
		return "", ""
	}
	first := func(names ...string) string {
		for _, name := range names {
			if value, ok := fields[name].(string); ok && value != "" {
				return value
			}
		}
		return ""
	}
	return first("error", "ErrorCode", "errorCode"), first("error_description", "Message", "message")
}

var params = map[string]*regexp.Regexp{
	"error":             regexp.MustCompile(`(?i)(?:^|[\s,])error="((?:[^"\\]|\\.)*)"`),
	"error_description": regexp.MustCompile(`(?i)(?:^|[\s,])error_description="((?:[^"\\]|\\.)*)"`),
}

// param reads a parameter of a Bearer challenge (RFC 6750 section 3).
func param(challenge, name string) string {
	match := params[name].FindStringSubmatch(challenge)
	if match == nil {
		return ""
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(match[1])
}
