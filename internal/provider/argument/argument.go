// Package argument checks arguments by themselves, before anything is asked of
// a server: what is wrong is an error at the argument, that names it and says
// what may stand there. What is null or not known yet is never wrong.
//
// It knows no resource and no data source. HashiCorp's modules of
// validators and time-outs do more, and are 70 KB of the binary.
package argument

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// NotEmpty is a string of at least one character.
func NotEmpty() validator.String { return notEmpty{} }

type notEmpty struct{}

func (notEmpty) Description(context.Context) string             { return "must not be empty" }
func (v notEmpty) MarkdownDescription(c context.Context) string { return v.Description(c) }

func (notEmpty) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if isSet(req.ConfigValue) && req.ConfigValue.ValueString() == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid argument",
			fmt.Sprintf("`%s` is empty. Give a value, or leave it out.", req.Path))
	}
}

// OneOf is one of some words, as they are spelt.
func OneOf(words ...string) validator.String { return oneOf(words) }

type oneOf []string

func (v oneOf) Description(context.Context) string {
	return "must be one of: " + strings.Join(v, ", ")
}
func (v oneOf) MarkdownDescription(context.Context) string {
	return "must be `" + strings.Join(v, "` or `") + "`"
}

func (v oneOf) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if isSet(req.ConfigValue) && !slices.Contains(v, req.ConfigValue.ValueString()) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid argument",
			fmt.Sprintf("`%s` is %q; it %s.", req.Path, req.ConfigValue.ValueString(), v.MarkdownDescription(ctx)))
	}
}

// Duration is a length of time as Go writes it, such as "30s" or "1h30m",
// longer than none.
func Duration() validator.String { return duration{} }

type duration struct{}

func (duration) Description(context.Context) string {
	return `must be a duration such as "30s", "10m" or "1h30m"`
}
func (v duration) MarkdownDescription(c context.Context) string { return v.Description(c) }

func (v duration) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); isSet(req.ConfigValue) && (err != nil || d <= 0) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid argument",
			fmt.Sprintf("`%s` is %q; it %s.", req.Path, req.ConfigValue.ValueString(), v.Description(ctx)))
	}
}

// Between is a number from least to most, both included.
func Between(least, most int64) validator.Int64 { return between{least, most} }

type between struct{ least, most int64 }

func (v between) Description(context.Context) string {
	return fmt.Sprintf("must be from %d to %d", v.least, v.most)
}
func (v between) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v between) ValidateInt64(ctx context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	if n := req.ConfigValue.ValueInt64(); isSet(req.ConfigValue) && (n < v.least || n > v.most) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid argument",
			fmt.Sprintf("`%s` is %d; it %s.", req.Path, n, v.Description(ctx)))
	}
}

// ExactlyOneOf says that one of two arguments of a data source is given, and
// not both.
func ExactlyOneOf(one, other string) datasource.ConfigValidator { return exactlyOneOf{one, other} }

type exactlyOneOf struct{ one, other string }

func (v exactlyOneOf) Description(context.Context) string {
	return fmt.Sprintf("exactly one of %s and %s is given", v.one, v.other)
}
func (v exactlyOneOf) MarkdownDescription(context.Context) string {
	return fmt.Sprintf("exactly one of `%s` and `%s` is given", v.one, v.other)
}

func (v exactlyOneOf) ValidateDataSource(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var one, other attr.Value
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(v.one), &one)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(v.other), &other)...)
	switch {
	case resp.Diagnostics.HasError():
	case isSet(one) && isSet(other):
		resp.Diagnostics.AddAttributeError(path.Root(v.one), "Conflicting arguments",
			fmt.Sprintf("Both `%s` and `%s` are set. Keep one of them.", v.one, v.other))
	case one.IsNull() && other.IsNull():
		resp.Diagnostics.AddError("Missing argument", fmt.Sprintf("Neither `%s` nor `%s` is set. Give one of them.", v.one, v.other))
	}
}

func isSet(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }
