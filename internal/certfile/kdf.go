package certfile

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"

	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // deprecated for new uses; old files have it
)

// digest is a hash function as PKCS#12 uses it: block is the "v" of RFC 7292 B.2, in bytes. weight is what one call costs
// in rounds, as measured: one for those that processors have instructions for or that are as fast, three for SHA-512 and
// its kin, six for the rest, which hardly any file uses.
type digest struct {
	new                 func() hash.Hash
	size, block, weight int
}

func fast(newHash func() hash.Hash) digest {
	h := newHash()
	return digest{newHash, h.Size(), h.BlockSize(), 1}
}

func medium(newHash func() hash.Hash) digest { return weighed(newHash, 3) }

func slow(newHash func() hash.Hash) digest { return weighed(newHash, 6) }

func weighed(newHash func() hash.Hash, weight int) digest {
	d := fast(newHash)
	d.weight = weight
	return d
}

// digests by the identifiers that a MAC has in its DigestInfo. BLAKE2, which OpenSSL takes if told to, is not among them:
// no tool writes it by itself, and it would be 80 KB of every binary.
var digests = map[string]digest{
	"1.2.840.113549.2.5":      fast(md5.New),
	"1.3.14.3.2.26":           fast(sha1.New),
	"1.3.36.3.2.1":            slow(ripemd160.New),
	"2.16.840.1.101.3.4.2.1":  fast(sha256.New),
	"2.16.840.1.101.3.4.2.2":  medium(sha512.New384),
	"2.16.840.1.101.3.4.2.3":  medium(sha512.New),
	"2.16.840.1.101.3.4.2.4":  fast(sha256.New224),
	"2.16.840.1.101.3.4.2.5":  medium(sha512.New512_224),
	"2.16.840.1.101.3.4.2.6":  medium(sha512.New512_256),
	"2.16.840.1.101.3.4.2.7":  slow(func() hash.Hash { return sha3.New224() }),
	"2.16.840.1.101.3.4.2.8":  slow(func() hash.Hash { return sha3.New256() }),
	"2.16.840.1.101.3.4.2.9":  slow(func() hash.Hash { return sha3.New384() }),
	"2.16.840.1.101.3.4.2.10": slow(func() hash.Hash { return sha3.New512() }),
}

// hmacs by the identifiers that PBES2 and PBMAC1 have for a pseudo-random function.
var hmacs = map[string]digest{
	"1.3.6.1.5.5.8.1.1":       fast(md5.New),
	"1.3.6.1.5.5.8.1.2":       fast(sha1.New),
	"1.2.840.113549.2.6":      fast(md5.New),
	"1.2.840.113549.2.7":      fast(sha1.New),
	"1.2.840.113549.2.8":      fast(sha256.New224),
	"1.2.840.113549.2.9":      fast(sha256.New),
	"1.2.840.113549.2.10":     medium(sha512.New384),
	"1.2.840.113549.2.11":     medium(sha512.New),
	"1.2.840.113549.2.12":     medium(sha512.New512_224),
	"1.2.840.113549.2.13":     medium(sha512.New512_256),
	"2.16.840.1.101.3.4.2.13": slow(func() hash.Hash { return sha3.New224() }),
	"2.16.840.1.101.3.4.2.14": slow(func() hash.Hash { return sha3.New256() }),
	"2.16.840.1.101.3.4.2.15": slow(func() hash.Hash { return sha3.New384() }),
	"2.16.840.1.101.3.4.2.16": slow(func() hash.Hash { return sha3.New512() }),
}

const oidHMACWithSHA1 = "1.2.840.113549.2.7"

// The purposes of a derivation (RFC 7292 B.3).
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// pkcs12KDF derives size bytes as RFC 7292 B.2 has it. password is in the form that goes in: UTF-16BE with two zero
// bytes at its end, or nothing. Cost: iterations × ⌈size/d.size⌉ × d.weight rounds.
func pkcs12KDF(d digest, password, salt []byte, iterations int, purpose byte, size int) []byte {
	diversifier := make([]byte, d.block)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	input := append(repeated(salt, d.block), repeated(password, d.block)...)
	h := d.new()
	sum := make([]byte, 0, d.size)
	var out []byte
	for {
		h.Reset()
		h.Write(diversifier)
		h.Write(input)
		sum = d.iterate(h.Sum(sum[:0]), iterations-1)
		if out = append(out, sum...); len(out) >= size {
			return out[:size]
		}
		addToBlocks(input, repeated(sum, d.block)[:d.block])
	}
}

// repeated fills whole blocks with copies of data; of nothing it makes nothing.
func repeated(data []byte, block int) []byte {
	if len(data) == 0 {
		return nil
	}
	out := make([]byte, (len(data)+block-1)/block*block)
	for n := 0; n < len(out); {
		n += copy(out[n:], data)
	}
	return out
}

// addToBlocks adds addend + 1 to every block of input, as big-endian numbers that wrap.
func addToBlocks(input, addend []byte) {
	for ; len(input) > 0; input = input[len(addend):] {
		carry := 1
		for i := len(addend) - 1; i >= 0; i-- {
			carry += int(input[i]) + int(addend[i])
			input[i] = byte(carry)
			carry >>= 8
		}
	}
}

// iterate hashes sum times times over, in place.
func (d digest) iterate(sum []byte, times int) []byte {
	h := d.new()
	for range times {
		h.Reset()
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum
}

// pbkdf1 is RFC 8018 §5.1.
func pbkdf1(d digest, password, salt []byte, iterations, size int) []byte {
	h := d.new()
	h.Write(password)
	h.Write(salt)
	return d.iterate(h.Sum(nil), iterations-1)[:size]
}
