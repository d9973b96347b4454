package certfile

import "strings"

// kind is what an ASN.1 file is, told by the order of its first elements.
type kind int

const (
	kindUnknown kind = iota
	kindCertificate
	kindPFX
	kindSignedData
	kindEncryptedMessage
	kindRequest
	kindRevocationList
	kindPrivateKey
	kindEncryptedKey
	kindPublicKey
	kindKeyStore // BCFKS
)

const (
	oidPKCS7      = "1.2.840.113549.1.7."
	oidData       = "1.2.840.113549.1.7.1"
	oidSignedData = "1.2.840.113549.1.7.2"
	oidEnveloped  = "1.2.840.113549.1.7.3"
	oidEncrypted  = "1.2.840.113549.1.7.6"
)

func identify(outer element) kind {
	if !outer.is(tagSequence) {
		return kindUnknown
	}
	if _, ok := splitCertificate(outer); ok {
		return kindCertificate
	}
	r := outer.reader()
	if id, ok := r.take(tagOID); ok {
		return messageKind(id.oid())
	}
	if _, ok := r.take(tagInteger); ok {
		return numberedKind(r)
	}
	first, ok := r.take(tagSequence)
	if !ok {
		return kindUnknown
	}
	if id, _, ok := first.algorithm(); ok && id != "" {
		if _, ok := r.take(tagOctetString); ok {
			return kindEncryptedKey
		}
		if _, ok := r.take(tagBitString); ok {
			return kindPublicKey
		}
		return kindUnknown
	}
	if isEncryptedStore(first) {
		return kindKeyStore
	}
	return signedKind(first, r)
}

// isEncryptedStore: Bouncy Castle's BCFKS begins with a pair of algorithm and ciphertext; nothing else does.
func isEncryptedStore(e element) bool {
	r := e.reader()
	algorithm, _ := r.take(tagSequence)
	id, _, ok := algorithm.algorithm()
	if !ok || id != oidPBES2 {
		return false
	}
	_, ok = r.take(tagOctetString)
	return ok && r.empty()
}

func messageKind(id string) kind {
	switch {
	case id == oidSignedData:
		return kindSignedData
	case strings.HasPrefix(id, oidPKCS7):
		return kindEncryptedMessage
	}
	return kindUnknown
}

// numberedKind tells what begins with a version: PFX (RFC 7292 §4), PrivateKeyInfo (RFC 5958), ECPrivateKey (RFC 5915),
// RSAPrivateKey (RFC 8017 A.1.2) and DSA keys, which are a row of numbers.
func numberedKind(r *reader) kind {
	if next, ok := r.take(tagSequence); ok {
		id, _, ok := next.algorithm()
		switch {
		case ok && strings.HasPrefix(id, oidPKCS7):
			return kindPFX
		case ok:
			if _, ok := r.take(tagOctetString); ok {
				return kindPrivateKey
			}
		}
		return kindUnknown
	}
	if _, ok := r.take(tagOctetString); ok {
		return kindPrivateKey
	}
	for range 4 {
		if _, ok := r.take(tagInteger); !ok {
			return kindUnknown
		}
	}
	return kindPrivateKey
}

// signedKind tells a request (RFC 2986) from a revocation list (RFC 5280 §5.1); both are signed as certificates are.
func signedKind(body element, r *reader) kind {
	signature, _ := r.next()
	if _, _, ok := signature.algorithm(); !ok {
		return kindUnknown
	}
	fields := body.reader()
	fields.take(tagInteger)
	first, ok := fields.take(tagSequence)
	if !ok {
		return kindUnknown
	}
	second, ok := fields.take(tagSequence)
	if !ok {
		return kindUnknown
	}
	if _, _, ok := first.algorithm(); ok {
		if e, ok := fields.next(); ok && (e.is(tagUTCTime) || e.is(tagGeneralizedTime)) {
			return kindRevocationList
		}
		return kindUnknown
	}
	if _, ok := splitPublicKey(second); ok {
		return kindRequest
	}
	return kindUnknown
}
