package certfile

import "testing"

// go test -bench . -benchmem ./internal/certfile: one parse of each format, and of PKCS#12 with its derivations.
func BenchmarkParse(b *testing.B) {
	secret := "secret"
	for _, name := range []string{"web.der", "chain.pem", "openssl-der.p7", "openssl-plain.p12", "openssl-iter1.p12", "openssl-default.p12", "openssl-legacy.p12"} {
		data := readTestFile(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := ParseBytes(data, &secret); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefuse measures what hostile files cost.
func BenchmarkRefuse(b *testing.B) {
	secret := "secret"
	for name, data := range map[string][]byte{
		"nested":     nestedToTheLimit(maxElements - 2*maxIndefinite),
		"iterations": pfxOf(b, encryptedSafe(b, 0, 0x80, 0, 0, 0)),
		"noise":      make([]byte, 5<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseBytes(data, &secret); err == nil {
					b.Fatal("read")
				}
			}
		})
	}
}
