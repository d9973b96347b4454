package certfile

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"math/big"
)

// same compares what two keys consist of. Parameters are left out: a curve may be written by name or at length.
func (k publicKey) same(other publicKey) bool {
	a, b := k.canonical(), other.canonical()
	return len(a) > 0 && bytes.Equal(a, b)
}

// canonical returns a form that does not depend on how the key was written, nil when it cannot be read: of an RSA key
// modulus and exponent, of a point its x coordinate.
func (k publicKey) canonical() []byte {
	switch k.algorithm {
	case oidRSA, oidRSAPSS, "2.5.8.1.1":
		list, _, err := readElement(k.bits)
		if err != nil || !list.is(tagSequence) {
			return nil
		}
		r := list.reader()
		n, _ := r.take(tagInteger)
		e, ok := r.take(tagInteger)
		if !ok {
			return nil
		}
		return canonicalRSA(n, e)
	case oidEC:
		if len(k.bits) < 2 {
			return nil
		}
		if k.bits[0] == 2 || k.bits[0] == 3 {
			return append([]byte("EC "), k.bits[1:]...)
		}
		return append([]byte("EC "), k.bits[1:1+len(k.bits[1:])/2]...)
	case oidDSA:
		y, _, err := readElement(k.bits)
		if err != nil || !y.is(tagInteger) {
			return nil
		}
		return append([]byte("DSA "), unsigned(y)...)
	}
	if len(k.bits) == 0 {
		return nil
	}
	return append([]byte(k.algorithm+" "), k.bits...)
}

func canonicalRSA(n, e element) []byte {
	out := append([]byte("RSA "), unsigned(n)...)
	return append(append(out, '/'), unsigned(e)...)
}

// unsigned drops leading zeros; some old tools left out the one that keeps a number positive.
func unsigned(e element) []byte { return bytes.TrimLeft(e.body, "\x00") }

// publicKeyOf computes the public key of a PrivateKeyInfo (RFC 5958), as far as that takes no more than arithmetic:
// the private key itself is never used. known is false where only the algorithm can be told.
func publicKeyOf(info []byte) (key publicKey, known bool) {
	outer, _, err := readElement(info)
	if err != nil || len(info) > maxPrivateKey {
		return publicKey{}, false
	}
	r := outer.reader()
	r.take(tagInteger)
	algorithm, _ := r.take(tagSequence)
	id, parameters, ok := algorithm.algorithm()
	if !ok {
		return publicKey{}, false
	}
	key = publicKey{algorithm: id, parameters: parameters.full}
	private, _ := r.take(tagOctetString)
	octets, ok := private.octets()
	if !ok {
		return key, false
	}
	r.takeContext(0) // attributes
	if public, ok := r.takeContext(1); ok && !public.constructed && len(public.body) > 1 {
		key.bits = public.body[1:]
		return key, key.canonical() != nil
	}
	switch id {
	case oidRSA, oidRSAPSS, "2.5.8.1.1":
		key.bits = rsaPublic(octets)
	case oidEC:
		key.bits = ecPublic(octets, parameters)
	case oidDSA:
		key.bits = dsaPublic(octets, parameters)
	case oidEd25519:
		if seed, _, err := readElement(octets); err == nil && seed.is(tagOctetString) && len(seed.body) == ed25519.SeedSize {
			key.bits = ed25519.NewKeyFromSeed(seed.body).Public().(ed25519.PublicKey)
		}
	}
	return key, key.canonical() != nil
}

// rsaPublic takes modulus and exponent out of an RSAPrivateKey (RFC 8017 A.1.2) and returns an RSAPublicKey.
func rsaPublic(octets []byte) []byte {
	list, _, err := readElement(octets)
	if err != nil {
		return nil
	}
	r := list.reader()
	r.take(tagInteger)
	n, _ := r.take(tagInteger)
	e, ok := r.take(tagInteger)
	if !ok {
		return nil
	}
	return sequence(append(bytes.Clone(n.full), e.full...))
}

// ecPublic returns the point of an ECPrivateKey (RFC 5915), which most tools put beside the number.
func ecPublic(octets []byte, parameters element) []byte {
	list, _, err := readElement(octets)
	if err != nil {
		return nil
	}
	r := list.reader()
	r.take(tagInteger)
	number, ok := r.take(tagOctetString)
	if !ok {
		return nil
	}
	r.takeContext(0)
	if explicit, ok := r.takeContext(1); ok {
		if bits, ok := explicit.reader().take(tagBitString); ok && len(bits.body) > 1 {
			return bits.body[1:]
		}
	}
	curve, size := ecdh.Curve(nil), 0
	switch parameters.oid() {
	case "1.2.840.10045.3.1.7":
		curve, size = ecdh.P256(), 32
	case "1.3.132.0.34":
		curve, size = ecdh.P384(), 48
	case "1.3.132.0.35":
		curve, size = ecdh.P521(), 66
	}
	scalar := bytes.TrimLeft(number.body, "\x00")
	if curve == nil || len(scalar) > size {
		return nil
	}
	private, err := curve.NewPrivateKey(append(make([]byte, size-len(scalar)), scalar...))
	if err != nil {
		return nil
	}
	return private.PublicKey().Bytes()
}

// dsaPublic computes y = g^x mod p (FIPS 186-4 §4.1); crypto/dsa has no function for it.
func dsaPublic(octets []byte, parameters element) []byte {
	number, _, err := readElement(octets)
	if err != nil || !number.is(tagInteger) {
		return nil
	}
	r := parameters.reader()
	prime, _ := r.take(tagInteger)
	r.take(tagInteger)
	generator, ok := r.take(tagInteger)
	if !ok || len(number.body) > maxDSANumber || len(prime.body) > maxDSAPrime || len(generator.body) > len(prime.body) {
		return nil
	}
	p, g, x := new(big.Int).SetBytes(prime.body), new(big.Int).SetBytes(generator.body), new(big.Int).SetBytes(number.body)
	if p.Sign() == 0 {
		return nil
	}
	y := new(big.Int).Exp(g, x, p).Bytes()
	// Leading zeros are dropped in comparison, so the sign need not be looked after.
	return tagged(tagInteger, y)
}

func sequence(body []byte) []byte { return tagged(0x20|tagSequence, body) }

// tagged writes one element in DER.
func tagged(identifier byte, body []byte) []byte {
	out := []byte{identifier}
	switch n := len(body); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, body...)
}
