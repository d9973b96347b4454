// Package certfile says what a certificate file is: bytes in, facts out.
//
// It reads what Windows, macOS, Firefox, OpenSSL, Java, GnuTLS, Bouncy Castle and .NET write as PEM, DER, PKCS#12
// and PKCS#7, finds the certificate that the file is about, and says plainly why it cannot when it cannot. It knows
// neither Terraform nor Command, reads no file, opens no connection and never asks the clock: an expired certificate
// is read like any other.
//
// # Content
//
// [Parse] takes what a user writes into an argument: PEM text, or base64 of a PEM, DER, PKCS#12 or PKCS#7 file.
// [ParseBytes] takes the bytes of a file. What the bytes are is decided by what is in them, never by a PEM label or a
// name: `certutil -encode` writes "BEGIN CERTIFICATE" around any file. PEM may be indented, end its lines in CR, LF or
// both, stand on one line, and have any text around its blocks; a damaged certificate block is an error and never passed
// over, since the next one would be taken for the first.
//
// # Which certificate is the leaf
//
//   - PEM: the first certificate block of the file, whatever stands before it.
//   - DER: the certificate.
//   - PKCS#7: the end entity, whatever its place: not a CA and issuer of none of the others.
//   - PKCS#12 with a private key: the certificate whose public key is the key's, of several the one with its localKeyId;
//     where the key cannot be opened or compared, the one with its localKeyId. Never simply the first. A key that belongs
//     to none of the certificates is an error.
//   - PKCS#12 without a key: as PKCS#7.
//   - Only CAs: the one that issued none of the others. Several end entities or keys: the first in the file;
//     [File.OtherEndEntities] names the others.
//
// Whether one certificate issued another is told by names and key identifiers (RFC 5280 §4.2.1.1, §4.2.1.2); no
// signature is verified and no trust is expressed.
//
// # Facts
//
// Thumbprints need only the bytes of a certificate. Every other fact is read on its own by a tolerant reader, the same
// for all certificates, and is nil where it cannot be read: negative serial numbers, unknown curves, duplicate
// extensions and malformed dates do not make a file unreadable. crypto/x509 has no part in it.
//
// # Passwords
//
// A nil password means that none was given; a pointer to "" is the empty password. A PKCS#12 file that has no MAC and
// nothing encrypted opens without one. The empty password is tried as two zero bytes and as no bytes at all (OpenSSL
// calls the latter the NULL password). Non-ASCII passwords are tried in the encodings that tools write: UTF-16BE and
// widened bytes for the PKCS#12 derivation (RFC 7292 B.1), UTF-8, Latin-1, UTF-16BE and its lower seven bits for PBES2
// and PBMAC1.
//
// # Errors
//
// Every error is an *[Error] with a [Kind]. [Unsupported] is the one that does not say that the file is bad: it is
// well-formed, but uses something that this package does not know; Error.Payload then holds what can be sent to a
// server that may know more. No error repeats any part of a file or of a password.
//
// # Limits
//
// Hostile files end in [LimitExceeded], with the limit in the text, before they cost anything: size, nesting, number
// of certificates and bags, salts, and the sum of all key derivations, which is counted before the first is done.
package certfile
