package certfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// allocated returns the bytes allocated while f runs; tests that use it do not run in parallel.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHostile_RefusedAtLittleCost(t *testing.T) {
	secret := "secret"
	noise := make([]byte, 5<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	noise[0] = 0x17
	const most = maxFileSize
	definite := []byte{}
	for len(definite) < most-8 {
		n := len(definite)
		next := append([]byte{0x30, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, definite...)
		definite = next
		if len(definite) > 4096 { // building it is quadratic; the rest of the nesting is indefinite
			break
		}
	}
	two31 := []byte{0, 0x80, 0, 0, 0}
	for _, test := range []struct {
		name string
		data []byte
		kind Kind
		want string
	}{
		{"5 MB of noise", noise, BadBase64, "neither"},
		{"3 MB of noise", noise[:3<<20], BadBase64, "neither"},
		{"5 MB that begin like a file", append([]byte{0x30, 0x83, 0x4f, 0xff, 0xfb}, noise[5:]...), LimitExceeded, "MiB"},
		{"6 MB of nested BER", bytes.Repeat([]byte{0x30, 0x80}, 3<<20), LimitExceeded, "MiB"},
		{"4 MB of nested BER", bytes.Repeat([]byte{0x30, 0x80}, most/2), LimitExceeded, "deep"},
		{"nested DER", definite, LimitExceeded, "deep"},
		{"nested strings", append([]byte{0x30, 0x80, 2, 1, 3}, bytes.Repeat([]byte{0x24, 0x80}, 1<<20)...), LimitExceeded, "deep"},
		{"nesting at the limit", nestedToTheLimit(maxElements - 2*maxIndefinite), Unsupported, ""},
		{"more elements than the limit", nestedToTheLimit(maxElements), LimitExceeded, "elements"},
		{"2^31 iterations in the MAC", pfxWithMAC(t, two31, dataSafe(t)), LimitExceeded, "key derivation"},
		{"2^31 iterations in a safe", pfxOf(t, encryptedSafe(t, two31...)), LimitExceeded, "key derivation"},
		{"a count of a thousand digits", pfxWithMAC(t, bytes.Repeat([]byte{0x7f}, 400), dataSafe(t)), LimitExceeded, "key derivation"},
		{"many safes of moderate counts", pfxOf(t, slices.Repeat([][]byte{encryptedSafe(t, 0x02, 0, 0)}, 99)...), LimitExceeded, "key derivation"},
		{"a long salt", pfxOf(t, seq(oidBytes(t, oidEncrypted), explicit0(seq(integer(0), seq(oidBytes(t, oidData),
			pbes2(t, make([]byte, maxSalt+1), []byte{1}), tagged(0x80, make([]byte, 16))))))), LimitExceeded, "salt"},
		{"too many safes", pfxOf(t, slices.Repeat([][]byte{dataSafe(t)}, maxSafes+1)...), LimitExceeded, "safes"},
		{"too many bags", pfxOf(t, dataSafe(t, slices.Repeat([][]byte{bagOf(t, "1.2.3", seq(), "")}, maxBags+1)...)), LimitExceeded, "bags"},
		{"too many certificates", pfxOf(t, dataSafe(t, manyCertificates(t, func(c []byte) []byte { return certBag(t, c, "") })...)), LimitExceeded, "certificates"},
		{"too many in PKCS#7", seq(oidBytes(t, oidSignedData), explicit0(seq(integer(1), set(), seq(oidBytes(t, oidData)),
			explicit0(manyCertificates(t, func(c []byte) []byte { return c })...)))), LimitExceeded, "certificates"},
		{"safes nested too deeply", pfxOf(t, dataSafe(t, nestedBag(t, nestedBag(t, nestedBag(t, nestedBag(t, nestedBag(t))))))), LimitExceeded, "nests"},
		{"an octet string of empty segments", seq(integer(3), seq(oidBytes(t, oidData), explicit0(indefinite(0x24, bytes.Repeat([]byte{4, 0}, maxElements-20))))), Broken, ""},
		{"many PEM blocks", bytes.Repeat([]byte("-----BEGIN X-----\n-----END X-----\n"), 100_000), LimitExceeded, "blocks"},
		{"many BEGINs on one line", append(bytes.Repeat([]byte("-----BEGIN X-----"), 200_000), "-----END X-----"...), LimitExceeded, "blocks"},
		{"a BEGIN and no end", append([]byte("-----BEGIN CERTIFICATE-----\n"), bytes.Repeat([]byte("A\n"), 2<<20)...), Truncated, ""},
		{"a long label", append([]byte("-----BEGIN "), bytes.Repeat([]byte("A"), 4<<20)...), NotCertificate, ""},
		{"blanks", bytes.Repeat([]byte(" "), 7<<20), NotCertificate, "empty"},
	} {
		for _, encoded := range []bool{false, true} {
			data := test.data
			if encoded {
				if len(data) > most {
					continue
				}
				data = []byte(base64.StdEncoding.EncodeToString(data))
			}
			var err error
			spent := allocated(func() { _, err = ParseBytes(data, &secret) })
			kind := kindOf(t, err)
			if kind != test.kind && !(encoded && (kind == Broken || kind == NotCertificate)) {
				t.Errorf("%s: %v (%v), want %v", test.name, kind, err, test.kind)
			} else if kind == test.kind && !encoded && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %q does not name %q", test.name, err, test.want)
			}
			if spent > 60<<20 {
				t.Errorf("%s: %d MiB allocated", test.name, spent>>20)
			}
		}
	}
}

// nestedToTheLimit is nested as deep as is taken, with a number of elements at the bottom.
func nestedToTheLimit(elements int) []byte {
	inner := bytes.Repeat([]byte{5, 0}, elements)
	for range maxIndefinite {
		inner = indefinite(0x30, inner)
	}
	return inner
}

// manyCertificates returns one certificate more than is read, each different.
func manyCertificates(t testing.TB, wrap func([]byte) []byte) [][]byte {
	var out [][]byte
	for i := range maxCertificates + 1 {
		out = append(out, wrap(certificateWith{serial: integer(1, byte(i>>8), byte(i))}.build(t)))
	}
	return out
}

func TestHostile_TooManyPEMCertificates(t *testing.T) {
	var text strings.Builder
	for _, c := range manyCertificates(t, func(c []byte) []byte { return c }) {
		fmt.Fprintf(&text, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", base64.StdEncoding.EncodeToString(c))
	}
	if _, err := Parse(text.String(), nil); kindOf(t, err) != LimitExceeded {
		t.Errorf("%v", err)
	}
}

func TestHostile_ClientCertificateUnderTheSameLimits(t *testing.T) {
	two31 := []byte{0, 0x80, 0, 0, 0}
	for name, data := range map[string][]byte{
		"iterations": pfxOf(t, encryptedSafe(t, two31...)),
		"depth":      bytes.Repeat([]byte{0x30, 0x80}, 1<<20),
		"size":       make([]byte, maxFileSize+1),
	} {
		if _, err := KeyPairPKCS12(data, "secret"); kindOf(t, err) != LimitExceeded {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("x", maxPassword+1)
	if _, err := KeyPairPKCS12(readTestFile(t, "openssl-default.p12"), long); kindOf(t, err) != LimitExceeded {
		t.Errorf("password: %v", err)
	}
	if _, err := ParseBytes(readTestFile(t, "openssl-default.p12"), &long); kindOf(t, err) != LimitExceeded {
		t.Errorf("password: %v", err)
	}
}

// The cost of a file is known before anything is derived: parts that are each within the limit are added up.
func TestHostile_CostIsCountedFirst(t *testing.T) {
	password := newPasswordForms("secret")
	p := &pfx{password: &password}
	outer, err := readOuter(pfxOf(t, encryptedSafe(t, 0x70, 0, 0), encryptedSafe(t, 0x70, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.read(outer); err == nil || err.Kind != LimitExceeded {
		t.Fatalf("%v", err)
	}
	if p.budget.spent != 0 {
		t.Errorf("%d rounds were spent before the limit was noticed", p.budget.spent)
	}
}

// certtool derives anew for every certificate: eight of them with a key, in 3DES, and the MAC.
func TestLimits_LeaveRoomForGnuTLS(t *testing.T) {
	e, _, _ := readElement(seq(oidBytes(t, "1.2.840.113549.1.12.1.3"), seq(octet([]byte("salt")), integer(9, 0x27, 0xc0))))
	s, err := readScheme(e)
	if err != nil {
		t.Fatal(err)
	}
	if 9*s.rounds+600_000 > maxRounds {
		t.Errorf("nine times %d rounds", s.rounds)
	}
}

// Firefox: three derivations of 600,000 iterations with the PKCS#12 function, and PBKDF2 likewise, are within the limit.
func TestLimits_LeaveRoomForFirefox(t *testing.T) {
	old := seq(oidBytes(t, "1.2.840.113549.1.12.1.3"), seq(octet([]byte("salt")), integer(9, 0x27, 0xc0)))
	for name, algorithm := range map[string][]byte{"PKCS#12": old, "PBES2": pbes2(t, []byte("salt"), []byte{9, 0x27, 0xc0})} {
		e, _, _ := readElement(algorithm)
		s, err := readScheme(e)
		if err != nil {
			t.Fatal(err)
		}
		if 3*s.rounds > maxRounds {
			t.Errorf("%s: three times %d rounds", name, s.rounds)
		}
	}
}

// Keys that have to be compared by their public key are paid for, so thousands of them cost no more than the limit.
func TestHostile_ManyKeysOfNoCertificate(t *testing.T) {
	bags := append(slices.Repeat([][]byte{keyBag(t, privateKey(t, "mail"), "")}, 4000), certBag(t, der(t, "web"), ""))
	if _, err := ParseBytes(pfxOf(t, dataSafe(t, bags...)), nil); kindOf(t, err) != LimitExceeded {
		t.Errorf("%v", err)
	}
}

// A block size of 196,608 with a count of 2 takes five times the memory of its N blocks.
func TestHostile_ScryptMemoryIsAllThatItTakes(t *testing.T) {
	for _, test := range []struct {
		n, r, p []byte
		want    Kind
	}{
		{[]byte{0x40, 0}, []byte{8}, []byte{1}, 0},
		{[]byte{0x00, 0x80, 0}, []byte{8}, []byte{1}, 0},
		{[]byte{2}, []byte{3, 0, 0}, []byte{1}, LimitExceeded},
		{[]byte{2}, []byte{8}, []byte{0x20, 0, 0, 0}, LimitExceeded},
		{[]byte{1, 0, 0, 0, 0, 0}, []byte{1}, []byte{1}, LimitExceeded},
	} {
		parameters, _, err := readElement(seq(octet([]byte("salt")), integer(test.n...), integer(test.r...), integer(test.p...)))
		if err != nil {
			t.Fatal(err)
		}
		kind := Kind(0)
		if _, err := readScrypt(parameters); err != nil {
			kind = err.Kind
		}
		if kind != test.want {
			t.Errorf("N %x, r %x, p %x: %v, want %v", test.n, test.r, test.p, kind, test.want)
		}
	}
}

// The provider is built for machines whose int has 32 bits: nothing that a file names may wrap around there.
func TestLimits_FitIn32Bits(t *testing.T) {
	if got := cost(1<<30, 10, 12); got != maxRounds+1 {
		t.Errorf("cost of %d rounds", got)
	}
	for _, length := range [][]byte{{0x80, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {1, 0, 0, 0, 5}} {
		data := append(append([]byte{0x30, 0x80 | byte(len(length))}, length...), make([]byte, 5)...)
		if _, _, err := readElement(data); !errors.Is(err, errTruncated) {
			t.Errorf("length %x: %v", length, err)
		}
	}
	for _, digits := range [][]byte{{0x40, 0, 0, 0}, {0x7f, 0xff, 0xff, 0xff}, {1, 0, 0, 0, 0}} {
		if e, _, err := readElement(integer(digits...)); err != nil {
			t.Fatal(err)
		} else if n, ok := e.smallInteger(); ok {
			t.Errorf("%x is %d", digits, n)
		}
	}
}
