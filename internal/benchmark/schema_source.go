package main

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
)

// schemaSource writes the real provider's schema as Go, as a provider's author
// would have written it: what stands in for internal/benchmark/floor/schema.go.
// A schema that was decoded from a file at the start of the process instead
// would make that start dearer than it has to be, and with it the floor.
func schemaSource(ctx context.Context) ([]byte, error) {
	server := providerserver.NewProtocol6(provider.New("dev"))()
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, fmt.Errorf("get the schema: %w", err)
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, fmt.Errorf("get the identity schemas: %w", err)
	}
	var w schemaWriter
	w.printf(`package main

import (
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	ephemeral "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	provider "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ attr.Type = types.StringType

`)
	w.printf("func providerSchema() provider.Schema {\nreturn ")
	w.schema("provider", schema.Provider)
	w.printf("\n}\n\nfunc resources() []idleResource {\nreturn []idleResource{")
	for _, name := range slices.Sorted(maps.Keys(schema.ResourceSchemas)) {
		w.printf("{name: %q, schema: func() resource.Schema {\nreturn ", name)
		w.schema("resource", schema.ResourceSchemas[name])
		w.printf("\n}")
		if identity := identities.IdentitySchemas[name]; identity != nil {
			w.printf(", identity: func() identityschema.Schema {\nreturn ")
			w.identity(identity)
			w.printf("\n}")
		}
		w.printf("},\n")
	}
	w.printf("}\n}\n\nfunc dataSources() []idleDataSource {\nreturn []idleDataSource{")
	w.all("datasource", schema.DataSourceSchemas)
	w.printf("}\n}\n\nfunc ephemeralResources() []idleEphemeral {\nreturn []idleEphemeral{")
	w.all("ephemeral", schema.EphemeralResourceSchemas)
	w.printf("}\n}\n\nfunc functions() []idleFunction {\nreturn []idleFunction{")
	for _, name := range slices.Sorted(maps.Keys(schema.Functions)) {
		w.function(name, schema.Functions[name])
	}
	w.printf("}\n}\n")
	if w.err != nil {
		return nil, w.err
	}
	return format.Source(w.text.Bytes())
}

// schemaWriter writes schemas as Go. It keeps the first thing that it has no
// words for.
type schemaWriter struct {
	text bytes.Buffer
	err  error
}

func (w *schemaWriter) printf(text string, args ...any) { fmt.Fprintf(&w.text, text, args...) }

func (w *schemaWriter) fail(text string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("write the floor's schema: "+text, args...)
	}
}

// all writes the schemas of one kind, by name.
func (w *schemaWriter) all(kind string, schemas map[string]*tfprotov6.Schema) {
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		w.printf("{name: %q, schema: func() %s.Schema {\nreturn ", name, kind)
		w.schema(kind, schemas[name])
		w.printf("\n}},\n")
	}
}

// schema writes one schema; kind is the name of the package that its types are in.
func (w *schemaWriter) schema(kind string, s *tfprotov6.Schema) {
	if len(s.Block.BlockTypes) > 0 {
		w.fail("a schema has blocks")
	}
	w.printf("%s.Schema{%s Attributes: ", kind, description(s.Block.Description, s.Block.DescriptionKind))
	if s.Version != 0 {
		w.fail("a schema has the version %d", s.Version)
	}
	w.attributes(kind, s.Block.Attributes)
	w.printf("}")
}

func description(text string, kind tfprotov6.StringKind) string {
	switch {
	case text == "":
		return ""
	case kind == tfprotov6.StringKindMarkdown:
		return fmt.Sprintf("MarkdownDescription: %q,", text)
	}
	return fmt.Sprintf("Description: %q,", text)
}

func (w *schemaWriter) attributes(kind string, attributes []*tfprotov6.SchemaAttribute) {
	w.printf("map[string]%s.Attribute{", kind)
	for _, a := range attributes {
		w.printf("\n%q: %s.", a.Name, kind)
		switch {
		case a.NestedType != nil:
			w.nested(kind, a)
		case a.Type.Is(tftypes.List{}), a.Type.Is(tftypes.Set{}), a.Type.Is(tftypes.Map{}):
			of, _ := element(a.Type)
			w.printf("%sAttribute{ElementType: %s,", word(a.Type), attrType(of))
		case a.Type.Is(tftypes.Object{}):
			w.printf("ObjectAttribute{AttributeTypes: %s,", attrTypes(a.Type))
		default:
			w.printf("%sAttribute{", word(a.Type))
		}
		w.printf("%s%s},", flags(a), description(a.Description, a.DescriptionKind))
		if a.Deprecated {
			w.fail("the attribute %s is deprecated", a.Name)
		}
	}
	w.printf("\n}")
}

func (w *schemaWriter) nested(kind string, a *tfprotov6.SchemaAttribute) {
	switch a.NestedType.Nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		w.printf("SingleNestedAttribute{Attributes: ")
		w.attributes(kind, a.NestedType.Attributes)
		w.printf(",")
		return
	case tfprotov6.SchemaObjectNestingModeList:
		w.printf("List")
	case tfprotov6.SchemaObjectNestingModeSet:
		w.printf("Set")
	case tfprotov6.SchemaObjectNestingModeMap:
		w.printf("Map")
	default:
		w.fail("the attribute %s nests as %s", a.Name, a.NestedType.Nesting)
	}
	w.printf("NestedAttribute{NestedObject: %s.NestedAttributeObject{Attributes: ", kind)
	w.attributes(kind, a.NestedType.Attributes)
	w.printf("},")
}

func flags(a *tfprotov6.SchemaAttribute) string {
	var text strings.Builder
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"Required", a.Required}, {"Optional", a.Optional}, {"Computed", a.Computed},
		{"Sensitive", a.Sensitive}, {"WriteOnly", a.WriteOnly},
	} {
		if flag.set {
			text.WriteString(flag.name + ": true,")
		}
	}
	return text.String()
}

func (w *schemaWriter) identity(s *tfprotov6.ResourceIdentitySchema) {
	w.printf("identityschema.Schema{Attributes: map[string]identityschema.Attribute{")
	for _, a := range s.IdentityAttributes {
		w.printf("\n%q: identityschema.%sAttribute{RequiredForImport: %t, OptionalForImport: %t, Description: %q},",
			a.Name, word(a.Type), a.RequiredForImport, a.OptionalForImport, a.Description)
	}
	w.printf("\n}}")
}

func (w *schemaWriter) function(name string, f *tfprotov6.Function) {
	parameter := func(p *tfprotov6.FunctionParameter) {
		if !p.Type.Is(tftypes.String) {
			w.fail("the parameter %s of %s is no string", p.Name, name)
		}
		w.printf("function.StringParameter{Name: %q, AllowNullValue: %t, AllowUnknownValues: %t, %s}",
			p.Name, p.AllowNullValue, p.AllowUnknownValues, description(p.Description, p.DescriptionKind))
	}
	if !f.Return.Type.Is(tftypes.Object{}) {
		w.fail("the function %s returns no object", name)
	}
	w.printf("{name: %q, definition: func() function.Definition {\nreturn function.Definition{Summary: %q, %s",
		name, f.Summary, description(f.Description, f.DescriptionKind))
	w.printf("Parameters: []function.Parameter{")
	for _, p := range f.Parameters {
		parameter(p)
		w.printf(",")
	}
	w.printf("},")
	if f.VariadicParameter != nil {
		w.printf("VariadicParameter: ")
		parameter(f.VariadicParameter)
		w.printf(",")
	}
	w.printf("Return: function.ObjectReturn{AttributeTypes: %s}}\n}},\n", attrTypes(f.Return.Type))
}

// word is what the framework calls a type. A number of the protocol is an
// integer here: no attribute is anything else.
func word(t tftypes.Type) string {
	switch {
	case t.Is(tftypes.String):
		return "String"
	case t.Is(tftypes.Bool):
		return "Bool"
	case t.Is(tftypes.Number):
		return "Int64"
	case t.Is(tftypes.List{}):
		return "List"
	case t.Is(tftypes.Set{}):
		return "Set"
	case t.Is(tftypes.Map{}):
		return "Map"
	case t.Is(tftypes.Object{}):
		return "Object"
	}
	return "Dynamic"
}

func element(t tftypes.Type) (tftypes.Type, bool) {
	switch t := t.(type) {
	case tftypes.List:
		return t.ElementType, true
	case tftypes.Set:
		return t.ElementType, true
	case tftypes.Map:
		return t.ElementType, true
	}
	return nil, false
}

// attrType is a type of the framework as Go.
func attrType(t tftypes.Type) string {
	if of, ok := element(t); ok {
		return fmt.Sprintf("types.%sType{ElemType: %s}", word(t), attrType(of))
	}
	if t.Is(tftypes.Object{}) {
		return fmt.Sprintf("types.ObjectType{AttrTypes: %s}", attrTypes(t))
	}
	return "types." + word(t) + "Type"
}

// attrTypes are the members of an object type as Go.
func attrTypes(t tftypes.Type) string {
	members := t.(tftypes.Object).AttributeTypes
	var text strings.Builder
	text.WriteString("map[string]attr.Type{")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		fmt.Fprintf(&text, "%q: %s,", name, attrType(members[name]))
	}
	return text.String() + "}"
}
