package provider_test

import (
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// TestExit_NoGrantIsLeft runs the built provider: plan and apply are processes
// of their own, each gets grants, and each gives them back when it ends.
func TestExit_NoGrantIsLeft(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	m := modes()[5]
	w := newWorkspace(t, "provider \"keyfactor\" {\n"+hcl(t, m.provide(t, s))+"}\n"+
		"data \"keyfactor_security_roles\" \"all\" {}\n"+
		"resource \""+imported+"\" \"web\" {\n  certificate = "+acctest.Heredoc(acctest.New(t, "web.example.com").PEM())+"}\n")
	granted := 0
	for _, step := range [][]string{{"plan", "-out=plan.bin"}, {"apply", "plan.bin"}, {"plan"}, {"destroy", "-auto-approve"}} {
		w.must(step...)
		if n := s.LiveGrants(); n != 0 {
			t.Errorf("%d grants are left after %s", n, step[0])
		}
		now := grantRequests(s)
		if now == granted {
			t.Errorf("%s got no grant: the test shows nothing", step[0])
		}
		granted = now
	}
	if n := s.Count("GET", "/vedauth/revoke/token"); n != granted {
		t.Errorf("%d grants, %d revocations", granted, n)
	}
	for _, e := range s.Journal() {
		if !strings.HasPrefix(e.UserAgent, "terraform-provider-keyfactor/9.8.7 ") {
			t.Fatalf("the user agent is %q", e.UserAgent)
		}
	}
}

func TestExit_GrantIsKeptWhereAskedFor(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	settings := modes()[6].provide(t, s)
	settings["venafi_certificate"].(acctest.Values)["revoke_on_exit"] = false
	w := newWorkspace(t, "provider \"keyfactor\" {\n"+hcl(t, settings)+"}\ndata \"keyfactor_security_roles\" \"all\" {}\n")
	w.must("plan")
	if n := s.LiveGrants(); n != 1 {
		t.Errorf("%d live grants, want the one that was kept", n)
	}
}

// TestExit_ServerThatDoesNotAnswer must not keep the process: Terraform kills a
// provider two seconds after asking it to end.
func TestExit_ServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Faults: []simulator.Fault{
		{Server: "vedauth", Method: "GET", Path: "/vedauth/revoke/token", Kind: simulator.FaultHang},
	}})
	w := newWorkspace(t, "provider \"keyfactor\" {\n"+hcl(t, modes()[6].provide(t, s))+"}\ndata \"keyfactor_security_roles\" \"all\" {}\n")
	if output := w.must("plan"); strings.Contains(output, "plugin") && strings.Contains(output, "crash") {
		t.Errorf("said %s", output)
	}
	if n := s.Count("GET", "/vedauth/revoke/token"); n == 0 {
		t.Error("no revocation was tried: the test shows nothing")
	}
}

// TestExit_RevocationThatFailsIsShown: what Close says reaches the user, and
// fails nothing.
func TestExit_RevocationThatFailsIsShown(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Vedauth: simulator.VedauthOptions{RevokeFails: true, NoRefreshToken: true}})
	arguments := venafiPEM(t, s)["venafi_certificate"].(acctest.Values)
	arguments["ca_certificate"] = s.CAPEM()
	w := newWorkspace(t, "ephemeral \"keyfactor_venafi_token\" \"this\" {\n"+hcl(t, arguments)+"}\n")
	if output := flat(w.must("plan")); !strings.Contains(output, "Warning: Unable to revoke the grant of keyfactor_venafi_token") {
		t.Errorf("said %s", output)
	}
}
