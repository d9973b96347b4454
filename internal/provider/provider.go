// Package provider is the Terraform provider: its configuration, and the table
// of contents of its resources, data sources, ephemeral resources and functions.
//
// The nouns live in packages below this one: certificate, security and token.
// What one Configure makes is in package session. Settings are resolved in
// package settings, which knows nothing of Terraform.
package provider

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/certificate"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/security"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/token"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
)

// Address is where the registry has the provider.
const Address = "registry.terraform.io/seed-557fd821/keyfactor"

var (
	_ provider.Provider                       = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
)

// Provider is the provider of one process. It may be configured several times;
// each time makes a session of its own.
type Provider struct {
	version     string
	environment settings.Environment
	files       certificate.Files // pure facts: they may outlive a configuration

	mu       sync.Mutex
	sessions []*session.Session
}

// New makes a provider of a version such as "1.2.3", or "dev".
func New(version string) *Provider {
	return &Provider{version: version, environment: settings.OS()}
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "keyfactor"
	resp.Version = p.version
}

// Schema is the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Configure resolves the settings. Nothing is read from or sent to a server:
// what is missing is reported by whoever needs Command.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resolved := settings.Resolve(inputOf(req.Config.Raw), p.environment)
	logSources(ctx, resolved.Settings)
	resp.Diagnostics.Append(problemDiagnostics(resolved.Problems)...)
	if resp.Diagnostics.HasError() {
		return
	}
	s := session.New(resolved, p.userAgent(req.TerraformVersion))
	resp.Diagnostics.Append(checkClientCertificate(resolved)...)
	p.mu.Lock()
	p.sessions = append(p.sessions, s)
	p.mu.Unlock()
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = s, s, s
}

// Close ends what the process's sessions hold on servers, within ctx.
func (p *Provider) Close(ctx context.Context) {
	p.mu.Lock()
	sessions := slices.Clone(p.sessions)
	p.sessions = nil
	p.mu.Unlock()
	var all sync.WaitGroup
	for _, s := range sessions {
		all.Go(func() { s.Close(ctx) })
	}
	all.Wait()
}

func (p *Provider) userAgent(terraform string) string {
	agent := "terraform-provider-keyfactor/" + p.version
	if terraform != "" {
		agent += " Terraform/" + terraform
	}
	return agent
}

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return certificate.Resources(&p.files)
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return slices.Concat(certificate.DataSources(), security.DataSources())
}

// EphemeralResources lists the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return slices.Concat(token.EphemeralResources(), certificate.EphemeralResources())
}

// Functions lists the functions.
func (p *Provider) Functions(context.Context) []func() function.Function {
	return certificate.Functions(&p.files)
}

// problemDiagnostics are the problems of the provider block itself; the others
// wait in the session for whoever needs Command.
func problemDiagnostics(problems []settings.Problem) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, p := range problems {
		at := attributePath(p.Path)
		switch p.Kind {
		case settings.Warning:
			diags.AddAttributeWarning(at, p.Summary, p.Detail)
		case settings.Invalid, settings.Conflicting:
			diags.AddAttributeError(at, p.Summary, p.Detail)
		case settings.Missing:
		}
	}
	return diags
}
