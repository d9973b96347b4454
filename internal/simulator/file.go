package simulator

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"
)

// file is what Import and Analyze read in the Certificate member of a request.
type file struct {
	format string // pem, der, pkcs12, pkcs7
	leaf   *rawCertificate
	others []*rawCertificate
	hasKey bool // a key that Command takes: PKCS#12 only
}

var (
	errNoCertificate = errors.New("no certificate was found in the data")
	errPassword      = errors.New("the password is wrong or the file is damaged")
	errNoPassword    = errors.New("a password is required for a PKCS#12 file")
	errFormat        = errors.New("the data is neither PEM, DER, PKCS#12 nor PKCS#7")
)

// readFile reads base64 of a PEM, DER, PKCS#12 or PKCS#7 file, or PEM text as it is (contract 2.1).
func readFile(text string, password *string, known map[string]KnownFile) (*file, error) {
	if strings.Contains(text, "-----BEGIN ") {
		return readPEM([]byte(text))
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(data) == 0 {
		return nil, fmt.Errorf("the certificate is not valid base64")
	}
	if k, ok := known[digest(data)]; ok {
		return readKnown(k)
	}
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		return readPEM(data)
	}
	return readDER(data, password)
}

func readKnown(k KnownFile) (*file, error) {
	leaf, err := parseRaw(k.Leaf)
	if err != nil {
		return nil, err
	}
	return &file{format: "pkcs12", leaf: leaf, hasKey: k.HasKey}, nil
}

// readPEM takes the first certificate; a key in the file is ignored (contract 2.1).
func readPEM(data []byte) (*file, error) {
	f := &file{format: "pem"}
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		switch block.Type {
		case "PKCS7", "PKCS #7 SIGNED DATA", "CMS":
			if f.leaf == nil {
				return readPKCS7(block.Bytes)
			}
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			c, err := parseRaw(block.Bytes)
			if err != nil {
				return nil, err
			}
			if f.leaf == nil {
				f.leaf = c
			} else {
				f.others = append(f.others, c)
			}
		}
	}
	if f.leaf == nil {
		return nil, errNoCertificate
	}
	return f, nil
}

// readDER tells the binary formats apart by what follows the outer SEQUENCE.
func readDER(data []byte, password *string) (*file, error) {
	if len(data) > 1 && data[1] == 0x80 {
		definite, err := definiteLengths(data)
		if err != nil {
			return nil, err
		}
		data = definite
	}
	input := cryptobyte.String(data)
	var outer cryptobyte.String
	if !input.ReadASN1(&outer, cbasn1.SEQUENCE) {
		return nil, errFormat
	}
	switch {
	case outer.PeekASN1Tag(cbasn1.INTEGER):
		return readPKCS12(data, password)
	case outer.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER):
		return readPKCS7(data)
	case outer.PeekASN1Tag(cbasn1.SEQUENCE):
		leaf, err := parseRaw(data)
		if err != nil {
			return nil, err
		}
		return &file{format: "der", leaf: leaf}, nil
	}
	return nil, errFormat
}

func readPKCS7(data []byte) (*file, error) {
	input := cryptobyte.String(data)
	var info, wrapped, signed, certificates cryptobyte.String
	ok := input.ReadASN1(&info, cbasn1.SEQUENCE) && oid(&info) == "1.2.840.113549.1.7.2" &&
		info.ReadASN1(&wrapped, cbasn1.Tag(0).Constructed().ContextSpecific()) &&
		wrapped.ReadASN1(&signed, cbasn1.SEQUENCE) &&
		signed.SkipASN1(cbasn1.INTEGER) && signed.SkipASN1(cbasn1.SET) && signed.SkipASN1(cbasn1.SEQUENCE)
	if !ok {
		return nil, errFormat
	}
	if !signed.ReadASN1(&certificates, cbasn1.Tag(0).Constructed().ContextSpecific()) {
		return nil, errNoCertificate
	}
	var all []*rawCertificate
	var one cryptobyte.String
	for certificates.ReadASN1Element(&one, cbasn1.SEQUENCE) {
		c, err := parseRaw(one)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return endEntity("pkcs7", all)
}

func readPKCS12(data []byte, password *string) (*file, error) {
	if password == nil {
		return nil, errNoPassword
	}
	all, key, err := pkcs12Content(data, *password)
	if err != nil {
		return nil, errPassword
	}
	if key == nil {
		return endEntity("pkcs12", all)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, errPassword
	}
	i := slices.IndexFunc(all, func(c *rawCertificate) bool { return bytes.Equal(c.spki, spki) })
	if i < 0 {
		return nil, errNoCertificate
	}
	return &file{format: "pkcs12", leaf: all[i], others: slices.Delete(slices.Clone(all), i, i+1), hasKey: true}, nil
}

// pkcs12Content reads a file with one key, or one of certificates only as Java writes it.
func pkcs12Content(data []byte, password string) ([]*rawCertificate, crypto.Signer, error) {
	key, leaf, parsed, err := pkcs12.DecodeChain(data, password)
	switch {
	case err == nil:
		parsed = append([]*x509.Certificate{leaf}, parsed...)
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, err
	default:
		if parsed, err = pkcs12.DecodeTrustStore(data, password); err != nil {
			return nil, nil, err
		}
	}
	var all []*rawCertificate
	for _, p := range parsed {
		c, err := parseRaw(p.Raw)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, c)
	}
	signer, _ := key.(crypto.Signer)
	return all, signer, nil
}

// endEntity chooses the certificate of a file without order: the first that is no CA and issued none of the others;
// with CAs only, the first that issued none of the others.
func endEntity(format string, all []*rawCertificate) (*file, error) {
	if len(all) == 0 {
		return nil, errNoCertificate
	}
	issuedNone := func(i int) bool {
		for j, other := range all {
			if i != j && other.issuer.der == all[i].subject.der && other.subject.der != other.issuer.der {
				return false
			}
		}
		return true
	}
	chosen := -1
	for i, c := range all {
		if issuedNone(i) && (chosen < 0 || (all[chosen].isCA && !c.isCA)) {
			chosen = i
		}
	}
	chosen = max(chosen, 0)
	return &file{format: format, leaf: all[chosen], others: slices.Delete(slices.Clone(all), chosen, chosen+1)}, nil
}

// definiteLengths rewrites BER's indefinite lengths, which .NET reads and the readers here do not; constructed octet
// strings inside of them are joined.
func definiteLengths(data []byte) ([]byte, error) {
	out, rest, err := definiteElement(data, 0)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 {
		return nil, errFormat
	}
	return out, nil
}

func definiteElement(data []byte, depth int) (out, rest []byte, err error) {
	if depth > 40 || len(data) < 2 || data[0]&0x1f == 0x1f {
		return nil, nil, errFormat
	}
	tag, content, rest, indefinite, err := header(data)
	if err != nil {
		return nil, nil, err
	}
	if tag&0x20 == 0 {
		return element(tag, content), rest, nil
	}
	var inner []byte
	for len(content) > 0 {
		if indefinite && len(content) >= 2 && content[0] == 0 && content[1] == 0 {
			indefinite, rest = false, content[2:]
			break
		}
		var one []byte
		if one, content, err = definiteElement(content, depth+1); err != nil {
			return nil, nil, err
		}
		if tag == 0x24 { // constructed OCTET STRING
			_, one, _, _, err = header(one)
			if err != nil {
				return nil, nil, err
			}
		}
		inner = append(inner, one...)
	}
	if indefinite {
		return nil, nil, errFormat
	}
	if tag == 0x24 {
		tag = 0x04
	}
	return element(tag, inner), rest, nil
}

// header reads one tag and length. With an indefinite length, content runs to the end of data.
func header(data []byte) (tag byte, content, rest []byte, indefinite bool, err error) {
	if len(data) < 2 {
		return 0, nil, nil, false, errFormat
	}
	tag, length, at := data[0], int(data[1]), 2
	switch {
	case length == 0x80:
		return tag, data[2:], nil, true, nil
	case length > 0x80:
		n := length & 0x7f
		if n > 4 || len(data) < 2+n {
			return 0, nil, nil, false, errFormat
		}
		length = 0
		for _, b := range data[2 : 2+n] {
			length = length<<8 | int(b)
		}
		at = 2 + n
	}
	if length > len(data)-at {
		return 0, nil, nil, false, errFormat
	}
	return tag, data[at : at+length], data[at+length:], false, nil
}

func element(tag byte, content []byte) []byte {
	out := []byte{tag}
	switch n := len(content); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, content...)
}
