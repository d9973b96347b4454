package certfile

import "bytes"

// issued reports whether parent issued child, as far as names and key identifiers tell. A certificate that names itself
// as its issuer was issued by nobody else: bundles of roots hold several of one name.
func issued(parent, child *Certificate) bool {
	if selfIssued(child) || bytes.Equal(parent.Raw, child.Raw) {
		return false
	}
	if len(child.links.authorityID) > 0 && len(parent.links.keyID) > 0 {
		return bytes.Equal(child.links.authorityID, parent.links.keyID)
	}
	return sameName(child.links.issuer, parent.links.subject)
}

func selfIssued(c *Certificate) bool { return sameName(c.links.issuer, c.links.subject) }

// sameName compares encoded names; an empty name (two octets of header) is nobody's.
func sameName(a, b []byte) bool { return len(a) > 2 && bytes.Equal(a, b) }

// unique drops repetitions, which bundles often hold, and keeps the order.
func unique(certificates []Certificate) []Certificate {
	seen := make(map[string]bool, len(certificates))
	kept := certificates[:0:0]
	for _, c := range certificates {
		if !seen[c.ThumbprintSHA256] {
			seen[c.ThumbprintSHA256] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// authority reports whether a certificate is a CA's. Where basicConstraints is not there to say it, keyUsage may, and a
// certificate of X.509 version 1 that issued itself is a root: so do OpenSSL and Windows.
func authority(c *Certificate) bool {
	if c.links.constrained {
		return c.IsCA != nil && *c.IsCA
	}
	return c.links.signsOthers || c.links.version1 && selfIssued(c)
}

// endEntities returns the indices of the certificates that are no CA and issued none of the others.
func endEntities(certificates []Certificate) []int {
	var found []int
	for i := range certificates {
		if !authority(&certificates[i]) && !issuedAny(certificates, i) {
			found = append(found, i)
		}
	}
	return found
}

func issuedAny(certificates []Certificate, i int) bool {
	for j := range certificates {
		if issued(&certificates[i], &certificates[j]) {
			return true
		}
	}
	return false
}

// endEntity chooses the leaf of a set in which order means nothing: the first end entity, else the first that issued
// none of the others, else (names in a circle) the first.
func endEntity(certificates []Certificate) int {
	if found := endEntities(certificates); len(found) > 0 {
		return found[0]
	}
	for i := range certificates {
		if !issuedAny(certificates, i) {
			return i
		}
	}
	return 0
}

// assemble makes a File of the certificates of one file, of which leaf was chosen. owners are the indices of those that
// have a private key in the file.
func assemble(format Format, certificates []Certificate, leaf int, owners []int) *File {
	f := &File{Format: format, Leaf: certificates[leaf]}
	candidate := make([]bool, len(certificates))
	for _, i := range endEntities(certificates) {
		candidate[i] = true
	}
	for _, i := range owners {
		candidate[i] = true
	}
	for i := range certificates {
		if i == leaf {
			continue
		}
		f.Chain = append(f.Chain, certificates[i])
		if candidate[i] {
			f.OtherEndEntities = append(f.OtherEndEntities, certificates[i])
		}
	}
	return f
}
