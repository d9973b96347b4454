// Command floor is a provider that does nothing, to measure the real one by:
// its resources keep what they are told, its data sources answer their own
// configuration, nothing is parsed and nothing is sent. What it costs is the
// cost of Terraform, of the plugin framework and of the schema.
//
// Built as it stands it has one resource of two attributes. The benchmark also
// builds it with schema.go overlaid by the real provider's schema, so that it
// links nothing of the real provider and starts with a schema written in Go as
// the real one does. Its main does what the real main does.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/serve"
)

func main() {
	debug := flag.Bool("debug", false, "keep running for a debugger; prints how Terraform reaches it")
	flag.Parse()
	if err := serve.Provider("registry.terraform.io/seed-557fd821/keyfactor", idle{}, *debug); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
