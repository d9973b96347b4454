package certfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/rc4"
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

// cost multiplies what derivations multiply. Each factor is at most 2³¹ apart from the first, which is cut off before.
func cost(iterations, blocks, perBlock int) int {
	return min(iterations, maxRounds+1) * blocks * perBlock
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

// makeCipher turns a derived key and an IV into a decryption.
type makeCipher func(key, iv, ciphertext []byte) ([]byte, bool)

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
		if n[i], ok = e.smallInteger(); !ok || n[i] > 1<<30 {
			n[i] = 1 << 30
		}
		if n[i] == 0 {
			return nil, brokenScheme()
		}
	}
	cpu, block, parallel := n[0], n[1], n[2]
	if cpu > maxScryptMemory/128/block || parallel > maxScryptMemory/128/block {
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

// modern are the ciphers of PBES2 that take an IV as their parameter.
var modern = map[string]struct {
	keySize, ivSize int
	cipher          makeCipher
}{
	"1.3.14.3.2.7":            {8, 8, openDES},
	"1.2.840.113549.3.7":      {24, 8, openTripleDES},
	"2.16.840.1.101.3.4.1.2":  {16, 16, openAES},
	"2.16.840.1.101.3.4.1.22": {24, 16, openAES},
	"2.16.840.1.101.3.4.1.42": {32, 16, openAES},
}

const oidRC2CBC = "1.2.840.113549.3.2"

// readPBES2 reads PBES2-params (RFC 8018 A.4).
func readPBES2(parameters element) (*scheme, *Error) {
	r := parameters.reader()
	function, _ := r.next()
	encryption, _ := r.next()
	d, err := readDerivation(function)
	if err != nil {
		return nil, err
	}
	id, parameter, ok := encryption.algorithm()
	if !ok {
		return nil, brokenScheme()
	}
	if id == oidRC2CBC {
		return readRC2(d, parameter)
	}
	known, ok := modern[id]
	if !ok {
		return nil, unsupportedScheme()
	}
	iv, ok := parameter.octets()
	if !parameter.is(tagOctetString) || !ok || len(iv) != known.ivSize || d.keySize != 0 && d.keySize != known.keySize {
		return nil, brokenScheme()
	}
	return d.scheme(known.keySize, iv, known.cipher), nil
}

// readRC2 reads RC2-CBC-Parameter (RFC 8018 B.2.3), whose version stands for the effective bits of the key.
func readRC2(d *derivation, parameter element) (*scheme, *Error) {
	effective := 32
	r := parameter.reader()
	octets, isPlain := parameter, parameter.is(tagOctetString)
	if !isPlain {
		if e, ok := r.take(tagInteger); ok {
			version, ok := e.smallInteger()
			if !ok {
				return nil, brokenScheme()
			}
			switch {
			case version == 160:
				effective = 40
			case version == 120:
				effective = 64
			case version == 58:
				effective = 128
			case version >= 256 && version <= 1024:
				effective = version
			default:
				return nil, brokenScheme()
			}
		}
		var ok bool
		if octets, ok = r.take(tagOctetString); !ok {
			return nil, brokenScheme()
		}
	}
	iv, ok := octets.octets()
	size := d.keySize
	if size == 0 {
		size = effective / 8
	}
	if !ok || len(iv) != 8 || size > 128 {
		return nil, brokenScheme()
	}
	return d.scheme(size, iv, func(key, iv, ciphertext []byte) ([]byte, bool) {
		return openCBC(newRC2(key, effective), iv, ciphertext)
	}), nil
}

func (d *derivation) scheme(size int, iv []byte, open makeCipher) *scheme {
	return &scheme{rounds: d.rounds(size), open: func(password, ciphertext []byte) ([]byte, bool) {
		key, err := d.derive(password, size)
		if err != nil {
			return nil, false
		}
		return open(key, iv, ciphertext)
	}}
}

func openRC4(key, _, ciphertext []byte) ([]byte, bool) {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(ciphertext))
	c.XORKeyStream(plain, ciphertext)
	return plain, true
}

func openDES(key, iv, ciphertext []byte) ([]byte, bool) {
	c, err := des.NewCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

// openTripleDES takes 16 bytes for two keys, of which the first is used again as the third.
func openTripleDES(key, iv, ciphertext []byte) ([]byte, bool) {
	if len(key) == 16 {
		key = append(key[:16:16], key[:8]...)
	}
	c, err := des.NewTripleDESCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

func openAES(key, iv, ciphertext []byte) ([]byte, bool) {
	c, err := aes.NewCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

// openRC2 uses all bits of the key; PBES1 says 64 of them.
func openRC2(key, iv, ciphertext []byte) ([]byte, bool) {
	return openCBC(newRC2(key, 8*len(key)), iv, ciphertext)
}

func openBlocks(c cipher.Block, err error, iv, ciphertext []byte) ([]byte, bool) {
	if err != nil {
		return nil, false
	}
	return openCBC(c, iv, ciphertext)
}

// openCBC decrypts and takes off the padding (RFC 8018 §6.1.1), of which every byte is looked at.
func openCBC(c cipher.Block, iv, ciphertext []byte) ([]byte, bool) {
	size := c.BlockSize()
	if len(ciphertext) == 0 || len(ciphertext)%size != 0 || len(iv) != size {
		return nil, false
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(plain, ciphertext)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, false
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, false
		}
	}
	return plain[:len(plain)-padding], true
}
