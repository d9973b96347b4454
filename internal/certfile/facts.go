package certfile

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// links is what ties a certificate to others and to keys.
type links struct {
	subject, issuer []byte // the names as encoded
	keyID           []byte // subjectKeyIdentifier
	authorityID     []byte // keyIdentifier of authorityKeyIdentifier
	key             publicKey
	version1        bool
	constrained     bool // has basicConstraints
	signsOthers     bool // keyUsage with keyCertSign
}

// publicKey is a SubjectPublicKeyInfo in its parts.
type publicKey struct {
	algorithm  string // dotted
	parameters []byte // as encoded, nil when absent
	bits       []byte // contents of the BIT STRING without its count of unused bits
}

// tbs are the fields of a TBSCertificate (RFC 5280 §4.1) up to the key, as they lie in the file.
type tbs struct {
	version1                               bool
	serial, issuer, validity, subject, key element
	rest                                   *reader
}

// splitCertificate finds the fields of a certificate. It reports false unless data has the shape of one: telling a
// certificate from a request and a revocation list needs no more than the order of the first fields.
func splitCertificate(e element) (tbs, bool) {
	if !e.is(tagSequence) {
		return tbs{}, false
	}
	r := e.reader()
	body, ok := r.take(tagSequence)
	if !ok {
		return tbs{}, false
	}
	signature, _ := r.next()
	if _, _, ok := signature.algorithm(); !ok {
		return tbs{}, false
	}
	if _, ok := r.take(tagBitString); !ok {
		return tbs{}, false
	}
	t := tbs{rest: body.reader()}
	_, versioned := t.rest.takeContext(0)
	t.version1 = !versioned
	if t.serial, ok = t.rest.take(tagInteger); !ok {
		return tbs{}, false
	}
	inner, _ := t.rest.next()
	if _, _, ok := inner.algorithm(); !ok {
		return tbs{}, false
	}
	if t.issuer, ok = t.rest.take(tagSequence); !ok {
		return tbs{}, false
	}
	if t.validity, ok = t.rest.take(tagSequence); !ok {
		return tbs{}, false
	}
	t.subject, _ = t.rest.take(tagSequence)
	t.key, _ = t.rest.take(tagSequence)
	return t, true
}

// readCertificate reads the facts of one certificate. It reports false when e is not a certificate.
func readCertificate(e element) (Certificate, bool) {
	t, ok := splitCertificate(e)
	if !ok {
		return Certificate{}, false
	}
	one, two56 := sha1.Sum(e.full), sha256.Sum256(e.full)
	c := Certificate{
		Raw:              e.full,
		Thumbprint:       strings.ToUpper(hex.EncodeToString(one[:])),
		ThumbprintSHA256: strings.ToUpper(hex.EncodeToString(two56[:])),
		Subject:          distinguishedName(t.subject),
		Issuer:           distinguishedName(t.issuer),
		SerialNumber:     serialNumber(t.serial),
	}
	c.links = links{subject: t.subject.full, issuer: t.issuer.full, version1: t.version1}
	dates := t.validity.reader()
	if e, ok := dates.next(); ok {
		c.NotBefore = asnTime(e)
	}
	if e, ok := dates.next(); ok {
		c.NotAfter = asnTime(e)
	}
	if key, ok := splitPublicKey(t.key); ok {
		c.links.key = key
		name := keyAlgorithmName(key.algorithm)
		c.KeyAlgorithm = &name
	}
	readExtensions(&c, t.rest)
	return c, true
}

func splitPublicKey(e element) (publicKey, bool) {
	r := e.reader()
	algorithm, _ := r.take(tagSequence)
	id, parameters, ok := algorithm.algorithm()
	if !ok {
		return publicKey{}, false
	}
	key := publicKey{algorithm: id, parameters: parameters.full}
	if bits, ok := r.take(tagBitString); ok && !bits.constructed && len(bits.body) > 0 {
		key.bits = bits.body[1:]
	}
	return key, true
}

const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidRSAPSS  = "1.2.840.113549.1.1.10"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112"
	oidEd448   = "1.3.101.113"
	oidDSA     = "1.2.840.10040.4.1"
)

func keyAlgorithmName(id string) string {
	switch id {
	case oidRSA:
		return "RSA"
	case oidRSAPSS:
		return "RSA-PSS"
	case oidEC:
		return "ECDSA"
	case oidEd25519:
		return "Ed25519"
	case oidEd448:
		return "Ed448"
	case oidDSA:
		return "DSA"
	}
	return id
}

// serialNumber writes an INTEGER of any size and sign; RFC 5280 §4.1.2.2 wants readers to cope with negative ones.
func serialNumber(e element) *string {
	if e.constructed || len(e.body) == 0 {
		return nil
	}
	value := new(big.Int).SetBytes(e.body)
	sign := ""
	if e.body[0]&0x80 != 0 {
		sign = "-"
		value.Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*len(e.body))), value)
	}
	digits := value.Bytes()
	if len(digits) == 0 {
		digits = []byte{0}
	}
	text := sign + strings.ToUpper(hex.EncodeToString(digits))
	return &text
}

// asnTime reads UTCTime and GeneralizedTime, also in the forms that DER and RFC 5280 §4.1.2.5 forbid but that exist:
// without seconds, with fractions of a second and with an offset.
func asnTime(e element) *time.Time {
	text := string(e.body)
	if e.constructed || len(text) > 32 {
		return nil
	}
	var layouts []string
	switch {
	case e.is(tagUTCTime):
		if len(text) < 2 {
			return nil
		}
		// RFC 5280 §4.1.2.5.1: years 50 to 99 are of the twentieth century.
		century := "20"
		if text[0] >= '5' {
			century = "19"
		}
		text = century + text
		layouts = []string{"20060102150405Z0700", "200601021504Z0700"}
	case e.is(tagGeneralizedTime):
		layouts = []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405.999999999Z0700"}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			// An offset may lead out of the years that RFC 3339 can write.
			if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
				return nil
			}
			return &t
		}
	}
	return nil
}

// readExtensions reads what follows the public key: unique identifiers, then extensions, where the first of a kind
// counts.
func readExtensions(c *Certificate, r *reader) {
	isCA := false
	c.DNSNames, c.IsCA = []string{}, &isCA
	if c.links.key.algorithm == "" {
		// Without the key it is not known where the extensions begin.
		c.DNSNames, c.IsCA = nil, nil
		return
	}
	r.takeContext(1)
	r.takeContext(2)
	outer, ok := r.takeContext(3)
	if !ok {
		if !r.empty() {
			c.DNSNames, c.IsCA = nil, nil
		}
		return
	}
	list, ok := outer.reader().take(tagSequence)
	if !ok {
		c.DNSNames, c.IsCA = nil, nil
		return
	}
	seen := make(map[string]bool)
	for extensions := list.reader(); !extensions.empty(); {
		id, value, ok := nextExtension(extensions)
		if !ok {
			// Whether the missing ones are further on cannot be known.
			if !seen["2.5.29.17"] {
				c.DNSNames = nil
			}
			if !seen["2.5.29.19"] {
				c.IsCA = nil
			}
			return
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		readExtension(c, id, value)
	}
}

func readExtension(c *Certificate, id string, value []byte) {
	e, _, err := readElement(value)
	switch id {
	case "2.5.29.17":
		c.DNSNames = dnsNames(value)
	case "2.5.29.19":
		c.IsCA, c.links.constrained = basicConstraintsCA(value), true
	}
	if err != nil {
		return
	}
	switch id {
	case "2.5.29.14":
		if e.is(tagOctetString) {
			c.links.keyID, _ = e.octets()
		}
	case "2.5.29.15":
		// Bit 5 of keyUsage, after the count of unused bits (RFC 5280 §4.2.1.3).
		c.links.signsOthers = e.is(tagBitString) && len(e.body) > 1 && e.body[1]&0x04 != 0
	case "2.5.29.35":
		if e.is(tagSequence) {
			id, _ := e.reader().takeContext(0)
			c.links.authorityID = id.body
		}
	}
}

func nextExtension(r *reader) (id string, value []byte, ok bool) {
	extension, ok := r.take(tagSequence)
	if !ok {
		return "", nil, false
	}
	fields := extension.reader()
	name, ok := fields.take(tagOID)
	if !ok {
		return "", nil, false
	}
	fields.take(tagBoolean)
	octets, ok := fields.take(tagOctetString)
	if !ok {
		return "", nil, false
	}
	value, ok = octets.octets()
	return name.oid(), value, ok
}

func basicConstraintsCA(value []byte) *bool {
	list, _, err := readElement(value)
	if err != nil || !list.is(tagSequence) {
		return nil
	}
	r := list.reader()
	isCA := false
	if flag, ok := r.take(tagBoolean); ok {
		if flag.constructed || len(flag.body) != 1 {
			return nil
		}
		isCA = flag.body[0] != 0
	}
	r.take(tagInteger) // pathLenConstraint
	if !r.empty() {
		return nil
	}
	return &isCA
}

// dnsNames returns the dNSName entries of a subjectAltName; characters that are not to be shown are escaped.
func dnsNames(value []byte) []string {
	list, _, err := readElement(value)
	if err != nil || !list.is(tagSequence) {
		return nil
	}
	names := []string{}
	for r := list.reader(); !r.empty(); {
		name, ok := r.next()
		if !ok {
			return nil
		}
		if name.isContext(2) && !name.constructed {
			names = append(names, visible(name.body))
		}
	}
	return names
}

// visible writes bytes that should be text: what is not UTF-8 or does not show becomes \HH.
func visible(text []byte) string {
	var out strings.Builder
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		if char == utf8.RuneError && size == 1 || invisible(char) {
			escapeBytes(&out, text[:size])
		} else {
			out.Write(text[:size])
		}
		text = text[size:]
	}
	return out.String()
}
