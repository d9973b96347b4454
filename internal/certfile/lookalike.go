package certfile

import (
	"bytes"
	"strings"
)

const giveCertificate = "Give the certificate: PEM text, or the base64 of a PEM, DER, PKCS#12 or PKCS#7 file."

// otherKind says what an ASN.1 file is that is no certificate file.
func otherKind(k kind) *Error {
	switch k {
	case kindEncryptedMessage:
		return failure(NoCertificate, PKCS7, "The file is a PKCS#7 message, encrypted or of another kind than signed data, not a "+
			"bundle of certificates: there is no certificate to read in it. "+giveCertificate)
	case kindRequest:
		return isA("a certificate signing request (CSR), which a CA has yet to turn into a certificate")
	case kindRevocationList:
		return isA("a certificate revocation list (CRL)")
	case kindPrivateKey, kindEncryptedKey:
		return isA("a private key without a certificate")
	case kindKeyStore:
		return keyStore("key store of Bouncy Castle (BCFKS)")
	case kindPublicKey:
		return isA("a public key without a certificate")
	}
	return isA("of an unknown kind")
}

func isA(what string) *Error {
	return failure(NotCertificate, "", "The content is not a certificate: it is %s. %s", what, giveCertificate)
}

// otherPEM says what a PEM file is that holds no block with certificates.
func otherPEM(blocks []block) *Error {
	what := "PEM text without a certificate block"
	for _, b := range blocks {
		switch {
		case strings.HasPrefix(b.label, "PGP"):
			what = "PGP data"
		case strings.HasPrefix(b.label, "OPENSSH"), strings.HasPrefix(b.label, "SSH"):
			what = "an SSH key"
		case strings.Contains(b.label, "REQUEST"):
			what = "a certificate signing request (CSR), which a CA has yet to turn into a certificate"
		case isPrivateKeyLabel(b.label):
			what = "a private key without a certificate"
		case strings.HasSuffix(b.label, "CRL"):
			what = "a certificate revocation list (CRL)"
		case strings.HasSuffix(b.label, "PUBLIC KEY"):
			what = "a public key without a certificate"
		default:
			continue
		}
		break
	}
	return isA(what)
}

// notReadableText says what text is that is neither PEM nor base64.
func notReadableText(text []byte) *Error {
	if err := recognise(text); err != nil {
		return err
	}
	if looksLikeBase64(text) {
		return failure(BadBase64, "", "The content looks like base64, but does not decode: characters are missing or foreign ones "+
			"are in it. Encode the file again, for instance with filebase64().")
	}
	return failure(BadBase64, "", "The content is neither PEM text nor base64, so it is no certificate file. For a binary file "+
		"(DER, PKCS#12) use filebase64(), for PEM file().")
}

// looksLikeBase64: nearly all characters at the beginning are of the alphabet.
func looksLikeBase64(text []byte) bool {
	foreign := 0
	text = text[:min(len(text), 4096)]
	for _, b := range text {
		if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || bytes.IndexByte([]byte("+/=-_\r\n "), b) >= 0) {
			foreign++
		}
	}
	return len(text) > 64 && foreign*50 < len(text) && bytes.Count(text, []byte(" "))*20 < len(text)
}

func keyStore(what string) *Error {
	return failure(NotCertificate, "", "The content is a %s, which is not read here. Turn it into PKCS#12: "+
		"keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype pkcs12.", what)
}

// notCertificate says what decoded bytes are that do not begin like ASN.1.
func notCertificate(data, outside []byte) *Error {
	if err := recognise(data); err != nil {
		return err
	}
	if err := recognise(outside); err != nil {
		return err
	}
	return failure(Broken, "", "The content decodes from base64, but to neither PEM nor ASN.1, so it is not a certificate file, "+
		"or a damaged one. Check which file was given, and export it again.")
}

// recognise names well-known things by how they begin.
func recognise(data []byte) *Error {
	text := trimText(data)
	lower := bytes.ToLower(text[:min(len(text), 512)])
	begins := func(prefixes ...string) bool {
		for _, prefix := range prefixes {
			if bytes.HasPrefix(lower, []byte(strings.ToLower(prefix))) {
				return true
			}
		}
		return false
	}
	switch {
	case begins("\xfe\xed\xfe\xed"), begins("\xce\xce\xce\xce"):
		return keyStore("Java key store (JKS or JCEKS)")
	case begins("\x00\x00\x00\x01\x00\x00\x00\x14"), begins("\x00\x00\x00\x02\x00\x00\x00\x14"):
		return keyStore("key store of Bouncy Castle (BKS or UBER)")
	case isUTF16(data):
		return failure(NotCertificate, "", "The content is text in UTF-16, as PowerShell's > and Out-File write it. Save the file as ASCII or "+
			"UTF-8, for instance with Out-File -Encoding ascii.")
	case begins("<!doctype", "<html", "<?xml", "<head", "<body"):
		return isA("an HTML or XML page, perhaps an error or login page that was saved under the certificate's name")
	case begins("ssh-", "ecdsa-sha2-", "sk-ssh-", "---- begin ssh2", "putty-user-key-file"):
		return isA("an SSH key")
	case isJSON(text):
		return isA("JSON; if the certificate is a value in it, take that value out with jsondecode()")
	case begins("pk\x03\x04"), begins("\x1f\x8b"):
		return isA("a compressed archive; unpack it first")
	case begins("certificate:", "bag attributes", "subject=", "issuer="):
		return isA("a description of a certificate, as openssl prints it, without the PEM block that belongs to it")
	case begins("data:"):
		return isA("a data: URL; give only what follows the comma")
	case isHex(text):
		return isA("written in hexadecimal digits, where base64 is expected")
	case bytes.Contains(text, []byte(pemBegin)):
		return isA("text with a PEM block in it whose lines do not begin with -----BEGIN; take out what stands before it, quotes for instance")
	case isPath(text):
		return failure(NotCertificate, "", "The content looks like the path of a file, not like what is in it. Use file() for PEM and filebase64() "+
			"for binary files.")
	}
	return nil
}

// isJSON: an object or array begins, in what is text.
func isJSON(text []byte) bool {
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return false
	}
	next := bytes.TrimLeft(text[1:min(len(text), 256)], " \t\r\n")
	return len(next) > 0 && bytes.IndexByte([]byte(`"{[}]`), next[0]) >= 0
}

// isUTF16: a byte order mark, or every second byte of the beginning is zero.
func isUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return true
	}
	head := data[:min(len(data), 64)&^1]
	even, odd := 0, 0
	for i, b := range head {
		if b != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	half := len(head) / 2
	return half >= 8 && (even == half && odd == 0 || odd == half && even == 0)
}

// isHex: hexadecimal digits of something that begins like ASN.1.
func isHex(text []byte) bool {
	if len(text) < 64 || !bytes.HasPrefix(text, []byte("30")) {
		return false
	}
	for _, b := range text {
		if !(b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F' || bytes.IndexByte([]byte(": \r\n"), b) >= 0) {
			return false
		}
	}
	return true
}

// isPath: one short line with a directory or with the extension of a certificate file.
func isPath(text []byte) bool {
	if len(text) > 1024 || bytes.ContainsAny(text, "\r\n\x00") {
		return false
	}
	lower := strings.ToLower(string(text))
	for _, extension := range []string{".pem", ".crt", ".cer", ".der", ".p12", ".pfx", ".p7b", ".p7c", ".p7", ".key", ".jks", ".txt"} {
		if strings.HasSuffix(lower, extension) {
			return true
		}
	}
	return strings.HasPrefix(lower, "/") || strings.HasPrefix(lower, "./") || strings.HasPrefix(lower, "../") ||
		strings.HasPrefix(lower, "~/") || len(lower) > 2 && lower[1:3] == `:\`
}
