package certfile

import (
	"bytes"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"
)

func checkPair(t *testing.T, name string, pair tls.Certificate, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if len(pair.Certificate) != len(want) {
		t.Errorf("%s: %d certificates, want %d", name, len(pair.Certificate), len(want))
		return
	}
	for i := range want {
		if !bytes.Equal(pair.Certificate[i], der(t, want[i])) {
			t.Errorf("%s: certificate %d is not %s", name, i, want[i])
		}
	}
	if pair.Leaf == nil || !bytes.Equal(pair.Leaf.Raw, pair.Certificate[0]) || pair.PrivateKey == nil {
		t.Errorf("%s: leaf or key missing", name)
	}
}

func TestKeyPairPKCS12_FilesOfRealTools(t *testing.T) {
	tested := 0
	for _, f := range testFiles(t) {
		if f.format != PKCS12 || f.password == nil || strings.Contains(f.name, "nokeys") || strings.Contains(f.name, "trust") || slowFile(f.name) && f.name != "certtool-null.p12" {
			continue
		}
		pair, err := KeyPairPKCS12(readTestFile(t, f.name), *f.password)
		switch kind := strings.TrimSuffix(strings.TrimPrefix(f.name, "openssl-key-"), ".p12"); kind {
		case "pss", "ed448", "brainpool", "secp256k1", "explicit", "dsa":
			if err == nil {
				t.Errorf("%s: crypto/tls cannot use that key, but it is returned", f.name)
			}
			continue
		}
		want := []string{f.leaves[0], "middle", "root"}
		if strings.HasPrefix(f.name, "certtool") {
			want = want[:2]
		}
		checkPair(t, f.name, pair, err, want...)
		tested++
	}
	if tested < 25 {
		t.Errorf("only %d files tested", tested)
	}
}

func TestKeyPairPKCS12_OrderDoesNotMatter(t *testing.T) {
	root, middle, web, mail, key := der(t, "root"), der(t, "middle"), der(t, "web"), der(t, "mail"), privateKey(t, "web")
	pair, err := KeyPairPKCS12(pfxOf(t, dataSafe(t, certBag(t, root, ""), certBag(t, mail, ""), certBag(t, middle, ""), keyBag(t, key, ""), certBag(t, web, ""))), "")
	checkPair(t, "CA first", pair, err, "web", "middle", "root")
}

func TestKeyPairPKCS12_Errors(t *testing.T) {
	for _, test := range []struct {
		name     string
		data     []byte
		password string
		kind     Kind
		want     string
	}{
		{"wrong password", readTestFile(t, "openssl-default.p12"), "wrong", PasswordWrong, "Wrong password"},
		{"no key", readTestFile(t, "openssl-nokeys.p12"), "secret", NoCertificate, "no private key"},
		{"no certificate", readTestFile(t, "not-key-only.p12"), "secret", NoCertificate, "no certificate"},
		{"a certificate", readTestFile(t, "web.der"), "", NotCertificate, "not a PKCS#12"},
		{"a key", readTestFile(t, "not-key.der"), "", NotCertificate, "private key"},
		{"nothing", nil, "", Truncated, "truncated"},
		{"text", []byte("hello"), "", Broken, "neither"},
		{"another's key", pfxOf(t, dataSafe(t, certBag(t, der(t, "web"), "x"), keyBag(t, privateKey(t, "mail"), "x"))), "", Broken, "belongs to none"},
		{"DSA", readTestFile(t, "openssl-key-dsa.p12"), "secret", Broken, "cannot be used"},
		{"Ed448", readTestFile(t, "openssl-key-ed448.p12"), "secret", Broken, "cannot be used"},
	} {
		_, err := KeyPairPKCS12(test.data, test.password)
		if kind := kindOf(t, err); kind != test.kind || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v: %v", test.name, kind, err)
		}
	}
}

func TestKeyPairPEM(t *testing.T) {
	chain, root, key := readTestFile(t, "chain.pem"), readTestFile(t, "ca-first.pem"), readTestFile(t, "not-key.pem")
	pair, err := KeyPairPEM(chain, key)
	checkPair(t, "two texts", pair, err, "web", "middle", "root")
	pair, err = KeyPairPEM(root, key)
	checkPair(t, "CA first", pair, err, "web", "middle", "root")
	both := slices.Concat([]byte("\ufeff"), key, chain)
	pair, err = KeyPairPEM(both, both)
	checkPair(t, "one text", pair, err, "web", "middle", "root")
	pair, err = KeyPairPEM(readTestFile(t, "ed25519.pem"), readTestFile(t, "ed25519.key"))
	checkPair(t, "Ed25519", pair, err, "ed25519")
}

func TestKeyPairPEM_OlderFormsOfKeys(t *testing.T) {
	for name, test := range map[string]struct{ leaf, label, file string }{
		"PKCS#1": {"rsa", "RSA PRIVATE KEY", "not-key-pkcs1.der"},
		"SEC 1":  {"web", "EC PRIVATE KEY", "not-key-sec1.der"},
	} {
		text := slices.Concat([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), armour(test.label, readTestFile(t, test.file)))
		pair, err := KeyPairPEM(readTestFile(t, test.leaf+".pem"), text)
		checkPair(t, name, pair, err, test.leaf)
	}
}

func TestKeyPairPEM_Errors(t *testing.T) {
	chain, key := readTestFile(t, "chain.pem"), readTestFile(t, "not-key.pem")
	traditional := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for _, test := range []struct {
		name             string
		certificate, key []byte
		kind             Kind
		want             string
	}{
		{"encrypted PKCS#8", chain, armour("ENCRYPTED PRIVATE KEY", readTestFile(t, "not-key-encrypted.der")), Unsupported, "encrypted"},
		{"encrypted in the old way", chain, []byte(traditional), Unsupported, "encrypted"},
		{"another's key", chain, readTestFile(t, "mail.key"), Broken, "belongs to none"},
		{"no key", chain, chain, NotCertificate, "no PEM block with a private key"},
		{"cut key", chain, key[:100], Truncated, "truncated"},
		{"no certificate", key, key, NotCertificate, "private key without"},
		{"not PEM", readTestFile(t, "web.der"), key, NotCertificate, "not PEM"},
		{"an SSH key", chain, armour("OPENSSH PRIVATE KEY", []byte("openssh-key-v1")), NotCertificate, "SSH"},
		{"a key of zeros", chain, armour("PRIVATE KEY", make([]byte, 40)), Broken, "cannot be used"},
		{"PKCS#12 that cannot be read", armour("PKCS12", readTestFile(t, "unsupported-camellia.p12")), key, Unsupported, "not known here"},
		{"unknown ASN.1", armour("CERTIFICATE", seq(seq())), key, Unsupported, "well-formed"},
	} {
		_, err := KeyPairPEM(test.certificate, test.key)
		if kind := kindOf(t, err); kind != test.kind || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v: %v", test.name, kind, err)
		}
		var e *Error
		if errors.As(err, &e) && e.Payload != nil {
			t.Errorf("%s: a payload is offered", test.name)
		}
	}
}

func TestKeyPair_FilesInTheWrongArgument(t *testing.T) {
	key := readTestFile(t, "not-key.pem")
	if _, err := KeyPairPKCS12(key, ""); kindOf(t, err) != NotCertificate || !strings.Contains(err.Error(), "certificate_pem") {
		t.Errorf("PEM as PKCS#12: %v", err)
	}
	if _, err := KeyPairPEM(key, key); kindOf(t, err) != NotCertificate || !strings.Contains(err.Error(), "private key without a certificate") {
		t.Errorf("a key as certificate: %v", err)
	}
}
