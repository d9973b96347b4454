package certfile

import (
	"errors"
	"slices"
)

// pfx is a PKCS#12 file that is being read (RFC 7292 §4).
type pfx struct {
	password *passwordForms // nil: none was given
	proven   bool           // something has opened with the password
	budget   budget

	bags         int
	certificates []Certificate
	localIDs     [][][]byte // of certificates, by index; the same certificate may stand in several bags
	keys         []bagKey
}

// bagKey is one private key: info is its PrivateKeyInfo, nil while it is encrypted.
type bagKey struct {
	localID []byte
	info    []byte
	scheme  *scheme
	unknown *Error // why scheme is nil
	sealed  []byte
}

func brokenPKCS12() *Error {
	return failure(Broken, PKCS12, "The PKCS#12 file is damaged: its structure is not what it should be. Export it again.")
}

func passwordWrong() *Error {
	return failure(PasswordWrong, PKCS12, "Wrong password or damaged file: the PKCS#12 file does not open with the password given. It "+
		"cannot be known which of the two it is; check the password first.")
}

// parsePKCS12 reads a PKCS#12 file. What follows the outer element in the file is not sent.
func parsePKCS12(outer element, password *string) (*File, error) {
	p := new(pfx)
	if password != nil {
		forms := newPasswordForms(*password)
		p.password = &forms
	}
	f, err := p.file(outer)
	if err != nil {
		if err.Kind == Unsupported {
			err.Payload = outer.full
		}
		return nil, err
	}
	f.payload = outer.full
	return f, nil
}

func (p *pfx) file(outer element) (*File, *Error) {
	if err := p.read(outer); err != nil {
		return nil, err
	}
	if len(p.certificates) == 0 {
		return nil, p.empty()
	}
	owners, err := p.owners()
	if err != nil {
		return nil, err
	}
	leaf := endEntity(p.certificates)
	if len(owners) > 0 {
		leaf = owners[0]
	}
	f := assemble(PKCS12, p.certificates, leaf, owners)
	f.HasPrivateKey = len(p.keys) > 0
	return f, nil
}

func (p *pfx) empty() *Error {
	if len(p.keys) > 0 {
		return failure(NoCertificate, PKCS12, "The PKCS#12 file holds a private key but no certificate. Export it again, with the certificate in it.")
	}
	return failure(NoCertificate, PKCS12, "The PKCS#12 file holds no certificate. Export it again, with the certificate in it.")
}

// read reads the whole file into p: structure first, then what it would cost, then the password.
func (p *pfx) read(outer element) *Error {
	r := outer.reader()
	version, _ := r.take(tagInteger)
	if n, ok := version.smallInteger(); !ok || n != 3 {
		return failure(Broken, PKCS12, "The PKCS#12 file is not of version 3, the only one in use, so it is damaged. Export it again.")
	}
	info, _ := r.take(tagSequence)
	kind, content, ok := contentInfo(info)
	if !ok {
		return brokenPKCS12()
	}
	if kind != oidData {
		return unsupported(PKCS12, "The PKCS#12 file is protected with a key pair or signature instead of a password, which is not read here.")
	}
	octets, ok := content.octets()
	if !content.is(tagOctetString) || !ok {
		return brokenPKCS12()
	}
	var mac *integrity
	if e, ok := r.take(tagSequence); ok {
		var err *Error
		if mac, err = readMAC(e); err != nil {
			return err
		}
	}
	safes, err := readSafes(octets)
	if err != nil {
		return err
	}
	if err := p.open(mac, octets, safes); err != nil {
		return err
	}
	return p.proveByKey()
}

// contentInfo splits a ContentInfo (RFC 2315 §7), whose content must be there.
func contentInfo(e element) (kind string, content element, ok bool) {
	r := e.reader()
	id, ok := r.take(tagOID)
	if !ok {
		return "", element{}, false
	}
	explicit, ok := r.takeContext(0)
	if !ok {
		return "", element{}, false
	}
	content, ok = explicit.reader().next()
	return id.oid(), content, ok
}

// safe is one part of the file: bags as they are, or encrypted as a whole.
type safe struct {
	plain  []byte
	scheme *scheme // nil when plain
	sealed []byte
}

// readSafes reads the AuthenticatedSafe: any number of safes in any order.
func readSafes(octets []byte) ([]safe, *Error) {
	list, err := readOuter(octets)
	if errors.Is(err, errTooDeep) || errors.Is(err, errTooMany) {
		return nil, structureError(err, PKCS12)
	}
	if err != nil || !list.is(tagSequence) {
		return nil, brokenPKCS12()
	}
	var safes []safe
	for r := list.reader(); !r.empty(); {
		info, ok := r.take(tagSequence)
		if !ok {
			return nil, brokenPKCS12()
		}
		if len(safes) == maxSafes {
			return nil, failure(LimitExceeded, PKCS12, "The PKCS#12 file has more than %d safes, the most that are read here.", maxSafes)
		}
		kind, content, ok := contentInfo(info)
		if !ok {
			return nil, brokenPKCS12()
		}
		one, fault := readSafe(kind, content)
		if fault != nil {
			return nil, fault
		}
		safes = append(safes, one)
	}
	return safes, nil
}

func readSafe(kind string, content element) (safe, *Error) {
	switch kind {
	case oidData:
		octets, ok := content.octets()
		if !content.is(tagOctetString) || !ok {
			return safe{}, brokenPKCS12()
		}
		return safe{plain: octets}, nil
	case oidEncrypted:
		return readEncryptedSafe(content)
	case oidEnveloped:
		return safe{}, unsupported(PKCS12, "The PKCS#12 file is encrypted for the holder of a key instead of with a password, which is not read here.")
	}
	return safe{}, unsupported(PKCS12, "The PKCS#12 file has a part of a kind that is not known here.")
}

// readEncryptedSafe reads EncryptedData (RFC 2315 §13).
func readEncryptedSafe(content element) (safe, *Error) {
	r := content.reader()
	if !content.is(tagSequence) {
		return safe{}, brokenPKCS12()
	}
	r.take(tagInteger)
	info, ok := r.take(tagSequence)
	if !ok {
		return safe{}, brokenPKCS12()
	}
	fields := info.reader()
	if _, ok := fields.take(tagOID); !ok {
		return safe{}, brokenPKCS12()
	}
	algorithm, _ := fields.take(tagSequence)
	sealed, ok := fields.takeContext(0)
	if !ok {
		return safe{}, brokenPKCS12()
	}
	octets, ok := sealed.octets()
	if !ok {
		return safe{}, brokenPKCS12()
	}
	s, err := readScheme(algorithm)
	return safe{scheme: s, sealed: octets}, err
}

// open counts what the file would cost, proves the password by the MAC and reads the bags of all safes.
func (p *pfx) open(mac *integrity, octets []byte, safes []safe) *Error {
	visible, needsPassword := budget{}, mac != nil
	if mac != nil {
		if err := visible.spend(mac.rounds); err != nil {
			return err
		}
	}
	for _, s := range safes {
		if s.scheme == nil {
			continue
		}
		needsPassword = true
		if err := visible.spend(s.scheme.rounds); err != nil {
			return err
		}
	}
	if needsPassword && p.password == nil {
		return passwordMissing()
	}
	if mac != nil {
		if err := p.verify(mac, octets); err != nil {
			return err
		}
	}
	for _, s := range safes {
		plain := s.plain
		if s.scheme != nil {
			var err *Error
			if plain, err = p.decrypt(s.scheme, s.sealed, isSequence); err != nil {
				return err
			}
		}
		list, err := readOuter(plain)
		if errors.Is(err, errTooDeep) || errors.Is(err, errTooMany) {
			return structureError(err, PKCS12)
		}
		if err != nil || !list.is(tagSequence) {
			return brokenPKCS12()
		}
		if err := p.readBags(list, 0); err != nil {
			return err
		}
	}
	return nil
}

func passwordMissing() *Error {
	return failure(PasswordMissing, PKCS12, "The PKCS#12 file is protected with a password, and none was given. Give its password; if it is the "+
		"empty one, give \"\".")
}

func (p *pfx) verify(mac *integrity, octets []byte) *Error {
	for form, password := range p.forms(mac.bmp) {
		if err := p.budget.spend(mac.rounds); err != nil {
			return afterFirst(form, err)
		}
		if mac.matches(password, octets) {
			p.proven = true
			p.settle(mac.bmp, form)
			return nil
		}
	}
	return passwordWrong()
}

// afterFirst: the file's own cost was within the limit; what is too much are the further forms of the password.
func afterFirst(form int, err *Error) *Error {
	if form > 0 {
		return passwordWrong()
	}
	return err
}

func (p *pfx) forms(bmp bool) [][]byte {
	if bmp {
		return p.password.bmp
	}
	return p.password.plain
}

// settle puts the form that opened something first, since one tool wrote the whole file.
func (p *pfx) settle(bmp bool, form int) {
	forms := slices.Clone(p.forms(bmp))
	forms[0], forms[form] = forms[form], forms[0]
	if bmp {
		p.password.bmp = forms
	} else {
		p.password.plain = forms
	}
}

// decrypt opens one part of the file; right says whether what came out can be what was put in.
func (p *pfx) decrypt(s *scheme, sealed []byte, right func([]byte) bool) ([]byte, *Error) {
	for form, password := range p.forms(s.bmp) {
		if err := p.budget.spend(s.rounds); err != nil {
			return nil, afterFirst(form, err)
		}
		if plain, ok := s.open(password, sealed); ok && right(plain) {
			p.proven = true
			p.settle(s.bmp, form)
			return plain, nil
		}
	}
	return nil, passwordWrong()
}

// isSequence: the plaintext is one SEQUENCE of SEQUENCEs, or of nothing.
func isSequence(plain []byte) bool {
	list, rest, err := readElement(plain)
	if err != nil || len(rest) > 0 || !list.is(tagSequence) {
		return false
	}
	r := list.reader()
	_, ok := r.take(tagSequence)
	return ok || r.empty()
}

// isPrivateKeyInfo: the plaintext begins like RFC 5208's PrivateKeyInfo.
func isPrivateKeyInfo(plain []byte) bool {
	info, _, err := readElement(plain)
	return err == nil && identify(info) == kindPrivateKey
}
