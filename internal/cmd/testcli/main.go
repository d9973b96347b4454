// Command testcli prints, for the shell that runs the tests, the variables that
// make terraform-plugin-testing run one certain Terraform or OpenTofu. Left to
// itself it knows nothing of OpenTofu, takes a Terraform of any age, and where
// there is none each test program fetches the latest for itself.
//
//	eval "$(go run ./internal/cmd/testcli [PATH])"
//
// Without PATH it is the one on PATH, else a pinned Terraform, which is kept in
// the folder bin of this repository.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

func main() {
	named := strings.Join(os.Args[1:], " ")
	if err := run(named); err != nil {
		fmt.Fprintln(os.Stderr, "testcli:", err)
		os.Exit(1)
	}
}

func run(named string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cli, err := tfcli.Finder{
		Named:  named,
		Folder: "bin",
		Log:    func(line string) { fmt.Fprintln(os.Stderr, line) },
	}.Find(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "the tests run", cli)
	export(os.Stdout, cli)
	return nil
}

// export writes the assignments, quoted for a POSIX shell.
func export(w io.Writer, cli tfcli.CLI) {
	for _, v := range []struct{ name, value string }{
		{"TF_ACC_TERRAFORM_PATH", cli.Path},
		// Test configurations name no source, so each product looks for the
		// provider under its own registry.
		{"TF_ACC_PROVIDER_HOST", cli.RegistryHost()},
	} {
		fmt.Fprintf(w, "export %s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
}
