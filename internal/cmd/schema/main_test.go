package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

// document is a JSON document as it is, whatever its types here.
type document = map[string]any

func schemaAs(t *testing.T, name string) document {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), name, &out); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	schemas, _ := d["provider_schemas"].(document)
	schema, _ := schemas[name].(document)
	if schema == nil {
		t.Fatalf("no schema under %q", name)
	}
	return schema
}

func TestSchema_HasWhatOlderTerraformLeavesOut(t *testing.T) {
	identities, _ := schemaAs(t, "keyfactor")["resource_identity_schemas"].(document)
	want := document{"version": 0.0, "attributes": document{"thumbprint": document{
		"type": "string", "description": "SHA-1 thumbprint of the certificate, hex.", "required_for_import": true,
	}}}
	if got := identities["keyfactor_imported_certificate"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSchema_IsWhatTerraformPrints compares every name, type, flag and text.
func TestSchema_IsWhatTerraformPrints(t *testing.T) {
	cli, err := tfcli.Finder{Named: os.Getenv("TF_ACC_TERRAFORM_PATH")}.Find(t.Context())
	if err != nil {
		t.Skipf("this test runs Terraform or OpenTofu: %v", err)
	}
	const address = "registry.terraform.io/seed-557fd821/keyfactor"
	printed := printedBy(t, cli, address)
	ours := schemaAs(t, address)
	for _, kind := range []string{"provider", "resource_schemas", "data_source_schemas", "ephemeral_resource_schemas", "functions"} {
		if _, there := printed[kind]; !there {
			t.Errorf("%s prints no %s", cli, kind)
		}
		if got, want := ours[kind], printed[kind]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: here\n%s\nprinted by %s\n%s", kind, indented(got), cli, indented(want))
		}
	}
	// Absent before Terraform 1.12.
	if want, there := printed["resource_identity_schemas"]; there && !reflect.DeepEqual(ours["resource_identity_schemas"], want) {
		t.Errorf("identities: here\n%s\nprinted by %s\n%s", indented(ours["resource_identity_schemas"]), cli, indented(want))
	}
}

// printedBy is the built provider's schema as the command line prints it.
func printedBy(t *testing.T, cli tfcli.CLI, address string) document {
	t.Helper()
	folder := t.TempDir()
	binary := filepath.Join(folder, "terraform-provider-keyfactor")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/seed-557fd821/terraform-provider-keyfactor")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	rc := filepath.Join(folder, "cli.tfrc")
	for name, text := range map[string]string{
		rc:                               fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n}\n", address, filepath.ToSlash(folder)),
		filepath.Join(folder, "main.tf"): fmt.Sprintf("terraform {\n  required_providers {\n    keyfactor = { source = %q }\n  }\n}\n", address),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), cli.Path, "providers", "schema", "-json")
	command.Dir, command.Env = folder, append(tfcli.Environ(), "TF_CLI_CONFIG_FILE="+rc)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var d struct {
		Schemas map[string]document `json:"provider_schemas"`
	}
	if err := json.Unmarshal(output, &d); err != nil {
		t.Fatal(err)
	}
	return d.Schemas[address]
}

func indented(value any) string {
	text, _ := json.MarshalIndent(value, "", "  ")
	return string(text)
}
