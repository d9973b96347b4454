package argument_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/argument"
)

// said is the one error of diags as "summary: detail", "" when there is none.
func said(t *testing.T, diags diag.Diagnostics) string {
	t.Helper()
	switch len(diags) {
	case 0:
		return ""
	case 1:
		return diags[0].Summary() + ": " + diags[0].Detail()
	}
	t.Errorf("%d diagnostics", len(diags))
	return ""
}

func TestString(t *testing.T) {
	kinds := argument.OneOf("User", "Group")
	for _, c := range []struct {
		validator validator.String
		value     types.String
		want      string
	}{
		{argument.NotEmpty(), types.StringValue("x"), ""},
		{argument.NotEmpty(), types.StringNull(), ""},
		{argument.NotEmpty(), types.StringUnknown(), ""},
		{argument.NotEmpty(), types.StringValue(""), "Invalid argument: `name` is empty. Give a value, or leave it out."},
		{argument.Duration(), types.StringValue("1h30m"), ""},
		{argument.Duration(), types.StringNull(), ""},
		{argument.Duration(), types.StringUnknown(), ""},
		{argument.Duration(), types.StringValue("30"), "Invalid argument: `name` is \"30\"; it must be a duration such as \"30s\", \"10m\" or \"1h30m\"."},
		{argument.Duration(), types.StringValue("-1m"), "Invalid argument: `name` is \"-1m\"; it must be a duration such as \"30s\", \"10m\" or \"1h30m\"."},
		{kinds, types.StringValue("Group"), ""},
		{kinds, types.StringNull(), ""},
		{kinds, types.StringUnknown(), ""},
		{kinds, types.StringValue("group"), "Invalid argument: `name` is \"group\"; it must be `User` or `Group`."},
	} {
		var resp validator.StringResponse
		c.validator.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("name"), ConfigValue: c.value}, &resp)
		if got := said(t, resp.Diagnostics); got != c.want {
			t.Errorf("%s: said %q, want %q", c.value, got, c.want)
		}
	}
}

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		value types.Int64
		want  string
	}{
		{types.Int64Value(1), ""}, {types.Int64Value(10), ""}, {types.Int64Null(), ""}, {types.Int64Unknown(), ""},
		{types.Int64Value(0), "Invalid argument: `size` is 0; it must be from 1 to 10."},
		{types.Int64Value(11), "Invalid argument: `size` is 11; it must be from 1 to 10."},
	} {
		var resp validator.Int64Response
		argument.Between(1, 10).ValidateInt64(t.Context(), validator.Int64Request{Path: path.Root("size"), ConfigValue: c.value}, &resp)
		if got := said(t, resp.Diagnostics); got != c.want {
			t.Errorf("%s: said %q, want %q", c.value, got, c.want)
		}
	}
}

func TestExactlyOneOf(t *testing.T) {
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.Number, "name": tftypes.String}}
	s := schema.Schema{Attributes: map[string]schema.Attribute{
		"id": schema.Int64Attribute{Optional: true}, "name": schema.StringAttribute{Optional: true},
	}}
	const missing, conflicting = "Missing argument: Neither `id` nor `name` is set. Give one of them.",
		"Conflicting arguments: Both `id` and `name` are set. Keep one of them."
	for _, c := range []struct {
		id, name any
		want     string
	}{
		{nil, nil, missing}, {1, nil, ""}, {nil, "x", ""}, {1, "x", conflicting},
		{tftypes.UnknownValue, nil, ""}, {tftypes.UnknownValue, "x", ""}, {nil, tftypes.UnknownValue, ""},
	} {
		config := tfsdk.Config{Schema: s, Raw: tftypes.NewValue(object, map[string]tftypes.Value{
			"id": tftypes.NewValue(tftypes.Number, c.id), "name": tftypes.NewValue(tftypes.String, c.name),
		})}
		var resp datasource.ValidateConfigResponse
		argument.ExactlyOneOf("id", "name").ValidateDataSource(t.Context(), datasource.ValidateConfigRequest{Config: config}, &resp)
		if got := said(t, resp.Diagnostics); got != c.want {
			t.Errorf("id %v, name %v: said %q, want %q", c.id, c.name, got, c.want)
		}
	}
}
