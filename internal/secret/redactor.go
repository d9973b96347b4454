package secret

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// beginning is how many bytes of a secret, at the end of a text, are taken for one that was cut off.
const beginning = 8

// MaxLine is the length, in characters, of the longest text that [Redactor.Line] returns.
const MaxLine = 500

// Redactor removes the secrets that it was told of from text. The zero value is ready for use, a nil one knows no
// secrets, and all methods may be called side by side.
//
// How short secrets are treated: from four characters on, a secret is removed wherever it stands. One of two or
// three characters is removed where it stands alone, not inside a longer word, for otherwise every message would
// be full of holes. One of a single character is left: replacing it would show it by the holes that it leaves. The
// base64 form of a user-password pair is long enough to be removed always.
type Redactor struct {
	mu    sync.RWMutex
	forms map[byte][]string // by first byte, the longest first
}

// Add makes the redactor know values, each as it is, escaped for a URL's query or path, in base64 of both alphabets
// with and without padding, and escaped for JSON and for HTML.
func (r *Redactor) Add(values ...String) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, value := range values {
		for _, form := range forms(value.Reveal()) {
			r.insert(form)
		}
	}
}

// AddBasic makes the redactor know a password and what the Basic scheme makes of it and its user (RFC 7617 section 2).
// The pair is known in base64 only: in clear the password is found by itself, and the user's name, the beginning of
// the pair, is no secret.
func (r *Redactor) AddBasic(user string, password String) {
	r.Add(password)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range base64Forms(user + ":" + password.Reveal()) {
		r.insert(form)
	}
}

func (r *Redactor) insert(form string) {
	if r.forms == nil {
		r.forms = map[byte][]string{}
	}
	list := r.forms[form[0]]
	for _, known := range list {
		if known == form {
			return
		}
	}
	list = append(list, form)
	sort.Slice(list, func(i, j int) bool { return len(list[i]) > len(list[j]) })
	r.forms[form[0]] = list
}

// Redact returns s with every known secret replaced by [redacted], and otherwise as it is.
func (r *Redactor) Redact(s string) string {
	var out strings.Builder
	r.walk(s, func(part string) bool {
		out.WriteString(part)
		return true
	})
	return out.String()
}

// Line makes text from a server or a file fit to be shown: secrets replaced by [redacted], then control, format and
// bidirectional characters, line ends and bytes that are not UTF-8 written as escapes, at most [MaxLine] characters
// with "…" for what was cut off.
func (r *Redactor) Line(s string) string {
	var out strings.Builder
	length, last := 0, 0 // characters written; bytes written when there was still room for "…"
	cut := false
	r.walk(strings.TrimSpace(s), func(part string) bool {
		if part != Redacted {
			part = visible(part)
		}
		n := utf8.RuneCountInString(part)
		if length+n > MaxLine {
			cut = true
			return false
		}
		out.WriteString(part)
		length += n
		if length < MaxLine {
			last = out.Len()
		}
		return true
	})
	if cut {
		return out.String()[:last] + "…"
	}
	return out.String()
}

// walk hands s to emit piece by piece, a character or "[redacted]" at a time, until emit returns false.
func (r *Redactor) walk(s string, emit func(string) bool) {
	if r != nil {
		r.mu.RLock()
		defer r.mu.RUnlock()
	}
	for i := 0; i < len(s); {
		end := r.match(s, i)
		if end == i {
			_, size := utf8.DecodeRuneInString(s[i:])
			if !emit(s[i : i+size]) {
				return
			}
			i += size
			continue
		}
		// Where the next secret begins inside this one, both are removed as one.
		for j := i + 1; j < end; j++ {
			end = max(end, r.match(s, j))
		}
		if !emit(Redacted) {
			return
		}
		i = end
	}
}

// match returns the end of the longest known secret that begins at s[i], or i.
func (r *Redactor) match(s string, i int) int {
	if r == nil {
		return i
	}
	for _, form := range r.forms[s[i]] {
		if rest := s[i:]; cutOff(rest, form) {
			return len(s)
		}
		if !strings.HasPrefix(s[i:], form) {
			continue
		}
		if utf8.RuneCountInString(form) < anywhere && !alone(s, i, i+len(form)) {
			continue
		}
		return i + len(form)
	}
	return i
}

// cutOff tells whether rest, the end of a text, is the beginning of a secret. The first line of a PEM block is none.
func cutOff(rest, form string) bool {
	least := beginning
	if strings.HasPrefix(rest, "-----") {
		least = 5 * beginning
	}
	return len(rest) >= least && len(rest) < len(form) && strings.HasPrefix(form, rest)
}

// alone tells whether s[from:to] is a word of its own.
func alone(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return (from == 0 || !word(before)) && (to == len(s) || !word(after))
}

// visible returns one character, or an escape for one that a terminal would obey or not show.
func visible(char string) string {
	r, size := utf8.DecodeRuneInString(char)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, char[0])
	case unicode.IsGraphic(r): // letters, marks, numbers, punctuation, symbols, spaces; U+2028 and Cf are not among them
		return char
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xFF:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
