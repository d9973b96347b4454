package certfile

import (
	"bytes"
	"errors"
	"fmt"
)

// Kind says what is the matter with a file; the set is closed.
type Kind int

const (
	// NotCertificate: the content is something else, which the text names where it is known.
	NotCertificate Kind = iota + 1
	// Truncated: the end of the file is missing.
	Truncated
	// BadBase64: the content is neither PEM nor base64 that decodes.
	BadBase64
	// PasswordWrong: wrong password or damaged file; a PKCS#12 file does not tell which.
	PasswordWrong
	// PasswordMissing: the file needs a password and none was given.
	PasswordMissing
	// NoCertificate: a file of a known format that holds no certificate.
	NoCertificate
	// LimitExceeded: the file asks for more than this package is ready to spend; the text names the limit.
	LimitExceeded
	// PrivateKeyUnreadable: the file cannot be read and holds a private key as text, so it must not be sent anywhere.
	PrivateKeyUnreadable
	// Broken: the file is certainly damaged or contradicts its own format.
	Broken
	// Unsupported: the file may be valid, but cannot be read here; Error.Payload holds what a server could read.
	Unsupported
)

// String returns the kind's name in words, for tests and logs.
func (k Kind) String() string {
	names := [...]string{
		NotCertificate: "not a certificate", Truncated: "truncated", BadBase64: "bad base64",
		PasswordWrong: "password wrong", PasswordMissing: "password missing", NoCertificate: "no certificate",
		LimitExceeded: "limit exceeded", PrivateKeyUnreadable: "private key unreadable", Broken: "broken",
		Unsupported: "unsupported",
	}
	if k < 1 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// Error is what every function of this package returns when it cannot read a file.
type Error struct {
	Kind    Kind
	Format  Format // the format recognised, "" when none was
	Payload []byte // only for Unsupported: the bytes that a server may be able to read
	text    string
}

// Error returns full sentences for the person who wrote the configuration: what the file is, and what to do. It holds
// no part of the file and no part of the password.
func (e *Error) Error() string { return e.text }

func failure(kind Kind, format Format, text string, args ...any) *Error {
	return &Error{Kind: kind, Format: format, text: fmt.Sprintf(text, args...)}
}

// unsupported is for what may be valid all the same; the caller adds the payload.
func unsupported(format Format, text string) *Error {
	return failure(Unsupported, format, "%s It may be valid all the same; to have it read here, export it again with the usual settings.", text)
}

// guard is the last word on an error: an unreadable file that carries a private key as text is refused and never
// handed on as a payload, whatever else was found out about it.
func guard(err error, content []byte) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != Unsupported || !holdsPrivateKeyText(content) {
		return err
	}
	return failure(PrivateKeyUnreadable, e.Format, "The file cannot be read here and holds a private key as text, so it "+
		"is not sent to the server either. Give the certificate alone, or a PKCS#12 file.")
}

// holdsPrivateKeyText looks for the words that every PEM label of a private key ends with, in ASCII and in both byte
// orders of UTF-16.
func holdsPrivateKeyText(content []byte) bool {
	const words = "PRIVATE KEY"
	wide := make([]byte, 0, 2*len(words))
	for _, c := range []byte(words) {
		wide = append(wide, 0, c)
	}
	// Without its first zero the pattern is that of both byte orders.
	return bytes.Contains(content, []byte(words)) || bytes.Contains(content, wide[1:])
}
