package certfile

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
	// A longer key begins with the shorter one; old versions of NSS named 32 bytes for AES-128.
	if !parameter.is(tagOctetString) || !ok || len(iv) != known.ivSize || d.keySize != 0 && d.keySize < known.keySize {
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
