package simulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// pair is a certificate made for a test, with its key.
type pair struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// made issues a certificate; by nil signs itself, as a CA.
func made(t *testing.T, cn string, by *pair, edit ...func(*x509.Certificate)) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	number, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: cn, Organization: []string{"Key Example, Inc."}, Country: []string{"US"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	issuer, signer := template, key
	if by == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	} else {
		template.DNSNames = []string{cn}
		issuer, signer = by.Certificate, by.key
	}
	for _, e := range edit {
		e(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{parsed, key}
}

func (p *pair) thumbprint() string {
	sum := sha1.Sum(p.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func (p *pair) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Raw}))
}

func (p *pair) keyPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (p *pair) pfx(t *testing.T, password string, chain ...*pair) []byte {
	t.Helper()
	var cas []*x509.Certificate
	for _, c := range chain {
		cas = append(cas, c.Certificate)
	}
	data, err := pkcs12.Modern.Encode(p.key, p.Certificate, cas, password)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bundle is a PKCS#7 file of certificates in that order.
func bundle(t *testing.T, list ...*pair) []byte {
	t.Helper()
	var raw []byte
	for _, c := range list {
		raw = append(raw, c.Raw...)
	}
	type signedData struct {
		Version          int
		DigestAlgorithms asn1.RawValue
		ContentInfo      struct{ Type asn1.ObjectIdentifier }
		Certificates     asn1.RawValue
		SignerInfos      asn1.RawValue
	}
	set := asn1.RawValue{Tag: asn1.TagSet, IsCompound: true}
	inner := signedData{Version: 1, DigestAlgorithms: set, SignerInfos: set}
	inner.ContentInfo.Type = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	inner.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: raw}
	content, err := asn1.Marshal(inner)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{
		asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2},
		asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content},
	})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// imported imports a certificate as PEM and returns its id.
func (c *client) imported(p *pair, more ...any) int {
	c.t.Helper()
	body := map[string]any{"Certificate": encode([]byte(p.pem()))}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	c.call("POST", "/Certificates/Import", body).want(c.t, 200)
	record, ok := c.s.Certificate(p.thumbprint())
	if !ok {
		c.t.Fatal("the certificate was not imported")
	}
	return record.ID
}

type certificateTemplate = x509.Certificate

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
