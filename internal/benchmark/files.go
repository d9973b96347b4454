package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// filePassword is the password of all PKCS#12 files.
const filePassword = "benchmark"

// file is a certificate file that was written for the benchmark.
type file struct {
	kind    string // pem or pkcs12: the name of the resource that imports it
	index   int    // among those of its kind
	content string // as the `certificate` argument gets it
	leaf    *x509.Certificate
}

func (f file) thumbprint() string {
	sum := sha1.Sum(f.leaf.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func (f file) sha256() string {
	sum := sha256.Sum256(f.leaf.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func (f file) digest() string {
	sum := sha256.Sum256([]byte(f.content))
	return hex.EncodeToString(sum[:])
}

func name(kind string, index int) string { return fmt.Sprintf("%s-%d", kind, index) }

// writeFiles writes n certificate files, each of its own certificate, PEM and
// PKCS#12 in turn. They share one key: a thousand RSA keys take minutes to
// make, and nothing looks at them.
func writeFiles(folder string, n int) ([]file, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	ca, err := issue(key, nil, "Benchmark CA", 1)
	if err != nil {
		return nil, err
	}
	all := make([]file, 0, n)
	for i := range n {
		f := file{kind: "pem", index: i / 2}
		if f.leaf, err = issue(key, ca, fmt.Sprintf("host%05d.keyexample.com", i), int64(i+2)); err != nil {
			return nil, err
		}
		content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.leaf.Raw})
		f.content = string(content)
		if i%2 == 1 {
			f.kind = "pkcs12"
			if content, err = pkcs12.Modern2023.Encode(key, f.leaf, []*x509.Certificate{ca}, filePassword); err != nil {
				return nil, err
			}
			f.content = base64.StdEncoding.EncodeToString(content)
		}
		if err := os.WriteFile(filepath.Join(folder, name(f.kind, f.index)), content, 0o600); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func issue(key *rsa.PrivateKey, by *x509.Certificate, commonName string, serial int64) (*x509.Certificate, error) {
	begin := time.Now().Add(-time.Hour)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(0x5A), 120), big.NewInt(serial)),
		Subject:      pkix.Name{CommonName: commonName, Organization: []string{"Key Example"}, Country: []string{"US"}},
		NotBefore:    begin, NotAfter: begin.AddDate(1, 0, 0), BasicConstraintsValid: true, IsCA: by == nil,
	}
	if by == nil {
		by = template
	} else {
		template.DNSNames = []string{commonName, "www." + commonName}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of %s: %w", commonName, err)
	}
	return x509.ParseCertificate(der)
}
