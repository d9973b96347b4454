package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// secrets are the values of all secret settings, each one different, with
// characters that every encoding writes in its own way.
type secrets map[string]string

// mark is a value that is found nowhere else.
func mark(name string) string { return "mä rk+" + name + `/&"<` + strings.ToUpper(name) + "#%9" }

// users are the user names that go with a password in the Basic scheme.
var users = map[string]string{"basic_password": `KEYEXAMPLE\basic`, "client_secret": "terraform-cc", "password_client_secret": "terraform-pw"}

// newSecrets makes the secrets and the accounts that they open.
func newSecrets(t *testing.T, s *simulator.Simulator) secrets {
	t.Helper()
	all := secrets{"access_token": s.AccessToken(), "control": mark("control")}
	for _, name := range []string{"basic_password", "client_secret", "password_client_secret", "user_password", "pkcs12_password", "token_password", "certificate_password"} {
		all[name] = mark(name)
	}
	everything := []string{simulator.Everything}
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\basic`, Password: all["basic_password"], Roles: everything, Permissions: everything})
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\cc`, ClientID: "terraform-cc", ClientSecret: all["client_secret"], Roles: everything, Permissions: everything})
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\pw`, Password: all["user_password"], ClientID: "terraform-pw", ClientSecret: all["password_client_secret"], Roles: everything, Permissions: everything})
	for name, password := range map[string]string{"pkcs12": "pkcs12_password", "token_pkcs12": "token_password"} {
		file, err := s.ClientCertificatePKCS12("svc-terraform", all[password])
		if err != nil {
			t.Fatal(err)
		}
		all[name] = base64.StdEncoding.EncodeToString(file)
	}
	var err error
	if all["certificate_pem"], all["private_key_pem"], err = s.ClientCertificatePEM("svc-terraform"); err != nil {
		t.Fatal(err)
	}
	for _, alias := range aliases {
		all["file_"+alias] = acctest.New(t, alias+".example.com").PKCS12(t, all["certificate_password"])
	}
	return all
}

var aliases = []string{"basic", "client", "password", "token", "pkcs12", "pem"}

// secretsConfig has a provider of each mode, a certificate by each, and the
// ephemeral resources. All secrets are ephemeral.
func secretsConfig(s *simulator.Simulator) string {
	blocks := map[string]string{
		"basic":    `basic = { username = "KEYEXAMPLE\\basic", password = var.secrets.basic_password }`,
		"client":   fmt.Sprintf(`oauth = { token_url = %q, client_id = "terraform-cc", client_secret = var.secrets.client_secret }`, s.TokenURL()),
		"password": fmt.Sprintf(`oauth = { token_url = %q, client_id = "terraform-pw", client_secret = var.secrets.password_client_secret, client_authentication = "header", grant_type = "password", username = "KEYEXAMPLE\\pw", password = var.secrets.user_password }`, s.TokenURL()),
		"token":    `access_token = var.secrets.access_token`,
		"pkcs12":   fmt.Sprintf(`venafi_certificate = { url = %q, client_id = "MyApp", scope = "certificate:discover", pkcs12 = var.secrets.pkcs12, pkcs12_password = var.secrets.pkcs12_password }`, s.VedauthURL()),
		"pem":      fmt.Sprintf(`venafi_certificate = { url = %q, client_id = "MyApp", scope = "certificate:discover", certificate_pem = var.secrets.certificate_pem, private_key_pem = var.secrets.private_key_pem }`, s.VedauthURL()),
	}
	config := `
variable "secrets" {
  type      = map(string)
  ephemeral = true
  sensitive = true
}
variable "control" {}
resource "terraform_data" "control" {
  input = var.control
}
ephemeral "keyfactor_access_token" "this" { provider = keyfactor.client }
ephemeral "keyfactor_venafi_token" "this" {
  provider        = keyfactor.basic
  url             = "` + s.VedauthURL() + `"
  client_id       = "MyApp"
  scope           = "certificate:discover"
  ca_certificate  = "ca.pem"
  pkcs12          = var.secrets.token_pkcs12
  pkcs12_password = var.secrets.token_password
}
`
	for _, alias := range aliases {
		config += fmt.Sprintf("provider \"keyfactor\" {\n  alias = %q\n  endpoint = %q\n  ca_certificate = \"ca.pem\"\n  max_retries = 0\n  %s\n}\n", alias, s.Endpoint(), blocks[alias])
		config += fmt.Sprintf("resource %q %q {\n  provider = keyfactor.%s\n  certificate_wo = var.secrets.file_%s\n  password_wo = var.secrets.certificate_password\n}\n", imported, alias, alias, alias)
	}
	return config
}

// forms are a secret in the encodings that it could show in.
func forms(name, value string) []string {
	quoted, _ := json.Marshal(value)
	hcl, _ := strings.CutSuffix(strings.TrimPrefix(fmt.Sprintf("%q", value), `"`), `"`)
	list := []string{value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(quoted), `"`), hcl,
		base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value))}
	if user := users[strings.TrimPrefix(name, "wrong_")]; user != "" {
		list = append(list, base64.StdEncoding.EncodeToString([]byte(user+":"+value)),
			base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(user)+":"+url.QueryEscape(value))))
	}
	if strings.Contains(value, "PRIVATE KEY") {
		list = append(list, strings.Split(value, "\n")[1])
	} else if len(value) > 200 { // a file: any part of it
		list = append(list, value[64:128], value[:64])
	}
	return list
}

var bearer = regexp.MustCompile(`(Bearer|Basic) [A-Za-z0-9+/_=-]{16,}`)

// TestSecrets_NowhereToBeFound is the promise of the documentation: whatever
// fails, and at the highest log level, no secret is in state, plan, log or error.
func TestSecrets_NowhereToBeFound(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{IDP: simulator.IDPOptions{EchoRequest: true}, Vedauth: simulator.VedauthOptions{EchoRequest: true}})
	all := newSecrets(t, s)
	variables, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t, secretsConfig(s), "TF_VAR_secrets="+string(variables), "TF_VAR_control="+all["control"], "TF_LOG=TRACE")
	w.environ = append(w.environ, "TF_LOG_PATH="+filepath.Join(w.folder, "trace.log"))
	w.write("ca.pem", s.CAPEM())

	outputs := map[string]string{}
	fails := func(step string, faults []simulator.Fault, wants []string, args ...string) {
		t.Helper()
		if err := s.Inject(faults...); err != nil {
			t.Fatal(err)
		}
		s.ResetJournal()
		output, err := w.run(args...)
		if err == nil {
			t.Fatalf("%s: nothing failed", step)
		}
		for _, want := range wants {
			if !strings.Contains(flat(output), want) {
				t.Errorf("%s: no %q in\n%s", step, want, output)
			}
		}
		if s.Injected() == 0 {
			t.Errorf("%s: no fault struck", step)
		}
		s.ClearFaults()
		outputs[step] = output
	}
	works := func(step string, args ...string) {
		t.Helper()
		outputs[step] = w.must(args...)
	}

	works("plan", "plan", "-out=plan.bin")
	fails("imports that are echoed", []simulator.Fault{{Server: "command", Method: "POST", Path: "/Certificates/Import", Kind: simulator.FaultEcho}},
		[]string{"Unable to import the certificate", "Basic [redacted]", "Bearer [redacted]"}, "apply", "plan.bin")
	works("apply", "apply", "-auto-approve")
	works("plan again", "plan", "-out=plan2.bin")
	fails("logins that are echoed", []simulator.Fault{{Server: "idp", Kind: simulator.FaultEcho}, {Server: "vedauth", Method: "POST", Kind: simulator.FaultEcho}},
		[]string{"The token endpoint on", "The authentication server (vedauth) on", "[redacted]"}, "plan")
	fails("refreshes that are echoed", []simulator.Fault{{Server: "command", Kind: simulator.FaultEcho, Status: 500}}, []string{"[redacted]"}, "plan")
	fails("echo on a page that is cut off", []simulator.Fault{{Server: "command", Kind: simulator.FaultStatus, Status: 500, ContentType: "text/plain",
		Body: strings.Repeat("x", 150) + all["basic_password"] + strings.Repeat(all["basic_password"], 3)}}, []string{"500 Internal Server Error"}, "plan")
	fails("what a terminal obeys", []simulator.Fault{{Server: "command", Kind: simulator.FaultStatus, Status: 400,
		Body: `{"ErrorCode":"0x\u001b[2J1","Message":"one\r\ntwo \u001b]0;title\u0007 \u202egnp ` + "\u200b\u009b" + `"}`}},
		[]string{`one\r\ntwo \x1b]0;title\x07 \u202egnp \u200b\x9b (ErrorCode 0x\x1b[2J1)`}, "plan")
	w.environ = append(w.environ, "TF_VAR_secrets="+spoiled(t, all))
	fails("wrong credentials", []simulator.Fault{{Server: "command", Path: "/never", Kind: simulator.FaultEcho}, {Kind: simulator.FaultAct, Do: func(*simulator.Simulator) {}}},
		[]string{"invalid_client", "refused the credentials (401 Unauthorized)"}, "plan")
	w.environ = append(w.environ, "TF_VAR_secrets="+string(variables))
	works("destroy", "destroy", "-auto-approve")
	if n := len(s.Certificates()); n != 0 {
		t.Errorf("%d certificates are left", n)
	}

	found := w.everything()
	for step, output := range outputs {
		found["output of: "+step] = output
	}
	for _, c := range strings.Join(slices.Collect(maps.Values(outputs)), "") {
		if c == '\x1b' || c == '\u202e' || c == '\u009b' || c == '\u200b' {
			t.Fatalf("%U reached the terminal", c)
		}
	}
	search(t, all, found)
	control(t, all["control"], found)
}

// spoiled are the variables with passwords that open nothing; they are secrets
// too, and as long as the others.
func spoiled(t *testing.T, all secrets) string {
	t.Helper()
	wrong := maps.Clone(all)
	for _, name := range []string{"basic_password", "client_secret", "password_client_secret", "access_token"} {
		all["wrong_"+name] = "Wrong-" + name + "-5f0c"
		wrong[name] = all["wrong_"+name]
	}
	text, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// search reports every secret that is somewhere.
func search(t *testing.T, all secrets, found map[string]string) {
	t.Helper()
	for _, file := range slices.Sorted(maps.Keys(found)) {
		for name, value := range all {
			if name == "control" || name == "certificate_pem" {
				continue
			}
			for _, form := range forms(name, value) {
				if at := strings.Index(found[file], form); at >= 0 {
					t.Errorf("%s is in %s: …%s", name, file, found[file][max(0, at-200):at])
					break
				}
			}
		}
		if match := bearer.FindString(found[file]); match != "" {
			t.Errorf("%s holds %q", file, match)
		}
	}
}

// control proves that the search finds what is there, where it looks.
func control(t *testing.T, marker string, found map[string]string) {
	t.Helper()
	places := map[string]bool{}
	for file, content := range found {
		for _, form := range forms("control", marker) {
			if strings.Contains(content, form) {
				places[file] = true
			}
		}
	}
	for _, want := range []string{"terraform.tfstate.backup", "plan.bin!tfplan", "plan2.bin!tfstate", "output of: plan"} {
		if !places[want] {
			t.Errorf("the search did not find the control in %s, only in %v", want, slices.Sorted(maps.Keys(places)))
		}
	}
	log := found["trace.log"]
	for _, want := range []string{"[TRACE]", "HTTP request", "Provider setting", "/KeyfactorAPI/Certificates/Import"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log holds no %q", want)
		}
	}
}
