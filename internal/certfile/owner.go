package certfile

import (
	"bytes"
	"slices"
)

// proveByKey makes sure of the password where neither a MAC nor an encrypted safe did: a file whose only secret is an
// encrypted key would be read with any password, and refused by the server.
func (p *pfx) proveByKey() *Error {
	for i := range p.keys {
		if p.keys[i].info != nil {
			continue
		}
		if p.password == nil {
			return passwordMissing()
		}
		if p.proven || p.keys[i].scheme == nil {
			continue
		}
		if err := p.decryptKey(i); err != nil {
			return err
		}
	}
	return nil
}

func (p *pfx) decryptKey(i int) *Error {
	key := &p.keys[i]
	if key.info != nil {
		return nil
	}
	if key.scheme == nil {
		return key.unknown
	}
	info, err := p.decrypt(key.scheme, key.sealed, isPrivateKeyInfo)
	key.info = info
	return err
}

// owners returns the indices of the certificates that have a private key in the file, the leaf first. It is empty only
// where there is no key, or no way to tell what the keys belong to.
func (p *pfx) owners() ([]int, *Error) {
	var owners []int
	strange := 0
	for i := range p.keys {
		found, known, err := p.ownersOf(i, len(owners) > 0)
		if err != nil {
			return nil, err
		}
		if known && len(found) == 0 {
			strange++
		}
		for _, owner := range found {
			if !slices.Contains(owners, owner) {
				owners = append(owners, owner)
			}
		}
	}
	if len(owners) == 0 && strange > 0 {
		return nil, failure(Broken, PKCS12, "The private key in the PKCS#12 file belongs to none of the certificates in it. Export the "+
			"certificate together with its own key.")
	}
	return owners, nil
}

// publicKey returns the public key of one that is decrypted. Computing it is paid for like a derivation.
func (p *pfx) publicKey(i int) (key publicKey, known bool, err *Error) {
	if err := p.budget.spend(publicKeyRounds); err != nil {
		return publicKey{}, false, err
	}
	key, known = publicKeyOf(p.keys[i].info)
	return key, known, nil
}

// ownersOf finds the certificates of one key: those with its public key, those with its localKeyId before others. Where
// the key cannot be opened or compared, or belongs to none, localKeyId alone counts; where it can, it does not: node-forge
// gives it to whichever certificate comes first. Once the leaf is known (late), nothing more is computed. known is false
// where the key could not be compared.
func (p *pfx) ownersOf(i int, late bool) (found []int, known bool, err *Error) {
	key := &p.keys[i]
	named := p.withLocalID(key.localID)
	if len(named) == 1 && (late || len(p.certificates) == 1) {
		return named, true, nil
	}
	if late {
		return nil, false, nil
	}
	candidates := named
	if len(candidates) == 0 {
		candidates = p.all()
	}
	if err := p.decryptKey(i); err != nil {
		if len(named) == 1 || err.Kind == Unsupported && len(candidates) == 1 {
			return candidates, true, nil
		}
		return nil, false, err
	}
	public, known, err := p.publicKey(i)
	if err != nil {
		if len(named) == 1 {
			return named, true, nil
		}
		return nil, false, err
	}
	if found = p.withKey(candidates, public, known); len(found) == 0 && len(named) > 0 {
		found = p.withKey(p.all(), public, known)
	}
	if len(named) == 1 && (!known || len(found) == 0) {
		return named, true, nil
	}
	found = p.endEntitiesFirst(found)
	if !known && len(found) > 1 {
		found = found[:1]
	}
	return found, known, nil
}

func (p *pfx) all() []int {
	indices := make([]int, len(p.certificates))
	for i := range indices {
		indices[i] = i
	}
	return indices
}

// withKey returns those of the candidates that have a public key, or where only its algorithm is known, that.
func (p *pfx) withKey(candidates []int, public publicKey, known bool) (found []int) {
	for _, j := range candidates {
		if other := p.certificates[j].links.key; known && other.same(public) || !known && other.algorithm == public.algorithm {
			found = append(found, j)
		}
	}
	return found
}

// withLocalID returns the certificates whose localKeyId is id. Java gives the same one to all entries of a millisecond.
func (p *pfx) withLocalID(id []byte) []int {
	var found []int
	if len(id) == 0 {
		return nil
	}
	for i, ids := range p.localIDs {
		if slices.ContainsFunc(ids, func(other []byte) bool { return bytes.Equal(id, other) }) {
			found = append(found, i)
		}
	}
	return found
}

// endEntitiesFirst sorts end entities before CAs and otherwise keeps the order.
func (p *pfx) endEntitiesFirst(found []int) []int {
	if len(found) < 2 {
		return found
	}
	ends := endEntities(p.certificates)
	var first, last []int
	for _, i := range found {
		if slices.Contains(ends, i) {
			first = append(first, i)
		} else {
			last = append(last, i)
		}
	}
	return append(first, last...)
}
