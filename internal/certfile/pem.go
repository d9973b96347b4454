package certfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// block is one PEM block. encoding/pem is not used: it skips a damaged block in silence, after which the next
// certificate would be taken for the first one.
type block struct {
	label     string
	data      []byte
	encrypted bool // its headers say so (RFC 1421, as OpenSSL writes them)
	err       *Error
}

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// hasPEM reports whether a line of text begins a PEM block.
func hasPEM(text []byte) bool {
	for rest := text; ; {
		at := bytes.Index(rest, []byte(pemBegin))
		if at < 0 {
			return false
		}
		start := bytes.LastIndexAny(rest[:at], "\r\n") + 1
		if len(trimBlank(rest[start:at])) == 0 {
			return true
		}
		rest = rest[at+len(pemBegin):]
	}
}

// trimBlank drops what does not show around a line: white space, and what editors, web pages and joined files leave
// before a BEGIN, byte order marks among it.
func trimBlank(line []byte) []byte {
	return bytes.TrimFunc(line, func(char rune) bool { return char != utf8.RuneError && invisible(char) || char == ' ' })
}

// scanPEM finds all blocks of text. Lines may be indented, end in CR, LF or both, and have any length; blocks may stand on
// one line, with blanks or the two characters \n for line breaks, as environment variables hold them. What stands
// between blocks is ignored.
func scanPEM(text []byte) []block {
	var s scanner
	for len(text) > 0 && len(s.blocks) < maxBlocks {
		line := text
		if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		s.line(line)
	}
	s.abandon()
	return s.blocks
}

// scanner holds the block that is open while the lines go by.
type scanner struct {
	blocks []block
	open   bool
	label  string
	body   []byte
}

// line takes one line. A BEGIN line with more on it counts only if an END follows on the same line: prose may begin so.
func (s *scanner) line(line []byte) {
	line = trimBlank(line)
	// The distance of the last END from the end of the line, measured once: a line may be the whole file.
	last := len(line) + 1
	if at := bytes.LastIndex(line, []byte(pemEnd)); at >= 0 {
		last = len(line) - at
	}
	for len(line) > 0 && len(s.blocks) < maxBlocks {
		if label, rest, ok := marker(line, pemBegin); ok && (len(rest) == 0 || len(rest) >= last) {
			s.abandon()
			s.open, s.label, s.body = true, label, nil
			line = rest
			continue
		}
		if !s.open {
			return
		}
		at := bytes.Index(line, []byte(pemEnd))
		if at < 0 {
			s.body = append(append(s.body, line...), '\n')
			return
		}
		s.body = append(s.body, line[:at]...)
		label, rest, ok := marker(line[at:], pemEnd)
		s.close(ok && label == s.label)
		// What follows on the line can only be another block.
		next := bytes.Index(rest, []byte(pemBegin))
		if next < 0 {
			return
		}
		line = rest[next:]
	}
}

// abandon ends a block that has no END line.
func (s *scanner) abandon() {
	if s.open {
		s.blocks = append(s.blocks, block{label: s.label, err: unfinished(s.label)})
		s.open = false
	}
}

func (s *scanner) close(matching bool) {
	b := block{label: s.label}
	if matching {
		b.decode(s.body)
	} else {
		b.err = failure(Broken, PEM, "The PEM block %q ends with the END line of another kind. Copy the file again, from the BEGIN line to the "+
			"END line.", knownLabel(b.label))
	}
	s.blocks = append(s.blocks, b)
	s.open = false
}

// marker splits a line that begins with prefix, a label and five dashes.
func marker(line []byte, prefix string) (label string, rest []byte, ok bool) {
	if !bytes.HasPrefix(line, []byte(prefix)) {
		return "", nil, false
	}
	line = line[len(prefix):]
	end := bytes.Index(line, []byte(pemDash))
	if end < 0 || end > 64 {
		return "", nil, false
	}
	return string(bytes.TrimSpace(line[:end])), bytes.TrimSpace(line[end+len(pemDash):]), true
}

// decode decodes the lines between the markers. Headers as in RFC 1421 ("Proc-Type: …") are lines with a colon.
func (b *block) decode(body []byte) {
	packed := make([]byte, 0, len(body))
	for line := range bytes.Lines(body) {
		if !bytes.ContainsRune(line, ':') {
			packed = append(packed, line...)
		} else if bytes.HasPrefix(line, []byte("Proc-Type:")) && bytes.Contains(line, []byte("ENCRYPTED")) {
			b.encrypted = true
		}
	}
	// A line break that JSON or a shell left as two characters; a backslash is in no alphabet.
	packed = bytes.ReplaceAll(packed, []byte(`\r`), nil)
	packed = bytes.ReplaceAll(packed, []byte(`\n`), nil)
	packed = bytes.Join(bytes.Fields(packed), nil)
	var ok bool
	if b.data, ok = decodeBase64(packed); !ok || len(b.data) == 0 || len(packed)%4 != 0 {
		b.err = failure(BadBase64, PEM, "A PEM block %q holds something that is not base64, so the file is damaged. Copy it "+
			"again, without editing what is between the BEGIN and END lines.", knownLabel(b.label))
	}
}

func unfinished(label string) *Error {
	return failure(Truncated, PEM, "The file is truncated: the PEM block %q has no END line. Copy the file again, to its end.",
		knownLabel(label))
}

// knownLabel keeps text of the file out of messages: a label is repeated only if it is one that tools write.
func knownLabel(label string) string {
	switch label {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS", "PKCS12", "PRIVATE KEY", "RSA PRIVATE KEY",
		"EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "CERTIFICATE REQUEST", "PUBLIC KEY", "X509 CRL":
		return label
	}
	return "of another kind"
}

func isPrivateKeyLabel(label string) bool { return strings.HasSuffix(label, "PRIVATE KEY") }

// mayHoldCertificates: every label with CERTIFICATE but for requests and attribute certificates, and those of PKCS#7 and
// PKCS#12 in their spellings.
func mayHoldCertificates(label string) bool {
	if isPrivateKeyLabel(label) || strings.Contains(label, "REQUEST") || strings.Contains(label, "ATTRIBUTE") || strings.Contains(label, "TRUST INFO") {
		return false
	}
	return strings.Contains(label, "CERTIFICATE") || strings.HasPrefix(label, "PKCS") || label == "CMS"
}

// parsePEM reads a text with PEM blocks. The first block that may hold a certificate decides what the file is.
func parsePEM(text []byte, password *string) (*File, error) {
	if len(text) > maxContentSize {
		return nil, tooLarge()
	}
	blocks := scanPEM(text)
	if len(blocks) >= maxBlocks {
		return nil, failure(LimitExceeded, PEM, "The PEM file has %d blocks or more, more than are read here. Give the certificate with its own "+
			"chain only.", maxBlocks)
	}
	var certificates []Certificate
	hasKey := false
	for _, b := range blocks {
		if isPrivateKeyLabel(b.label) {
			hasKey = true
		}
	}
	for _, b := range blocks {
		if !mayHoldCertificates(b.label) {
			continue
		}
		if b.err != nil {
			return nil, b.err
		}
		outer, err := readOuter(b.data)
		if err != nil {
			return nil, structureError(err, PEM)
		}
		if c, ok := readCertificate(outer); ok {
			if certificates = append(certificates, c); len(certificates) > maxCertificates {
				return nil, tooManyCertificates(PEM)
			}
			continue
		}
		if len(certificates) > 0 {
			return nil, failure(Broken, PEM, "After its first certificate, the PEM file holds a block that is not a certificate "+
				"though its label says so. Take that block out, or export the file again.")
		}
		f, err := parseFile(b.data, password)
		if err != nil {
			return nil, err
		}
		f.HasPrivateKey = f.HasPrivateKey || hasKey
		return f, nil
	}
	if len(certificates) == 0 {
		return nil, otherPEM(blocks)
	}
	certificates = unique(certificates)
	f := assemble(PEM, certificates, 0, nil)
	f.HasPrivateKey = hasKey
	f.CAFirst = authority(&certificates[0]) && issuedAny(certificates, 0)
	return f, nil
}
