package provider_test

import (
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	version "github.com/hashicorp/go-version"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

const examples = "../../examples"

// TestExamples plans every file under examples, each by itself as the
// documentation shows it, the README's configuration, and the demo as a whole. Only the servers' addresses
// are others; the logins are real.
func TestExamples(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	if _, err := s.AddCertificate([]byte(read(t, "demo/certificates/web.pem"))); err != nil {
		t.Fatal(err)
	}
	environ := exampleEnviron(t, s)
	files := exampleFiles(t)
	if len(files) < 40 {
		t.Fatalf("only %d examples found: the walk is broken", len(files))
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := exampleWorkspace(t, s, environ)
			w.write("example.tf", addressed(read(t, name), s, filepath.Join(w.folder, "ca.pem")))
			if lacks := unsupported(name, w.cli); lacks != "" {
				t.Skipf("%s: %s", w.cli, lacks)
			}
			if strings.HasPrefix(name, "provider/") { // nothing else there would log in
				w.write("probe.tf", "data \"keyfactor_security_roles\" \"probe\" {}\n")
			}
			w.plan()
		})
	}
	t.Run("README", func(t *testing.T) {
		t.Parallel()
		_, rest, found := strings.Cut(read(t, "../README.md"), "```hcl\n")
		text, _, ends := strings.Cut(rest, "```\n")
		if !found || !ends {
			t.Fatal("the README has no configuration to copy")
		}
		w := exampleWorkspace(t, s, environ)
		w.write("web.pfx", read(t, "demo/certificates/payments.p12"))
		w.write("example.tf", addressed(text, s, ""))
		w.plan()
	})
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		w := exampleWorkspace(t, s, environ)
		for _, name := range []string{"main.tf", "outputs.tf", "variables.tf"} {
			w.write(name, read(t, "demo/"+name))
		}
		w.plan()
	})
}

// plan plans without any question; what a page shows must not warn either.
func (w *workspace) plan() {
	w.t.Helper()
	output := w.must("plan", "-input=false")
	if strings.Contains(expectedWarning.ReplaceAllString(flat(output), ""), "Warning: ") {
		w.t.Errorf("the plan warns:\n%s", output)
	}
}

// expectedWarning is what comes from the test itself, or what an example shows on purpose.
var expectedWarning = regexp.MustCompile(`Warning: (Provider development overrides are in effect|Certificate is not known yet|Check block assertion failed)`)

func exampleFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(examples, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(examples, path)
		if entry.IsDir() && name == "demo" {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".tf" {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// exampleEnviron logs in by OAuth where an example has no provider block, and
// sets every variable of every example.
func exampleEnviron(t *testing.T, s *simulator.Simulator) []string {
	t.Helper()
	const pkcs12Password = "client-password"
	client, err := s.ClientCertificatePKCS12("svc-terraform", pkcs12Password)
	if err != nil {
		t.Fatal(err)
	}
	certificatePEM, keyPEM, err := s.ClientCertificatePEM("svc-terraform")
	if err != nil {
		t.Fatal(err)
	}
	leaf, rest := pem.Decode([]byte(read(t, "demo/certificates/web.pem")))
	store := s.Stores()[0]
	environ := []string{
		"KEYFACTOR_ENDPOINT=" + s.Endpoint(), "KEYFACTOR_CA_CERT=" + s.CAPEM(), "KEYFACTOR_AUTH_TOKEN_URL=" + s.TokenURL(),
		"KEYFACTOR_AUTH_CLIENT_ID=" + simulator.ClientID, "KEYFACTOR_AUTH_CLIENT_SECRET=" + s.ClientSecret(),
	}
	for name, value := range map[string]string{
		"client_id": simulator.ClientID, "client_secret": s.ClientSecret(), "production_client_secret": s.ClientSecret(),
		"password": s.Password(), "test_password": s.Password(), "access_token": s.AccessToken(),
		"client_pkcs12": base64.StdEncoding.EncodeToString(client), "client_pkcs12_password": pkcs12Password,
		"client_certificate_pem": certificatePEM, "client_private_key_pem": keyPEM,
		"payments_pkcs12":   base64.StdEncoding.EncodeToString([]byte(read(t, "demo/certificates/payments.p12"))),
		"payments_password": "demo-payments", "pfx_password": "demo-payments", "legacy_password": "demo-legacy", "export_password": "demo-legacy",
		"certificate_pem": string(pem.EncodeToMemory(leaf)), "ca_certificate_pem": string(rest),
		"endpoint": s.Endpoint(), "ca_certificate": s.CAPEM(), "token_url": s.TokenURL(), "contact": "team@keyexample.com",
		"owner_role_name": "PKI Administrators", "administrator": simulator.User, "store_id": store.ID, "store_type_id": "2",
	} {
		environ = append(environ, "TF_VAR_"+name+"="+value)
	}
	return environ
}

// exampleWorkspace has what the examples read, and nothing else.
func exampleWorkspace(t *testing.T, s *simulator.Simulator, environ []string) *workspace {
	t.Helper()
	w := emptyWorkspace(t, environ...)
	entries, err := os.ReadDir(filepath.Join(examples, "demo/certificates"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		w.write("certificates/"+entry.Name(), read(t, "demo/certificates/"+entry.Name()))
	}
	w.write("ca.pem", s.CAPEM())
	return w
}

var (
	tokenURL  = regexp.MustCompile(`"https://[^"]+/token"`)
	command   = regexp.MustCompile(`"(https://)?keyfactor[-a-z]*\.keyexample\.com(/KeyfactorAPI)?"`)
	ephemeral = regexp.MustCompile(`(?m)^  url +=.*"https://tpp\.venafi\.example/vedauth"$`)
)

// addressed is an example with the simulator's addresses and authority.
func addressed(text string, s *simulator.Simulator, ca string) string {
	quoted := func(value string) string { return `"` + filepath.ToSlash(value) + `"` }
	text = tokenURL.ReplaceAllString(text, quoted(s.TokenURL()))
	text = command.ReplaceAllString(text, quoted(s.Endpoint()))
	text = strings.ReplaceAll(text, `"${path.module}/certificates/ca.pem"`, quoted(ca))
	text = ephemeral.ReplaceAllString(text, "$0\n  ca_certificate = "+quoted(ca)) // it takes nothing from the environment
	text = strings.ReplaceAll(text, "https://tpp.venafi.example/vedauth", s.VedauthURL())
	if strings.Contains(text, "required_providers") {
		return text
	}
	return "terraform {\n  required_providers {\n    keyfactor = { source = \"seed-557fd821/keyfactor\" }\n  }\n}\n" + text
}

// unsupported says what the command line is too old for, "" for nothing.
func unsupported(name string, cli tfcli.CLI) string {
	if strings.HasSuffix(name, "import-by-identity.tf") && cli.Version.LessThan(version.Must(version.NewVersion("1.12.0"))) {
		return "import by identity came with 1.12"
	}
	return ""
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
