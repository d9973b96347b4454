package certfile

import "testing"

// bundle makes a PKCS#7 file of certificates in an order.
func bundle(t testing.TB, certificates ...[]byte) []byte {
	return seq(oidBytes(t, oidSignedData), explicit0(seq(integer(1), set(), seq(oidBytes(t, oidData)), explicit0(certificates...), set())))
}

// version1 is a certificate without version and extensions.
func version1(t testing.TB, serial byte, issuer, subject string) []byte {
	c, _, err := readElement(certificateWith{serial: integer(serial), issuer: nameOf(t, issuer), subject: nameOf(t, subject)}.build(t))
	if err != nil {
		t.Fatal(err)
	}
	r := c.reader()
	body, _ := r.take(tagSequence)
	fields := body.reader()
	fields.takeContext(0)
	return seq(seq(fields.rest), r.rest)
}

func TestLeaf_OfBundlesWithoutOrder(t *testing.T) {
	made := func(serial byte, issuer, subject string, extensions ...[]byte) []byte {
		return certificateWith{serial: integer(serial), issuer: nameOf(t, issuer), subject: nameOf(t, subject), extensions: extensions}.build(t)
	}
	ca, end := basicConstraints(t, true), basicConstraints(t, false)
	certSign := extension(t, "2.5.29.15", tagged(tagBitString, []byte{2, 0x04}))
	serverAuth := extension(t, "2.5.29.15", tagged(tagBitString, []byte{5, 0xa0}))
	keyID := func(id string) []byte { return extension(t, "2.5.29.14", octet([]byte(id))) }
	authorityID := func(id string) []byte { return extension(t, "2.5.29.35", seq(tagged(0x80, []byte(id)))) }
	for _, test := range []struct {
		name         string
		certificates [][]byte
		leaf, others string // of serial numbers
	}{
		{"end entity last", [][]byte{made(1, "R", "R", ca), made(2, "R", "M", ca), made(3, "M", "L", end)}, "03", ""},
		{"end entity in the middle", [][]byte{made(1, "R", "R", ca), made(3, "M", "L", end), made(2, "R", "M", ca)}, "03", ""},
		{"root of version 1 first, intermediate missing", [][]byte{version1(t, 1, "R", "R"), made(3, "M", "L", end)}, "03", ""},
		{"leaf of version 1", [][]byte{version1(t, 1, "R", "R"), version1(t, 3, "R", "L")}, "03", ""},
		{"CA by keyUsage only", [][]byte{made(1, "R", "M", certSign), made(3, "M2", "L", serverAuth)}, "03", ""},
		{"CA by having issued only", [][]byte{made(1, "R", "M"), made(3, "M", "L")}, "03", ""},
		{"one that signed itself", [][]byte{made(1, "L", "L", end)}, "01", ""},
		{"one of version 1 that signed itself", [][]byte{version1(t, 1, "L", "L")}, "01", ""},
		{"only CAs", [][]byte{made(1, "R", "R", ca), made(2, "R", "M", ca)}, "02", ""},
		{"several end entities", [][]byte{made(1, "R", "R", ca), made(2, "R", "A", end), made(3, "R", "B", end)}, "02", "03"},
		{"names in a circle", [][]byte{made(1, "B", "A"), made(2, "A", "B")}, "01", ""},
		{"one name, told apart by key identifiers",
			[][]byte{made(1, "R", "M", ca, keyID("a")), made(2, "R", "M", ca, keyID("b")), made(3, "M", "L", end, authorityID("b"))}, "03", ""},
		{"only CAs of one name: the one that issued none",
			[][]byte{made(1, "R", "R", ca, keyID("r")), made(2, "R", "M", ca, keyID("m"), authorityID("r"))}, "02", ""},
		{"empty names issue nothing", [][]byte{made(1, "R", "A", end), certificateWith{serial: integer(2), issuer: seq(), subject: seq(), extensions: [][]byte{end}}.build(t)}, "01", "02"},
		{"unreadable basicConstraints", [][]byte{made(1, "R", "R", ca), made(2, "R", "L", extension(t, "2.5.29.19", []byte{1}))}, "02", ""},
	} {
		file, err := ParseBytes(bundle(t, test.certificates...), nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		others := ""
		for _, c := range file.OtherEndEntities {
			others += shown(c.SerialNumber)
		}
		if got := shown(file.Leaf.SerialNumber); got != test.leaf || others != test.others {
			t.Errorf("%s: %s and %q, want %s and %q", test.name, got, others, test.leaf, test.others)
		}
		if len(file.Chain) != len(test.certificates)-1 {
			t.Errorf("%s: %d in the chain", test.name, len(file.Chain))
		}
	}
}

func TestPKCS7_OtherEntriesAreNoCertificates(t *testing.T) {
	attribute := tagged(0xa2, seq(integer(1))) // v2AttrCert
	file, err := ParseBytes(bundle(t, attribute, der(t, "web")), nil)
	if err != nil || file.Leaf.Thumbprint != thumbprint(t, "web") {
		t.Fatalf("%v", err)
	}
	if _, err := ParseBytes(bundle(t, attribute), nil); kindOf(t, err) != NoCertificate {
		t.Errorf("%v", err)
	}
	if _, err := ParseBytes(bundle(t, seq(integer(1))), nil); kindOf(t, err) != Broken {
		t.Errorf("%v", err)
	}
}

func TestParse_CAFirstOnlyWhereItIssuedAnother(t *testing.T) {
	root, middle, web, mail := readTestFile(t, "root.pem"), readTestFile(t, "middle.pem"), readTestFile(t, "web.pem"), readTestFile(t, "mail.pem")
	join := func(parts ...[]byte) []byte {
		var out []byte
		for _, part := range parts {
			out = append(out, part...)
		}
		return out
	}
	old := armour("CERTIFICATE", version1(t, 1, "R", "R"))
	issued := armour("CERTIFICATE", version1(t, 2, "R", "L"))
	for name, test := range map[string]struct {
		text []byte
		want bool
	}{
		"root alone":                      {root, false},
		"root, then an end entity":        {join(root, web), false},
		"middle, root":                    {join(middle, root), false},
		"root, middle":                    {join(root, middle), true},
		"middle, its end entity":          {join(middle, web), true},
		"end entity first":                {join(web, middle, root), false},
		"two end entities":                {join(web, mail), false},
		"root of version 1, then its own": {join(old, issued), true},
	} {
		file, err := ParseBytes(test.text, nil)
		if err != nil || file.CAFirst != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
