package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

func TestExport_SurvivesTheShell(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no POSIX shell here to try the assignments in")
	}
	cli := tfcli.CLI{Path: `/opt/it's "here" $HOME/tofu`, Product: tfcli.OpenTofu}
	var script strings.Builder
	export(&script, cli)
	script.WriteString(`printf '%s|%s' "$TF_ACC_TERRAFORM_PATH" "$TF_ACC_PROVIDER_HOST"`)
	output, err := exec.Command("sh", "-c", script.String()).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := cli.Path + "|registry.opentofu.org"; string(output) != want {
		t.Errorf("the shell read %q, want %q", output, want)
	}
}
