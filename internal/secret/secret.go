// Package secret keeps passwords, tokens and keys out of everything that people and log files read.
//
// [String] holds one secret and prints as [redacted], whatever is asked of it; [String.Reveal] is the one way
// to the value, so a search for "Reveal" finds every place where a secret leaves this process. [Bytes] is the same for
// a file.
//
// [Redactor] is for text that others wrote, a server's error message above all: it removes every secret that it
// was told of, in the encodings that servers echo them in, and makes the rest harmless to a terminal.
//
// The package knows neither where secrets come from nor what they open.
//
// One limit of Go cannot be mended here: fmt calls no methods on the unexported fields of a struct, so "%v" of a
// struct that hides a String in one prints the value. Structs that hold a secret are never formatted as a whole.
package secret

import (
	"fmt"
	"io"
)

// Redacted is what stands in the place of a secret.
const Redacted = "[redacted]"

// String is a secret. It prints as [redacted] under every verb of fmt, in slog, and as JSON or text; an empty one
// prints as nothing, so that a missing setting can be told from one that is there.
type String string

// Reveal returns the value itself, for the request that needs it.
func (s String) Reveal() string { return string(s) }

// String returns [redacted], or nothing for an empty secret.
func (s String) String() string {
	if s == "" {
		return ""
	}
	return Redacted
}

// Format ignores verb, width and precision: %x or %.3s would otherwise show the value or a part of it.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText serves encoding/json, the handlers of slog, and every other text encoding. It does not reach the keys
// of a map, which encoding/json writes as they are. (A LogValue would link all of slog into the provider.)
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Bytes is a file that is a secret. It prints like [String].
type Bytes []byte

// String returns [redacted], or nothing for an empty file.
func (b Bytes) String() string { return String(b).String() }

// Format ignores verb, width and precision.
func (b Bytes) Format(f fmt.State, verb rune) { String(b).Format(f, verb) }

// MarshalText serves encoding/json, which would write the file in base64.
func (b Bytes) MarshalText() ([]byte, error) { return String(b).MarshalText() }
