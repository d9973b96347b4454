package certfile

import (
	"bytes"
	"encoding/pem"
	"time"
)

// Format is what a file is, whatever text encoding it came in.
type Format string

// The formats, in the words of the provider's `format` attribute.
const (
	PEM    Format = "pem"
	DER    Format = "der"
	PKCS12 Format = "pkcs12"
	PKCS7  Format = "pkcs7"
)

// Certificate is what the bytes of one certificate say. A fact that cannot be read is nil.
type Certificate struct {
	Raw              []byte     // DER exactly as in the file, without the auxiliary data of TRUSTED CERTIFICATE
	Thumbprint       string     // SHA-1 of Raw, upper-case hex
	ThumbprintSHA256 string     // SHA-256 of Raw, upper-case hex
	Subject          *string    // RFC 4514, "" when the name is empty
	Issuer           *string    // RFC 4514, "" when the name is empty
	SerialNumber     *string    // upper-case hex, an even number of digits, no leading 00 octet, "-" before a negative one
	DNSNames         []string   // order of the file, empty when there are none, nil when they cannot be read
	NotBefore        *time.Time // UTC
	NotAfter         *time.Time // UTC
	KeyAlgorithm     *string    // RSA, RSA-PSS, ECDSA, Ed25519, Ed448, DSA, else the dotted object identifier
	IsCA             *bool      // basicConstraints; false without that extension

	links links
}

// File is what was read from one file.
type File struct {
	Format Format
	// Leaf is the certificate that the file is about; the package documentation has the rules.
	Leaf Certificate
	// Chain holds the other certificates in the order of the file, each once.
	Chain []Certificate
	// HasPrivateKey says that the file holds a private key, whatever its format.
	HasPrivateKey bool
	// OtherEndEntities are the certificates of Chain that could have been meant as well: further end entities, and
	// those with a private key of their own.
	OtherEndEntities []Certificate
	// CAFirst: the first certificate of a PEM file is a CA and a later one was issued by it.
	CAFirst bool

	payload []byte
}

// PKCS12Payload returns what [File.Payload] would be of a PKCS#12 file, without opening it: for a file that was read
// before, whose key derivations need not be paid again. It returns nil for everything else, PEM armour included.
func PKCS12Payload(content string) []byte {
	data := []byte(content)
	if !isBinary(data) {
		decoded, ok := decodeBase64(trimText(data))
		if !ok || !isBinary(decoded) {
			return nil
		}
		data = decoded
	}
	if len(data) > maxFileSize {
		return nil
	}
	outer, err := readOuter(data)
	if err != nil || identify(outer) != kindPFX {
		return nil
	}
	return outer.full
}

// Payload returns what is to be sent to a server, before base64. For PEM it is a text made anew from the certificates
// read, the leaf first, so that a private key beside them stays here; for the others the bytes of the file, without a
// PEM or base64 armour around them.
func (f *File) Payload() []byte {
	if f.Format != PEM {
		return f.payload
	}
	var text bytes.Buffer
	for _, c := range append([]Certificate{f.Leaf}, f.Chain...) {
		// Writing to a bytes.Buffer cannot fail, and there are no headers to be malformed.
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return text.Bytes()
}
