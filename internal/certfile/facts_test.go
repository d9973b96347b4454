package certfile

import (
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

func read(t testing.TB, certificate []byte) Certificate {
	t.Helper()
	file, err := ParseBytes(certificate, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file.Leaf
}

func shown(value *string) string {
	if value == nil {
		return "nil"
	}
	return *value
}

func TestFacts_OfAnOrdinaryCertificate(t *testing.T) {
	c := read(t, der(t, "web"))
	for name, got := range map[string][2]string{
		"subject":   {shown(c.Subject), `CN=web.example,OU=Ops+OU=Web,O=Example\, Inc.,L=Frankfurt,ST=Hessen,C=DE`},
		"issuer":    {shown(c.Issuer), `CN=Middle,O=Example\, Inc.,C=DE`},
		"algorithm": {shown(c.KeyAlgorithm), "ECDSA"},
		"names":     {strings.Join(c.DNSNames, " "), "web.example *.web.example"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %s, want %s", name, got[0], got[1])
		}
	}
	if c.IsCA == nil || *c.IsCA {
		t.Error("IsCA is not false")
	}
	if ca := read(t, der(t, "root")); ca.IsCA == nil || !*ca.IsCA {
		t.Error("IsCA of the root is not true")
	}
}

// crypto/x509 is the second opinion wherever it has one.
func TestFacts_AgreeWithTheStandardLibrary(t *testing.T) {
	for _, name := range []string{"root", "middle", "web", "mail", "rsa", "ed25519", "pss", "dsa"} {
		c := read(t, der(t, name))
		want, err := x509.ParseCertificate(der(t, name))
		if err != nil {
			t.Fatal(err)
		}
		serial, _ := new(big.Int).SetString(shown(c.SerialNumber), 16)
		if serial == nil || serial.Cmp(want.SerialNumber) != 0 {
			t.Errorf("%s: serial %s", name, shown(c.SerialNumber))
		}
		if c.NotBefore == nil || !c.NotBefore.Equal(want.NotBefore) || c.NotAfter == nil || !c.NotAfter.Equal(want.NotAfter) {
			t.Errorf("%s: dates %v %v", name, c.NotBefore, c.NotAfter)
		}
		if !slices.Equal(c.DNSNames, want.DNSNames) {
			t.Errorf("%s: names %v", name, c.DNSNames)
		}
		if c.IsCA == nil || *c.IsCA != want.IsCA {
			t.Errorf("%s: IsCA %v", name, c.IsCA)
		}
	}
}

func TestFacts_KeyAlgorithm(t *testing.T) {
	for name, want := range map[string]string{
		"rsa": "RSA", "pss": "RSA-PSS", "web": "ECDSA", "brainpool": "ECDSA", "explicit": "ECDSA", "secp256k1": "ECDSA",
		"ed25519": "Ed25519", "ed448": "Ed448", "dsa": "DSA",
	} {
		if got := shown(read(t, der(t, name)).KeyAlgorithm); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	key := seq(seq(oidBytes(t, "1.2.643.7.1.1.1.1")), tagged(3, []byte{0, 1}))
	if got := shown(read(t, certificateWith{key: key}.build(t)).KeyAlgorithm); got != "1.2.643.7.1.1.1.1" {
		t.Errorf("GOST key: %s", got)
	}
}

func TestFacts_SerialNumber(t *testing.T) {
	for _, test := range []struct {
		body []byte
		want string
	}{
		{[]byte{0}, "00"}, {[]byte{1}, "01"}, {[]byte{0x0f, 0xff}, "0FFF"}, {[]byte{0, 0x80}, "80"}, {[]byte{0, 0, 7}, "07"},
		{[]byte{0xff}, "-01"}, {[]byte{0x80}, "-80"}, {[]byte{0xfe, 0xff}, "-0101"}, {[]byte{}, "nil"},
	} {
		c := read(t, certificateWith{serial: integer(test.body...)}.build(t))
		if got := shown(c.SerialNumber); got != test.want {
			t.Errorf("% x: %s, want %s", test.body, got, test.want)
		}
	}
}

func TestFacts_Dates(t *testing.T) {
	for _, test := range []struct {
		tag        byte
		text, want string
	}{
		{tagUTCTime, "491231235959Z", "2049-12-31T23:59:59Z"},
		{tagUTCTime, "500101000000Z", "1950-01-01T00:00:00Z"},
		{tagUTCTime, "2601010000Z", "2026-01-01T00:00:00Z"},
		{tagUTCTime, "260101000000+0200", "2025-12-31T22:00:00Z"},
		{tagUTCTime, "261301000000Z", ""},
		{tagUTCTime, "26010100000xZ", ""},
		{tagUTCTime, "", ""},
		{tagGeneralizedTime, "99991231235959Z", "9999-12-31T23:59:59Z"},
		{tagGeneralizedTime, "20260101000000.5Z", "2026-01-01T00:00:00Z"},
		{tagGeneralizedTime, "99991231235959-0100", ""},
		{tagGeneralizedTime, "00000101000000+0100", ""},
		{tagUTF8String, "20260101000000Z", ""},
	} {
		validity := seq(tagged(test.tag, []byte(test.text)), tagged(tagUTCTime, []byte("270101000000Z")))
		c := read(t, certificateWith{validity: validity}.build(t))
		got := ""
		if c.NotBefore != nil {
			got = c.NotBefore.Format(time.RFC3339)
		}
		if got != test.want {
			t.Errorf("%d %q: %q, want %q", test.tag, test.text, got, test.want)
		}
		if c.NotAfter == nil {
			t.Errorf("%q: the other date is lost", test.text)
		}
	}
}

func TestFacts_Names(t *testing.T) {
	attribute := func(id string, tag byte, value string) []byte {
		return set(seq(oidBytes(t, id), tagged(tag, []byte(value))))
	}
	const cn = "2.5.4.3"
	for _, test := range []struct {
		name []byte
		want string
	}{
		{seq(), ""},
		{seq(attribute("2.5.4.6", tagPrintableString, "DE"), attribute(cn, tagUTF8String, "Ä")), "CN=Ä,C=DE"},
		{seq(attribute("0.9.2342.19200300.100.1.25", tagIA5String, "example"), attribute("2.5.4.9", tagPrintableString, "1 St"),
			attribute("0.9.2342.19200300.100.1.1", tagUTF8String, "u")), "UID=u,STREET=1 St,DC=example"},
		{seq(attribute(cn, tagUTF8String, ` #a+b,c;d<e>f"g\h=i `)), `CN=\ #a\+b\,c\;d\<e\>f\"g\\h=i\ `},
		{seq(attribute(cn, tagUTF8String, "#a")), `CN=\#a`},
		{seq(attribute(cn, tagUTF8String, " ")), `CN=\ `},
		{seq(attribute(cn, tagUTF8String, "a\x00\n\u202eb\u200bc\u2028d")), `CN=a\00\0A\E2\80\AEb\E2\80\8Bc\E2\80\A8d`},
		{seq(attribute(cn, tagT61String, "M\xfcller")), "CN=Müller"},
		{seq(attribute(cn, tagBMPString, "\x00M\x00\xfc\xd8\x34\xdd\x1e")), "CN=Mü𝄞"},
		{seq(attribute(cn, tagUniversalString, "\x00\x01\xd1\x1e")), "CN=𝄞"},
		{seq(attribute(cn, tagUTF8String, "\xff")), "CN=#0c01ff"},
		{seq(attribute(cn, tagBMPString, "\x00")), "CN=#1e0100"},
		{seq(attribute("1.2.840.113549.1.9.1", tagIA5String, "a@b")), "1.2.840.113549.1.9.1=#1603614062"},
		{seq(seq()), "nil"},
		{seq(set()), "nil"},
	} {
		if got := shown(read(t, certificateWith{subject: test.name}.build(t)).Subject); got != test.want {
			t.Errorf("% x: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestFacts_ObjectIdentifierArcs(t *testing.T) {
	huge := append([]byte{0x69}, append(slices.Repeat([]byte{0xff}, 20), 0x7f)...)
	e, _, err := readElement(tagged(tagOID, huge))
	if err != nil {
		t.Fatal(err)
	}
	arc := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 147), big.NewInt(1))
	if want := "2.25." + arc.String(); e.oid() != want {
		t.Errorf("%s, want %s", e.oid(), want)
	}
	for _, body := range [][]byte{{}, {0x80}, {0x2a, 0x86}, make([]byte, maxOID+1)} {
		if e, _, _ := readElement(tagged(tagOID, body)); e.oid() != "" {
			t.Errorf("% x is read as %s", body, e.oid())
		}
	}
	if e, _, _ := readElement([]byte{6, 2, 0x88, 0x37}); e.oid() != "2.999" {
		t.Errorf("2.999 is read as %s", e.oid())
	}
}

func TestFacts_AlternativeNames(t *testing.T) {
	san := func(value []byte) Certificate {
		return read(t, certificateWith{extensions: [][]byte{extension(t, "2.5.29.17", value)}}.build(t))
	}
	dns := func(name string) []byte { return tagged(0x82, []byte(name)) }
	for _, test := range []struct {
		value []byte
		want  []string
	}{
		{seq(dns("b"), tagged(0x81, []byte("mail@a")), dns("*.a"), dns("b")), []string{"b", "*.a", "b"}},
		{seq(dns("münchen.de"), dns("a\x00b"), dns("\xff")), []string{"münchen.de", `a\00b`, `\FF`}},
		{seq(tagged(0x87, []byte{1, 2, 3, 4})), []string{}},
		{[]byte{0x30, 5, 1}, nil},
		{seq([]byte{0x82, 9}), nil},
	} {
		got := san(test.value).DNSNames
		if !slices.Equal(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("% x: %q, want %q", test.value, got, test.want)
		}
	}
	if names := read(t, certificateWith{}.build(t)).DNSNames; names == nil || len(names) != 0 {
		t.Errorf("without extensions: %#v", names)
	}
}

func TestFacts_UnreadableExtensionsLeaveTheOthers(t *testing.T) {
	names := extension(t, "2.5.29.17", seq(tagged(0x82, []byte("a.example"))))
	c := read(t, certificateWith{extensions: [][]byte{names, {0x30, 0x7f}}}.build(t))
	if !slices.Equal(c.DNSNames, []string{"a.example"}) || c.IsCA != nil {
		t.Errorf("names %v, IsCA %v", c.DNSNames, c.IsCA)
	}
	c = read(t, certificateWith{extensions: [][]byte{names, extension(t, "2.5.29.19", []byte{0x30, 1}), names}}.build(t))
	if !slices.Equal(c.DNSNames, []string{"a.example"}) || c.IsCA != nil {
		t.Errorf("names %v, IsCA %v", c.DNSNames, c.IsCA)
	}
	c = read(t, certificateWith{key: []byte{0x30, 0}}.build(t))
	if c.DNSNames != nil || c.IsCA != nil || c.KeyAlgorithm != nil || shown(c.Subject) != "CN=Subject" || c.Thumbprint == "" {
		t.Errorf("without a key: %+v", c)
	}
}
