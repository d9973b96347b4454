package certfile

import (
	"crypto/pbkdf2"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// scheme is a password-based encryption with its parameters, read and checked but not yet derived.
type scheme struct {
	rounds int  // cost of opening it once
	bmp    bool // which of the password's forms goes in
	// open returns false where key or ciphertext is wrong; a wrong key passes by chance once in 256 times.
	open func(password, ciphertext []byte) ([]byte, bool)
}

// budget adds up hash rounds, so that a file's cost is known before it is paid. A round is one call of SHA-1 or SHA-256;
// HMAC needs two, and slower functions count more.
type budget struct{ spent int }

func (b *budget) spend(rounds int) *Error {
	if b.spent+rounds > maxRounds {
		return failure(LimitExceeded, PKCS12, "The PKCS#12 file asks for more than %d hash rounds of key derivation, the most that are "+
			"spent on one file here. Export it again with a lower iteration count.", maxRounds)
	}
	b.spent += rounds
	return nil
}

// cost multiplies what a derivation multiplies. The count that the file names is cut off first, so nothing overflows.
func cost(iterations, blocks, perBlock int) int {
	return int(min(int64(min(iterations, maxRounds+1))*int64(blocks)*int64(perBlock), maxRounds+1))
}

func unsupportedScheme() *Error {
	return unsupported(PKCS12, "The PKCS#12 file is protected with an algorithm that is not known here.")
}

func brokenScheme() *Error {
	return failure(Broken, PKCS12, "The PKCS#12 file is damaged: the parameters of its password protection make no sense. Export it again.")
}

func saltTooLong() *Error {
	return failure(LimitExceeded, PKCS12, "The PKCS#12 file has a salt of more than %d bytes, the longest that is taken here.", maxSalt)
}

// legacy are the algorithms of RFC 7292 appendix C and of PBES1 (RFC 8018 A.3).
var legacy = map[string]struct {
	pbes1   bool
	digest  string
	keySize int
	ivSize  int
	cipher  makeCipher
}{
	"1.2.840.113549.1.12.1.1": {false, "1.3.14.3.2.26", 16, 0, openRC4},
	"1.2.840.113549.1.12.1.2": {false, "1.3.14.3.2.26", 5, 0, openRC4},
	"1.2.840.113549.1.12.1.3": {false, "1.3.14.3.2.26", 24, 8, openTripleDES},
	"1.2.840.113549.1.12.1.4": {false, "1.3.14.3.2.26", 16, 8, openTripleDES},
	"1.2.840.113549.1.12.1.5": {false, "1.3.14.3.2.26", 16, 8, openRC2},
	"1.2.840.113549.1.12.1.6": {false, "1.3.14.3.2.26", 5, 8, openRC2},
	"1.2.840.113549.1.5.3":    {true, "1.2.840.113549.2.5", 8, 8, openDES},
	"1.2.840.113549.1.5.6":    {true, "1.2.840.113549.2.5", 8, 8, openRC2},
	"1.2.840.113549.1.5.10":   {true, "1.3.14.3.2.26", 8, 8, openDES},
	"1.2.840.113549.1.5.11":   {true, "1.3.14.3.2.26", 8, 8, openRC2},
}

const (
	oidPBKDF2 = "1.2.840.113549.1.5.12"
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBMAC1 = "1.2.840.113549.1.5.14"
	oidScrypt = "1.3.6.1.4.1.11591.4.11"
)

// readScheme reads the AlgorithmIdentifier of an encryption.
func readScheme(algorithm element) (*scheme, *Error) {
	id, parameters, ok := algorithm.algorithm()
	if !ok {
		return nil, brokenScheme()
	}
	if id == oidPBES2 {
		return readPBES2(parameters)
	}
	known, ok := legacy[id]
	if !ok {
		return nil, unsupportedScheme()
	}
	salt, iterations, err := saltAndIterations(parameters)
	if err != nil {
		return nil, err
	}
	d := digests[known.digest]
	if known.pbes1 {
		return &scheme{rounds: cost(iterations, 1, d.weight), open: func(password, ciphertext []byte) ([]byte, bool) {
			derived := pbkdf1(d, password, salt, iterations, known.keySize+known.ivSize)
			return known.cipher(derived[:known.keySize], derived[known.keySize:], ciphertext)
		}}, nil
	}
	blocks := (known.keySize+d.size-1)/d.size + (known.ivSize+d.size-1)/d.size
	return &scheme{rounds: cost(iterations, blocks, d.weight), bmp: true, open: func(password, ciphertext []byte) ([]byte, bool) {
		key := pkcs12KDF(d, password, salt, iterations, forKey, known.keySize)
		var iv []byte
		if known.ivSize > 0 {
			iv = pkcs12KDF(d, password, salt, iterations, forIV, known.ivSize)
		}
		return known.cipher(key, iv, ciphertext)
	}}, nil
}

// saltAndIterations reads the parameters that PBES1 and the algorithms of PKCS#12 share.
func saltAndIterations(parameters element) ([]byte, int, *Error) {
	if !parameters.is(tagSequence) {
		return nil, 0, brokenScheme()
	}
	r := parameters.reader()
	octets, ok := r.take(tagOctetString)
	if !ok {
		return nil, 0, brokenScheme()
	}
	salt, ok := octets.octets()
	count, counted := r.take(tagInteger)
	iterations, fits := count.smallInteger()
	switch {
	case !ok || !counted || fits && iterations == 0:
		return nil, 0, brokenScheme()
	case len(salt) > maxSalt:
		return nil, 0, saltTooLong()
	case !fits:
		iterations = maxRounds + 1
	}
	return salt, iterations, nil
}

// derivation is a PBKDF2 or scrypt with its parameters.
type derivation struct {
	keySize int // 0 when the file leaves it to the cipher
	rounds  func(size int) int
	derive  func(password []byte, size int) ([]byte, error)
}

func readDerivation(algorithm element) (*derivation, *Error) {
	id, parameters, ok := algorithm.algorithm()
	switch {
	case !ok || !parameters.is(tagSequence):
		return nil, brokenScheme()
	case id == oidPBKDF2:
		return readPBKDF2(parameters)
	case id == oidScrypt:
		return readScrypt(parameters)
	}
	return nil, unsupportedScheme()
}

// readPBKDF2 reads PBKDF2-params (RFC 8018 A.2). Only the octet string form of the salt was ever defined.
func readPBKDF2(parameters element) (*derivation, *Error) {
	salt, iterations, err := saltAndIterations(parameters)
	if err != nil {
		return nil, err
	}
	r := parameters.reader()
	r.take(tagOctetString)
	r.take(tagInteger)
	d := &derivation{}
	if e, ok := r.take(tagInteger); ok {
		if d.keySize, ok = e.smallInteger(); !ok || d.keySize == 0 {
			return nil, brokenScheme()
		}
	}
	prf := hmacs[oidHMACWithSHA1]
	if e, ok := r.take(tagSequence); ok {
		id, _, ok := e.algorithm()
		if !ok {
			return nil, brokenScheme()
		}
		if prf, ok = hmacs[id]; !ok {
			return nil, unsupportedScheme()
		}
	}
	if !r.empty() {
		return nil, brokenScheme()
	}
	d.rounds = func(size int) int { return cost(iterations, (size+prf.size-1)/prf.size, 2*prf.weight) }
	d.derive = func(password []byte, size int) ([]byte, error) {
		return pbkdf2.Key(func() hash.Hash { return prf.new() }, string(password), salt, iterations, size)
	}
	return d, nil
}

// readScrypt reads scrypt-params (RFC 7914 §7).
func readScrypt(parameters element) (*derivation, *Error) {
	r := parameters.reader()
	octets, ok := r.take(tagOctetString)
	if !ok {
		return nil, brokenScheme()
	}
	salt, ok := octets.octets()
	if !ok {
		return nil, brokenScheme()
	}
	if len(salt) > maxSalt {
		return nil, saltTooLong()
	}
	var n [3]int
	for i := range n {
		e, ok := r.take(tagInteger)
		if !ok {
			return nil, brokenScheme()
		}
		if n[i], ok = e.smallInteger(); !ok || n[i] > 1<<28 {
			n[i] = 1 << 28
		}
		if n[i] == 0 {
			return nil, brokenScheme()
		}
	}
	cpu, block, parallel := n[0], n[1], n[2]
	// RFC 7914 §2 and §5: N blocks of 128·r bytes and p of them; Go's package needs them and a few more at once.
	if cpu+2*parallel+3 > maxScryptMemory/128/block {
		return nil, failure(LimitExceeded, PKCS12, "The PKCS#12 file asks for more than %d MiB of memory to derive its key (scrypt), the most "+
			"that is spent on one file here. Export it again with other parameters.", maxScryptMemory>>20)
	}
	if cpu < 2 || cpu&(cpu-1) != 0 {
		return nil, brokenScheme()
	}
	d := &derivation{}
	if e, ok := r.take(tagInteger); ok {
		if d.keySize, ok = e.smallInteger(); !ok || d.keySize == 0 {
			return nil, brokenScheme()
		}
	}
	// One step of scrypt on a block of 128 bytes takes about as long as four rounds of SHA-1.
	d.rounds = func(int) int { return cost(cpu*block, parallel, 4) }
	d.derive = func(password []byte, size int) ([]byte, error) {
		return scrypt.Key(password, salt, cpu, block, parallel, size)
	}
	return d, nil
}
