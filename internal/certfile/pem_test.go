package certfile

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestParse_PEMAsPeopleHaveIt(t *testing.T) {
	chain := string(readTestFile(t, "chain.pem"))
	web := string(readTestFile(t, "web.pem"))
	key := string(readTestFile(t, "not-key.pem"))
	body := base64.StdEncoding.EncodeToString(der(t, "web"))
	for name, content := range map[string]string{
		"CRLF":                             strings.ReplaceAll(chain, "\n", "\r\n"),
		"CR only":                          strings.ReplaceAll(chain, "\n", "\r"),
		"byte order mark":                  "\ufeff" + chain,
		"byte order mark after text":       "web\n\ufeff" + chain,
		"byte order marks of joined files": "\ufeff" + web + "\ufeff" + chain,
		"what does not show":               strings.ReplaceAll(chain, "-----BEGIN", "\u00a0\u200b-----BEGIN"),
		"no final newline":                 strings.TrimSpace(chain),
		"blank lines inside":               strings.ReplaceAll(chain, "\n", "\n\n"),
		"indented":                         "    " + strings.ReplaceAll(chain, "\n", "\n    "),
		"tabs and trailing blanks":         "\t" + strings.ReplaceAll(chain, "\n", " \t\n\t"),
		"text before":                      "-- web --\n----- certificate -----\n-----BEGIN CERTIFICATE----- is how it begins\nkey: value\n" + chain,
		"commented out one before":         "# " + strings.ReplaceAll(string(readTestFile(t, "root.pem")), "\n", "\n# ") + "\n" + chain,
		"key before":                       key + chain,
		"key before, of another label":     strings.ReplaceAll(key, "PRIVATE KEY", "PKCS8 PRIVATE KEY") + chain,
		"listing of s_client before":       "0 s:CN = Grüße\n   i:CN = Middle\n" + chain,
		"request before":                   string(readTestFile(t, "not-request.pem")) + chain,
		"unknown block before":             "-----BEGIN FOO-----\nA: b\n\n!\n-----END FOO-----\n" + chain,
		"X509 CERTIFICATE":                 strings.ReplaceAll(chain, " CERTIFICATE", " X509 CERTIFICATE"),
		"one long line":                    "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----",
		"all on one line":                  strings.ReplaceAll(chain, "\n", " "),
		"backslash n for line ends":        strings.ReplaceAll(chain, "\n", `\n`),
		"no line ends at all":              strings.ReplaceAll(chain, "\n", ""),
		"a label for PKCS#7":               strings.ReplaceAll(web, " CERTIFICATE", " PKCS7"),
		"headers":                          strings.Replace(web, "CERTIFICATE-----\n", "CERTIFICATE-----\nComment: x\n\n", 1),
		"damaged block of no weight":       "-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----\n" + chain,
	} {
		file, err := Parse(content, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Format != PEM || file.Leaf.Thumbprint != thumbprint(t, "web") {
			t.Errorf("%s: %s %s", name, file.Format, shown(file.Leaf.Subject))
		}
		if file.HasPrivateKey != strings.HasPrefix(name, "key before") {
			t.Errorf("%s: HasPrivateKey %v", name, file.HasPrivateKey)
		}
		if bytes.Contains(file.Payload(), []byte("KEY")) || !bytes.HasPrefix(file.Payload(), []byte(web)) {
			t.Errorf("%s: payload\n%s", name, file.Payload())
		}
		encoded, err := Parse(base64.StdEncoding.EncodeToString([]byte(content)), nil)
		if err != nil || encoded.Leaf.Thumbprint != thumbprint(t, "web") {
			t.Errorf("%s, in base64: %v", name, err)
		}
	}
}

func TestParse_DamagedFirstCertificateIsNotSkipped(t *testing.T) {
	chain := string(readTestFile(t, "chain.pem"))
	for _, test := range []struct {
		name, content string
		want          Kind
	}{
		{"a character lost in base64", strings.Replace(chain, "MI", "M", 1), BadBase64},
		{"a foreign character", strings.Replace(chain, "MI", "M…I", 1), BadBase64},
		{"no END line", strings.Replace(chain, "-----END CERTIFICATE-----\n", "", 1), Truncated},
		{"END of another", strings.Replace(chain, "END CERTIFICATE", "END PKCS7", 1), Broken},
		{"cut off", chain[:200], Truncated},
		{"cut off in the second", chain[:len(readTestFile(t, "web.pem"))+200], Truncated},
		{"empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" + chain, BadBase64},
		{"short of a quarter", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der(t, "web")[:300]})) + chain, Truncated},
		{"bytes that are no ASN.1", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("hello, world")})) + chain, Broken},
		{"a request under the label", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: readTestFile(t, "not-request.der")})), NotCertificate},
		{"a request after it", chain + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: readTestFile(t, "not-request.der")})), Broken},
	} {
		_, err := Parse(test.content, nil)
		if kind := kindOf(t, err); kind != test.want {
			t.Errorf("%s: %v (%v), want %v", test.name, kind, err, test.want)
		}
	}
}

// certutil -encode puts BEGIN CERTIFICATE around any file.
func TestParse_ContentCountsNotTheLabel(t *testing.T) {
	secret := "secret"
	for name, format := range map[string]Format{"openssl-default.p12": PKCS12, "openssl-der.p7": PKCS7, "web.der": PEM} {
		armoured := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: readTestFile(t, name)})
		file, err := ParseBytes(armoured, &secret)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Format != format || file.Leaf.Thumbprint != thumbprint(t, "web") {
			t.Errorf("%s: %s %s", name, file.Format, shown(file.Leaf.Subject))
		}
		if format != PEM && !bytes.Equal(file.Payload(), readTestFile(t, name)) {
			t.Errorf("%s: the payload is not the file inside", name)
		}
	}
}

func TestParse_KeyBesidePKCS7StaysHere(t *testing.T) {
	file, err := ParseBytes(append(readTestFile(t, "not-key.pem"), readTestFile(t, "openssl-pem.p7")...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !file.HasPrivateKey || !bytes.Equal(file.Payload(), readTestFile(t, "openssl-der.p7")) {
		t.Errorf("HasPrivateKey %v, payload of %d bytes", file.HasPrivateKey, len(file.Payload()))
	}
}

func TestParse_SameCertificateTwice(t *testing.T) {
	web := readTestFile(t, "web.pem")
	file, err := ParseBytes(append(bytes.Clone(web), web...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Chain) != 0 || !bytes.Equal(file.Payload(), web) {
		t.Errorf("%d in the chain", len(file.Chain))
	}
}

func TestParse_Base64(t *testing.T) {
	data := readTestFile(t, "web.der")
	standard := base64.StdEncoding.EncodeToString(data)
	url := base64.URLEncoding.EncodeToString(data)
	if !strings.ContainsAny(url, "-_") {
		t.Fatal("web.der does not tell the alphabets apart; make the files anew")
	}
	for name, content := range map[string]string{
		"standard":      standard,
		"lines of CRLF": strings.Join([]string{standard[:64], standard[64:128], standard[128:]}, "\r\n") + "\r\n",
		"no padding":    strings.TrimRight(standard, "="),
		"URL":           url,
		"URL, bare":     strings.TrimRight(url, "="),
		"indented":      "  " + standard[:76] + "\n  " + standard[76:] + "\n",
		"byte order":    "\ufeff" + standard,
		"raw":           string(data),
	} {
		file, err := Parse(content, nil)
		if err != nil || file.Format != DER || file.Leaf.Thumbprint != thumbprint(t, "web") {
			t.Errorf("%s: %v", name, err)
		}
	}
	at := strings.IndexAny(url, "-_")
	mixed := url[:at+1] + "+/" + url[at+1:]
	for name, test := range map[string]struct {
		content string
		want    Kind
	}{
		"both alphabets":  {mixed, BadBase64},
		"foreign":         {strings.Replace(standard, "M", "é", 1), BadBase64},
		"one too many":    {strings.TrimRight(standard, "=") + "AAAA"[:5-len(strings.TrimRight(standard, "="))%4], BadBase64},
		"half":            {standard[:len(standard)/2], Truncated},
		"twice":           {base64.StdEncoding.EncodeToString([]byte(standard)), NotCertificate},
		"PEM twice":       {base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(readTestFile(t, "web.pem")))), NotCertificate},
		"empty":           {"", NotCertificate},
		"blank":           {" \n\t", NotCertificate},
		"only a BOM":      {"\ufeff", NotCertificate},
		"base64 of blank": {"IAo=", Broken},
	} {
		_, err := Parse(test.content, nil)
		if kind := kindOf(t, err); kind != test.want {
			t.Errorf("%s: %v (%v), want %v", name, kind, err, test.want)
		}
	}
}

func armour(label string, data []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: data})
}

func wide(text string, littleEndian bool) []byte {
	out := []byte{0xfe, 0xff}
	if littleEndian {
		out = []byte{0xff, 0xfe}
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		if littleEndian {
			out = append(out, byte(unit), byte(unit>>8))
		} else {
			out = append(out, byte(unit>>8), byte(unit))
		}
	}
	return out
}

func TestParse_UnreadableFileWithAPrivateKeyIsNeverHandedOn(t *testing.T) {
	unsupported := readTestFile(t, "unsupported-camellia.p12")
	secret := "secret"
	_, err := ParseBytes(unsupported, &secret)
	var e *Error
	if !errors.As(err, &e) || e.Kind != Unsupported || !bytes.Equal(e.Payload, unsupported) || e.Format != PKCS12 {
		t.Fatalf("the control is not unsupported: %v", err)
	}
	key := string(readTestFile(t, "not-key.pem"))
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PKCS12", Bytes: unsupported})
	for name, content := range map[string][]byte{
		"PEM":       append([]byte(key), armoured...),
		"after":     append(bytes.Clone(armoured), key...),
		"ASCII":     append(bytes.Clone(unsupported), key...),
		"UTF-16 LE": append(bytes.Clone(unsupported), wide(key, true)...),
		"UTF-16 BE": append(bytes.Clone(unsupported), wide(key, false)...),
	} {
		for _, content := range []string{string(content), base64.StdEncoding.EncodeToString(content)} {
			_, err := Parse(content, &secret)
			var e *Error
			if !errors.As(err, &e) || e.Kind != PrivateKeyUnreadable || e.Payload != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	unknown := seq(octet([]byte("something")), octet([]byte(key)))
	if _, err := ParseBytes(unknown, nil); kindOf(t, err) != PrivateKeyUnreadable {
		t.Errorf("unknown ASN.1 with a key: %v", err)
	}
}
