package token_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	framework "github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// TestHandover_TokenConfiguresAnotherProvider is the documented pattern:
//
//	provider "other" { token = ephemeral.keyfactor_venafi_token.this.access_token }
//
// The other provider gets a live token in plan and in apply, and after each
// nothing is left of it: no grant on the server, nothing in plan or state.
func TestHandover_TokenConfiguresAnotherProvider(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(t testing.TB, s *simulator.Simulator) string{
		"keyfactor_venafi_token, no provider block": func(t testing.TB, s *simulator.Simulator) string {
			return "ephemeral \"keyfactor_venafi_token\" \"this\" {\n" + hcl(t, arguments(t, s, nil)) + "}\n" +
				`provider "other" { token = ephemeral.keyfactor_venafi_token.this.access_token }` + "\n"
		},
		"keyfactor_access_token": func(t testing.TB, s *simulator.Simulator) string {
			return "provider \"keyfactor\" {\n" + hcl(t, providerBlock(s, "oauth", oauth(s))) + "}\nephemeral \"keyfactor_access_token\" \"this\" {}\n" +
				`provider "other" { token = ephemeral.keyfactor_access_token.this.access_token }` + "\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{})
			other := &otherProvider{live: func() int { return s.LiveGrants() + s.LiveTokens() }}
			factories := acctest.Factories()
			factories["other"] = providerserver.NewProtocol6WithError(other)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories,
				Steps:                    []resource.TestStep{{Config: config(t, s) + "resource \"other_thing\" \"this\" {}\n"}},
			})
			tokens := other.seen()
			if len(tokens) < 2 {
				t.Fatalf("the other provider was configured with %d tokens: plan and apply must each bring one", len(tokens))
			}
			if other.dead {
				t.Error("the other provider was configured with a token that had ended")
			}
			if n := s.LiveGrants(); n != 0 {
				t.Errorf("%d grants are left", n)
			}
		})
	}
}

// hcl writes arguments as HCL, whose expressions take JSON's syntax.
func hcl(t testing.TB, values acctest.Values) string {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text, err := json.Marshal(values[name])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s = %s\n", name, text)
	}
	return b.String()
}

// otherProvider records the tokens that it was configured with.
type otherProvider struct {
	live func() int // how many tokens are good for something now

	mu     sync.Mutex
	tokens map[string]bool
	dead   bool
}

func (p *otherProvider) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.tokens))
}

func (p *otherProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "other"
}

func (p *otherProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"token": schema.StringAttribute{Required: true}}}
}

func (p *otherProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config struct {
		Token types.String `tfsdk:"token"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil {
		p.tokens = map[string]bool{}
	}
	if token := config.Token.ValueString(); token != "" {
		p.tokens[token] = true
		p.dead = p.dead || p.live() == 0
	}
}

func (p *otherProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p *otherProvider) Resources(context.Context) []func() framework.Resource {
	return []func() framework.Resource{func() framework.Resource { return &otherThing{} }}
}

// otherThing is a resource that does nothing, so that there is something to apply.
type otherThing struct{}

func (*otherThing) Metadata(_ context.Context, _ framework.MetadataRequest, resp *framework.MetadataResponse) {
	resp.TypeName = "other_thing"
}

func (*otherThing) Schema(_ context.Context, _ framework.SchemaRequest, resp *framework.SchemaResponse) {
	resp.Schema = resourceschema.Schema{Attributes: map[string]resourceschema.Attribute{"id": resourceschema.StringAttribute{Computed: true}}}
}

func (*otherThing) Create(ctx context.Context, _ framework.CreateRequest, resp *framework.CreateResponse) {
	resp.Diagnostics.Append(resp.State.Set(ctx, &struct {
		ID types.String `tfsdk:"id"`
	}{types.StringValue("thing")})...)
}

func (*otherThing) Read(context.Context, framework.ReadRequest, *framework.ReadResponse)       {}
func (*otherThing) Update(context.Context, framework.UpdateRequest, *framework.UpdateResponse) {}
func (*otherThing) Delete(context.Context, framework.DeleteRequest, *framework.DeleteResponse) {}
