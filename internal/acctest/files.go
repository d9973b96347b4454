package acctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Certificate is a certificate made for a test, in the forms that tests need.
type Certificate struct {
	DER []byte
	Key crypto.Signer
	CA  *Certificate // nil for a CA
}

// NewCA makes a CA.
func NewCA(t testing.TB) *Certificate {
	t.Helper()
	return issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Test CA " + serial(t).Text(36)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil)
}

// New makes an end entity certificate, valid for a year, by a CA of its own.
func New(t testing.TB, name string, edit ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	return NewCA(t).Issue(t, name, edit...)
}

// Issue makes an end entity certificate.
func (c *Certificate) Issue(t testing.TB, name string, edit ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name, Organization: []string{"Key Example"}}, DNSNames: []string{name, "www." + name},
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, e := range edit {
		e(template)
	}
	return issue(t, template, c)
}

func issue(t testing.TB, template *x509.Certificate, by *Certificate) *Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial(t)
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour).UTC()
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().AddDate(1, 0, 0).UTC()
	}
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.x509(t), by.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return &Certificate{DER: der, Key: key, CA: by}
}

func serial(t testing.TB) *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	return n.Add(n, big.NewInt(1))
}

func (c *Certificate) x509(t testing.TB) *x509.Certificate {
	t.Helper()
	parsed, err := x509.ParseCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Thumbprint is the SHA-1 in upper-case hex.
func (c *Certificate) Thumbprint() string {
	sum := sha1.Sum(c.DER)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// ThumbprintSHA256 is the SHA-256 in upper-case hex.
func (c *Certificate) ThumbprintSHA256() string {
	sum := sha256.Sum256(c.DER)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// PEM is the certificate as PEM text.
func (c *Certificate) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}))
}

// KeyPEM is the private key as PEM text.
func (c *Certificate) KeyPEM(t testing.TB) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Base64 is the certificate's DER in base64.
func (c *Certificate) Base64() string { return base64.StdEncoding.EncodeToString(c.DER) }

// PKCS12 is a PKCS#12 file with key and CA, in base64.
func (c *Certificate) PKCS12(t testing.TB, password string) string {
	t.Helper()
	var chain []*x509.Certificate
	if c.CA != nil {
		chain = append(chain, c.CA.x509(t))
	}
	data, err := pkcs12.Modern2023.Encode(c.Key, c.x509(t), chain, password)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}
