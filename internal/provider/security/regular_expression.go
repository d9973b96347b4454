package security

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// regularExpression makes an expression that cannot be compiled an error of
// the plan, at its attribute.
type regularExpression struct{}

func (regularExpression) Description(context.Context) string {
	return "must be a regular expression in RE2 syntax"
}

func (v regularExpression) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (regularExpression) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	_, diags := compiled(req.Path, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
}

// compiled is the expression of an argument, nil where it is not set or not known.
func compiled(at path.Path, value types.String) (*regexp.Regexp, diag.Diagnostics) {
	if value.IsNull() || value.IsUnknown() {
		return nil, nil
	}
	expression, err := regexp.Compile(value.ValueString())
	if err != nil {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Invalid regular expression",
			"This is not a regular expression in RE2 syntax: "+err.Error()+".")}
	}
	return expression, nil
}

func (m *identitiesModel) filter() (identityFilter, diag.Diagnostics) {
	name, diags := compiled(path.Root("account_name_regex"), m.AccountNameRegex)
	return identityFilter{
		name: name, identityType: m.IdentityType.ValueString(),
		role: m.RoleName.ValueString(), valid: m.Valid.ValueBoolPointer(),
	}, diags
}
