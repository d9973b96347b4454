package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	shortest = 2  // characters; a single one is not redacted
	anywhere = 4  // characters; from here on a secret is removed inside words too
	longLine = 16 // characters; a line of a multi-line secret that is known by itself
)

// forms returns a secret in the encodings that a server may echo it in, without repetition and in no particular
// order. A secret of several lines, a PEM key, is also known line by line.
func forms(value string) []string {
	plain := []string{value}
	if trimmed := strings.TrimSpace(value); trimmed != value {
		plain = append(plain, trimmed)
	}
	if strings.Contains(value, "\n") {
		unix := strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
		plain = append(plain, unix, strings.ReplaceAll(unix, "\n", "\r\n"))
		for line := range strings.Lines(unix) {
			line = strings.TrimSpace(line)
			if utf8.RuneCountInString(line) >= longLine && !strings.HasPrefix(line, "-----") {
				plain = append(plain, line)
			}
		}
	}
	seen := map[string]bool{}
	var all []string
	for _, other := range otherCharsets(value) {
		seen[other] = true
		all = append(all, other)
	}
	for _, p := range plain {
		if utf8.RuneCountInString(p) < shortest {
			continue
		}
		for _, form := range encodings(p) {
			if !seen[form] {
				seen[form] = true
				all = append(all, form)
			}
		}
	}
	return all
}

// otherCharsets returns a value with characters outside ASCII as a page in ISO 8859-1 shows it, and as a server shows it
// that takes UTF-8 for ISO 8859-1.
func otherCharsets(value string) []string {
	if len(value) == utf8.RuneCountInString(value) {
		return nil
	}
	var misread []rune
	for i := range len(value) {
		misread = append(misread, rune(value[i]))
	}
	list := []string{string(misread)}
	var latin []byte
	for _, r := range value {
		if r > 0xFF {
			return list
		}
		latin = append(latin, byte(r))
	}
	return append(list, string(latin))
}

func encodings(plain string) []string {
	query, path := url.QueryEscape(plain), url.PathEscape(plain)
	escaped := html.EscapeString(plain)
	list := []string{
		plain,
		query, lowerHex(query), path, lowerHex(path),
		strings.ReplaceAll(query, "+", "%20"),
		escaped, strings.ReplaceAll(escaped, "&#34;", "&quot;"), strings.ReplaceAll(escaped, "&#39;", "&apos;"),
		unquote(strconv.Quote(plain)), unquote(strconv.QuoteToASCII(plain)),
	}
	list = append(list, base64Forms(plain)...)
	for _, text := range jsonForms(plain) {
		list = append(list, text, strings.ReplaceAll(text, "/", `\/`)) // older .NET serializers escape the slash
	}
	return list
}

// base64Forms returns a value in base64 of both alphabets, with and without padding, also escaped for a URL.
func base64Forms(plain string) []string {
	var list []string
	for _, encoding := range []*base64.Encoding{
		base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
	} {
		text := encoding.EncodeToString([]byte(plain))
		list = append(list, text, url.QueryEscape(text), lowerHex(url.QueryEscape(text)))
	}
	return list
}

// jsonForms returns the insides of the JSON strings that encode a value: with as few escapes as RFC 8259 section 7
// allows, with HTML's characters escaped, and with all but ASCII escaped, in both cases of hexadecimal digits.
func jsonForms(plain string) []string {
	var few strings.Builder
	encoder := json.NewEncoder(&few)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(plain) // a string always encodes
	markup, _ := json.Marshal(plain)

	var ascii strings.Builder
	for _, r := range plain {
		switch {
		case r == '\\':
			ascii.WriteString(`\\`)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&ascii, `\u%04X\u%04X`, high, low)
		case r < ' ' || r > '~' || strings.ContainsRune("\"&'+<>`", r): // what System.Text.Json escapes
			fmt.Fprintf(&ascii, `\u%04X`, r)
		default:
			ascii.WriteRune(r)
		}
	}
	upper := ascii.String()
	return []string{unquote(strings.TrimSpace(few.String())), unquote(string(markup)), upper, lowerHex(upper)}
}

var hexEscape = regexp.MustCompile(`%[0-9A-F]{2}|\\u[0-9A-F]{4}`)

// lowerHex writes the digits of %XX and \uXXXX in lower case, as some servers do.
func lowerHex(s string) string { return hexEscape.ReplaceAllStringFunc(s, strings.ToLower) }

// unquote drops the quotation marks around s.
func unquote(s string) string { return s[1 : len(s)-1] }
