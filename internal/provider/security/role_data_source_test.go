package security_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const (
	roles = "keyfactor_security_roles"
	role  = "keyfactor_security_role"
)

func TestRoles_AllAndByName(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"10.5.0.0", "11.6.0.0", "12.4.0.0", "25.1.1.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{Version: version})
			got := read(t, s, roles, nil)["roles"]
			sameTexts(t, column(t, got, "name"), "Administrator", "Certificate Importers", "PKI Administrators", "Payments Team", "Read Only", "Web Team")
			want := object{
				"id": int64(2), "name": "PKI Administrators", "description": "Keeps the certificates.", "email_address": "pki@keyexample.com",
				"enabled": true, "immutable": false, "valid": true, "private": false,
			}
			for _, r := range got.([]any) {
				if r.(object)["id"] == int64(2) && fmt.Sprint(r) != fmt.Sprint(want) {
					t.Errorf("role = %v, want %v", r, want)
				}
			}
			sameTexts(t, column(t, read(t, s, roles, acctest.Values{"name_regex": " Team$"})["roles"], "id"), "6", "5")
			sameTexts(t, column(t, read(t, s, roles, acctest.Values{"name_regex": "^Nobody"})["roles"], "id"))
		})
	}
}

func TestRole_ByNameAsksForThatRoleOnly(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	got := read(t, s, role, acctest.Values{"name": "pki administrators"})
	if got["id"] != int64(2) || got["name"] != "PKI Administrators" || got["email_address"] != "pki@keyexample.com" || got["enabled"] != true {
		t.Errorf("role = %v", got)
	}
	sameTexts(t, column(t, got["identities"], "account_name"), `KEYEXAMPLE\PKI Admins`, `KEYEXAMPLE\svc-terraform`)
	sameTexts(t, column(t, got["claims"], "claim_value"), simulator.ClientID, "pki-admins")
	claim := got["claims"].([]any)[1].(object)
	if claim["claim_type"] != "OAuthRole" || claim["provider_authentication_scheme"] != "Keyfactor-Identity-Provider" || claim["description"] != "PKI administrators" {
		t.Errorf("claim = %v", claim)
	}
	sameTexts(t, []string{fmt.Sprint(got["permissions"])}, "[/]")
	if q := s.Requests("GET", "/Security/Roles")[0].Query.Get("QueryString"); q != `Name -eq "pki administrators"` {
		t.Errorf("query = %s", q)
	}
	if n := len(s.Journal()); n != 2 {
		t.Errorf("%d requests, want the list by name and the claims", n)
	}
}

func TestRole_ByID(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	got := read(t, s, role, acctest.Values{"id": 5})
	sameTexts(t, column(t, got["identities"], "account_name"), `KEYEXAMPLE\Web Operators`)
	sameTexts(t, column(t, got["identities"], "identity_type"), "Group")
	sameTexts(t, column(t, got["claims"], "claim_value"), "web-operators")
}

func TestRole_Version10HasNoClaims(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Version: "10.5.0.0"})
	got := read(t, s, role, acctest.Values{"name": "PKI Administrators"})
	if got["claims"] != nil {
		t.Errorf("claims = %v, want null", got["claims"])
	}
	if permissions := fmt.Sprint(got["permissions"]); permissions != "[AdminPortal:Read Certificates:Read Certificates:Import SecuritySettings:Modify]" {
		t.Errorf("permissions = %v", permissions)
	}
	sameTexts(t, column(t, got["identities"], "id"), "2", "3")
}

func TestRole_CamelCase(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Version: "11.6.0.0"})
	got := read(t, s, role, acctest.Values{"name": "PKI Administrators"})
	sameTexts(t, column(t, got["claims"], "claim_type"), "OAuthClientId", "OAuthRole")
}

func TestRole_ServerIgnoresTheQuery(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{IgnoreQuery: true})
	if got := read(t, s, role, acctest.Values{"name": "Web Team"}); got["id"] != int64(5) {
		t.Errorf("role = %v", got)
	}
}

func TestRole_NameWithQuotesIsNeverPutIntoAQuery(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := s.AddRole(simulator.Role{Name: `The "Core" Team`, Enabled: true, Valid: true})
	if got := read(t, s, role, acctest.Values{"name": `the "core" team`}); got["id"] != int64(id) {
		t.Errorf("role = %v, want id %d", got, id)
	}
	for _, e := range s.Requests("GET", "/Security/Roles") {
		if q := e.Query.Get("QueryString"); q != "" {
			t.Errorf("query = %s", q)
		}
	}
}

func TestRole_NotFound(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	wantText(t, refused(t, s, role, acctest.Values{"name": "PKI Administrator"}),
		`AttributeName("name")`, "Unable to find the security role", `named "PKI Administrator" among 6`, `The closest are: "PKI Administrators"`)
	wantText(t, refused(t, s, role, acctest.Values{"id": 99}),
		`AttributeName("id")`, "Unable to find the security role", "404 Not Found", "Unable to find 'Security Role' with Id '99'")
}

func TestRole_NotPermitted(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\reader`, Password: "reader-password", Permissions: []string{"/certificates/collections/read/"}})
	server := acctest.Serve(t, s, acctest.Values{"basic": acctest.Values{"username": `KEYEXAMPLE\reader`, "password": "reader-password"}})
	for typ, config := range map[string]acctest.Values{roles: nil, role: {"id": 1}, claims: nil} {
		_, diags := server.DataSource(typ, config)
		wantText(t, diags.Errors(), "Unable to ", "403 Forbidden", "`/security/read/`")
	}
}

func TestRole_SameRoleIsReadOnce(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	for range 5 {
		readWith(t, server, role, acctest.Values{"name": "Web Team"})
	}
	if n := len(s.Journal()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestRole_OwnsACertificate(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: acctest.ProviderBlock(s) + `
data "keyfactor_security_role" "pki" {
  name = "PKI Administrators"
}

resource "keyfactor_imported_certificate" "web" {
  certificate   = ` + acctest.Heredoc(acctest.New(t, "web.example.com").PEM()) + `
  owner_role_id = data.keyfactor_security_role.pki.id
}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("keyfactor_imported_certificate.web", tfjsonpath.New("owner_role_id"), knownvalue.Int64Exact(2)),
			},
		}},
	})
}
