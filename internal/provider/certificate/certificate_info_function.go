package certificate

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
)

var _ function.Function = (*certificateInfoFunction)(nil)

// certificateInfoTypes are the attributes of the result of certificate_info.
var certificateInfoTypes = map[string]attr.Type{
	"format": types.StringType, "thumbprint": types.StringType, "thumbprint_sha256": types.StringType,
	"subject": types.StringType, "issuer": types.StringType, "serial_number": types.StringType,
	"dns_names": types.ListType{ElemType: types.StringType}, "not_before": types.StringType, "not_after": types.StringType,
	"key_algorithm": types.StringType, "has_private_key": types.BoolType, "is_ca": types.BoolType,
	"chain": types.ListType{ElemType: types.StringType},
}

type certificateInfoFunction struct {
	files *Files
}

// NewCertificateInfoFunction makes the function certificate_info, which needs
// neither the provider's configuration nor a server. Files it has read it
// takes from files.
func NewCertificateInfoFunction(files *Files) function.Function {
	return &certificateInfoFunction{files: files}
}

func (f *certificateInfoFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "certificate_info"
}

func (f *certificateInfoFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Reads a certificate file",
		MarkdownDescription: "Tells what a PEM, DER, PKCS#12 or PKCS#7 file holds, as the resource `keyfactor_imported_certificate` reads it. Works without provider configuration and without network. " +
			"The result is an object with `format`, `thumbprint`, `thumbprint_sha256`, `subject`, `issuer`, `serial_number`, `dns_names`, `not_before`, `not_after`, `key_algorithm`, " +
			"`has_private_key` (the file holds one, whatever its format), `is_ca` and `chain` (thumbprints of the other certificates). A fact that cannot be read is null; a file that cannot be read is an error.",
		Parameters: []function.Parameter{function.StringParameter{
			Name:                "content",
			MarkdownDescription: "The file's content: PEM text, or base64 of a PEM, DER, PKCS#12 or PKCS#7 file, e.g. `filebase64(\"web.pfx\")`.",
		}},
		VariadicParameter: function.StringParameter{
			Name: "password", AllowNullValue: true,
			MarkdownDescription: "The password of a PKCS#12 file, at most one. None and `\"\"` are two things. Null, which OpenTofu cannot pass, means none.",
		},
		Return: function.ObjectReturn{AttributeTypes: certificateInfoTypes},
	}
}

func (f *certificateInfoFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var content string
	var passwords []*string
	resp.Error = function.ConcatFuncErrors(resp.Error, req.Arguments.Get(ctx, &content, &passwords))
	if resp.Error != nil {
		return
	}
	if len(passwords) > 1 {
		resp.Error = function.NewArgumentFuncError(2, "Give one password at most")
		return
	}
	var password *string
	if len(passwords) == 1 {
		password = passwords[0]
	}
	facts, err := f.files.parse(content, password)
	if err != nil {
		// The CLI ends the text with a full stop of its own.
		resp.Error = function.NewArgumentFuncError(argumentAtFault(err, len(passwords)), strings.TrimSuffix(err.Error(), "."))
		return
	}
	resp.Error = resp.Result.Set(ctx, facts.info())
}

// info is what certificate_info returns.
func (f *facts) info() types.Object {
	text := types.StringPointerValue
	c := f.certificate
	return types.ObjectValueMust(certificateInfoTypes, map[string]attr.Value{
		"format": types.StringValue(string(f.format)), "thumbprint": types.StringValue(c.Thumbprint), "thumbprint_sha256": types.StringValue(c.ThumbprintSHA256),
		"subject": text(c.Subject), "issuer": text(c.Issuer), "serial_number": text(c.SerialNumber),
		"dns_names": textList(c.DNSNames), "not_before": timeValue(c.NotBefore), "not_after": timeValue(c.NotAfter),
		"key_algorithm": text(c.KeyAlgorithm), "has_private_key": types.BoolValue(f.holdsKey), "is_ca": types.BoolPointerValue(c.IsCA),
		"chain": textList(append([]string{}, f.chain...)),
	})
}

// argumentAtFault is the position of the argument that an error is about.
func argumentAtFault(err error, passwords int) int64 {
	var e *certfile.Error
	if errors.As(err, &e) && e.Kind == certfile.PasswordWrong && passwords > 0 {
		return 1
	}
	return 0
}

func joined(names []string) string { return strings.Join(names, ", ") }
