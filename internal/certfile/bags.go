package certfile

import (
	"bytes"
	"errors"
	"slices"
)

const (
	oidKeyBag          = "1.2.840.113549.1.12.10.1.1"
	oidShroudedKeyBag  = "1.2.840.113549.1.12.10.1.2"
	oidCertBag         = "1.2.840.113549.1.12.10.1.3"
	oidSafeContentsBag = "1.2.840.113549.1.12.10.1.6"
	oidX509Certificate = "1.2.840.113549.1.9.22.1"
	oidLocalKeyID      = "1.2.840.113549.1.9.21"
)

// readBags reads SafeContents: certificates, keys, and safes in safes.
func (p *pfx) readBags(list element, depth int) *Error {
	if depth > maxNestedSafes {
		return failure(LimitExceeded, PKCS12, "The PKCS#12 file nests its safes more than %d deep, the most that is read here.", maxNestedSafes)
	}
	for r := list.reader(); !r.empty(); {
		bag, ok := r.take(tagSequence)
		if !ok {
			return brokenPKCS12()
		}
		if p.bags++; p.bags > maxBags {
			return failure(LimitExceeded, PKCS12, "The PKCS#12 file has more than %d bags, the most that are read here.", maxBags)
		}
		kind, value, ok := contentInfo(bag)
		if !ok {
			return brokenPKCS12()
		}
		localID := bagLocalID(bag)
		var err *Error
		switch kind {
		case oidCertBag:
			err = p.addCertificate(value, localID)
		case oidKeyBag:
			p.keys = append(p.keys, bagKey{localID: localID, info: value.full})
		case oidShroudedKeyBag:
			err = p.addShroudedKey(value, localID)
		case oidSafeContentsBag:
			if !value.is(tagSequence) {
				return brokenPKCS12()
			}
			err = p.readBags(value, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bagLocalID returns the localKeyId among a bag's attributes, nil when there is none.
func bagLocalID(bag element) []byte {
	r := bag.reader()
	r.take(tagOID)
	r.takeContext(0)
	attributes, _ := r.take(tagSet)
	for list := attributes.reader(); !list.empty(); {
		attribute, ok := list.take(tagSequence)
		if !ok {
			return nil
		}
		fields := attribute.reader()
		if id, _ := fields.take(tagOID); id.oid() != oidLocalKeyID {
			continue
		}
		values, _ := fields.take(tagSet)
		value, ok := values.reader().take(tagOctetString)
		if !ok {
			return nil
		}
		id, _ := value.octets()
		return id
	}
	return nil
}

func (p *pfx) addCertificate(value element, localID []byte) *Error {
	kind, content, ok := contentInfo(value)
	if !ok {
		return brokenPKCS12()
	}
	if kind != oidX509Certificate {
		return nil // sdsiCertificate (RFC 7292 §4.2.3), which nothing writes
	}
	octets, ok := content.octets()
	if !content.is(tagOctetString) || !ok {
		return brokenPKCS12()
	}
	outer, err := readOuter(octets)
	if errors.Is(err, errTooDeep) || errors.Is(err, errTooMany) {
		return structureError(err, PKCS12)
	}
	if err != nil {
		return brokenPKCS12()
	}
	c, ok := readCertificate(outer)
	if !ok {
		return unsupported(PKCS12, "The PKCS#12 file holds a certificate that cannot be read here.")
	}
	at := slices.IndexFunc(p.certificates, func(other Certificate) bool { return bytes.Equal(other.Raw, c.Raw) })
	if at < 0 {
		if len(p.certificates) == maxCertificates {
			return tooManyCertificates(PKCS12)
		}
		at = len(p.certificates)
		p.certificates, p.localIDs = append(p.certificates, c), append(p.localIDs, nil)
	}
	if len(localID) > 0 {
		p.localIDs[at] = append(p.localIDs[at], localID)
	}
	return nil
}

// addShroudedKey reads EncryptedPrivateKeyInfo (RFC 5958 §3). The key stays encrypted: often its localKeyId is enough.
func (p *pfx) addShroudedKey(value element, localID []byte) *Error {
	r := value.reader()
	algorithm, _ := r.take(tagSequence)
	octets, ok := r.take(tagOctetString)
	if !ok {
		return brokenPKCS12()
	}
	sealed, ok := octets.octets()
	if !ok {
		return brokenPKCS12()
	}
	key := bagKey{localID: localID, sealed: sealed}
	key.scheme, key.unknown = readScheme(algorithm)
	if key.unknown != nil && key.unknown.Kind != Unsupported {
		return key.unknown
	}
	p.keys = append(p.keys, key)
	return nil
}
