package simulator

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// rawCertificate is what can be read of a certificate without crypto/x509, which refuses some that real tools write.
type rawCertificate struct {
	der                  []byte
	thumbprint, sha256   string // upper-case hex
	serial               string // upper-case hex
	issuer, subject      name
	notBefore, notAfter  time.Time
	spki                 []byte
	keyOID, signatureOID string
	keyBits              int
	isCA                 bool
	usage                *x509.Certificate // nil where crypto/x509 refuses the certificate
	sans                 []san
}

// san is a subject alternative name; type numbers are those of GeneralName plus the vendor's list.
type san struct {
	kind  int
	value string
}

// name is a distinguished name: its DER and its attributes in the order of the file.
type name struct {
	der        string
	attributes []attribute
}

type attribute struct{ oid, value string }

var errNotCertificate = errors.New("the data is not a certificate")

func parseRaw(der []byte) (*rawCertificate, error) {
	input := cryptobyte.String(der)
	var outer, tbs, signature cryptobyte.String
	if !input.ReadASN1Element(&outer, cbasn1.SEQUENCE) {
		return nil, errNotCertificate
	}
	c := &rawCertificate{der: outer}
	if !outer.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!outer.ReadASN1(&signature, cbasn1.SEQUENCE) {
		return nil, errNotCertificate
	}
	c.signatureOID = oid(&signature)
	if err := c.readTBS(tbs); err != nil {
		return nil, err
	}
	one := sha1.Sum(c.der)
	two := sha256.Sum256(c.der)
	c.thumbprint, c.sha256 = strings.ToUpper(hex.EncodeToString(one[:])), strings.ToUpper(hex.EncodeToString(two[:]))
	if parsed, err := x509.ParseCertificate(c.der); err == nil {
		c.usage = parsed
	}
	return c, nil
}

func (c *rawCertificate) readTBS(tbs cryptobyte.String) error {
	var serial, algorithm, issuer, validity, subject, spki cryptobyte.String
	ok := tbs.SkipOptionalASN1(cbasn1.Tag(0).Constructed().ContextSpecific()) &&
		tbs.ReadASN1(&serial, cbasn1.INTEGER) && tbs.ReadASN1(&algorithm, cbasn1.SEQUENCE) &&
		tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) && tbs.ReadASN1(&validity, cbasn1.SEQUENCE) &&
		tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) && tbs.ReadASN1Element(&spki, cbasn1.SEQUENCE)
	if !ok {
		return errNotCertificate
	}
	c.serial = serialText(serial)
	c.issuer, c.subject = readName(issuer), readName(subject)
	c.notBefore, c.notAfter = readTime(&validity), readTime(&validity)
	c.readKey(spki)
	c.readExtensions(tbs)
	return nil
}

// serialText is the serial number as Command prints it: the integer's octets in upper-case hex, no leading 00.
func serialText(b []byte) string {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

func oid(s *cryptobyte.String) string {
	var o asn1.ObjectIdentifier
	if !s.ReadASN1ObjectIdentifier(&o) {
		return ""
	}
	return o.String()
}

func readName(der cryptobyte.String) name {
	n := name{der: string(der)}
	var rdns, rdn, pair cryptobyte.String
	if !der.ReadASN1(&rdns, cbasn1.SEQUENCE) {
		return n
	}
	for rdns.ReadASN1(&rdn, cbasn1.SET) {
		for rdn.ReadASN1(&pair, cbasn1.SEQUENCE) {
			id := oid(&pair)
			var content cryptobyte.String
			var tag cbasn1.Tag
			if !pair.ReadAnyASN1(&content, &tag) {
				continue
			}
			n.attributes = append(n.attributes, attribute{id, stringOf(tag, content)})
		}
	}
	return n
}

// stringOf decodes the string types of names, generously.
func stringOf(tag cbasn1.Tag, content []byte) string {
	switch tag {
	case cbasn1.Tag(30): // BMPString
		units := make([]uint16, 0, len(content)/2)
		for i := 0; i+1 < len(content); i += 2 {
			units = append(units, uint16(content[i])<<8|uint16(content[i+1]))
		}
		return string(utf16.Decode(units))
	case cbasn1.Tag(28): // UniversalString
		var runes []rune
		for i := 0; i+3 < len(content); i += 4 {
			runes = append(runes, rune(content[i+1])<<16|rune(content[i+2])<<8|rune(content[i+3]))
		}
		return string(runes)
	case cbasn1.T61String:
		runes := make([]rune, len(content))
		for i, b := range content {
			runes[i] = rune(b)
		}
		return string(runes)
	}
	return strings.ToValidUTF8(string(content), "\uFFFD")
}

func readTime(s *cryptobyte.String) time.Time {
	var content cryptobyte.String
	var tag cbasn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return time.Time{}
	}
	layouts := []string{"20060102150405Z0700", "20060102150405Z", "200601021504Z0700"}
	if tag == cbasn1.UTCTime {
		layouts = []string{"060102150405Z0700", "060102150405Z", "0601021504Z0700", "0601021504Z"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(content))
		if err != nil {
			continue
		}
		if tag == cbasn1.UTCTime && t.Year() >= 2050 { // RFC 5280 section 4.1.2.5.1
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC()
	}
	return time.Time{}
}

func (c *rawCertificate) readKey(spki cryptobyte.String) {
	c.spki = spki
	var algorithm, parameters, key cryptobyte.String
	if !spki.ReadASN1(&spki, cbasn1.SEQUENCE) || !spki.ReadASN1(&algorithm, cbasn1.SEQUENCE) {
		return
	}
	c.keyOID = oid(&algorithm)
	parameters = algorithm
	if !spki.ReadASN1(&key, cbasn1.BIT_STRING) || len(key) == 0 {
		return
	}
	key = key[1:]
	switch c.keyOID {
	case oidRSA, oidRSAPSS:
		var modulus big.Int
		var inner cryptobyte.String
		if key.ReadASN1(&inner, cbasn1.SEQUENCE) && inner.ReadASN1Integer(&modulus) {
			c.keyBits = modulus.BitLen()
		}
	case oidDSA:
		var p big.Int
		var inner cryptobyte.String
		if parameters.ReadASN1(&inner, cbasn1.SEQUENCE) && inner.ReadASN1Integer(&p) {
			c.keyBits = p.BitLen()
		}
	case oidEC:
		c.keyBits = curveBits[oid(&parameters)]
	case oidEd25519:
		c.keyBits = 256
	case oidEd448:
		c.keyBits = 456
	}
}

func (c *rawCertificate) readExtensions(tbs cryptobyte.String) {
	tbs.SkipOptionalASN1(cbasn1.Tag(1).ContextSpecific())
	tbs.SkipOptionalASN1(cbasn1.Tag(2).ContextSpecific())
	var wrapped, list, one, content cryptobyte.String
	if !tbs.ReadASN1(&wrapped, cbasn1.Tag(3).Constructed().ContextSpecific()) ||
		!wrapped.ReadASN1(&list, cbasn1.SEQUENCE) {
		return
	}
	for list.ReadASN1(&one, cbasn1.SEQUENCE) {
		id := oid(&one)
		one.SkipOptionalASN1(cbasn1.BOOLEAN)
		if !one.ReadASN1(&content, cbasn1.OCTET_STRING) {
			continue
		}
		switch id {
		case "2.5.29.19":
			var basic cryptobyte.String
			var ca bool
			if content.ReadASN1(&basic, cbasn1.SEQUENCE) && basic.PeekASN1Tag(cbasn1.BOOLEAN) {
				c.isCA = basic.ReadASN1Boolean(&ca) && ca
			}
		case "2.5.29.17":
			c.sans = readSANs(content)
		}
	}
}

func readSANs(content cryptobyte.String) []san {
	var list, value cryptobyte.String
	var tag cbasn1.Tag
	var out []san
	if !content.ReadASN1(&list, cbasn1.SEQUENCE) {
		return nil
	}
	for list.ReadAnyASN1(&value, &tag) {
		number := int(tag & 0x1f)
		switch number {
		case 1, 2, 6: // rfc822Name, dNSName, uniformResourceIdentifier
			out = append(out, san{number, strings.ToValidUTF8(string(value), "\uFFFD")})
		case 4:
			out = append(out, san{number, readName(value).String()})
		case 7:
			out = append(out, san{number, ipText(value)})
		default:
			out = append(out, san{number, strings.ToUpper(hex.EncodeToString(value))})
		}
	}
	return out
}

func ipText(b []byte) string {
	switch len(b) {
	case 4:
		return fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], b[2], b[3])
	case 16:
		parts := make([]string, 8)
		for i := range parts {
			parts[i] = fmt.Sprintf("%x", uint16(b[2*i])<<8|uint16(b[2*i+1]))
		}
		return strings.Join(parts, ":")
	}
	return hex.EncodeToString(b)
}
