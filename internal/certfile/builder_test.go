package certfile

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"
)

// Builders of files that no tool at hand writes. They write DER with encoding/asn1 where a value needs more than a tag.

func oidBytes(t testing.TB, dotted string) []byte {
	t.Helper()
	var id asn1.ObjectIdentifier
	for rest := dotted; rest != ""; {
		var arc int
		if _, err := fmt.Sscanf(rest, "%d", &arc); err != nil {
			t.Fatal(err)
		}
		id = append(id, arc)
		for rest != "" && rest[0] != '.' {
			rest = rest[1:]
		}
		if rest != "" {
			rest = rest[1:]
		}
	}
	out, err := asn1.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func seq(parts ...[]byte) []byte       { return tagged(0x30, slices.Concat(parts...)) }
func set(parts ...[]byte) []byte       { return tagged(0x31, slices.Concat(parts...)) }
func octet(body []byte) []byte         { return tagged(0x04, body) }
func integer(body ...byte) []byte      { return tagged(0x02, body) }
func explicit0(parts ...[]byte) []byte { return tagged(0xa0, slices.Concat(parts...)) }

// indefinite is seq in BER.
func indefinite(identifier byte, parts ...[]byte) []byte {
	return slices.Concat([]byte{identifier, 0x80}, slices.Concat(parts...), []byte{0, 0})
}

func bagOf(t testing.TB, kind string, value []byte, localID string) []byte {
	parts := [][]byte{oidBytes(t, kind), explicit0(value)}
	if localID != "" {
		parts = append(parts, set(seq(oidBytes(t, oidLocalKeyID), set(octet([]byte(localID))))))
	}
	return seq(parts...)
}

func certBag(t testing.TB, certificate []byte, localID string) []byte {
	return bagOf(t, oidCertBag, seq(oidBytes(t, oidX509Certificate), explicit0(octet(certificate))), localID)
}

func keyBag(t testing.TB, info []byte, localID string) []byte {
	return bagOf(t, oidKeyBag, info, localID)
}

func nestedBag(t testing.TB, bags ...[]byte) []byte {
	return bagOf(t, oidSafeContentsBag, seq(bags...), "")
}

func dataSafe(t testing.TB, bags ...[]byte) []byte {
	return seq(oidBytes(t, oidData), explicit0(octet(seq(bags...))))
}

// pfxOf makes a PKCS#12 file without a MAC.
func pfxOf(t testing.TB, safes ...[]byte) []byte {
	return seq(integer(3), seq(oidBytes(t, oidData), explicit0(octet(seq(safes...)))))
}

// pfxWithMAC adds a MAC that claims a number of iterations; its value is wrong.
func pfxWithMAC(t testing.TB, iterations []byte, safes ...[]byte) []byte {
	mac := seq(seq(seq(oidBytes(t, "1.3.14.3.2.26"), []byte{5, 0}), octet(make([]byte, 20))), octet([]byte("saltsalt")), integer(iterations...))
	return seq(integer(3), seq(oidBytes(t, oidData), explicit0(octet(seq(safes...)))), mac)
}

// encryptedSafe is a safe that claims a PBES2 with a number of iterations around no more than a block of zeros.
func encryptedSafe(t testing.TB, iterations ...byte) []byte {
	return seq(oidBytes(t, oidEncrypted), explicit0(seq(integer(0), seq(oidBytes(t, oidData), pbes2(t, []byte("salt"), iterations),
		tagged(0x80, make([]byte, 16))))))
}

func pbes2(t testing.TB, salt, iterations []byte) []byte {
	kdf := seq(oidBytes(t, oidPBKDF2), seq(octet(salt), integer(iterations...)))
	cipher := seq(oidBytes(t, "2.16.840.1.101.3.4.1.42"), octet(make([]byte, 16)))
	return seq(oidBytes(t, oidPBES2), seq(kdf, cipher))
}

// certificateWith describes a certificate to be built; what is nil gets a value of no interest. Nothing is signed.
type certificateWith struct {
	serial, issuer, validity, subject, key []byte
	extensions                             [][]byte
}

func (c certificateWith) build(t testing.TB) []byte {
	t.Helper()
	or := func(value []byte, other []byte) []byte {
		if value == nil {
			return other
		}
		return value
	}
	algorithm := seq(oidBytes(t, "1.2.840.10045.4.3.2"))
	key := seq(seq(oidBytes(t, oidEC), oidBytes(t, "1.2.840.10045.3.1.7")), tagged(3, append([]byte{0, 4}, make([]byte, 64)...)))
	parts := [][]byte{
		explicit0(integer(2)), or(c.serial, integer(1)), algorithm, or(c.issuer, nameOf(t, "Issuer")),
		or(c.validity, seq(tagged(tagUTCTime, []byte("260101000000Z")), tagged(tagUTCTime, []byte("270101000000Z")))),
		or(c.subject, nameOf(t, "Subject")), or(c.key, key),
	}
	if c.extensions != nil {
		parts = append(parts, tagged(0xa3, seq(c.extensions...)))
	}
	return seq(seq(parts...), algorithm, tagged(3, []byte{0, 1}))
}

func nameOf(t testing.TB, commonName string) []byte {
	return seq(set(seq(oidBytes(t, "2.5.4.3"), tagged(tagUTF8String, []byte(commonName)))))
}

func extension(t testing.TB, id string, value []byte) []byte {
	return seq(oidBytes(t, id), octet(value))
}

func basicConstraints(t testing.TB, ca bool) []byte {
	if ca {
		return extension(t, "2.5.29.19", seq(tagged(tagBoolean, []byte{0xff})))
	}
	return extension(t, "2.5.29.19", seq())
}
