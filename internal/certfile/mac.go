package certfile

import "crypto/hmac"

// integrity is the MacData of a PKCS#12 file (RFC 7292 §4), read and checked but not yet derived.
type integrity struct {
	rounds int
	bmp    bool
	sum    []byte // as the file has it
	mac    func(password, content []byte) ([]byte, bool)
}

func brokenMAC() *Error {
	return failure(Broken, PKCS12, "The PKCS#12 file is damaged: the parameters of its integrity check (MAC) make no sense or are unsafe. "+
		"Export it again.")
}

// readMAC reads MacData.
func readMAC(e element) (*integrity, *Error) {
	r := e.reader()
	info, ok := r.take(tagSequence)
	if !ok {
		return nil, brokenMAC()
	}
	fields := info.reader()
	algorithm, _ := fields.take(tagSequence)
	id, parameters, ok := algorithm.algorithm()
	value, isOctets := fields.take(tagOctetString)
	if !ok || !isOctets {
		return nil, brokenMAC()
	}
	sum, ok := value.octets()
	if !ok || len(sum) == 0 {
		return nil, brokenMAC()
	}
	if id == oidPBMAC1 {
		return readPBMAC1(parameters, sum)
	}
	d, ok := digests[id]
	if !ok {
		return nil, unsupported(PKCS12, "The PKCS#12 file is protected with an integrity check (MAC) that is not known here.")
	}
	octets, ok := r.take(tagOctetString)
	if !ok {
		return nil, brokenMAC()
	}
	salt, ok := octets.octets()
	iterations := 1
	if e, given := r.take(tagInteger); given {
		n, fits := e.smallInteger()
		if !fits {
			n = maxRounds + 1
		}
		iterations = n
	}
	switch {
	case !ok || iterations == 0 || !r.empty():
		return nil, brokenMAC()
	case len(salt) > maxSalt:
		return nil, saltTooLong()
	}
	return &integrity{rounds: cost(iterations, 1, d.weight), bmp: true, sum: sum, mac: func(password, content []byte) ([]byte, bool) {
		return hmacOf(d, pkcs12KDF(d, password, salt, iterations, forMAC, d.size), content), true
	}}, nil
}

// readPBMAC1 reads PBMAC1-params (RFC 8018 A.5) as RFC 9579 restricts them for PKCS#12: the length of the key must be
// there. A key shorter than 20 bytes makes a forgery a matter of guessing, so it is refused; one of 256, which Bouncy
// Castle writes, is not.
func readPBMAC1(parameters element, sum []byte) (*integrity, *Error) {
	const shortest, longest = 20, 256
	if !parameters.is(tagSequence) {
		return nil, brokenMAC()
	}
	r := parameters.reader()
	function, _ := r.next()
	scheme, _ := r.next()
	d, err := readDerivation(function)
	if err != nil {
		return nil, err
	}
	id, _, ok := scheme.algorithm()
	if !ok || d.keySize < shortest || d.keySize > longest {
		return nil, brokenMAC()
	}
	h, ok := hmacs[id]
	if !ok {
		return nil, unsupported(PKCS12, "The PKCS#12 file is protected with an integrity check (PBMAC1) that is not known here.")
	}
	return &integrity{rounds: d.rounds(d.keySize), sum: sum, mac: func(password, content []byte) ([]byte, bool) {
		key, err := d.derive(password, d.keySize)
		if err != nil {
			return nil, false
		}
		return hmacOf(h, key, content), true
	}}, nil
}

func hmacOf(d digest, key, content []byte) []byte {
	h := hmac.New(d.new, key)
	h.Write(content)
	return h.Sum(nil)
}

func (m *integrity) matches(password, content []byte) bool {
	sum, ok := m.mac(password, content)
	return ok && hmac.Equal(sum, m.sum)
}
