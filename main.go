// Terraform-provider-keyfactor serves the Terraform provider for Keyfactor
// Command. Terraform starts it; -debug keeps it running for a debugger.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	keyfactor "github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
)

// version is set by the linker for a release.
var version = "dev"

// closing is how long the end of the process may take: Terraform kills a
// provider two seconds after asking it to end.
const closing = 1500 * time.Millisecond

func main() {
	debug := flag.Bool("debug", false, "keep running for a debugger; prints how Terraform reaches it")
	flag.Parse()
	quietFramework()
	log.SetOutput(io.Discard) // net/http logs what servers send out of turn, as it comes

	p := keyfactor.New(version)
	err := serve(p, *debug)

	ctx, cancel := context.WithTimeout(context.Background(), closing)
	p.Close(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve is providerserver.Serve without protocol 5, which would be half a
// megabyte of the binary.
func serve(p *keyfactor.Provider, debug bool) error {
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(keyfactor.Address, providerserver.NewProtocol6(p), options...)
}

// quietFramework stops the framework's own log lines, hundreds for each
// resource, where nobody asked for any log: a third of a plan's time.
func quietFramework() {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && (name == "TF_LOG" || strings.HasPrefix(name, "TF_LOG_PROVIDER") || strings.HasPrefix(name, "TF_LOG_SDK")) {
			return
		}
	}
	_ = os.Setenv("TF_LOG_SDK", "OFF")
}
