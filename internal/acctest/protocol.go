package acctest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/serve"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// Server is the provider in process, called over the plugin protocol: for what
// the CLI does not show (warnings) or does not offer yet, in a fraction of its time.
type Server struct {
	t      testing.TB
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// Values are attributes in plain Go: string, bool, int, nil, Unknown, []any and Values.
type Values map[string]any

// Unknown is a value that is known after apply.
var Unknown = unknown{}

type unknown struct{}

// Object is a resource as Terraform keeps it between two calls.
type Object struct {
	Value    tftypes.Value
	Private  []byte
	Identity *tfprotov6.ResourceIdentityData
}

// Planned is what a plan brought.
type Planned struct {
	Object
	Config          tftypes.Value
	Prior           Object
	RequiresReplace []string
	Diagnostics     Diagnostics
}

// Diagnostics are what a user would read.
type Diagnostics []*tfprotov6.Diagnostic

// Serve configures a provider in process for the simulator, like ProviderBlock.
func Serve(t testing.TB, s *simulator.Simulator, more Values) *Server {
	t.Helper()
	server := NewServer(t)
	config := Values{
		"endpoint": s.Endpoint(), "ca_certificate": s.CAPEM(), "max_retries": 0,
		"basic": Values{"username": simulator.User, "password": s.Password()},
	}
	for name, value := range more {
		config[name] = value
	}
	if d := server.Configure(config); d.Errors() != "" {
		t.Fatalf("configuring the provider: %s", d.Errors())
	}
	return server
}

// NewServer is a provider that is not configured yet.
func NewServer(t testing.TB) *Server {
	t.Helper()
	server := serve.Protocol6(provider.New("test"))
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if d := Diagnostics(schema.Diagnostics); d.Errors() != "" {
		t.Fatal(d.Errors())
	}
	return &Server{t: t, server: server, schema: schema}
}

// Configure configures the provider.
func (s *Server) Configure(config Values) Diagnostics {
	s.t.Helper()
	resp, err := s.server.ConfigureProvider(s.ctx(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.12.0", Config: s.dynamic(s.object(s.schema.Provider, config)),
	})
	s.must(err)
	return resp.Diagnostics
}

// Validate validates a resource's configuration.
func (s *Server) Validate(typ string, config Values) Diagnostics {
	s.t.Helper()
	resp, err := s.server.ValidateResourceConfig(s.ctx(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typ, Config: s.dynamic(s.object(s.resource(typ), config)),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	s.must(err)
	return resp.Diagnostics
}

// Plan plans a resource; a nil config destroys it.
func (s *Server) Plan(typ string, prior Object, config Values) Planned {
	s.t.Helper()
	schema := s.resource(typ)
	null := tftypes.NewValue(schema.ValueType(), nil)
	if prior.Value.Type() == nil {
		prior.Value = null
	}
	configured, proposed := null, null
	if config != nil {
		configured = s.object(schema, config)
		proposed = s.proposed(schema, prior.Value, configured)
	}
	resp, err := s.server.PlanResourceChange(s.ctx(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typ, PriorState: s.dynamic(prior.Value), ProposedNewState: s.dynamic(proposed),
		Config: s.dynamic(configured), PriorPrivate: prior.Private, PriorIdentity: prior.Identity,
	})
	s.must(err)
	p := Planned{Config: configured, Prior: prior, Diagnostics: resp.Diagnostics}
	for _, at := range resp.RequiresReplace {
		p.RequiresReplace = append(p.RequiresReplace, at.String())
	}
	p.Object = Object{Value: s.value(schema, resp.PlannedState), Private: resp.PlannedPrivate, Identity: resp.PlannedIdentity}
	return p
}

// Apply applies a plan.
func (s *Server) Apply(typ string, p Planned) (Object, Diagnostics) {
	s.t.Helper()
	resp, err := s.server.ApplyResourceChange(s.ctx(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typ, PriorState: s.dynamic(p.Prior.Value), PlannedState: s.dynamic(p.Value), Config: s.dynamic(p.Config),
		PlannedPrivate: p.Private, PlannedIdentity: p.Identity,
	})
	s.must(err)
	return Object{Value: s.value(s.resource(typ), resp.NewState), Private: resp.Private, Identity: resp.NewIdentity}, resp.Diagnostics
}

// Create plans and applies a new resource, and fails the test on an error.
func (s *Server) Create(typ string, config Values) (Object, Diagnostics) {
	s.t.Helper()
	return s.Change(typ, Object{}, config)
}

// Change plans and applies, and fails the test on an error.
func (s *Server) Change(typ string, prior Object, config Values) (Object, Diagnostics) {
	s.t.Helper()
	p := s.Plan(typ, prior, config)
	if text := p.Diagnostics.Errors(); text != "" {
		s.t.Fatalf("planning: %s", text)
	}
	if len(p.RequiresReplace) > 0 {
		s.t.Fatalf("the plan replaces because of %v", p.RequiresReplace)
	}
	o, d := s.Apply(typ, p)
	if text := d.Errors(); text != "" {
		s.t.Fatalf("applying: %s", text)
	}
	return o, d
}

// Read refreshes a resource.
func (s *Server) Read(typ string, o Object) (Object, Diagnostics) {
	s.t.Helper()
	resp, err := s.server.ReadResource(s.ctx(), &tfprotov6.ReadResourceRequest{
		TypeName: typ, CurrentState: s.dynamic(o.Value), Private: o.Private, CurrentIdentity: o.Identity,
	})
	s.must(err)
	return Object{Value: s.value(s.resource(typ), resp.NewState), Private: resp.Private, Identity: resp.NewIdentity}, resp.Diagnostics
}

// Import imports a resource into state by id, or by identity where id is "",
// and reads it.
func (s *Server) Import(typ, id string, identity Values) (Object, Diagnostics) {
	s.t.Helper()
	req := &tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: id}
	if identity != nil {
		schemas, err := s.server.GetResourceIdentitySchemas(s.ctx(), &tfprotov6.GetResourceIdentitySchemasRequest{})
		s.must(err)
		kind := schemas.IdentitySchemas[typ].ValueType()
		req.Identity = &tfprotov6.ResourceIdentityData{IdentityData: s.dynamic(convert(s.t, kind, map[string]any(identity)))}
	}
	resp, err := s.server.ImportResourceState(s.ctx(), req)
	s.must(err)
	if d := Diagnostics(resp.Diagnostics); d.Errors() != "" || len(resp.ImportedResources) != 1 {
		return Object{}, d
	}
	imported := resp.ImportedResources[0]
	return s.Read(typ, Object{Value: s.value(s.resource(typ), imported.State), Private: imported.Private, Identity: imported.Identity})
}

// DataSource reads a data source.
func (s *Server) DataSource(typ string, config Values) (tftypes.Value, Diagnostics) {
	s.t.Helper()
	schema := s.schema.DataSourceSchemas[typ]
	if schema == nil {
		s.t.Fatalf("no data source %s", typ)
	}
	resp, err := s.server.ReadDataSource(s.ctx(), &tfprotov6.ReadDataSourceRequest{TypeName: typ, Config: s.dynamic(s.object(schema, config))})
	s.must(err)
	return s.value(schema, resp.State), resp.Diagnostics
}

// Exists tells whether the object is in state.
func (o Object) Exists() bool { return o.Value.Type() != nil && !o.Value.IsNull() }

// Get is an attribute as Go's fmt would print it: "null" and "unknown" for
// those, lists and maps as tftypes prints them.
func (o Object) Get(name string) string {
	var attributes map[string]tftypes.Value
	if o.Value.IsNull() || o.Value.As(&attributes) != nil {
		return "none"
	}
	v := attributes[name]
	var text string
	var truth bool
	switch {
	case !v.IsKnown():
		return "unknown"
	case v.IsNull():
		return "null"
	case v.As(&text) == nil:
		return text
	case v.As(&truth) == nil:
		return fmt.Sprint(truth)
	}
	return strings.TrimSuffix(strings.TrimPrefix(v.String(), "tftypes.Number<\""), "\">")
}

// Errors are the errors as text, "" when there are none.
func (d Diagnostics) Errors() string { return d.text(tfprotov6.DiagnosticSeverityError) }

// Warnings are the warnings as text, "" when there are none.
func (d Diagnostics) Warnings() string { return d.text(tfprotov6.DiagnosticSeverityWarning) }

// text has a line for each diagnostic: "at: summary: detail".
func (d Diagnostics) text(severity tfprotov6.DiagnosticSeverity) string {
	var lines []string
	for _, one := range d {
		if one.Severity != severity {
			continue
		}
		at := ""
		if one.Attribute != nil && len(one.Attribute.Steps()) > 0 {
			at = one.Attribute.String() + ": "
		}
		lines = append(lines, at+one.Summary+": "+one.Detail)
	}
	return strings.Join(lines, "\n")
}

func (s *Server) ctx() context.Context { return s.t.Context() }

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) resource(typ string) *tfprotov6.Schema {
	s.t.Helper()
	schema := s.schema.ResourceSchemas[typ]
	if schema == nil {
		s.t.Fatalf("no resource %s", typ)
	}
	return schema
}

func (s *Server) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	s.t.Helper()
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	s.must(err)
	return &d
}

func (s *Server) value(schema *tfprotov6.Schema, d *tfprotov6.DynamicValue) tftypes.Value {
	s.t.Helper()
	if d == nil {
		return tftypes.NewValue(schema.ValueType(), nil)
	}
	v, err := d.Unmarshal(schema.ValueType())
	s.must(err)
	return v
}

func (s *Server) object(schema *tfprotov6.Schema, values Values) tftypes.Value {
	s.t.Helper()
	return convert(s.t, schema.ValueType(), map[string]any(values))
}

// proposed is what Terraform proposes: the configuration, and for computed
// attributes that it leaves out the prior value; write-only ones are null.
func (s *Server) proposed(schema *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	s.t.Helper()
	var before, configured map[string]tftypes.Value
	s.must(config.As(&configured))
	if !prior.IsNull() {
		s.must(prior.As(&before))
	}
	out := map[string]tftypes.Value{}
	for _, a := range schema.Block.Attributes {
		value := configured[a.Name]
		if had, ok := before[a.Name]; a.Computed && value.IsNull() && ok {
			value = had
		}
		if a.WriteOnly {
			value = tftypes.NewValue(value.Type(), nil)
		}
		out[a.Name] = value
	}
	return tftypes.NewValue(config.Type(), out)
}

// convert makes a value of a type out of plain Go.
func convert(t testing.TB, typ tftypes.Type, v any) tftypes.Value {
	t.Helper()
	if _, ok := v.(unknown); ok {
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	if v == nil {
		return tftypes.NewValue(typ, nil)
	}
	if values, ok := v.(Values); ok {
		v = map[string]any(values)
	}
	switch kind := typ.(type) {
	case tftypes.Object:
		members := map[string]tftypes.Value{}
		given := v.(map[string]any)
		for name, member := range kind.AttributeTypes {
			members[name] = convert(t, member, given[name])
		}
		for name := range given {
			if _, ok := kind.AttributeTypes[name]; !ok {
				t.Fatalf("no attribute %s", name)
			}
		}
		return tftypes.NewValue(typ, members)
	case tftypes.Map:
		members := map[string]tftypes.Value{}
		for name, member := range v.(map[string]any) {
			members[name] = convert(t, kind.ElementType, member)
		}
		return tftypes.NewValue(typ, members)
	case tftypes.List:
		return tftypes.NewValue(typ, elements(t, kind.ElementType, v))
	case tftypes.Set:
		return tftypes.NewValue(typ, elements(t, kind.ElementType, v))
	}
	return tftypes.NewValue(typ, v)
}

func elements(t testing.TB, typ tftypes.Type, v any) []tftypes.Value {
	t.Helper()
	var out []tftypes.Value
	for _, member := range v.([]any) {
		out = append(out, convert(t, typ, member))
	}
	return out
}
