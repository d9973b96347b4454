package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The types below are kinds of things by schema: a resource is no more than
// what its schema says.
type (
	idleResource struct {
		name     string
		schema   func() resourceschema.Schema
		identity func() identityschema.Schema
	}
	idleDataSource struct {
		name   string
		schema func() datasourceschema.Schema
	}
	idleEphemeral struct {
		name   string
		schema func() ephemeralschema.Schema
	}
	idleFunction struct {
		name       string
		definition func() function.Definition
	}
)

var (
	_ provider.ProviderWithFunctions          = idle{}
	_ provider.ProviderWithEphemeralResources = idle{}
	_ resource.ResourceWithIdentity           = identified{}
)

// idle is the provider. Its schemas are in schema.go.
type idle struct{}

func (idle) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "keyfactor"
}

func (idle) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

func (idle) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (idle) Resources(context.Context) []func() resource.Resource {
	var all []func() resource.Resource
	for _, one := range resources() {
		if one.identity != nil {
			all = append(all, func() resource.Resource { return identified{one} })
		} else {
			all = append(all, func() resource.Resource { return one })
		}
	}
	return all
}

func (idle) DataSources(context.Context) []func() datasource.DataSource {
	var all []func() datasource.DataSource
	for _, one := range dataSources() {
		all = append(all, func() datasource.DataSource { return one })
	}
	return all
}

func (idle) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	var all []func() ephemeral.EphemeralResource
	for _, one := range ephemeralResources() {
		all = append(all, func() ephemeral.EphemeralResource { return one })
	}
	return all
}

func (idle) Functions(context.Context) []func() function.Function {
	var all []func() function.Function
	for _, one := range functions() {
		all = append(all, func() function.Function { return one })
	}
	return all
}

func (r idleResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r idleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema()
}

// Create keeps the plan, with something in place of what is known after apply.
func (r idleResource) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = known(req.Plan.Raw)
}

// Read keeps the state, which the framework has already put into the answer.
func (r idleResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r idleResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = known(req.Plan.Raw)
}

// Delete has nothing to delete; the framework empties the state.
func (r idleResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// identified is a resource with an identity, which the framework wants to be set.
type identified struct{ idleResource }

func (r identified) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.identity()
}

func (r identified) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.idleResource.Create(ctx, req, resp)
	resp.Identity.Raw = filled(resp.Identity.Raw)
}

func (r identified) Read(_ context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	if resp.Identity != nil && (req.Identity == nil || req.Identity.Raw.IsFullyNull()) {
		resp.Identity.Raw = filled(resp.Identity.Raw)
	}
}

func (d idleDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.name
}

func (d idleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema()
}

func (d idleDataSource) Read(_ context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.State.Raw = req.Config.Raw
}

func (e idleEphemeral) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = e.name
}

func (e idleEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = e.schema()
}

// Open answers nothing: no case of the benchmark opens one.
func (e idleEphemeral) Open(context.Context, ephemeral.OpenRequest, *ephemeral.OpenResponse) {}

func (f idleFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f idleFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = f.definition()
}

// Run answers nothing: no case of the benchmark calls one.
func (f idleFunction) Run(context.Context, function.RunRequest, *function.RunResponse) {}

// known puts something of the right type where a planned object is unknown.
func known(planned tftypes.Value) tftypes.Value {
	members := map[string]tftypes.Value{}
	if planned.IsNull() || planned.As(&members) != nil {
		return planned
	}
	for name, value := range members {
		if !value.IsKnown() {
			members[name] = something(value.Type())
		}
	}
	return tftypes.NewValue(planned.Type(), members)
}

// filled is an object with something in each member.
func filled(empty tftypes.Value) tftypes.Value {
	kind, ok := empty.Type().(tftypes.Object)
	if !ok {
		return empty
	}
	members := map[string]tftypes.Value{}
	for name, member := range kind.AttributeTypes {
		members[name] = something(member)
	}
	return tftypes.NewValue(kind, members)
}

// something is a value of about the size that the real provider's have.
func something(kind tftypes.Type) tftypes.Value {
	switch {
	case kind.Is(tftypes.String):
		return tftypes.NewValue(kind, "0123456789ABCDEF0123456789ABCDEF01234567")
	case kind.Is(tftypes.Number):
		return tftypes.NewValue(kind, 1)
	case kind.Is(tftypes.Bool):
		return tftypes.NewValue(kind, false)
	case kind.Is(tftypes.List{}), kind.Is(tftypes.Set{}):
		return tftypes.NewValue(kind, []tftypes.Value{})
	}
	return tftypes.NewValue(kind, nil)
}
