package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

const (
	providerAddress = "registry.terraform.io/seed-557fd821/keyfactor"
	providerVersion = "0.0.1"
	resourceType    = "keyfactor_imported_certificate"
)

// mode is how the provider authenticates.
type mode string

const (
	basic  mode = "basic"
	oauth  mode = "oauth"
	venafi mode = "venafi_certificate"
)

// blocks are the lines of the provider block for each mode.
var blocks = map[mode]string{
	basic:  `basic = { username = var.username, password = var.secret }`,
	oauth:  `oauth = { token_url = var.token_url, client_id = var.username, client_secret = var.secret }`,
	venafi: `venafi_certificate = { url = var.token_url, client_id = var.username, scope = "certificate:discover,manage", pkcs12 = filebase64("client.pfx"), pkcs12_password = var.secret }`,
}

// workspace is a folder with a root module, and the servers that it is applied against.
type workspace struct {
	t        *testing.T
	folder   string
	cli      tfcli.CLI
	servers  *simulator.Simulator
	binary   string // the provider's, in this workspace alone
	items    []*item
	others   map[string]bool // thumbprints of certificates that belong to somebody else
	environ  []string
	secrets  map[string]string // what must not be printed, by what it is
	log      string            // the provider's own log; empty when it is not written
	password string            // of the PKCS#12 files
	cpu      time.Duration     // of all commands so far
}

// item is one certificate of the configuration.
type item struct {
	address    string
	name       string
	pkcs12     bool
	thumbprint string

	// acted: the second actor changed it. warned: an apply said that its metadata was not taken as written. Both
	// together mean that the change fell between a write and the look after it, where nobody can tell it from a server
	// that stores another value than it was given.
	acted  atomic.Bool
	warned bool
}

// command finds the command line: the one that the make targets name, else the one on PATH.
func command(t *testing.T) tfcli.CLI {
	t.Helper()
	named := os.Getenv("TF_ACC_TERRAFORM_PATH")
	cli, err := tfcli.Finder{Named: named}.Find(t.Context())
	if err != nil && named == "" {
		t.Skipf("there is no command line to run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cli
}

// build compiles the provider once for all workspaces.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "keyfactor-faults-*")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "terraform-provider-keyfactor_v"+providerVersion)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	output, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the provider: %w\n%s", err, output)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// newWorkspace starts servers and writes a module with that many certificates, a quarter of them PKCS#12 files. A few
// certificates of somebody else are on the server already, and a few of ours too.
func newWorkspace(t *testing.T, m mode, certificates int, options simulator.Options, logged bool) *workspace {
	t.Helper()
	w := &workspace{t: t, cli: command(t), folder: t.TempDir(), servers: acctest.Start(t, options), others: map[string]bool{}, password: "Marker-p12-password"}
	if resolved, err := filepath.EvalSymlinks(w.folder); err == nil {
		w.folder = resolved
	}
	w.secrets = map[string]string{
		"the password of the PKCS#12 files": w.password,
		"the account's password":            w.servers.Password(),
		"the client secret":                 w.servers.ClientSecret(),
	}
	w.installProvider()
	w.writeCertificates(certificates)
	w.writeModule(m)
	if logged {
		w.log = filepath.Join(w.folder, "provider.log")
		w.environ = append(w.environ, "TF_LOG_PROVIDER=TRACE", "TF_LOG_PATH="+w.log)
	}
	if r := w.run("init", "-input=false", "-no-color"); r.code != 0 {
		t.Fatalf("init ended with %d:\n%s", r.code, r.output)
	}
	return w
}

// installProvider puts the binary into a filesystem mirror, which is all that the command line gets to see.
// https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
func (w *workspace) installProvider() {
	built, err := build()
	w.must(err)
	mirror := filepath.Join(w.folder, "mirror")
	folder := filepath.Join(mirror, filepath.FromSlash(providerAddress), providerVersion, w.cli.Platform)
	w.must(os.MkdirAll(folder, 0o755))
	w.binary = filepath.Join(folder, filepath.Base(built))
	content, err := os.ReadFile(built)
	w.must(err)
	w.must(os.WriteFile(w.binary, content, 0o755)) //nolint:gosec // a program
	config := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	w.write("cli.tfrc", config)
	w.environ = append(tfcli.Environ(),
		"HOME="+w.folder, "USERPROFILE="+w.folder, "APPDATA="+w.folder, "XDG_CONFIG_HOME="+w.folder,
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "TF_IN_AUTOMATION=1")
}

func (w *workspace) writeCertificates(n int) {
	w.must(os.Mkdir(filepath.Join(w.folder, "certificates"), 0o755))
	ca := acctest.NewCA(w.t)
	names := map[string][]string{"pem": {}, "p12": {}}
	for i := range n {
		name := fmt.Sprintf("c%03d", i)
		c := ca.Issue(w.t, name+".example.com")
		kind, content := "pem", c.PEM()
		if i%4 == 3 {
			kind, content = "p12", c.PKCS12(w.t, w.password)
			if i == 3 {
				w.secrets["a PKCS#12 file"] = content[400:500]
			}
		}
		w.write(filepath.Join("certificates", name+"."+kind), content)
		names[kind] = append(names[kind], name)
		w.items = append(w.items, &item{
			address: fmt.Sprintf("%s.%s[%q]", resourceType, kind, name), name: name, pkcs12: kind == "p12", thumbprint: c.Thumbprint(),
		})
		if i%50 == 10 { // was there before
			_, err := w.servers.AddCertificate(c.DER)
			w.must(err)
		}
	}
	for i := range 5 {
		c := ca.Issue(w.t, fmt.Sprintf("other%d.example.com", i))
		_, err := w.servers.AddCertificate(c.DER)
		w.must(err)
		w.others[c.Thumbprint()] = true
	}
	text, err := json.Marshal(names)
	w.must(err)
	w.write("names.json", string(text))
}

func (w *workspace) writeModule(m mode) {
	stores := w.servers.Stores()
	w.write("ca.pem", w.servers.CAPEM())
	w.write("main.tf", fmt.Sprintf(module, blocks[m], stores[0].ID, stores[1].ID, stores[0].StoreTypeID))
	variables := map[string]string{"endpoint": w.servers.Endpoint(), "p12_password": w.password}
	switch m {
	case basic:
		variables["username"], variables["secret"] = simulator.User, w.servers.Password()
	case oauth:
		variables["username"], variables["secret"], variables["token_url"] = simulator.ClientID, w.servers.ClientSecret(), w.servers.TokenURL()
	case venafi:
		pfx, err := w.servers.ClientCertificatePKCS12("svc-terraform", "Marker-client-password")
		w.must(err)
		w.write("client.pfx", string(pfx))
		w.secrets["the password of the client certificate"] = "Marker-client-password"
		variables["username"], variables["secret"], variables["token_url"] = simulator.VedauthClientID, "Marker-client-password", w.servers.VedauthURL()
	}
	for name, value := range variables {
		w.environ = append(w.environ, "TF_VAR_"+name+"="+value)
	}
}

// module is the configuration: the first round creates, the second changes metadata, owner and stores of everything.
// Half of the resources create before they destroy, as the provider's examples do.
const module = `
terraform {
  required_providers {
    keyfactor = { source = "` + providerAddress + `" }
  }
}

variable "endpoint" { type = string }
variable "username" { type = string }
variable "token_url" {
  type    = string
  default = ""
}
variable "secret" {
  type      = string
  ephemeral = true
}
variable "p12_password" {
  type      = string
  ephemeral = true
}
variable "round" {
  type    = number
  default = 1
}
variable "prefix" {
  type    = string
  default = ""
}

provider "keyfactor" {
  endpoint        = var.endpoint
  ca_certificate  = "ca.pem"
  request_timeout = "2s"
  %s
}

locals {
  names    = jsondecode(file("names.json"))
  metadata = [{ AppOwnerFirstName = "First", BusinessUnit = "IT" }, { AppOwnerFirstName = "Second" }][var.round - 1]
  stores   = slice([%q, %q], 0, var.round)
}

resource "` + resourceType + `" "pem" {
  for_each        = { for name in local.names.pem : "${var.prefix}${name}" => name }
  certificate     = file("certificates/${each.value}.pem")
  metadata        = merge(local.metadata, { Notes = each.value })
  owner_role_name = ["Web Team", "Payments Team"][var.round - 1]
  store_ids       = local.stores
  on_destroy      = "delete"

  lifecycle {
    create_before_destroy = true
  }
}

resource "` + resourceType + `" "p12" {
  for_each       = { for name in local.names.p12 : "${var.prefix}${name}" => name }
  certificate_wo = file("certificates/${each.value}.p12")
  password_wo    = var.p12_password
  metadata       = merge(local.metadata, { Notes = each.value })
  owner_role_id  = [6, null][var.round - 1]
  store_ids      = local.stores
  store_types    = [{ store_type_id = %d, alias = each.value, overwrite = true }]
  on_destroy     = "delete"
}
`

func (w *workspace) write(name, content string) {
	w.must(os.WriteFile(filepath.Join(w.folder, name), []byte(content), 0o600))
}

func (w *workspace) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// result is how a command ended and all it printed.
type result struct {
	code   int
	stdout string
	output string
	cpu    time.Duration // of the command line and of the providers that it waited for
}

// run runs the command line to its end, and searches what it printed for secrets.
func (w *workspace) run(arguments ...string) result {
	w.t.Helper()
	return w.finish(w.start(arguments...))
}

// started is a command under way.
type started struct {
	*exec.Cmd
	stdout, output *bytes.Buffer
}

func (w *workspace) start(arguments ...string) started {
	w.t.Helper()
	s := started{Cmd: exec.CommandContext(w.t.Context(), w.cli.Path, arguments...), stdout: &bytes.Buffer{}, output: &bytes.Buffer{}}
	s.Dir, s.Env, s.Stdout, s.Stderr = w.folder, w.environ, s.stdout, s.output
	detach(s.Cmd)
	w.must(s.Start())
	return s
}

func (w *workspace) finish(s started) result {
	w.t.Helper()
	_ = s.Wait() // the exit code says it
	sweep(s.Cmd)
	r := result{
		code: s.ProcessState.ExitCode(), stdout: s.stdout.String(), output: s.stdout.String() + s.output.String(),
		cpu: s.ProcessState.UserTime() + s.ProcessState.SystemTime(),
	}
	w.searchSecrets("what "+strings.Join(s.Args[1:2], " ")+" printed", r.output)
	w.cpu += r.cpu
	return r
}

// searchSecrets fails the test where a text holds a secret.
func (w *workspace) searchSecrets(where, text string) {
	w.t.Helper()
	for what, secret := range w.secrets {
		if strings.Contains(text, secret) {
			w.t.Errorf("%s holds %s", where, what)
		}
	}
}

// searchFiles looks for secrets in state and in the provider's log. The log has to hold the thumbprint of a
// certificate or a path that was asked: a search in an empty file proves nothing.
func (w *workspace) searchFiles() {
	w.t.Helper()
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		content, err := os.ReadFile(filepath.Join(w.folder, name))
		if err != nil && name == "terraform.tfstate" {
			w.t.Errorf("state was not searched: %v", err)
		}
		w.searchSecrets(name, string(content))
	}
	if w.log == "" {
		return
	}
	content, err := os.ReadFile(w.log)
	w.must(err)
	if !bytes.Contains(content, []byte("/KeyfactorAPI/Certificates/Import")) {
		w.t.Errorf("the provider's log of %s bytes does not mention an import", strconv.Itoa(len(content)))
	}
	w.searchSecrets("the provider's log", string(content))
}
