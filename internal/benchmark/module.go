package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"context"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

const resourceType = "keyfactor_imported_certificate"

const requiredProviders = `
terraform {
  required_providers {
    keyfactor = { source = "seed-557fd821/keyfactor" }
  }
}
`

// certificatesModule imports n of the files; everything comes from the
// environment but what a resource says itself.
func certificatesModule(n int) string {
	return requiredProviders + fmt.Sprintf(`
resource "keyfactor_imported_certificate" "pem" {
  count       = %d
  certificate = file("../files/pem-${count.index}")
  metadata    = { AppOwnerFirstName = "John" }
}

resource "keyfactor_imported_certificate" "pkcs12" {
  count          = %d
  certificate_wo = filebase64("../files/pkcs12-${count.index}")
  password_wo    = %q
  metadata       = { AppOwnerFirstName = "John" }
}
`, n-n/2, n/2, filePassword)
}

// bareModule is as many resources with the one argument that bare has.
func bareModule(n int) string {
	return requiredProviders + fmt.Sprintf(`
resource "keyfactor_imported_certificate" "pem" {
  count       = %d
  certificate = file("../files/pem-${count.index}")
}

resource "keyfactor_imported_certificate" "pkcs12" {
  count       = %d
  certificate = filebase64("../files/pkcs12-${count.index}")
}
`, n-n/2, n/2)
}

// lookupsModule looks n accounts up, spread over all of them.
func lookupsModule(n, all int) string {
	return requiredProviders + fmt.Sprintf(`
data "keyfactor_security_identity" "account" {
  count        = %d
  account_name = format("KEYEXAMPLE\\user%%05d", 1 + count.index * %d)
}
`, n, all/n)
}

const identitiesModule = requiredProviders + `
data "keyfactor_security_identities" "all" {}
`

// workspace is a folder in which the CLI runs with one provider.
type workspace struct {
	folder   string
	cli      tfcli.CLI
	provider string // the folder of its binary
	environ  []string
}

// newWorkspace makes a folder beside the certificate files.
func newWorkspace(root, name string, cli tfcli.CLI, provider string) (*workspace, error) {
	w := &workspace{folder: filepath.Join(root, name), cli: cli, provider: provider}
	home := filepath.Join(w.folder, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	// An override is taken as it is: no lock file, no checksum over the binary.
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n}\n", "seed-557fd821/keyfactor", filepath.ToSlash(provider))
	if err := os.WriteFile(filepath.Join(w.folder, "cli.tfrc"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	w.environ = append(tfcli.Environ(), "HOME="+home, "USERPROFILE="+home, "APPDATA="+home, "XDG_CONFIG_HOME="+home,
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "TF_IN_AUTOMATION=1")
	return w, nil
}

// write puts a configuration and a state into the folder; without state, none is left.
func (w *workspace) write(config string, state []byte) error {
	if err := os.WriteFile(filepath.Join(w.folder, "main.tf"), []byte(config), 0o600); err != nil {
		return err
	}
	path := filepath.Join(w.folder, "terraform.tfstate")
	if state == nil {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	return os.WriteFile(path, state, 0o600)
}

func (w *workspace) state() ([]byte, error) {
	return os.ReadFile(filepath.Join(w.folder, "terraform.tfstate"))
}

// command is a command of the CLI for the servers of s, with OAuth.
func (w *workspace) command(ctx context.Context, s *simulator.Simulator, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.cli.Path, append(args, "-input=false", "-no-color", "-lock=false")...)
	command.Dir = w.folder
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	command.Env = append(slices.Clone(w.environ),
		"KEYFACTOR_ENDPOINT="+s.Endpoint(), "KEYFACTOR_CA_CERT="+s.CAPEM(), "KEYFACTOR_AUTH_TOKEN_URL="+s.TokenURL(),
		"KEYFACTOR_AUTH_CLIENT_ID="+simulator.ClientID, "KEYFACTOR_AUTH_CLIENT_SECRET="+s.ClientSecret())
	return command
}

// stateFile is the part of Terraform's state, version 4, that is written here;
// the rest is kept as it was read.
type stateFile map[string]any

// multiply makes the state of many files out of one that holds one file of each
// kind, as apply wrote it: applying thousands takes minutes, and longer the more
// they are. ids are Command's, in the order of files.
func multiply(template []byte, files []file, ids []int, host string) ([]byte, error) {
	var state stateFile
	if err := json.Unmarshal(template, &state); err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	resources, _ := state["resources"].([]any)
	kept := resources[:0]
	for _, r := range resources {
		resource := r.(map[string]any)
		instances := resource["instances"].([]any)
		if resource["type"] != resourceType || len(instances) != 1 {
			return nil, fmt.Errorf("the state to be multiplied holds %d of %v.%v", len(instances), resource["type"], resource["name"])
		}
		var all []any
		for i, f := range files {
			if f.kind != resource["name"] {
				continue
			}
			one, err := instanceOf(instances[0].(map[string]any), f, ids[i], host)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		if resource["instances"] = all; len(all) > 0 {
			kept = append(kept, resource)
		}
	}
	state["resources"] = kept
	return json.Marshal(state)
}

// instanceOf is the template's instance with what differs from file to file.
func instanceOf(template map[string]any, f file, id int, host string) (map[string]any, error) {
	instance := maps.Clone(template)
	attributes := maps.Clone(template["attributes"].(map[string]any))
	for attribute, value := range map[string]any{
		"id": id, "thumbprint": f.thumbprint(), "thumbprint_sha256": f.sha256(),
		"subject": "CN=" + f.leaf.Subject.CommonName + ",O=Key Example,C=US", "dns_names": f.leaf.DNSNames,
		"serial_number": strings.ToUpper(hex.EncodeToString(f.leaf.SerialNumber.Bytes())),
		"not_before":    f.leaf.NotBefore.UTC().Format(time.RFC3339), "not_after": f.leaf.NotAfter.UTC().Format(time.RFC3339),
	} {
		if _, known := attributes[attribute]; known {
			attributes[attribute] = value
		}
	}
	if attributes["certificate"] != nil {
		attributes["certificate"] = f.content
	}
	instance["attributes"], instance["index_key"] = attributes, f.index
	if private, ok := template["private"].(string); ok && private != "" {
		rewritten, err := rewriteRecord(private, f.digest(), host)
		if err != nil {
			return nil, err
		}
		instance["private"] = rewritten
	}
	return instance, nil
}

// rewriteRecord puts digest and host into the resource's private record, which
// the framework keeps as JSON of base64 of JSON. The key is forgotten: the
// simulator is given the certificates without theirs.
func rewriteRecord(private, digest, host string) (string, error) {
	text, err := base64.StdEncoding.DecodeString(private)
	if err != nil {
		return "", fmt.Errorf("read the private state: %w", err)
	}
	var kept map[string][]byte
	if err := json.Unmarshal(text, &kept); err != nil {
		return "", fmt.Errorf("read the private state: %w", err)
	}
	var record map[string]any
	if err := json.Unmarshal(kept["record"], &record); err != nil {
		return "", fmt.Errorf("read the private state: %w", err)
	}
	if _, known := record["digest"]; !known {
		return "", fmt.Errorf("the private state has no digest: %s", kept["record"])
	}
	record["digest"], record["host"] = digest, host
	delete(record, "seen_key")
	if kept["record"], err = json.Marshal(record); err != nil {
		return "", err
	}
	if text, err = json.Marshal(kept); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(text), nil
}
