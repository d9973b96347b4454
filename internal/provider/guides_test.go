package provider_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// The tests of this file apply what the guides promise, from the files that the
// guides show.

// guideWorkspace has one example of a guide, for the simulator.
func guideWorkspace(t *testing.T, s *simulator.Simulator, name string, variables map[string]string) *workspace {
	t.Helper()
	var environ []string
	for variable, value := range variables {
		environ = append(environ, "TF_VAR_"+variable+"="+value)
	}
	w := exampleWorkspace(t, s, append(environ, "KEYFACTOR_ENDPOINT="+s.Endpoint(), "KEYFACTOR_CA_CERT="+s.CAPEM()))
	w.write("example.tf", addressed(read(t, "guides/"+name), s, filepath.Join(w.folder, "ca.pem")))
	return w
}

// account is an OAuth client with some permissions.
func account(s *simulator.Simulator, name string, permissions ...string) (environ []string) {
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\` + name, ClientID: name, ClientSecret: "secret of " + name, Permissions: permissions})
	return []string{"TF_VAR_client_id=" + name, "TF_VAR_client_secret=secret of " + name}
}

func TestGuide_PlanAndApplyUnderTwoAccounts(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	w := guideWorkspace(t, s, "pipelines/two-accounts.tf", map[string]string{"payments_password": "demo-payments"})
	environ := w.environ
	reader := account(s, "reader", "/certificates/collections/read/")
	importer := account(s, "importer", "/certificates/collections/read/", "/certificates/import/", "/certificates/collections/delete/")

	w.environ = slices.Concat(environ, reader)
	w.must("plan", "-out=plan.bin")
	if output, err := w.run("apply", "plan.bin"); err == nil || !strings.Contains(flat(output), "The call needs the permission `/certificates/import/`") {
		t.Errorf("apply with the reader's credentials: %v\n%s", err, output)
	}
	w.must("plan", "-out=plan.bin")

	w.environ = slices.Concat(environ, importer)
	s.ResetJournal()
	w.must("apply", "plan.bin")
	w.environ = slices.Concat(environ, reader)
	w.must("plan", "-detailed-exitcode")

	imports := s.Requests("POST", "/KeyfactorAPI/Certificates/Import")
	if len(imports) != 1 || imports[0].Caller != `KEYEXAMPLE\importer` {
		t.Errorf("imports: %+v", imports)
	}
	for name, content := range w.everything() {
		if strings.Contains(content, "secret of") {
			t.Errorf("%s holds a client secret", name)
		}
	}
}

func TestGuide_RotationKeepsTheOldOneWhereAStoreRefuses(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	store := s.Stores()[0].ID
	old, renewed := acctest.New(t, "payments.example.com"), acctest.New(t, "payments.example.com")
	w := guideWorkspace(t, s, "rotation/rotation.tf", map[string]string{
		"payments_pkcs12": old.PKCS12(t, "secret"), "payments_password": "secret", "store_ids": `["` + store + `"]`,
	})
	w.environ = append(w.environ, "KEYFACTOR_AUTH_TOKEN_URL="+s.TokenURL(),
		"KEYFACTOR_AUTH_CLIENT_ID="+simulator.ClientID, "KEYFACTOR_AUTH_CLIENT_SECRET="+s.ClientSecret())
	w.must("apply", "-auto-approve")

	file := renewed.PKCS12(t, "secret")
	w.environ = append(w.environ, "TF_VAR_payments_pkcs12="+file)
	s.Configure(func(o *simulator.Options) {
		o.RefusedStores = map[string]simulator.Refusal{store: {Reason: 1, Explanation: "in use"}}
	})
	output, err := w.run("apply", "-auto-approve")
	if err == nil || !strings.Contains(flat(output), "A store refused the certificate; the old one stays.") {
		t.Fatalf("%v\n%s", err, output)
	}
	if _, there := s.Certificate(old.Thumbprint()); !there {
		t.Error("the old certificate was deleted")
	}

	s.Configure(func(o *simulator.Options) { o.RefusedStores = nil })
	w.must("apply", "-auto-approve")
	if _, there := s.Certificate(old.Thumbprint()); there {
		t.Error("the old certificate is still there")
	}
	if _, there := s.Certificate(renewed.Thumbprint()); !there {
		t.Error("the renewed certificate is not there")
	}
	requests := s.Journal()
	imported := slices.IndexFunc(requests, func(e simulator.Entry) bool { return e.Facts["thumbprint"] == renewed.Thumbprint() })
	deleted := slices.IndexFunc(requests, func(e simulator.Entry) bool { return e.Method == "DELETE" })
	if imported < 0 || deleted < imported {
		t.Errorf("the first import of the renewed certificate is request %d, the first deletion %d", imported, deleted)
	}
	for name, content := range w.everything() {
		if strings.Contains(content, file[64:128]) {
			t.Errorf("%s holds the file", name)
		}
	}
}

// TestGuide_TakingOverSendsNothing: import blocks change state, not Command.
func TestGuide_TakingOverSendsNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"importing/many.tf", "vendor-provider/take-over.tf"} {
		s := acctest.Start(t, simulator.Options{})
		if _, err := s.AddCertificate([]byte(read(t, "demo/certificates/web.pem"))); err != nil {
			t.Fatal(err)
		}
		w := guideWorkspace(t, s, name, nil)
		w.environ = append(w.environ, "KEYFACTOR_AUTH_TOKEN_URL="+s.TokenURL(),
			"KEYFACTOR_AUTH_CLIENT_ID="+simulator.ClientID, "KEYFACTOR_AUTH_CLIENT_SECRET="+s.ClientSecret())
		if output := w.must("apply", "-auto-approve"); !strings.Contains(output, "1 to import, 0 to add, 1 to change, 0 to destroy") {
			t.Errorf("%s: %s", name, output)
		}
		w.must("plan", "-detailed-exitcode")
		for _, request := range s.Journal() {
			if request.Server == "command" && request.Method != "GET" {
				t.Errorf("%s: %s %s", name, request.Method, request.Path)
			}
		}
		if s.Count("GET", "/KeyfactorAPI/**") == 0 {
			t.Errorf("%s: nothing was read", name)
		}
	}
}
