package certfile

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
)

// KeyPairPKCS12 reads a client certificate with its private key from a PKCS#12 file, whatever the order of its bags and
// under the same limits as [ParseBytes]. The leaf is the certificate whose public key is the private key's; those that
// issued it follow in tls.Certificate.Certificate, as far as the file holds them. password may be empty. The error is
// always an *[Error]; its Payload is never set, as a client certificate is sent nowhere.
func KeyPairPKCS12(data []byte, password string) (tls.Certificate, error) {
	if len(data) > maxFileSize {
		return tls.Certificate{}, tooLarge()
	}
	if len(password) > maxPassword {
		return tls.Certificate{}, passwordTooLong()
	}
	if hasPEM(trimText(data)) {
		return tls.Certificate{}, failure(NotCertificate, PEM, "The content is PEM text and not a PKCS#12 file. Give it in the arguments for PEM: "+
			"the certificate in certificate_pem, its key in private_key_pem.")
	}
	outer, err := readOuter(data)
	if err != nil {
		return tls.Certificate{}, structureError(err, "")
	}
	if kind := identify(outer); kind != kindPFX {
		if kind == kindCertificate || kind == kindSignedData || kind == kindUnknown {
			return tls.Certificate{}, failure(NotCertificate, "", "The content is not a PKCS#12 file. Give one that holds the client certificate "+
				"and its private key.")
		}
		return tls.Certificate{}, otherKind(kind)
	}
	forms := newPasswordForms(password)
	p := &pfx{password: &forms}
	if err := p.read(outer); err != nil {
		return tls.Certificate{}, err
	}
	if len(p.certificates) == 0 {
		return tls.Certificate{}, p.empty()
	}
	for i := range p.keys {
		if err := p.decryptKey(i); err != nil {
			return tls.Certificate{}, err
		}
		public, known, err := p.publicKey(i)
		if err != nil {
			return tls.Certificate{}, err
		}
		if !known {
			return tls.Certificate{}, unusableKey(PKCS12)
		}
		if leaf := ownerOf(p.certificates, public); leaf >= 0 {
			return keyPair(PKCS12, p.certificates, leaf, p.keys[i].info)
		}
	}
	if len(p.keys) == 0 {
		return tls.Certificate{}, failure(NoCertificate, PKCS12, "The PKCS#12 file holds no private key, so it cannot serve as a client certificate. "+
			"Export it again, with the private key.")
	}
	return tls.Certificate{}, keyOfNobody(PKCS12)
}

// KeyPairPEM reads a client certificate and its private key from PEM texts, which may be the same text. The leaf is the
// certificate that belongs to the key; those that issued it follow. Encrypted keys are not read. The error is always an
// *[Error].
func KeyPairPEM(certificatePEM, privateKeyPEM []byte) (tls.Certificate, error) {
	certificates, err := pemCertificates(certificatePEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	info, err := pemPrivateKey(privateKeyPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	public, known := publicKeyOf(info)
	if !known {
		return tls.Certificate{}, unusableKey(PEM)
	}
	leaf := ownerOf(certificates, public)
	if leaf < 0 {
		return tls.Certificate{}, keyOfNobody(PEM)
	}
	return keyPair(PEM, certificates, leaf, info)
}

func unusableKey(format Format) *Error {
	return failure(Broken, format, "The private key cannot be used for TLS here: it is damaged, or of another kind than RSA, ECDSA with a NIST "+
		"curve, and Ed25519.")
}

func keyOfNobody(format Format) *Error {
	return failure(Broken, format, "The private key belongs to none of the certificates given with it. Give the certificate together with its own key.")
}

// ownerOf returns the index of the first certificate with a public key, an end entity before a CA, or -1.
func ownerOf(certificates []Certificate, public publicKey) int {
	owner := -1
	for i := range certificates {
		if !certificates[i].links.key.same(public) {
			continue
		}
		if ca := certificates[i].IsCA; ca == nil || !*ca {
			return i
		}
		if owner < 0 {
			owner = i
		}
	}
	return owner
}

// keyPair puts together what crypto/tls wants: the leaf, then each certificate's issuer.
func keyPair(format Format, certificates []Certificate, leaf int, info []byte) (tls.Certificate, error) {
	if len(info) > maxPrivateKey {
		return tls.Certificate{}, unusableKey(format)
	}
	private, err := x509.ParsePKCS8PrivateKey(info)
	if err != nil {
		return tls.Certificate{}, unusableKey(format)
	}
	parsed, err := x509.ParseCertificate(certificates[leaf].Raw)
	if err != nil {
		return tls.Certificate{}, failure(Unsupported, format, "The client certificate is of a form that cannot be used for TLS here.")
	}
	// A key may carry a public key that is not its own; only the computed one counts here.
	signer, ok := private.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, unusableKey(format)
	}
	if public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(parsed.PublicKey) {
		return tls.Certificate{}, keyOfNobody(format)
	}
	pair := tls.Certificate{PrivateKey: private, Leaf: parsed}
	used := make([]bool, len(certificates))
	for at := leaf; at >= 0; at = issuerOf(certificates, at, used) {
		used[at] = true
		pair.Certificate = append(pair.Certificate, bytes.Clone(certificates[at].Raw))
	}
	return pair, nil
}

// issuerOf returns the index of a certificate that issued the one at an index and is not used yet, or -1.
func issuerOf(certificates []Certificate, at int, used []bool) int {
	for i := range certificates {
		if !used[i] && issued(&certificates[i], &certificates[at]) {
			return i
		}
	}
	return -1
}

// pemCertificates reads all certificates of a PEM text.
func pemCertificates(text []byte) ([]Certificate, error) {
	if len(text) > maxContentSize {
		return nil, tooLarge()
	}
	if text = trimText(text); !hasPEM(text) {
		return nil, failure(NotCertificate, PEM, "The certificate is not PEM text: it has no BEGIN line. For a PKCS#12 file use the argument for that.")
	}
	f, err := parsePEM(text, nil)
	var e *Error
	if errors.As(err, &e) && e.Kind == NotCertificate && holdsPrivateKeyText(text) {
		return nil, failure(NotCertificate, PEM, "The PEM text is a private key without a certificate. Give the client certificate's PEM text there, and its key in the argument for the key.")
	}
	if err != nil {
		return nil, withoutPayload(err)
	}
	return append([]Certificate{f.Leaf}, f.Chain...), nil
}

// withoutPayload makes sure that nothing of a client certificate is offered for sending.
func withoutPayload(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Payload != nil {
		return &Error{Kind: e.Kind, Format: e.Format, text: e.text}
	}
	return err
}

// pemPrivateKey returns the first private key of a PEM text as PrivateKeyInfo.
func pemPrivateKey(text []byte) ([]byte, error) {
	if len(text) > maxContentSize {
		return nil, tooLarge()
	}
	for _, b := range scanPEM(trimText(text)) {
		if !isPrivateKeyLabel(b.label) {
			continue
		}
		if b.label == "ENCRYPTED PRIVATE KEY" || b.encrypted {
			return nil, failure(Unsupported, PEM, "The private key is encrypted with a password, which is not read from PEM. Decrypt it, for instance with "+
				"openssl pkey, or give a PKCS#12 file with its password.")
		}
		if b.err != nil {
			return nil, b.err
		}
		if strings.HasPrefix(b.label, "OPENSSH") {
			return nil, failure(NotCertificate, PEM, "The private key is an SSH key; TLS needs one in PKCS#8, PKCS#1 or SEC 1 form.")
		}
		return privateKeyInfo(b.data)
	}
	return nil, failure(NotCertificate, PEM, "The private key is not there: the text has no PEM block with a private key.")
}

// olderKey reads a key in PKCS#1 or SEC 1 form, nil for any other.
func olderKey(der []byte) any {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

// privateKeyInfo wraps the older forms of a key, PKCS#1 and SEC 1, in PrivateKeyInfo.
func privateKeyInfo(der []byte) ([]byte, error) {
	if len(der) > maxPrivateKey || checkShape(der) != nil {
		return nil, unusableKey(PEM)
	}
	key := olderKey(der)
	if key == nil {
		return der, nil
	}
	info, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, unusableKey(PEM)
	}
	return info, nil
}
