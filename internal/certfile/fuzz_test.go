package certfile

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// addSeeds gives a fuzz target all test files whose names end in one of the extensions. Those that take 600,000
// iterations are left out: they would be all that the fuzzer does.
func addSeeds(f *testing.F, extensions ...string) {
	f.Helper()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range entries {
		for _, extension := range extensions {
			if strings.HasSuffix(entry.Name(), extension) && !slowFile(entry.Name()) {
				data, err := os.ReadFile(filepath.Join("testdata", entry.Name()))
				if err != nil {
					f.Fatal(err)
				}
				f.Add(data)
			}
		}
	}
}

// check states what holds for every answer, whatever the file was.
func check(t *testing.T, data []byte, file *File, err error) {
	t.Helper()
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || file != nil {
			t.Fatalf("%T with %v", err, file)
		}
		if !utf8.ValidString(e.Error()) || e.Kind < NotCertificate || e.Kind > Unsupported || (e.Payload != nil) != (e.Kind == Unsupported) {
			t.Fatalf("%v: %v, payload of %d bytes", e.Kind, e, len(e.Payload))
		}
		if e.Payload != nil && holdsPrivateKeyText(data) {
			t.Fatal("a private key would be sent")
		}
		return
	}
	for _, c := range append([]Certificate{file.Leaf}, file.Chain...) {
		if len(c.Thumbprint) != 40 || len(c.ThumbprintSHA256) != 64 || len(c.Raw) == 0 {
			t.Fatal("a certificate without thumbprint or bytes")
		}
		for _, text := range append(c.DNSNames, shown(c.Subject), shown(c.Issuer), shown(c.SerialNumber), shown(c.KeyAlgorithm)) {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, invisible) {
				t.Fatalf("%q is not to be shown", text)
			}
		}
		again, err := ParseBytes(c.Raw, nil)
		if err != nil || again.Leaf.Thumbprint != c.Thumbprint {
			t.Fatalf("a certificate of the file is none by itself: %v", err)
		}
	}
	payload := file.Payload()
	if file.Format == PEM {
		block, _ := pem.Decode(payload)
		if block == nil || !bytes.Equal(block.Bytes, file.Leaf.Raw) || bytes.Contains(payload, []byte("KEY")) {
			t.Fatal("the payload is not the leaf first")
		}
	}
	if len(payload) == 0 {
		t.Fatal("nothing to send")
	}
}

func fuzzFile(f *testing.F, kind kind) {
	secret := "secret"
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || data[0] != 0x30 {
			return
		}
		if outer, err := readOuter(data); err != nil || identify(outer) != kind {
			return
		}
		if kind == kindPFX && expensive(data) {
			return
		}
		file, err := ParseBytes(data, &secret)
		check(t, data, file, err)
	})
}

// expensive keeps the fuzzer at files that cost less than a few milliseconds.
func expensive(data []byte) bool {
	limited := newPasswordForms("secret")
	p := &pfx{password: &limited, budget: budget{spent: maxRounds - 20_000}}
	outer, err := readOuter(data)
	if err != nil {
		return false
	}
	_, fault := p.file(outer)
	return fault != nil && fault.Kind == LimitExceeded
}

// Files without a MAC let changes through to the bags.
func FuzzPKCS12(f *testing.F) {
	addSeeds(f, ".p12")
	web, mail := der(f, "web"), der(f, "mail")
	f.Add(pfxOf(f, dataSafe(f, certBag(f, mail, "y"), certBag(f, web, "x"), keyBag(f, privateKey(f, "web"), "x"))))
	f.Add(pfxOf(f, dataSafe(f, certBag(f, mail, ""), nestedBag(f, certBag(f, web, ""))), dataSafe(f, keyBag(f, privateKey(f, "rsa"), ""))))
	f.Add(pfxOf(f, dataSafe(f, certBag(f, web, ""), bagOf(f, oidShroudedKeyBag, readTestFile(f, "pkcs8-scrypt.der"), ""))))
	f.Add(pfxWithMAC(f, []byte{1}, encryptedSafe(f, 1)))
	fuzzFile(f, kindPFX)
}

func FuzzPKCS7(f *testing.F) { addSeeds(f, ".p7"); fuzzFile(f, kindSignedData) }

func FuzzDER(f *testing.F) { addSeeds(f, ".der"); fuzzFile(f, kindCertificate) }

func FuzzPEM(f *testing.F) {
	addSeeds(f, ".pem")
	f.Fuzz(func(t *testing.T, data []byte) {
		if text := trimText(data); hasPEM(text) {
			file, err := ParseBytes(data, nil)
			check(t, data, file, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	addSeeds(f, ".pem", ".p7", ".der", ".jks")
	entries, err := filepath.Glob("testdata/*.der")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range entries {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(base64.StdEncoding.EncodeToString(data)))
		f.Add([]byte(base64.URLEncoding.EncodeToString(data)))
	}
	secret := ""
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(string(data), nil)
		check(t, data, file, err)
		if err != nil && kindOf(t, err) == PasswordMissing {
			return
		}
		file, err = Parse(base64.StdEncoding.EncodeToString(data), &secret)
		check(t, data, file, err)
	})
}

func FuzzKeyPair(f *testing.F) {
	addSeeds(f, ".p12", ".pem", ".key")
	chain, err := os.ReadFile("testdata/chain.pem")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if pair, err := KeyPairPEM(chain, data); err == nil && (pair.Leaf == nil || pair.PrivateKey == nil) {
			t.Fatal("half a pair")
		}
		if expensive(data) {
			return
		}
		if pair, err := KeyPairPKCS12(data, "secret"); err == nil && (pair.Leaf == nil || pair.PrivateKey == nil) {
			t.Fatal("half a pair")
		}
	})
}
