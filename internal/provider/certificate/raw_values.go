package certificate

import (
	"context"
	"maps"
	"math/big"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Decoding and setting models of some thirty attributes by reflection costs
// more than everything else the provider does in a plan over many certificates.
// What most such plans are made of, certificates that do not change and new
// ones, is therefore read from and written to Terraform's raw values.

// values are the attributes of one object as Terraform sent them.
type values map[string]tftypes.Value

func valuesOf(raw tftypes.Value) values {
	v := values{}
	if raw.IsNull() || raw.As((*map[string]tftypes.Value)(&v)) != nil {
		return values{}
	}
	return v
}

// text is a known string; false when it is null, unknown or none.
func (v values) text(name string) (string, bool) {
	value, ok := v[name]
	var s string
	if !ok || value.IsNull() || !value.IsKnown() || value.As(&s) != nil {
		return "", false
	}
	return s, true
}

func (v values) isNull(name string) bool {
	value, ok := v[name]
	return !ok || value.IsNull()
}

func (v values) isTrue(name string) bool {
	var b bool
	value, ok := v[name]
	return ok && value.IsKnown() && !value.IsNull() && value.As(&b) == nil && b
}

func (v values) isEmptyList(name string) bool {
	var list []tftypes.Value
	value, ok := v[name]
	return ok && value.IsKnown() && !value.IsNull() && value.As(&list) == nil && len(list) == 0
}

// settled tells whether the plan is the state, for the content that was applied
// last, with nothing left to try again.
func settled(ctx context.Context, req resource.ModifyPlanRequest) bool {
	if req.State.Raw.IsNull() || !req.Plan.Raw.Equal(req.State.Raw) {
		return false
	}
	record, diags := loadRecord(ctx, req.Private)
	if diags.HasError() || record.Digest == "" {
		return false
	}
	state, config := valuesOf(req.State.Raw), valuesOf(req.Config.Raw)
	if state.isNull("id") || !state.isEmptyList("invalid_key_stores") || record.BringsKey != state.isTrue("has_private_key") {
		return false
	}
	content, known := config.text("certificate")
	if !known {
		content, known = config.text("certificate_wo")
	}
	return known && digest(content) == record.Digest
}

func isUnknown(v attr.Value) bool { return v.IsUnknown() }

func (v values) number(name string) (int64, bool) {
	value, ok := v[name]
	var f big.Float
	if !ok || value.IsNull() || !value.IsKnown() || value.As(&f) != nil {
		return 0, false
	}
	n, _ := f.Int64()
	return n, true
}

func (v values) int64Value(name string) types.Int64 {
	if n, ok := v.number(name); ok {
		return types.Int64Value(n)
	}
	return types.Int64Null()
}

func (v values) stringValue(name string) types.String {
	if value, ok := v[name]; ok && !value.IsKnown() {
		return types.StringUnknown()
	}
	if s, ok := v.text(name); ok {
		return types.StringValue(s)
	}
	return types.StringNull()
}

// contentModel is the part of a configuration that contentOf looks at.
func (v values) contentModel() importedCertificateModel {
	return importedCertificateModel{
		Certificate: v.stringValue("certificate"), CertificateWO: v.stringValue("certificate_wo"),
		Password: v.stringValue("password"), PasswordWO: v.stringValue("password_wo"),
	}
}

// withComputed is a planned object with the computed attributes of a model.
func withComputed(ctx context.Context, planned tftypes.Value, m *importedCertificateModel) (tftypes.Value, diag.Diagnostics) {
	members := maps.Clone(valuesOf(planned)) // As hands out the object's own map
	for name, value := range m.computed() {
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			return planned, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(name), "Unable to encode the value", err.Error())}
		}
		members[name] = raw
	}
	return tftypes.NewValue(planned.Type(), map[string]tftypes.Value(members)), nil
}

// timeout is an operation's own time-out, as the timeouts attribute has it.
func (v values) timeout(operation string, otherwise time.Duration) time.Duration {
	s, ok := valuesOf(v["timeouts"]).text(operation)
	if !ok {
		return otherwise
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return otherwise
	}
	return d
}
