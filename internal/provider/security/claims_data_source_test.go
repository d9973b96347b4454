package security_test

import (
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const claims = "keyfactor_security_claims"

func TestClaims_All(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"11.6.0.0", "12.4.0.0", "25.1.1.0"} {
		s := acctest.Start(t, simulator.Options{Version: version})
		got := read(t, s, claims, nil)["claims"].([]any)
		if len(got) != 4 {
			t.Fatalf("version %s: %d claims, want 4", version, len(got))
		}
		sameTexts(t, column(t, got, "provider_authentication_scheme"), "Keyfactor-Identity-Provider", "Keyfactor-Identity-Provider", "Keyfactor-Identity-Provider", "Keyfactor-Identity-Provider")
	}
}

func TestClaims_FiltersAreTheServersQuery(t *testing.T) {
	t.Parallel()
	for _, options := range []simulator.Options{{}, {IgnoreQuery: true}, {PrefixedNamesOnly: true}} {
		s := acctest.Start(t, options)
		got := read(t, s, claims, acctest.Values{"claim_type": "OAuthRole", "claim_value": "PKI-Admins"})["claims"]
		sameTexts(t, column(t, got, "id"), "3")
		sameTexts(t, column(t, got, "description"), "PKI administrators")
		if q := s.Requests("GET", "/Security/Claims")[0].Query.Get("QueryString"); q != `ClaimType -eq "OAuthRole" AND ClaimValue -eq "PKI-Admins"` {
			t.Errorf("query = %s", q)
		}
	}
}

func TestClaims_ValueWithQuotesIsNeverPutIntoAQuery(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := s.AddClaim(simulator.Claim{ClaimType: "OAuthRole", ClaimValue: `say "hello"`})
	got := read(t, s, claims, acctest.Values{"claim_value": `say "hello"`})["claims"].([]any)
	if len(got) != 1 || got[0].(object)["id"] != int64(id) {
		t.Errorf("claims = %v", got)
	}
	if q := s.Requests("GET", "/Security/Claims")[0].Query.Get("QueryString"); q != "" {
		t.Errorf("query = %s", q)
	}
}

func TestClaims_None(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	if got := read(t, s, claims, acctest.Values{"description": "no such thing"})["claims"].([]any); len(got) != 0 {
		t.Errorf("claims = %v, want an empty list", got)
	}
}

func TestClaims_Version10(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Version: "10.5.0.0"})
	wantText(t, refused(t, s, claims, nil), "Unable to list security claims", "claims exist from Keyfactor Command 11 on", "10.5.0.0")
}
