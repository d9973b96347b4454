// Package acctest is what the provider's tests share: a simulator of its own
// for each test, the provider in process, and configurations.
//
// It is imported from _test.go files only. It knows the provider from outside:
// through Terraform, through the plugin protocol, and by what the simulator's
// journal says was sent.
package acctest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/serve"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// Start starts a simulator that ends with the test.
func Start(t testing.TB, options simulator.Options) *simulator.Simulator {
	t.Helper()
	s, err := simulator.Start(options)
	if err != nil {
		t.Fatalf("starting the simulator: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the simulator: %v", err)
		}
	})
	return s
}

// Factories serve the provider in process to the real CLI.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"keyfactor": func() (tfprotov6.ProviderServer, error) { return serve.Protocol6(provider.New("test")), nil },
	}
}

// ProviderBlock is a provider block for the simulator, Basic, without retries.
// More are lines of HCL to put into it.
func ProviderBlock(s *simulator.Simulator, more ...string) string {
	return fmt.Sprintf(`
provider "keyfactor" {
  endpoint       = %q
  ca_certificate = <<-EOT
%s  EOT
  max_retries    = 0
  basic          = { username = %q, password = %q }
  %s
}
`, s.Endpoint(), indent(s.CAPEM()), simulator.User, s.Password(), strings.Join(more, "\n  "))
}

// Heredoc is text as an expression of HCL, as it is: no templates.
func Heredoc(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "${", "$${"), "%{", "%%{")
	return "<<EOT\n" + strings.TrimRight(text, "\n") + "\nEOT\n"
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}
