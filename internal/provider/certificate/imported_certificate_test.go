package certificate_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const address = "keyfactor_imported_certificate.test"

// importing is a resource named test with these lines.
func importing(lines string) string {
	return fmt.Sprintf("resource \"keyfactor_imported_certificate\" \"test\" {\n%s\n}\n", lines)
}

func TestImportedCertificate_PEMFromNothingToDestroy(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	config := acctest.ProviderBlock(s) + importing("certificate = "+acctest.Heredoc(c.PEM()))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(address, tfjsonpath.New("thumbprint"), knownvalue.StringExact(c.Thumbprint())),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("format"), knownvalue.StringExact("pem")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("thumbprint_sha256"), knownvalue.StringExact(c.ThumbprintSHA256())),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("preexisting"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("invalid_key_stores"), knownvalue.ListExact(nil)),
				},
			},
			{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
	if left := s.Certificates(); len(left) != 0 {
		t.Errorf("%d certificates left after destroy", len(left))
	}
	if n := s.Count("POST", "/Certificates/Import"); n != 1 {
		t.Errorf("imported %d times", n)
	}
}
