package certificate_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// These tests run the real CLI: what only it decides. The rest of the
// resource's behaviour is tested over the plugin protocol in the files beside.

const address = "keyfactor_imported_certificate.test"

// importing is a resource named test with these lines.
func importing(lines ...string) string {
	return fmt.Sprintf("resource \"keyfactor_imported_certificate\" \"test\" {\n%s\n}\n", strings.Join(lines, "\n"))
}

func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

func action(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return planned(plancheck.ExpectResourceAction(address, a))
}

func value(name string, v knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), v)
}

// nothing is the last step where for_each was used: the test framework cannot
// read such a state when it ends.
func nothing(s *simulator.Simulator) resource.TestStep {
	return resource.TestStep{Config: acctest.ProviderBlock(s)}
}

func TestImportedCertificate_FromNothingToDestroy(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c, renewed := acctest.New(t, "web.example.com"), acctest.New(t, "web.example.com")
	block := acctest.ProviderBlock(s)
	minimal := block + importing("certificate = "+acctest.Heredoc(c.PEM()))
	full := func(file, notes string) string {
		return block + importing(
			fmt.Sprintf("certificate_wo = %q", file), `password_wo = "pw"`,
			fmt.Sprintf("metadata = { Notes = %q, SiteCode = \"42\" }", notes), `owner_role_name = "Web Team"`,
			fmt.Sprintf("store_ids = [%q]", s.Stores()[0].ID), `store_types = [{ store_type_id = 2, alias = "web", overwrite = true, properties = jsonencode([{ a = 1 }]) }]`,
			`schedule = "2099-12-01T02:00:00+01:00"`, `on_destroy = "delete"`, `timeouts = { create = "5m", read = "1m" }`,
			"lifecycle {\n create_before_destroy = true\n postcondition {\n condition = length(self.invalid_key_stores) == 0\n error_message = \"refused\"\n }\n }",
		)
	}
	first := c.PKCS12(t, "pw")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: minimal,
				ConfigPlanChecks: planned(
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("thumbprint"), knownvalue.StringExact(c.Thumbprint())),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("format"), knownvalue.StringExact("pem")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
				),
				ConfigStateChecks: []statecheck.StateCheck{
					value("thumbprint_sha256", knownvalue.StringExact(c.ThumbprintSHA256())), value("preexisting", knownvalue.Bool(false)),
					value("invalid_key_stores", knownvalue.ListExact(nil)), value("metadata", knownvalue.Null()),
				},
			},
			{Config: minimal, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			{
				Config: full(first, "a"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					value("certificate", knownvalue.Null()), value("certificate_wo", knownvalue.Null()), value("password_wo", knownvalue.Null()),
					value("format", knownvalue.StringExact("pkcs12")), value("has_private_key", knownvalue.Bool(true)),
					value("metadata", knownvalue.MapExact(map[string]knownvalue.Check{"Notes": knownvalue.StringExact("a"), "SiteCode": knownvalue.StringExact("42")})),
				},
			},
			{Config: full(first, "a"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			{Config: full(first, "b"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate)},
			{Config: full(renewed.PKCS12(t, "pw"), "b"), ConfigPlanChecks: action(plancheck.ResourceActionCreateBeforeDestroy)},
			{
				PreConfig: func() {
					record, _ := s.Certificate(renewed.Thumbprint())
					equal(t, "owner", record.OwnerRoleName, "Web Team")
					equal(t, "notes", record.Metadata["Notes"], "b")
					if err := s.RemoveCertificate(record.ID); err != nil {
						t.Error(err)
					}
				},
				Config: full(renewed.PKCS12(t, "pw"), "b"), ConfigPlanChecks: action(plancheck.ResourceActionCreate),
			},
		},
	})
	equal(t, "certificates left", len(s.Certificates()), 0)
}

func TestImportedCertificate_EveryFormat(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	ca := acctest.NewCA(t)
	der, p12 := ca.Issue(t, "der.example.com"), ca.Issue(t, "p12.example.com")
	config := acctest.ProviderBlock(s) + fmt.Sprintf(`
variable "files" {
  default = { der = { content = %q, password = null }, pkcs12 = { content = %q, password = "pw" } }
}
resource "keyfactor_imported_certificate" "each" {
  for_each       = var.files
  certificate_wo = each.value.content
  password_wo    = each.value.password
}
`, der.Base64(), p12.PKCS12(t, "pw"))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(`keyfactor_imported_certificate.each["der"]`, tfjsonpath.New("format"), knownvalue.StringExact("der")),
				statecheck.ExpectKnownValue(`keyfactor_imported_certificate.each["pkcs12"]`, tfjsonpath.New("thumbprint"), knownvalue.StringExact(p12.Thumbprint())),
			}},
			{Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			nothing(s),
		},
	})
}

func TestImportedCertificate_FilesExchangedInOneApply(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	a, b := acctest.New(t, "a.example.com"), acctest.New(t, "b.example.com")
	config := func(files map[string]*acctest.Certificate) string {
		var entries []string
		for name, c := range files {
			entries = append(entries, fmt.Sprintf("%s = %q", name, c.Base64()))
		}
		return acctest.ProviderBlock(s) + fmt.Sprintf("resource \"keyfactor_imported_certificate\" \"each\" {\n  for_each = { %s }\n  certificate = each.value\n}\n", strings.Join(entries, ", "))
	}
	both := func(step string) func() {
		return func() {
			t.Helper()
			for _, c := range []*acctest.Certificate{a, b} {
				if _, ok := s.Certificate(c.Thumbprint()); !ok {
					t.Errorf("%s: %s is gone", step, c.Thumbprint())
				}
			}
			equal(t, step+": certificates", len(s.Certificates()), 2)
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config(map[string]*acctest.Certificate{"one": a, "two": b})},
			{Config: config(map[string]*acctest.Certificate{"one": b, "two": a})},
			{PreConfig: both("exchanged"), Config: config(map[string]*acctest.Certificate{"renamed": b, "two": a})},
			{PreConfig: both("renamed"), Config: config(map[string]*acctest.Certificate{"renamed": b, "two": a}), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			nothing(s),
		},
	})
}

func TestImportedCertificate_TwoResourcesWithOneCertificate(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	config := acctest.ProviderBlock(s) + fmt.Sprintf("resource \"keyfactor_imported_certificate\" \"each\" {\n  count = 2\n  certificate = %q\n}\n", c.Base64())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps:                    []resource.TestStep{{Config: config, ExpectError: regexp.MustCompile(`Conflicting resources(.|\n)*` + c.Thumbprint())}},
	})
}

func TestImportedCertificate_BadInputIsAnErrorOfThePlan(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	var steps []resource.TestStep
	for want, lines := range map[string]string{
		`Invalid certificate file`:         `certificate = "nothing"`,
		`Invalid password or damaged file`: fmt.Sprintf("certificate_wo = %q\npassword_wo = \"wrong\"", c.PKCS12(t, "pw")),
		`Conflicting owners`:               fmt.Sprintf("certificate = %q\nowner_role_id = 1\nowner_role_name = \"a\"", c.Base64()),
	} {
		steps = append(steps, resource.TestStep{Config: acctest.ProviderBlock(s) + importing(lines), PlanOnly: true, ExpectError: regexp.MustCompile(want)})
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
	equal(t, "requests", len(s.Journal()), 0)
}

func TestImportedCertificate_ImportBlockAndTerraformImport(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	if _, err := s.AddCertificate(c.DER); err != nil {
		t.Fatal(err)
	}
	config := acctest.ProviderBlock(s) + importing("certificate = "+acctest.Heredoc(c.PEM()))
	block := fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, c.Thumbprint())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config + block, ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("preexisting", knownvalue.Bool(true)), value("format", knownvalue.StringExact("pem"))},
			},
			{Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			{
				ResourceName: address, ImportState: true, ImportStateId: c.Thumbprint(), ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"certificate", "format", "import_status", "job_status"},
			},
		},
	})
	equal(t, "imports sent", s.Count("POST", "*"), 0)
	equal(t, "certificates left: it was there before", len(s.Certificates()), 1)
}

func TestImportedCertificate_UnknownContentReplaces(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	a, b := acctest.New(t, "web.example.com"), acctest.New(t, "web.example.com")
	config := func(c *acctest.Certificate) string {
		return acctest.ProviderBlock(s) + fmt.Sprintf("resource \"terraform_data\" \"file\" {\n  input = %q\n}\n", c.Base64()) +
			importing("certificate = terraform_data.file.output")
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config(a), ConfigPlanChecks: planned(plancheck.ExpectUnknownValue(address, tfjsonpath.New("thumbprint")))},
			{Config: config(b), ConfigPlanChecks: action(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{value("thumbprint", knownvalue.StringExact(b.Thumbprint()))}},
		},
	})
}

func TestImportedCertificate_RefusedStoreFailsThePostconditionAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	id := simulatorStores(t)[0].ID
	s := acctest.Start(t, simulator.Options{RefusedStores: map[string]simulator.Refusal{id: {Reason: 2, Explanation: "no agent"}}})
	config := acctest.ProviderBlock(s) + importing(
		"certificate = "+acctest.Heredoc(acctest.New(t, "web.example.com").PEM()), fmt.Sprintf("store_ids = [%q]", id),
		"lifecycle {\n postcondition {\n condition = length(self.invalid_key_stores) == 0\n error_message = \"A store refused.\"\n }\n }")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: regexp.MustCompile(`A store refused\.`)},
			{
				PreConfig: func() { s.Configure(func(o *simulator.Options) { o.RefusedStores = nil }) },
				Config:    config, ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("invalid_key_stores", knownvalue.ListExact(nil))},
			},
		},
	})
}

// simulatorStores are the stores of the seeded world, the same at each start.
func simulatorStores(t *testing.T) []simulator.Store {
	t.Helper()
	return acctest.Start(t, simulator.Options{}).Stores()
}
