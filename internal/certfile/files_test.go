package certfile

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testFile is one row of testdata/files.tsv.
type testFile struct {
	name     string
	format   Format
	password *string
	leaves   []string // names of the certificates that may be the leaf, the expected one first
}

func testFiles(t testing.TB) []testFile {
	t.Helper()
	var files []testFile
	for line := range strings.Lines(string(readTestFile(t, "files.tsv"))) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			t.Fatalf("files.tsv: %d fields in %q", len(fields), line)
		}
		f := testFile{name: fields[0], format: Format(fields[1]), leaves: strings.Fields(fields[3])}
		if fields[2] != "-" {
			f.password = &fields[2]
		}
		files = append(files, f)
	}
	if len(files) < 50 {
		t.Fatalf("files.tsv has only %d rows", len(files))
	}
	return files
}

// slowFile tells the files of NSS and GnuTLS, which take 600,000 iterations for each of their parts.
func slowFile(name string) bool {
	return strings.HasPrefix(name, "nss") || strings.HasPrefix(name, "certtool") && strings.HasSuffix(name, ".p12")
}

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// der returns the one certificate of testdata/NAME.pem, read by the standard library.
func der(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(readTestFile(t, name+".pem"))
	if block == nil || block.Type != "CERTIFICATE" {
		t.Fatalf("%s.pem is no certificate", name)
	}
	return block.Bytes
}

// thumbprint returns the SHA-1 thumbprint of testdata/NAME.pem.
func thumbprint(t testing.TB, name string) string {
	t.Helper()
	sum := sha1.Sum(der(t, name))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// kindOf returns the kind of an error of this package, 0 for nil.
func kindOf(t testing.TB, err error) Kind {
	t.Helper()
	if err == nil {
		return 0
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return e.Kind
}

func TestParse_FilesOfRealTools(t *testing.T) {
	for _, f := range testFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			data := readTestFile(t, f.name)
			file, err := ParseBytes(data, f.password)
			if err != nil {
				t.Fatal(err)
			}
			if file.Format != f.format {
				t.Errorf("format %q, want %q", file.Format, f.format)
			}
			if want := thumbprint(t, f.leaves[0]); file.Leaf.Thumbprint != want {
				t.Errorf("leaf %s, want %s", file.Leaf.Thumbprint, want)
			}
			if !bytes.Equal(file.Leaf.Raw, der(t, f.leaves[0])) {
				t.Error("the leaf's bytes are not those of the certificate")
			}
			var others []string
			for _, c := range file.OtherEndEntities {
				others = append(others, c.Thumbprint)
			}
			for _, name := range f.leaves[1:] {
				if !strings.Contains(strings.Join(others, " "), thumbprint(t, name)) {
					t.Errorf("%s is not among the other end entities", name)
				}
			}
			if len(others) != len(f.leaves)-1 {
				t.Errorf("%d other end entities, want %d", len(others), len(f.leaves)-1)
			}
			wantKey := f.format == PKCS12 && !strings.Contains(f.name, "nokeys") && f.name != "openssl-open.p12" && f.name != "keytool-trust.p12" ||
				f.name == "text.pem" || f.name == "bag-attributes.pem"
			if file.HasPrivateKey != wantKey {
				t.Errorf("HasPrivateKey %v", file.HasPrivateKey)
			}
			if slowFile(f.name) && f.name != "nss.p12" {
				return
			}
			encoded, err := Parse(base64.StdEncoding.EncodeToString(data), f.password)
			if err != nil {
				t.Fatalf("base64 of the same file: %v", err)
			}
			if encoded.Leaf.Thumbprint != file.Leaf.Thumbprint || !bytes.Equal(encoded.Payload(), file.Payload()) {
				t.Error("base64 of the same file reads differently")
			}
		})
	}
}

func TestParse_WrongPassword(t *testing.T) {
	for _, f := range testFiles(t) {
		if f.password == nil {
			continue
		}
		for _, wrong := range []string{"Secret", "", "changeit "} {
			if wrong == *f.password || slowFile(f.name) && wrong != "Secret" {
				continue
			}
			_, err := ParseBytes(readTestFile(t, f.name), &wrong)
			if kind := kindOf(t, err); kind != PasswordWrong {
				t.Errorf("%s with %q: kind %v (%v)", f.name, wrong, kind, err)
			}
		}
		_, err := ParseBytes(readTestFile(t, f.name), nil)
		if kind := kindOf(t, err); kind != PasswordMissing {
			t.Errorf("%s without a password: kind %v (%v)", f.name, kind, err)
		}
	}
}

func TestParse_PasswordForAFileThatNeedsNone(t *testing.T) {
	password := "secret"
	for _, name := range []string{"openssl-open.p12", "web.der", "chain.pem", "openssl-der.p7"} {
		if _, err := ParseBytes(readTestFile(t, name), &password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPayload(t *testing.T) {
	secret := "secret"
	for _, test := range []struct {
		name     string
		password *string
		want     []byte
	}{
		{"openssl-default.p12", &secret, readTestFile(t, "openssl-default.p12")},
		{"openssl-der.p7", nil, readTestFile(t, "openssl-der.p7")},
		{"openssl-pem.p7", nil, readTestFile(t, "openssl-der.p7")},
		{"openssl-ber.p7", nil, readTestFile(t, "openssl-ber.p7")},
		{"web.der", nil, readTestFile(t, "web.der")},
		{"chain.pem", nil, readTestFile(t, "chain.pem")},
		{"trusted.pem", nil, readTestFile(t, "web.pem")},
		{"text.pem", nil, append(readTestFile(t, "web.pem"), readTestFile(t, "middle.pem")...)},
	} {
		file, err := ParseBytes(readTestFile(t, test.name), test.password)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !bytes.Equal(file.Payload(), test.want) {
			t.Errorf("%s: the payload is not what it should be", test.name)
		}
	}
}

func TestParse_ChainInOrderOfTheFile(t *testing.T) {
	for name, want := range map[string][]string{
		"chain.pem":      {"middle", "root"},
		"ca-first.pem":   {"middle", "web"},
		"openssl-der.p7": {"root", "middle"},
		"web.der":        nil,
	} {
		file, err := ParseBytes(readTestFile(t, name), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(file.Chain) != len(want) {
			t.Fatalf("%s: %d in the chain", name, len(file.Chain))
		}
		for i, c := range file.Chain {
			if c.Thumbprint != thumbprint(t, want[i]) {
				t.Errorf("%s: %s at %d, want %s", name, c.Thumbprint, i, want[i])
			}
		}
		if file.CAFirst != (name == "ca-first.pem") {
			t.Errorf("%s: CAFirst %v", name, file.CAFirst)
		}
	}
}
