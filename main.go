// Terraform-provider-keyfactor serves the Terraform provider for Keyfactor
// Command. Terraform starts it; -debug keeps it running for a debugger.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	keyfactor "github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/serve"
)

// version is set by the linker for a release.
var version = "dev"

// closing is how long the end of the process may take: Terraform kills a
// provider two seconds after asking it to end.
const closing = 1500 * time.Millisecond

func main() {
	debug := flag.Bool("debug", false, "keep running for a debugger; prints how Terraform reaches it")
	flag.Parse()
	p := keyfactor.New(version)
	err := serve.Provider(keyfactor.Address, p, *debug)

	ctx, cancel := context.WithTimeout(context.Background(), closing)
	p.Close(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
