package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
)

// testFiles are one certificate as PEM text and as PKCS#12 in base64.
func testFiles(t *testing.T, password string) (pemText, pfx string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "web.example.com"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pkcs12.Modern2023.Encode(key, leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), base64.StdEncoding.EncodeToString(data)
}

// TestFiles_OpensAPKCS12FileOnce: what is remembered is marked, so that a file
// that was opened again shows.
func TestFiles_OpensAPKCS12FileOnce(t *testing.T) {
	password := "pw"
	_, pfx := testFiles(t, password)
	var files Files
	first, err := files.parse(pfx, &password)
	if err != nil {
		t.Fatal(err)
	}
	first.certificate.Thumbprint = "marked"
	again, payload, err := files.read(pfx, &password)
	if err != nil || again.certificate.Thumbprint != "marked" {
		t.Fatalf("opened again: %v, %v", again, err)
	}
	want, _ := base64.StdEncoding.DecodeString(pfx)
	if !bytes.Equal(payload, want) {
		t.Error("the payload is not the file")
	}

	wrong := "wrong"
	if found, payload, err := files.read(pfx, &wrong); err == nil || found != nil || payload != nil {
		t.Errorf("another password brought %v, %d bytes, %v", found, len(payload), err)
	}
}

func TestFiles_ReadBringsTheSameAsParse(t *testing.T) {
	password := "pw"
	pemText, pfx := testFiles(t, password)
	for name, content := range map[string]string{"PEM": pemText, "PKCS#12": pfx} {
		want, err := certfile.Parse(content, &password)
		if err != nil {
			t.Fatal(err)
		}
		var files Files
		for _, time := range []string{"first", "second"} {
			facts, payload, err := files.read(content, &password)
			if err != nil || facts.certificate.Thumbprint != want.Leaf.Thumbprint || !bytes.Equal(payload, want.Payload()) {
				t.Errorf("%s, %s time: %v, %d bytes, %v", name, time, facts, len(payload), err)
			}
		}
	}
}
