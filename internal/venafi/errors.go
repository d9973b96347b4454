package venafi

import (
	"errors"
	"fmt"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Error is an answer of vedauth's that is no grant, or no revocation. Code, Description and Reason are the server's
// own words, as they came: whoever shows them redacts and escapes them first. Error leaves them out.
type Error struct {
	Call   string // the path below /vedauth
	Host   string // host, or host:port
	Status int

	Code        string // "error" of the body, RFC 6749 section 5.2
	Description string // "error_description" of the body
	Reason      string // words of the status line that are not the standard ones; vedauth's only message at times

	Diagnosis string // what the handshakes showed, in sentences; "" when nothing
}

func (e *Error) Error() string {
	return fmt.Sprintf("vedauth on %s answered %d to %s", e.Host, e.Status, e.Call)
}

// ErrNotRevoked is a revocation that vedauth answered with 202: the grant may live on.
var ErrNotRevoked = errors.New("vedauth answered 202: the grant was not revoked")

func (a answer) failure() *Error {
	fields := fieldsOf(a.body)
	failed := &Error{
		Call: a.call, Host: a.host, Status: a.status, Reason: a.reason,
		Code: text(fields["error"]), Description: text(fields["error_description"]),
	}
	if a.refused() {
		failed.Diagnosis = a.diagnosis()
	}
	return failed
}

// CertificateRefusedError is a server that ended TLS after it had asked for the client certificate.
type CertificateRefusedError struct {
	Alert string // the TLS alert in crypto/tls's words, e.g. "unknown certificate authority"
	Err   error  // the *transport.Error
}

func (e *CertificateRefusedError) Error() string {
	return fmt.Sprintf("%v: the server did not take the client certificate", e.Err)
}
func (e *CertificateRefusedError) Unwrap() error { return e.Err }

const askAtOnce = `Have vedauth's web server ask for client certificates in the handshake (IIS: "Negotiate Client Certificate" on the site's binding; httpd: SSLVerifyClient for the whole host).`

// diagnosis says what a refusal has to do with the client certificate.
func (a answer) diagnosis() string {
	var refused *transport.Error
	switch {
	case a.ch.renegotiated.Load():
		return "The server asked for the client certificate only after it had read the request, by TLS 1.2 renegotiation, and was given it."
	case a.ch.asked.Load():
		return "The server asked for the client certificate and was given it."
	case a.version == 0:
		return "The server cannot ask for a client certificate: the connection is not TLS."
	case errors.As(a.tls12, &refused):
		return fmt.Sprintf("The server never asked for the client certificate in the TLS 1.3 handshake. It may want to ask only after it has read the request, "+
			"which works by TLS 1.2 renegotiation alone, and a second try with TLS 1.2 failed: %v. %s", refused.Err, askAtOnce)
	case a.ch.maxVersion != 0:
		return "The server never asked for the client certificate, neither in the TLS 1.3 handshake nor with TLS 1.2, in the handshake or by renegotiation. " + askAtOnce
	}
	return "The server never asked for the client certificate. " + askAtOnce
}
