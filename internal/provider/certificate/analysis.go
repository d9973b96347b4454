package certificate

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// permissionAnalyze is what the vendor documents for POST /Certificates/Analyze.
const permissionAnalyze = "`/certificates/import/` or `/certificates/collections/read/` (Command 10: Certificates: Import or Read)"

// analyzedTypes are the attributes of one certificate that the server sees.
var analyzedTypes = map[string]attr.Type{
	"subject": types.StringType, "issuer": types.StringType, "thumbprint": types.StringType,
	"not_before": types.StringType, "not_after": types.StringType, "is_end_entity": types.BoolType,
	"metadata": types.MapType{ElemType: types.StringType},
}

// analyzedDescriptions are the sentences of the documentation for them.
var analyzedDescriptions = map[string]string{
	"subject":       "The certificate's subject as the server writes it.",
	"issuer":        "The certificate's issuer as the server writes it.",
	"thumbprint":    "SHA-1 of the certificate, upper-case hex.",
	"not_before":    "From when the certificate is valid, as the server writes it.",
	"not_after":     "Until when the certificate is valid, as the server writes it.",
	"is_end_entity": "Whether the server takes it for the end entity; null where the server does not tell (before 12.4).",
	"metadata":      "Metadata that the server has for the certificate.",
}

// analyze asks the server what it sees in a file. payload and password are what
// is sent; nothing is changed on the server.
func analyze(ctx context.Context, s *session.Session, payload []byte, password *secret.String) (types.List, diag.Diagnostics) {
	null := types.ListNull(types.ObjectType{AttrTypes: analyzedTypes})
	client, diags := s.Client()
	if diags.HasError() {
		return null, diags
	}
	rows, err := client.Analyze(ctx, payload, password)
	if err != nil {
		diags.Append(s.FailureAt(path.Root("certificate"), "Unable to analyze the certificate file", err, permissionAnalyze))
		return null, diags
	}
	elements := make([]attr.Value, 0, len(rows))
	for _, row := range rows {
		elements = append(elements, analyzedObject(row))
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: analyzedTypes}, elements), diags
}

func analyzedObject(row keyfactor.AnalyzedCertificate) attr.Value {
	metadata := make(map[string]attr.Value, len(row.Metadata))
	for name, value := range row.Metadata {
		metadata[name] = types.StringValue(value)
	}
	return types.ObjectValueMust(analyzedTypes, map[string]attr.Value{
		"subject": textOrNull(row.IssuedDN), "issuer": textOrNull(row.IssuerDN),
		"thumbprint": textOrNull(keyfactor.NormalThumbprint(row.Thumbprint)),
		"not_before": textOrNull(row.NotBefore), "not_after": textOrNull(row.NotAfter),
		"is_end_entity": types.BoolPointerValue(row.IsEndEntity),
		"metadata":      types.MapValueMust(types.StringType, metadata),
	})
}

// sendable is what may be sent of a file: for PEM a text rebuilt from its
// certificates, for the others the file's bytes.
type sendable struct {
	payload  []byte
	format   certfile.Format // "" when it is not known
	holdsKey bool            // a private key was seen in it, in PEM too
}

// sendableOf reads a file. The format is told beside an error as well.
func sendableOf(value string, password *string) (sendable, error) {
	file, err := certfile.Parse(value, password)
	if err == nil {
		return sendable{file.Payload(), file.Format, file.HasPrivateKey}, nil
	}
	var e *certfile.Error
	if !errors.As(err, &e) {
		return sendable{}, err
	}
	s := sendable{payload: e.Payload, format: e.Format, holdsKey: e.Kind == certfile.PrivateKeyUnreadable}
	if e.Kind == certfile.Unsupported {
		return s, nil
	}
	return s, err
}
