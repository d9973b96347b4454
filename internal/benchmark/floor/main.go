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
	"io"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

func main() {
	debug := flag.Bool("debug", false, "keep running for a debugger; prints how Terraform reaches it")
	flag.Parse()
	quietFramework()
	log.SetOutput(io.Discard)
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve("registry.terraform.io/seed-557fd821/keyfactor", providerserver.NewProtocol6(idle{}), options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// quietFramework is what the real main does about the framework's own lines.
func quietFramework() {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && (name == "TF_LOG" || strings.HasPrefix(name, "TF_LOG_PROVIDER") || strings.HasPrefix(name, "TF_LOG_SDK")) {
			return
		}
	}
	_ = os.Setenv("TF_LOG_SDK", "OFF")
}
