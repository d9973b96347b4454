package certfile

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

func TestParse_SaysWhatItLooksLikeInstead(t *testing.T) {
	secret := "secret"
	web := string(readTestFile(t, "web.pem"))
	for _, test := range []struct {
		name string
		data []byte
		kind Kind
		want string
	}{
		{"CSR, PEM", readTestFile(t, "not-request.pem"), NotCertificate, "signing request"},
		{"CSR, DER", readTestFile(t, "not-request.der"), NotCertificate, "signing request"},
		{"key, PEM", readTestFile(t, "not-key.pem"), NotCertificate, "private key without"},
		{"key, PKCS#8", readTestFile(t, "not-key.der"), NotCertificate, "private key without"},
		{"key, SEC 1", readTestFile(t, "not-key-sec1.der"), NotCertificate, "private key without"},
		{"key, PKCS#1", readTestFile(t, "not-key-pkcs1.der"), NotCertificate, "private key without"},
		{"key, encrypted", readTestFile(t, "not-key-encrypted.der"), NotCertificate, "private key without"},
		{"public key, PEM", readTestFile(t, "not-public.pem"), NotCertificate, "public key"},
		{"public key, DER", readTestFile(t, "not-public.der"), NotCertificate, "public key"},
		{"CRL, PEM", readTestFile(t, "not-crl.pem"), NotCertificate, "revocation list"},
		{"CRL, DER", readTestFile(t, "not-crl.der"), NotCertificate, "revocation list"},
		{"encrypted message", readTestFile(t, "not-encrypted.der"), NoCertificate, "encrypted"},
		{"empty PKCS#7", readTestFile(t, "not-empty-p7.der"), NoCertificate, "holds no certificate"},
		{"PKCS#12 with a key only", readTestFile(t, "not-key-only.p12"), NoCertificate, "private key but no certificate"},
		{"JKS", readTestFile(t, "not-jks.jks"), NotCertificate, "keytool -importkeystore"},
		{"JCEKS", []byte("\xce\xce\xce\xce\x00\x00\x00\x02"), NotCertificate, "JCEKS"},
		{"BKS", []byte("\x00\x00\x00\x02\x00\x00\x00\x14 salt and so on"), NotCertificate, "keytool -importkeystore"},
		{"UBER", []byte("\x00\x00\x00\x01\x00\x00\x00\x14 salt and so on"), NotCertificate, "keytool -importkeystore"},
		{"BCFKS", seq(seq(pbes2(t, []byte("salt"), []byte{1}), octet(make([]byte, 16))), seq(seq(oidBytes(t, "1.2.840.113549.2.11")))),
			NotCertificate, "keytool -importkeystore"},
		{"HTML", []byte("\n<!DOCTYPE html>\n<html><body>404</body></html>"), NotCertificate, "HTML"},
		{"XML", []byte("<?xml version='1.0'?><Error/>"), NotCertificate, "HTML or XML"},
		{"JSON", []byte(`{"certificate": "` + strings.ReplaceAll(web, "\n", `\n`) + `"}`), NotCertificate, "JSON"},
		{"SSH", []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@example"), NotCertificate, "SSH"},
		{"SSH key", []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"), NotCertificate, "SSH"},
		{"PGP", []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----"), NotCertificate, "PGP"},
		{"UTF-16 LE", wide(web, true), NotCertificate, "UTF-16"},
		{"UTF-16 BE", wide(web, false), NotCertificate, "UTF-16"},
		{"UTF-16 without a mark", wide(web, true)[2:], NotCertificate, "UTF-16"},
		{"path", []byte("certs/web.pem"), NotCertificate, "path"},
		{"absolute path", []byte("/etc/ssl/certs/web"), NotCertificate, "path"},
		{"Windows path", []byte(`C:\certs\web`), NotCertificate, "path"},
		{"hexadecimal", []byte(hex.EncodeToString(der(t, "web"))), NotCertificate, "hexadecimal"},
		{"zip", []byte("PK\x03\x04zip"), NotCertificate, "archive"},
		{"openssl -text", []byte("Certificate:\n    Data:\n        Version: 3 (0x2)"), NotCertificate, "description"},
		{"quoted PEM", []byte("\"" + web + "\""), NotCertificate, "quotes"},
		{"prose", []byte("please find the certificate attached, thanks!"), BadBase64, "neither PEM text nor base64"},
		{"noise", []byte{0x80, 1, 2, 3, 4, 5, 6, 7}, BadBase64, "neither PEM text nor base64"},
		{"PFX of version 2", seq(integer(2), seq(oidBytes(t, oidData), explicit0(octet(seq())))), Broken, "version 3"},
		{"PFX without content", seq(integer(3), seq(oidBytes(t, oidData))), Broken, "structure"},
		{"PFX without bags", pfxOf(t), NoCertificate, "holds no certificate"},
		{"PKCS#7 without content", seq(oidBytes(t, oidSignedData)), Broken, "structure"},
		{"unknown", seq(seq(), integer(1)), Unsupported, "well-formed"},
	} {
		for _, content := range []string{string(test.data), base64.StdEncoding.EncodeToString(test.data)} {
			_, err := Parse(content, &secret)
			kind := kindOf(t, err)
			if kind != test.kind && !(test.kind == BadBase64 && kind == Broken) {
				t.Errorf("%s: %v (%v), want %v", test.name, kind, err, test.kind)
				continue
			}
			if kind == test.kind && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %q does not say %q", test.name, err, test.want)
			}
		}
	}
}

// Every message is whole sentences, and none holds any part of a file or the password.
func TestErrors_RepeatNothing(t *testing.T) {
	marker := "mARKEr7x"
	password := marker + "-password"
	body := base64.StdEncoding.EncodeToString([]byte(marker + marker + marker))
	contents := []string{
		marker, "/path/" + marker, marker + ".pem", "C:\\" + marker, `{"` + marker + `":1}`, "<html>" + marker,
		"-----BEGIN " + marker + "-----\n" + body + "\n-----END " + marker + "-----",
		"-----BEGIN CERTIFICATE " + marker + "-----\n" + body, "-----BEGIN CERTIFICATE-----\n" + marker + "!\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\n" + body + "\n-----END " + marker + "-----", body,
		string(readTestFile(t, "openssl-default.p12")), string(seq(octet([]byte(marker)))),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: seq(octet([]byte(marker)))})),
	}
	for _, content := range contents {
		_, err := Parse(content, &password)
		if err == nil {
			t.Errorf("%q is read", content)
			continue
		}
		text := err.Error()
		if strings.Contains(text, marker) || strings.Contains(text, body[:8]) {
			t.Errorf("%q repeats the content", text)
		}
		if !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "\r\n") || strings.ToUpper(text[:1]) != text[:1] {
			t.Errorf("%q is not sentences", text)
		}
	}
}

func TestKind_String(t *testing.T) {
	if got := PasswordWrong.String(); got != "password wrong" {
		t.Error(got)
	}
	if got := Kind(99).String(); got != "kind 99" {
		t.Error(got)
	}
	if got := Kind(0).String(); got != "kind 0" {
		t.Error(got)
	}
}

func TestParse_TruncatedAnywhere(t *testing.T) {
	secret := "secret"
	for _, name := range []string{"web.der", "openssl-default.p12", "openssl-der.p7", "openssl-ber.p7", "nss.p12"} {
		data := readTestFile(t, name)
		for cut := 1; cut < 40; cut++ {
			_, err := ParseBytes(data[:len(data)-cut*len(data)/40], &secret)
			if kind := kindOf(t, err); kind != Truncated && len(data)-cut*len(data)/40 > 8 {
				t.Errorf("%s without its last %d/40: %v (%v)", name, cut, kind, err)
			}
		}
	}
}

func TestParse_TrailingBytesChangeNothing(t *testing.T) {
	secret := "secret"
	for _, name := range []string{"web.der", "openssl-default.p12", "openssl-der.p7"} {
		data := append(readTestFile(t, name), "\r\n\x00"...)
		file, err := ParseBytes(data, &secret)
		if err != nil || file.Leaf.Thumbprint != thumbprint(t, "web") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(file.Payload(), readTestFile(t, name)) {
			t.Errorf("%s: what follows the file would be sent", name)
		}
	}
}

func TestParse_CiphersAndMACsThatAreNotKnownMayBeValid(t *testing.T) {
	secret := "secret"
	for _, name := range []string{"unsupported-camellia.p12", "unsupported-blake2b512.p12"} {
		content := readTestFile(t, name)
		_, err := ParseBytes(content, &secret)
		var e *Error
		if !errors.As(err, &e) || e.Kind != Unsupported || e.Format != PKCS12 || !bytes.Equal(e.Payload, content) || !strings.Contains(e.Error(), "may be valid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
