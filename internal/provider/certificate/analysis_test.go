package certificate_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestCertificateInfo_EveryForm(t *testing.T) {
	t.Parallel()
	ca := acctest.NewCA(t)
	c := ca.Issue(t, "web.example.com")
	p12 := c.PKCS12(t, "")
	null := ", null" // which OpenTofu cannot pass
	if strings.Contains(os.Getenv("TF_ACC_PROVIDER_HOST"), "opentofu") {
		null = ""
	}
	config := fmt.Sprintf(`
output "pem"    { value = provider::keyfactor::certificate_info(%q) }
output "p12"    { value = provider::keyfactor::certificate_info(%q, "") }
output "der"    { value = provider::keyfactor::certificate_info(%q%s) }
output "failed" { value = try(provider::keyfactor::certificate_info(%q), "refused") }
`, c.PEM(), p12, c.Base64(), null, p12)
	output := func(name, attribute string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownOutputValueAtPath(name, tfjsonpath.New(attribute), want)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			output("pem", "thumbprint", knownvalue.StringExact(c.Thumbprint())),
			output("pem", "format", knownvalue.StringExact("pem")),
			output("pem", "has_private_key", knownvalue.Bool(false)),
			output("pem", "is_ca", knownvalue.Bool(false)),
			output("pem", "chain", knownvalue.ListExact(nil)),
			output("p12", "has_private_key", knownvalue.Bool(true)),
			output("p12", "chain", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(ca.Thumbprint())})),
			output("der", "format", knownvalue.StringExact("der")),
			statecheck.ExpectKnownOutputValue("failed", knownvalue.StringExact("refused")),
		}}},
	})
}

func TestCertificateInfo_Errors(t *testing.T) {
	t.Parallel()
	p12 := acctest.New(t, "web.example.com").PKCS12(t, "pw")
	output := func(arguments string) string {
		return fmt.Sprintf("output \"it\" {\n  value = provider::keyfactor::certificate_info(%s)\n}\n", arguments)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: output(`"nothing"`), ExpectError: regexp.MustCompile(`Invalid value for "content" parameter`)},
			{Config: output(fmt.Sprintf(`%q, "wrong"`, p12)), ExpectError: regexp.MustCompile(`Invalid value for "password" parameter`)},
			{Config: output(fmt.Sprintf(`%q`, p12)), ExpectError: regexp.MustCompile(`password[^.]*\.[^.]`)},
			{Config: output(fmt.Sprintf(`%q, "a", "b"`, p12)), ExpectError: regexp.MustCompile(`one\s+password\s+at\s+most\.[^.]`)},
		},
	})
}

func TestCertificateAnalysis_DataSource(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	state, d := server.DataSource("keyfactor_certificate_analysis", acctest.Values{"certificate": c.PEM()})
	equal(t, "errors", d.Errors(), "")
	contains(t, state.String(), c.Thumbprint(), "web.example.com")
	equal(t, "requests", s.Count("POST", "/Certificates/Analyze"), 1)

	for _, file := range []string{c.PKCS12(t, "pw"), c.PEM() + c.KeyPEM(t)} {
		_, d = server.DataSource("keyfactor_certificate_analysis", acctest.Values{"certificate": file})
		contains(t, d.Errors(), `AttributeName("certificate"): Invalid certificate file for a data source: `, "ephemeral resource keyfactor_certificate_analysis")
	}
	_, d = server.DataSource("keyfactor_certificate_analysis", acctest.Values{"certificate": "nothing"})
	contains(t, d.Errors(), `AttributeName("certificate"): Invalid certificate file: `)
	equal(t, "requests", s.Count("POST", "/Certificates/Analyze"), 1)
}

func TestCertificateAnalysis_Ephemeral(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	config := acctest.ProviderBlock(s) + fmt.Sprintf(`
ephemeral "keyfactor_certificate_analysis" "it" {
  certificate = %q
  password    = "pw"
}
check "same" {
  assert {
    condition     = ephemeral.keyfactor_certificate_analysis.it.certificates[0].thumbprint == %q
    error_message = "another certificate"
  }
}
resource "terraform_data" "it" {
  lifecycle {
    precondition {
      condition     = ephemeral.keyfactor_certificate_analysis.it.certificates[0].thumbprint == %q
      error_message = "another certificate"
    }
  }
}
`, c.PKCS12(t, "pw"), c.Thumbprint(), c.Thumbprint())
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{Config: config}}})
	if s.Count("POST", "/Certificates/Analyze") == 0 {
		t.Error("the server was not asked")
	}
}
