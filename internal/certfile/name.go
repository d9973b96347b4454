package certfile

import (
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// nameKeywords is the table of RFC 4514 §3. Readers need not know any other keyword, so other types are dotted.
var nameKeywords = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"2.5.4.6":                    "C",
	"2.5.4.9":                    "STREET",
	"0.9.2342.19200300.100.1.25": "DC",
	"0.9.2342.19200300.100.1.1":  "UID",
}

// distinguishedName writes a Name as RFC 4514 has it: last RDN first. nil when it cannot be read.
func distinguishedName(e element) *string {
	if !e.is(tagSequence) {
		return nil
	}
	var parts []string
	for r := e.reader(); !r.empty(); {
		set, ok := r.take(tagSet)
		if !ok {
			return nil
		}
		part, ok := relativeName(set)
		if !ok {
			return nil
		}
		parts = append(parts, part)
	}
	var out strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		out.WriteString(parts[i])
		if i > 0 {
			out.WriteByte(',')
		}
	}
	text := out.String()
	return &text
}

func relativeName(set element) (string, bool) {
	var out strings.Builder
	for r := set.reader(); !r.empty(); {
		pair, ok := r.take(tagSequence)
		if !ok {
			return "", false
		}
		fields := pair.reader()
		typ, ok := fields.take(tagOID)
		if !ok {
			return "", false
		}
		value, ok := fields.next()
		id := typ.oid()
		if !ok || id == "" {
			return "", false
		}
		if out.Len() > 0 {
			out.WriteByte('+')
		}
		keyword := nameKeywords[id]
		text, readable := stringValue(value)
		if keyword == "" || !readable {
			if keyword == "" {
				keyword = id
			}
			out.WriteString(keyword + "=#" + hex.EncodeToString(value.full))
			continue
		}
		out.WriteString(keyword + "=" + escapeValue(text))
	}
	return out.String(), out.Len() > 0
}

// stringValue decodes the string types of X.520 names. It reports false for bytes that their type does not allow; those
// are shown in hex (RFC 4514 §2.4).
func stringValue(e element) (string, bool) {
	if e.class != classUniversal || e.constructed {
		return "", false
	}
	switch e.tag {
	case tagUTF8String, tagPrintableString, tagIA5String, tagNumericString, tagVisibleString:
		// Printable strings with UTF-8 in them exist; one that is valid is worth reading.
		return string(e.body), utf8.Valid(e.body)
	case tagT61String:
		// Every tool that still writes T61String means Latin-1 by it.
		runes := make([]rune, len(e.body))
		for i, b := range e.body {
			runes[i] = rune(b)
		}
		return string(runes), true
	case tagBMPString:
		return wideString(e.body)
	case tagUniversalString:
		return universalString(e.body)
	}
	return "", false
}

// wideString decodes UTF-16BE; BMPString has no surrogates by the book, but Windows writes them.
func wideString(body []byte) (string, bool) {
	if len(body)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = uint16(body[2*i])<<8 | uint16(body[2*i+1])
	}
	text := string(utf16.Decode(units))
	return text, !strings.ContainsRune(text, utf8.RuneError)
}

func universalString(body []byte) (string, bool) {
	if len(body)%4 != 0 {
		return "", false
	}
	var out strings.Builder
	for ; len(body) > 0; body = body[4:] {
		char := rune(uint32(body[0])<<24 | uint32(body[1])<<16 | uint32(body[2])<<8 | uint32(body[3]))
		if !utf8.ValidRune(char) {
			return "", false
		}
		out.WriteRune(char)
	}
	return out.String(), true
}

// escapeValue escapes as RFC 4514 §2.4 demands, and as it permits for characters that would not show or that would
// reorder the text around them.
func escapeValue(text string) string {
	var out strings.Builder
	for i, char := range text {
		last := i+utf8.RuneLen(char) == len(text)
		switch {
		case strings.ContainsRune(`"+,;<>\`, char),
			char == '#' && i == 0,
			char == ' ' && (i == 0 || last):
			out.WriteByte('\\')
			out.WriteRune(char)
		case invisible(char):
			escapeBytes(&out, []byte(string(char)))
		default:
			out.WriteRune(char)
		}
	}
	return out.String()
}

// invisible: control, format (which includes all bidirectional controls), line and paragraph separators, other spaces
// than the plain one, private use, and what Unicode has not assigned.
func invisible(char rune) bool { return !unicode.IsPrint(char) }

func escapeBytes(out *strings.Builder, octets []byte) {
	const digits = "0123456789ABCDEF"
	for _, b := range octets {
		out.Write([]byte{'\\', digits[b>>4], digits[b&15]})
	}
}
