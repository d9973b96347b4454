package security_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"regexp"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const identity = "keyfactor_security_identity"

func TestIdentity_ByNameAndByID(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 200})
	for name, config := range map[string]acctest.Values{
		"name":                      {"account_name": `KEYEXAMPLE\user00150`},
		"name in other case":        {"account_name": `keyexample\USER00150`},
		"name with two backslashes": {"account_name": `KEYEXAMPLE\\user00150`},
		"id":                        {"id": 155},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, s, identity, config)
			if got["id"] != int64(155) || got["account_name"] != `KEYEXAMPLE\user00150` || got["identity_type"] != "Group" || got["valid"] != true {
				t.Errorf("identity = %v", got)
			}
			sameTexts(t, column(t, got["roles"], "name"), "Certificate Importers", "Read Only", "Payments Team")
		})
	}
}

func TestIdentity_NotFoundNamesTheClosest(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 20})
	for name, closest := range map[string]string{
		`KEYEXAMPLE\svc-teraform`: `KEYEXAMPLE\svc-terraform`,
		`svc-terraform`:           `KEYEXAMPLE\svc-terraform`,
		`OTHER\svc-terraform`:     `KEYEXAMPLE\svc-terraform`,
		`jsmith@keyexample.com`:   `KEYEXAMPLE\jsmith`,
	} {
		text := refused(t, s, identity, acctest.Values{"account_name": name})
		wantText(t, text, `AttributeName("account_name")`, "None of the 25 identities", `"`+name+`"`, `The closest are: "`+closest+`"`)
	}
	text := refused(t, s, identity, acctest.Values{"account_name": "ZZZZ"})
	if strings.Contains(text, "closest") {
		t.Errorf("names that do not resemble are shown: %s", text)
	}
	wantText(t, refused(t, s, identity, acctest.Values{"id": 999}), `AttributeName("id")`, "None of the 25 identities", "999")
}

func TestIdentity_SeveralAreListedWithTheirIDs(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := s.AddIdentity(simulator.Identity{AccountName: `keyexample\JSmith`, IdentityType: "User", Valid: true})
	text := refused(t, s, identity, acctest.Values{"account_name": `KEYEXAMPLE\jsmith`})
	wantText(t, text, "2 identities", `"KEYEXAMPLE\jsmith" (id 5)`, fmt.Sprintf(`"keyexample\JSmith" (id %d)`, id))
}

func TestIdentity_OneOfTheTwoArguments(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	for _, arguments := range []string{"", "id = 1\n account_name = \"x\""} {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{{
				Config:      acctest.ProviderBlock(s) + "data \"keyfactor_security_identity\" \"test\" {\n " + arguments + "\n}\n",
				PlanOnly:    true,
				ExpectError: regexp.MustCompile("`id` (nor|and)\\s+`account_name`"),
			}},
		})
	}
}

// The vendor's own provider reads the first 50 identities only. Here anybody
// is found among 5,000, in as few requests as the API allows.
func TestIdentity_HundredLookUpsAmongFiveThousandReadTheListOnce(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 4995})
	var config strings.Builder
	// OAuth, to count tokens too.
	fmt.Fprintf(&config, `
provider "keyfactor" {
  endpoint       = %q
  ca_certificate = %s
  oauth          = { token_url = %q, client_id = %q, client_secret = %q }
}
`, s.Endpoint(), acctest.Heredoc(s.CAPEM()), s.TokenURL(), simulator.ClientID, s.ClientSecret())
	checks := []statecheck.StateCheck{}
	for n := range 100 {
		id := 6 + n*50
		fmt.Fprintf(&config, "data \"keyfactor_security_identity\" \"n%d\" {\n  account_name = \"keyexample\\\\user%05d\"\n}\n", n, id-5)
		checks = append(checks, statecheck.ExpectKnownValue(fmt.Sprintf("data.keyfactor_security_identity.n%d", n), tfjsonpath.New("id"), knownvalue.Int64Exact(int64(id))))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config.String(), ConfigStateChecks: checks},
		},
	})
	// Every command of the CLI configures the provider anew, and so reads anew.
	runs := s.Count("POST", "/realms/**")
	lists := listRequests(s)
	size := 0
	for _, e := range lists {
		if _, err := fmt.Sscan(e.Query.Get("ReturnLimit"), &size); err != nil {
			t.Fatal(err)
		}
	}
	perRun := (5000+size-1)/size + 1
	t.Logf("%d runs, %d list requests of %d rows, %d connections", runs, len(lists), size, s.Connections("command"))
	if runs == 0 || len(lists) > runs*perRun {
		t.Errorf("%d list requests in %d runs, want at most %d each", len(lists), runs, perRun)
	}
	if n := s.Connections("command"); n > 2*runs {
		t.Errorf("%d connections in %d runs, want at most 2 each", n, runs)
	}
}
