package session

import (
	"crypto/tls"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

// ClientCertificate reads the client certificate of the mode venafi_certificate.
func ClientCertificate(v settings.Venafi) (tls.Certificate, error) {
	if v.CertificatePEM != "" {
		return certfile.KeyPairPEM([]byte(v.CertificatePEM), []byte(v.PrivateKeyPEM.Reveal()))
	}
	return certfile.KeyPairPKCS12(v.PKCS12, v.PKCS12Password.Reveal())
}

// ClientCertificateArgument is the path of the argument that holds it.
func ClientCertificateArgument(v settings.Venafi) string {
	if v.CertificatePEM != "" {
		return "venafi_certificate.certificate_pem"
	}
	return "venafi_certificate.pkcs12"
}

// ClientCertificateProblem says which client certificate cannot be used, and why.
func ClientCertificateProblem(v settings.Venafi, err error) string {
	from := "pkcs12 with pkcs12_password, or VENAFI_P12_CERTIFICATE with VENAFI_P12_PASSWORD"
	if v.CertificatePEM != "" {
		from = "certificate_pem with private_key_pem"
	}
	return "The client certificate of the mode venafi_certificate (" + from + ") cannot be used. " + Sentence(err.Error())
}

// VenafiConfig is what package venafi needs, all but the transport.
func VenafiConfig(v settings.Venafi) (venafi.Config, error) {
	pair, err := ClientCertificate(v)
	if err != nil {
		return venafi.Config{}, err
	}
	return venafi.Config{
		URL: v.URL, ClientID: v.ClientID, Scope: v.Scope, Certificate: pair, KeepGrants: !v.RevokeOnExit,
	}, nil
}

// VedauthLogin is a login at vedauth apart from the provider's own.
type VedauthLogin struct {
	Venafi        settings.Venafi
	CAPEM         []byte
	SkipTLSVerify bool
}

// Vedauth is what package venafi needs for a login apart from the provider's
// own: of the provider's settings it takes none, of the session user agent, log
// and redactor. Time-out and retries are the provider's defaults.
func (s *Session) Vedauth(login VedauthLogin) (venafi.Config, diag.Diagnostics) {
	s.redactor.Add(login.Venafi.PKCS12Password, login.Venafi.PrivateKeyPEM)
	config, err := VenafiConfig(login.Venafi)
	if err != nil {
		argument := strings.TrimPrefix(ClientCertificateArgument(login.Venafi), "venafi_certificate.")
		return venafi.Config{}, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(argument), "Invalid client certificate", err.Error())}
	}
	config.OnSecret = func(values ...secret.String) { s.redactor.Add(values...) }
	config.Transport = transport.Options{
		CAPEM: login.CAPEM, SkipTLSVerify: login.SkipTLSVerify, MaxRetries: defaultRetries,
		UserAgent: s.userAgent, Observe: s.logAttempt,
	}
	return config, nil
}

// defaultRetries is the default of max_retries.
const defaultRetries = 4
