package session

import (
	"crypto/tls"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
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
