package certfile

// parsePKCS7 reads the certificates of a SignedData (RFC 5652 §5.1), which is what certificate bundles are: usually
// without a signature. What follows the outer element in the file is not sent.
func parsePKCS7(outer element) (*File, error) {
	fields := outer.reader()
	fields.take(tagOID)
	content, ok := fields.takeContext(0)
	if !ok {
		return nil, brokenPKCS7()
	}
	signed, ok := content.reader().take(tagSequence)
	if !ok {
		return nil, brokenPKCS7()
	}
	r := signed.reader()
	if _, ok := r.take(tagInteger); !ok {
		return nil, brokenPKCS7()
	}
	if _, ok := r.take(tagSet); !ok {
		return nil, brokenPKCS7()
	}
	if _, ok := r.take(tagSequence); !ok {
		return nil, brokenPKCS7()
	}
	set, _ := r.takeContext(0)
	var certificates []Certificate
	for list := set.reader(); !list.empty(); {
		e, ok := list.next()
		if !ok {
			return nil, brokenPKCS7()
		}
		// The other choices (attribute certificates and the like) have context tags.
		if !e.is(tagSequence) {
			continue
		}
		c, ok := readCertificate(e)
		if !ok {
			return nil, brokenPKCS7()
		}
		if certificates = append(certificates, c); len(certificates) > maxCertificates {
			return nil, tooManyCertificates(PKCS7)
		}
	}
	if len(certificates) == 0 {
		return nil, failure(NoCertificate, PKCS7, "The PKCS#7 file holds no certificate. Export it again, with the certificate in it.")
	}
	certificates = unique(certificates)
	f := assemble(PKCS7, certificates, endEntity(certificates), nil)
	f.payload = outer.full
	return f, nil
}

func brokenPKCS7() *Error {
	return failure(Broken, PKCS7, "The PKCS#7 file is damaged: its structure is not that of a certificate bundle. Export it again.")
}
