package certificate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// source is the certificate to import: read from the file here, or, for a file
// that cannot be read here, as the server sees it.
type source struct {
	file       *facts // nil when only the server can read it
	format     certfile.Format
	thumbprint string // SHA-1, upper-case hex
	payload    []byte
	password   *secret.String
}

// sha256 is the certificate's SHA-256, "" when only the server can read it.
func (s source) sha256() string {
	if s.file == nil {
		return ""
	}
	return s.file.certificate.ThumbprintSHA256
}

// readSource reads the file, and asks POST /Certificates/Analyze about one that
// cannot be read here. Nothing is changed.
func readSource(ctx context.Context, s *session.Session, client *keyfactor.Client, files *Files, c content) (source, diag.Diagnostics) {
	src := source{password: c.secretPassword()}
	file, payload, err := files.read(c.value.ValueString(), c.password.ValueStringPointer())
	if err == nil {
		src.file, src.payload = file, payload
		src.thumbprint, src.format = file.certificate.Thumbprint, file.format
		if file.format != certfile.PKCS12 {
			src.password = nil // only PKCS#12 has one: not sent where it does not belong
		}
		return src, nil
	}
	var unread *certfile.Error
	if diags := c.readError(err); diags.HasError() || !errors.As(err, &unread) {
		return src, diags
	}
	src.format, src.payload = unread.Format, unread.Payload
	rows, err := client.Analyze(ctx, src.payload, src.password)
	if err != nil {
		return src, diag.Diagnostics{s.FailureAt(c.valueAt, "Unable to analyze the certificate file", err, permissionImport)}
	}
	leaf := endEntity(rows)
	if leaf == nil {
		return src, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(c.valueAt, "Unable to tell which certificate the file holds",
			fmt.Sprintf("The file cannot be read here, and Command sees %d certificates in it without telling which one is the end entity. "+
				"Nothing was imported. Give a file with the one certificate, or write it anew with OpenSSL.", len(rows)))}
	}
	src.thumbprint = keyfactor.NormalThumbprint(leaf.Thumbprint)
	return src, nil
}

// endEntity is the row that the server marks as end entity, or the only one.
func endEntity(rows []keyfactor.AnalyzedCertificate) *keyfactor.AnalyzedCertificate {
	var marked []*keyfactor.AnalyzedCertificate
	for i := range rows {
		if rows[i].IsEndEntity != nil && *rows[i].IsEndEntity {
			marked = append(marked, &rows[i])
		}
	}
	var leaf *keyfactor.AnalyzedCertificate
	switch {
	case len(marked) == 1:
		leaf = marked[0]
	case len(rows) == 1:
		leaf = &rows[0]
	}
	if leaf == nil || !sha1Hex.MatchString(keyfactor.NormalThumbprint(leaf.Thumbprint)) {
		return nil
	}
	return leaf
}

// factsOfRow takes the certificate's facts from a row of the server, for a file
// that cannot be read here and after an import into state.
func factsOfRow(m *importedCertificateModel, row *keyfactor.Certificate) {
	m.Thumbprint = types.StringValue(keyfactor.NormalThumbprint(row.Thumbprint))
	if file, err := certfile.ParseBytes(row.Content(), nil); err == nil {
		m.setCertificate(file.Leaf)
	}
	m.HasPrivateKey = types.BoolValue(row.HasPrivateKey)
}

func formatValue(f certfile.Format) types.String {
	if f == "" {
		return types.StringNull()
	}
	return types.StringValue(string(f))
}

func newImporter(s *session.Session, client *keyfactor.Client, src source, collectionID int64, presentBefore bool) importer {
	return importer{
		client: client, sha1: src.thumbprint, sha256: src.sha256(), collectionID: collectionID,
		presentBefore: presentBefore, maxRetries: s.MaxRetries(),
		firstWait: 500 * time.Millisecond, maxWait: 30 * time.Second,
	}
}
