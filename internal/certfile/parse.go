package certfile

import (
	"bytes"
	"errors"
	"strings"
)

// Parse reads content as a `certificate` argument has it: PEM text, or base64 (with or without line breaks and padding,
// in the URL alphabet too) of a PEM, DER, PKCS#12 or PKCS#7 file. password is for PKCS#12 only; nil means none was
// given, which is not the empty password. The error is always an *[Error].
func Parse(content string, password *string) (*File, error) {
	return ParseBytes([]byte(content), password)
}

// ParseBytes reads the bytes of a file: raw DER, PKCS#12 or PKCS#7, or any text that [Parse] takes. The result points
// into data. The error is always an *[Error].
func ParseBytes(data []byte, password *string) (*File, error) {
	f, err := parse(data, password)
	if err != nil {
		return nil, guard(err, data)
	}
	return f, nil
}

func parse(data []byte, password *string) (*File, error) {
	if password != nil && len(*password) > maxPassword {
		return nil, passwordTooLong()
	}
	if len(data) > maxContentSize {
		return nil, tooLarge()
	}
	text := trimText(data)
	switch {
	case len(text) == 0:
		return nil, failure(NotCertificate, "", "The content is empty. Give PEM text, or the base64 of a certificate file.")
	case isBinary(data):
		return parseFile(data, password)
	case hasPEM(text):
		return parsePEM(text, password)
	}
	decoded, ok := decodeBase64(text)
	if !ok {
		return nil, notReadableText(text)
	}
	f, err := parseDecoded(decoded, text, password)
	return f, guard(err, decoded)
}

// parseDecoded reads what was inside base64: a file, which may itself be PEM. outside is the text that it came from,
// which may have been something else: digits and paths are made of the same characters as base64.
func parseDecoded(data, outside []byte, password *string) (*File, error) {
	text := trimText(data)
	switch {
	case isBinary(data):
		return parseFile(data, password)
	case hasPEM(text):
		return parsePEM(text, password)
	}
	if inner, ok := decodeBase64(text); ok && len(inner) > 16 && (isBinary(inner) || hasPEM(inner)) {
		return nil, failure(NotCertificate, "", "The content was encoded with base64 twice. The file is base64 text already: "+
			"read it with file() instead of filebase64(), or leave out one base64encode().")
	}
	return nil, notCertificate(data, outside)
}

// parseFile reads a binary file: one ASN.1 element of a known kind.
func parseFile(data []byte, password *string) (*File, error) {
	if len(data) > maxFileSize {
		return nil, tooLarge()
	}
	outer, err := readOuter(data)
	if err != nil {
		return nil, structureError(err, "")
	}
	switch kind := identify(outer); kind {
	case kindCertificate:
		c, _ := readCertificate(outer)
		return &File{Format: DER, Leaf: c, payload: c.Raw}, nil
	case kindPFX:
		return parsePKCS12(outer, password)
	case kindSignedData:
		return parsePKCS7(outer)
	case kindUnknown:
		if !wellFormed(outer) {
			return nil, failure(Broken, "", "The content is not a certificate file: it begins like ASN.1, as DER, PKCS#12 and "+
				"PKCS#7 files do, but does not go on like it. The file is damaged, or is something else. Export it again.")
		}
		err := unsupported("", "The file is well-formed ASN.1, but neither a certificate nor a PKCS#12 or PKCS#7 file as far as can be told here.")
		err.Payload = outer.full
		return nil, err
	default:
		return nil, otherKind(kind)
	}
}

func tooLarge() *Error {
	return failure(LimitExceeded, "", "The file is larger than %d MiB, the most that is read here. A file with a certificate, "+
		"its chain and its key has a few kilobytes: check which file was given.", maxFileSize>>20)
}

func passwordTooLong() *Error {
	return failure(LimitExceeded, "", "The password has more than %d bytes; no tool takes one of that length. Check which value was "+
		"given as the password.", maxPassword)
}

func tooManyCertificates(format Format) *Error {
	return failure(LimitExceeded, format, "The file holds more than %d certificates, the most that are read here. Give the "+
		"certificate with its own chain only.", maxCertificates)
}

// structureError puts a fault of the outermost structure into words.
func structureError(err error, format Format) *Error {
	switch {
	case errors.Is(err, errTruncated):
		return failure(Truncated, format, "The file is truncated: its end is missing, or its length is damaged. Export or copy it "+
			"again; if it came through a text field, look at that field's size limit.")
	case errors.Is(err, errTooDeep):
		return failure(LimitExceeded, format, "The file nests its parts more than %d deep (%d where it leaves their length open), the most "+
			"that is read here; no certificate file needs that.", maxDepth, maxIndefinite)
	case errors.Is(err, errTooMany):
		return failure(LimitExceeded, format, "The file consists of more than %d elements, the most that are read here. Give the certificate "+
			"with its own chain only.", maxElements)
	}
	return failure(Broken, format, "The content is neither PEM nor ASN.1, so it is not a certificate file, or a damaged one. "+
		"Export the certificate again.")
}

// wellFormed reports whether e consists of whole elements down to the last.
func wellFormed(e element) bool {
	for open := []element{e}; len(open) > 0; {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		if !last.constructed {
			continue
		}
		for r := last.reader(); !r.empty(); {
			inner, ok := r.next()
			if !ok {
				return false
			}
			if inner.constructed {
				open = append(open, inner)
			}
		}
	}
	return true
}

// trimText drops a UTF-8 byte order mark and white space around text.
func trimText(data []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
}

// isBinary tells a file from text: every format read here begins with a SEQUENCE, and 0x30, the digit 0, begins no
// base64 of one, which would be an M.
func isBinary(data []byte) bool {
	if len(data) == 0 || data[0] != 0x30 {
		return false
	}
	// The length of a file takes more than one octet. A listing may begin with "0 s:CN = Müller" and hold PEM all the same.
	if len(data) > 1 && data[1] < 0x80 && hasPEM(data) {
		return false
	}
	for _, b := range data[:min(len(data), 64)] {
		if (b < ' ' && !strings.ContainsRune("\t\r\n", rune(b))) || b > '~' {
			return true
		}
	}
	return false
}
