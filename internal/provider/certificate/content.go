package certificate

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// content is the configured file with its password, and the arguments that
// hold them.
type content struct {
	value, password     types.String
	valueAt, passwordAt path.Path
}

func contentOf(config *importedCertificateModel) content {
	c := content{
		value: config.Certificate, valueAt: path.Root("certificate"),
		password: config.Password, passwordAt: path.Root("password"),
	}
	if !config.CertificateWO.IsNull() {
		c.value, c.valueAt = config.CertificateWO, path.Root("certificate_wo")
		c.passwordAt = path.Root("password_wo")
	}
	if !config.PasswordWO.IsNull() {
		c.password, c.passwordAt = config.PasswordWO, path.Root("password_wo")
	} else if !config.Password.IsNull() {
		c.passwordAt = path.Root("password")
	}
	return c
}

// secretPassword is the password to send, nil for none.
func (c content) secretPassword() *secret.String {
	if c.password.IsNull() {
		return nil
	}
	s := secret.String(c.password.ValueString())
	return &s
}

func (c content) digest() string { return digest(c.value.ValueString()) }

// readError turns the error of a file that cannot be read into diagnostics at
// the argument at fault. A file that may be valid is a warning only.
func (c content) readError(err error) diag.Diagnostics {
	var diags diag.Diagnostics
	var e *certfile.Error
	if !errors.As(err, &e) {
		diags.AddAttributeError(c.valueAt, "Invalid certificate file", err.Error())
		return diags
	}
	switch e.Kind {
	case certfile.Unsupported:
		diags.AddAttributeWarning(c.valueAt, "Certificate file cannot be read here",
			e.Error()+" It is left to Command to read it: which certificate it holds is known after apply.")
	case certfile.PasswordWrong:
		diags.AddAttributeError(c.passwordAt, "Invalid password or damaged file", e.Error())
	case certfile.PasswordMissing:
		diags.AddAttributeError(c.passwordAt, "Missing password", e.Error()+" Give it in `password_wo`, or in `password` when it may be kept in state.")
	case certfile.LimitExceeded, certfile.PrivateKeyUnreadable, certfile.NoCertificate,
		certfile.NotCertificate, certfile.Truncated, certfile.BadBase64, certfile.Broken:
		diags.AddAttributeError(c.valueAt, "Invalid certificate file", e.Error())
	}
	return diags
}

// judge reports what is odd about a file that was read. The summaries carry no
// values, so that Terraform folds them for many resources.
func (c content) judge(file *facts, now time.Time) diag.Diagnostics {
	var diags diag.Diagnostics
	leaf := file.certificate
	if file.caFirst {
		diags.AddAttributeError(c.valueAt, "Invalid order of certificates",
			"The first certificate of the PEM text is a CA, and a later one was issued by it. Command imports the first one only: put the end entity first.")
		return diags
	}
	if leaf.NotAfter != nil && now.After(*leaf.NotAfter) {
		diags.AddAttributeWarning(c.valueAt, "Certificate has expired",
			fmt.Sprintf("The certificate %s ended at %s. Command hides expired certificates in most of its lists.", leaf.Thumbprint, leaf.NotAfter.Format(time.RFC3339)))
	}
	if leaf.NotBefore != nil && now.Before(*leaf.NotBefore) {
		diags.AddAttributeWarning(c.valueAt, "Certificate is not yet valid",
			fmt.Sprintf("The certificate %s begins at %s.", leaf.Thumbprint, leaf.NotBefore.Format(time.RFC3339)))
	}
	if file.holdsKey && !file.bringsKey() {
		diags.AddAttributeWarning(c.valueAt, "Private key in PEM is not imported",
			"Command ignores a private key in a PEM file, and it is not sent. Give a PKCS#12 file to import the key, or the certificate alone.")
	}
	if file.holdsKey && c.valueAt.Equal(path.Root("certificate")) {
		diags.Append(keyInState())
	}
	if len(file.others) > 0 {
		diags.AddAttributeWarning(c.valueAt, "File holds more than one end entity",
			fmt.Sprintf("The certificate %s is imported; the file also holds %s. Split the file if another one is meant.", leaf.Thumbprint, joined(file.others)))
	}
	return diags
}

func keyInState() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("certificate"), "Private key is kept in state",
		"`certificate` holds a private key and is kept in state as it is. Use `certificate_wo`, which is never in plan or state.")
}
