package certfile

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// privateKey returns the PrivateKeyInfo of testdata/NAME.key.
func privateKey(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(readTestFile(t, name+".key"))
	if block == nil || block.Type != "PRIVATE KEY" {
		t.Fatalf("%s.key is no PKCS#8 key", name)
	}
	return block.Bytes
}

func TestPKCS12_LeafIsTheKeysOwn(t *testing.T) {
	root, middle, web, mail := der(t, "root"), der(t, "middle"), der(t, "web"), der(t, "mail")
	webKey, mailKey := privateKey(t, "web"), privateKey(t, "mail")
	strangeKey := seq(integer(0), seq(oidBytes(t, "1.2.643.7.1.1.1.1")), octet([]byte("key")))
	for _, test := range []struct {
		name   string
		safes  [][]byte
		leaf   string
		others []string
	}{
		{"CA first, matched by public key",
			[][]byte{dataSafe(t, certBag(t, root, ""), certBag(t, middle, ""), certBag(t, web, ""), keyBag(t, webKey, ""))}, "web", nil},
		{"another end entity first, matched by public key",
			[][]byte{dataSafe(t, certBag(t, mail, ""), certBag(t, web, ""), keyBag(t, webKey, ""))}, "web", []string{"mail"}},
		{"another end entity first, matched by localKeyId",
			[][]byte{dataSafe(t, keyBag(t, webKey, "x")), dataSafe(t, certBag(t, mail, "y"), certBag(t, web, "x"))}, "web", []string{"mail"}},
		{"one localKeyId on all certificates",
			[][]byte{dataSafe(t, certBag(t, root, "x"), certBag(t, mail, "x"), certBag(t, web, "x"), keyBag(t, webKey, "x"))}, "web", []string{"mail"}},
		{"a localKeyId on the key only",
			[][]byte{dataSafe(t, certBag(t, mail, ""), certBag(t, web, ""), keyBag(t, webKey, "x"))}, "web", []string{"mail"}},
		{"the key of a CA, of a kind that cannot be compared",
			[][]byte{dataSafe(t, certBag(t, web, ""), certBag(t, middle, "x"), keyBag(t, strangeKey, "x"))}, "middle", []string{"web"}},
		{"the key's localKeyId on a CA that is not its own, as node-forge writes it where the CA comes first",
			[][]byte{dataSafe(t, certBag(t, middle, "x"), certBag(t, web, "")), dataSafe(t, keyBag(t, webKey, "x"))}, "web", nil},
		{"the key's localKeyId on another end entity",
			[][]byte{dataSafe(t, certBag(t, mail, "x"), certBag(t, web, ""), keyBag(t, webKey, "x"))}, "web", []string{"mail"}},
		{"the key's localKeyId on several that are not its own",
			[][]byte{dataSafe(t, certBag(t, root, "x"), certBag(t, mail, "x"), certBag(t, web, "y"), keyBag(t, webKey, "x"))}, "web", []string{"mail"}},
		{"the key's own certificate is not in the file: its localKeyId counts",
			[][]byte{dataSafe(t, certBag(t, middle, ""), certBag(t, mail, "x"), keyBag(t, webKey, "x"))}, "mail", nil},
		{"two keys: the first in the file",
			[][]byte{dataSafe(t, certBag(t, root, ""), certBag(t, mail, ""), certBag(t, web, "")),
				dataSafe(t, keyBag(t, webKey, ""), keyBag(t, mailKey, ""))}, "web", []string{"mail"}},
		{"a key without a certificate before the right one",
			[][]byte{dataSafe(t, keyBag(t, mailKey, ""), keyBag(t, webKey, ""), certBag(t, middle, ""), certBag(t, web, ""))}, "web", nil},
		{"no key: the end entity",
			[][]byte{dataSafe(t, certBag(t, root, ""), certBag(t, web, ""), certBag(t, middle, ""))}, "web", nil},
		{"only CAs: the one that issued none",
			[][]byte{dataSafe(t, certBag(t, root, ""), certBag(t, middle, ""))}, "middle", nil},
		{"the same certificate twice, once with its localKeyId",
			[][]byte{dataSafe(t, certBag(t, mail, ""), certBag(t, web, "")), dataSafe(t, certBag(t, web, "x"), keyBag(t, webKey, "x"))}, "web", []string{"mail"}},
		{"many safes, nested and empty ones",
			[][]byte{dataSafe(t), dataSafe(t, nestedBag(t, certBag(t, root, ""), nestedBag(t, nestedBag(t, certBag(t, web, ""))))),
				dataSafe(t), dataSafe(t, nestedBag(t, keyBag(t, webKey, "")))}, "web", nil},
		{"bags of unknown kinds",
			[][]byte{dataSafe(t, bagOf(t, "1.2.840.113549.1.12.10.1.5", octet(nil), ""), bagOf(t, "1.2.3", seq(), ""), certBag(t, web, ""))}, "web", nil},
	} {
		file, err := ParseBytes(pfxOf(t, test.safes...), nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if file.Leaf.Thumbprint != thumbprint(t, test.leaf) {
			t.Errorf("%s: leaf %s", test.name, shown(file.Leaf.Subject))
		}
		var others []string
		for _, c := range file.OtherEndEntities {
			others = append(others, c.Thumbprint)
		}
		var want []string
		for _, name := range test.others {
			want = append(want, thumbprint(t, name))
		}
		if !slices.Equal(others, want) {
			t.Errorf("%s: %d other end entities", test.name, len(others))
		}
	}
}

func TestPKCS12_KeysThatAreOnlyCompared(t *testing.T) {
	for _, f := range testFiles(t) {
		name, found := strings.CutPrefix(f.name, "openssl-key-")
		if !found {
			continue
		}
		name = strings.TrimSuffix(name, ".p12")
		info := keyInFile(t, f)
		// Without a localKeyId, and after a certificate with a key of the same kind where there is one.
		decoy := map[string]string{"brainpool": "web", "secp256k1": "brainpool", "explicit": "web", "rsa": "pss", "pss": "rsa"}[name]
		if decoy == "" {
			decoy = "web"
		}
		file, err := ParseBytes(pfxOf(t, dataSafe(t, certBag(t, der(t, decoy), ""), certBag(t, der(t, name), ""), keyBag(t, info, ""))), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Leaf.Thumbprint != thumbprint(t, name) {
			t.Errorf("%s: leaf %s", name, shown(file.Leaf.Subject))
		}
		_, known := publicKeyOf(info)
		if known != (name != "ed448") {
			t.Errorf("%s: the public key is known: %v", name, known)
		}
	}
}

// keyInFile returns the PrivateKeyInfo in a PKCS#12 file.
func keyInFile(t testing.TB, f testFile) []byte {
	t.Helper()
	outer, err := readOuter(readTestFile(t, f.name))
	if err != nil {
		t.Fatal(err)
	}
	forms := newPasswordForms(*f.password)
	p := &pfx{password: &forms}
	if err := p.read(outer); err != nil {
		t.Fatal(err)
	}
	if err := p.decryptKey(0); err != nil {
		t.Fatal(err)
	}
	return p.keys[0].info
}

func TestPKCS12_PublicKeyIsComputed(t *testing.T) {
	// SEC 1 leaves the public key out here: curve and number only.
	var key struct {
		Version   int
		Algorithm asn1.RawValue
		Key       []byte
	}
	if _, err := asn1.Unmarshal(privateKey(t, "web"), &key); err != nil {
		t.Fatal(err)
	}
	inner, _, err := readElement(key.Key)
	if err != nil {
		t.Fatal(err)
	}
	r := inner.reader()
	r.take(tagInteger)
	number, _ := r.take(tagOctetString)
	bare := seq(integer(0), key.Algorithm.FullBytes, octet(seq(integer(1), octet(number.body))))
	file, perr := ParseBytes(pfxOf(t, dataSafe(t, certBag(t, der(t, "mail"), ""), certBag(t, der(t, "web"), ""), keyBag(t, bare, ""))), nil)
	if perr != nil || file.Leaf.Thumbprint != thumbprint(t, "web") {
		t.Fatalf("%v", perr)
	}
}

func TestPKCS12_KeyOfNoCertificate(t *testing.T) {
	data := pfxOf(t, dataSafe(t, certBag(t, der(t, "web"), ""), keyBag(t, privateKey(t, "mail"), "")))
	_, err := ParseBytes(data, nil)
	if kind := kindOf(t, err); kind != Broken || !strings.Contains(err.Error(), "belongs to none") {
		t.Errorf("%v: %v", kind, err)
	}
}

func TestPKCS12_KeyOfAnUnknownKindWithOneCertificate(t *testing.T) {
	info := seq(integer(0), seq(oidBytes(t, "1.2.643.7.1.1.1.1")), octet([]byte("key")))
	file, err := ParseBytes(pfxOf(t, dataSafe(t, certBag(t, der(t, "web"), ""), keyBag(t, info, ""))), nil)
	if err != nil || file.Leaf.Thumbprint != thumbprint(t, "web") || !file.HasPrivateKey {
		t.Errorf("%v", err)
	}
}

// An encrypted key is opened to look whose it is, unless it does not open: Java lets a key have its own password, and then
// its localKeyId counts.
func TestPKCS12_LocalKeyIDOfAnEncryptedKey(t *testing.T) {
	certificates := dataSafe(t, certBag(t, der(t, "middle"), "x"), certBag(t, der(t, "web"), ""))
	key := readTestFile(t, "pkcs8-hmacWithSHA256.der")
	for _, test := range []struct{ password, leaf string }{{"secret", "web"}, {"of the store only", "middle"}} {
		content := seq(certificates, dataSafe(t, bagOf(t, oidShroudedKeyBag, key, "x")))
		d, salt := digests["1.3.14.3.2.26"], []byte("saltsalt")
		sum := hmacOf(d, pkcs12KDF(d, newPasswordForms(test.password).bmp[0], salt, 1, forMAC, d.size), content)
		mac := seq(seq(seq(oidBytes(t, "1.3.14.3.2.26")), octet(sum)), octet(salt))
		file, err := ParseBytes(seq(integer(3), seq(oidBytes(t, oidData), explicit0(octet(content))), mac), &test.password)
		if err != nil {
			t.Fatal(err)
		}
		if file.Leaf.Thumbprint != thumbprint(t, test.leaf) {
			t.Errorf("%q: leaf %s", test.password, shown(file.Leaf.Subject))
		}
	}
}

// Old versions of NSS named a key of 32 bytes for AES-128 and used the first 16 of them, which are the same.
func TestPKCS12_LongerKeyThanTheCipherTakes(t *testing.T) {
	password, info := "secret", privateKey(t, "web")
	padding := 16 - len(info)%16
	plain := slices.Concat(info, bytes.Repeat([]byte{byte(padding)}, padding))
	for size, want := range map[byte]Kind{16: 0, 32: 0, 15: Broken} {
		kdf := seq(oidBytes(t, oidPBKDF2), seq(octet([]byte("salt")), integer(10), integer(size)))
		algorithm := seq(oidBytes(t, oidPBES2), seq(kdf, seq(oidBytes(t, "2.16.840.1.101.3.4.1.2"), octet(make([]byte, 16)))))
		key, err := pbkdf2.Key(sha1.New, password, []byte("salt"), 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := make([]byte, len(plain))
		cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(sealed, plain)
		data := pfxOf(t, dataSafe(t, certBag(t, der(t, "web"), "")), dataSafe(t, bagOf(t, oidShroudedKeyBag, seq(algorithm, octet(sealed)), "")))
		if _, err := ParseBytes(data, &password); kindOf(t, err) != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// The password is proved by the key where nothing else is encrypted.
func TestPKCS12_OnlyTheKeyIsEncrypted(t *testing.T) {
	key := bagOf(t, oidShroudedKeyBag, readTestFile(t, "pkcs8-hmacWithSHA512.der"), "x")
	data := pfxOf(t, dataSafe(t, certBag(t, der(t, "web"), "x"), key))
	for password, want := range map[string]Kind{"secret": 0, "wrong": PasswordWrong, "": PasswordWrong} {
		_, err := ParseBytes(data, &password)
		if kind := kindOf(t, err); kind != want {
			t.Errorf("%q: %v (%v)", password, kind, err)
		}
	}
	if _, err := ParseBytes(data, nil); kindOf(t, err) != PasswordMissing {
		t.Errorf("none: %v", err)
	}
}

func TestScheme_EveryDerivation(t *testing.T) {
	want := privateKey(t, "web")
	for _, name := range []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512", "hmacWithSHA512-256", "scrypt"} {
		e, _, err := readElement(readTestFile(t, "pkcs8-"+name+".der"))
		if err != nil {
			t.Fatal(err)
		}
		r := e.reader()
		algorithm, _ := r.next()
		sealed, _ := r.next()
		s, fault := readScheme(algorithm)
		if fault != nil {
			t.Errorf("%s: %v", name, fault)
			continue
		}
		if plain, ok := s.open([]byte("secret"), sealed.body); !ok || !bytes.Equal(plain, want) {
			t.Errorf("%s does not open", name)
		}
		if plain, ok := s.open([]byte("Secret"), sealed.body); ok && isPrivateKeyInfo(plain) {
			t.Errorf("%s opens with another password", name)
		}
	}
}

// go-pkcs12 writes with every one of its encoders what is read here.
func TestPKCS12_WrittenByGo(t *testing.T) {
	key, err := x509.ParsePKCS8PrivateKey(privateKey(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(name string) *x509.Certificate {
		c, err := x509.ParseCertificate(der(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, encoder := range map[string]*gopkcs12.Encoder{
		"LegacyRC2": gopkcs12.LegacyRC2, "LegacyDES": gopkcs12.LegacyDES, "Modern2023": gopkcs12.Modern2023, "Modern2026": gopkcs12.Modern2026,
	} {
		for _, password := range []string{"secret", "", "Grüße €"} {
			data, err := encoder.Encode(key, parse("web"), []*x509.Certificate{parse("middle"), parse("root")}, password)
			if err != nil {
				t.Fatal(err)
			}
			file, err := ParseBytes(data, &password)
			if err != nil || file.Leaf.Thumbprint != thumbprint(t, "web") || len(file.Chain) != 2 || !file.HasPrivateKey {
				t.Errorf("%s with %q: %v", name, password, err)
			}
		}
		trust, err := encoder.EncodeTrustStore([]*x509.Certificate{parse("root"), parse("middle")}, "secret")
		if err != nil {
			t.Fatal(err)
		}
		password := "secret"
		if file, err := ParseBytes(trust, &password); err != nil || file.Leaf.Thumbprint != thumbprint(t, "middle") || file.HasPrivateKey {
			t.Errorf("%s, trust store: %v", name, err)
		}
	}
	open, err := gopkcs12.Passwordless.EncodeTrustStore([]*x509.Certificate{parse("web")}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseBytes(open, nil); err != nil {
		t.Errorf("Passwordless: %v", err)
	}
}

// The same file in BER, as NSS and Bouncy Castle write it: indefinite lengths and strings in segments.
func TestPKCS12_BER(t *testing.T) {
	web := der(t, "web")
	certificate := indefinite(0x30, oidBytes(t, oidX509Certificate), indefinite(0xa0, indefinite(0x24, octet(web[:100]), octet(nil), octet(web[100:]))))
	bag := indefinite(0x30, oidBytes(t, oidCertBag), indefinite(0xa0, certificate))
	safe := indefinite(0x30, bag)
	info := indefinite(0x30, oidBytes(t, oidData), indefinite(0xa0, indefinite(0x24, octet(safe[:77]), indefinite(0x24, octet(safe[77:])))))
	list := indefinite(0x30, info)
	data := indefinite(0x30, integer(3), indefinite(0x30, oidBytes(t, oidData), indefinite(0xa0, indefinite(0x24, octet(list)))))
	file, err := ParseBytes(data, nil)
	if err != nil || file.Leaf.Thumbprint != thumbprint(t, "web") {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(file.Payload(), data) {
		t.Error("the payload is not the file")
	}
}

func TestPBMAC1_KeyLength(t *testing.T) {
	mac := func(length []byte) []byte {
		kdf := seq(oidBytes(t, oidPBKDF2), seq(octet([]byte("salt")), integer(100), length))
		return seq(seq(oidBytes(t, oidPBMAC1), seq(kdf, seq(oidBytes(t, "1.2.840.113549.2.9")))), octet(make([]byte, 32)))
	}
	for _, test := range []struct {
		length []byte
		broken bool
	}{
		{nil, true}, {integer(0), true}, {integer(1), true}, {integer(19), true}, {integer(0xff), true},
		{integer(20), false}, {integer(32), false}, {integer(1, 0), false}, {integer(1, 1), true}, {integer(0x7f, 0xff, 0xff, 0xff), true},
	} {
		data := seq(integer(3), seq(oidBytes(t, oidData), explicit0(octet(seq(dataSafe(t, certBag(t, der(t, "web"), "")))))), seq(mac(test.length), octet(nil)))
		password := "secret"
		_, err := ParseBytes(data, &password)
		want := PasswordWrong
		if test.broken {
			want = Broken
		}
		if kind := kindOf(t, err); kind != want {
			t.Errorf("length % x: %v (%v), want %v", test.length, kind, err, want)
		}
	}
}
