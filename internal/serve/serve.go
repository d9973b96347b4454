// Package serve runs a provider of the plugin framework as the process that
// Terraform starts, without three things that serving costs otherwise: log
// lines that nobody asked for, protocol 5, and the memory of calls that have
// ended. What a benchmark compares the provider with is served by it as well.
//
// It must not know what the provider does.
package serve

import (
	"io"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// Provider serves p, whose address in the registry is given, by protocol 6
// until Terraform ends it. With debug it keeps running for a debugger and
// prints how Terraform reaches it.
//
// It is providerserver.Serve without protocol 5, which would be half a megabyte
// of the binary.
func Provider(address string, p provider.Provider, debug bool) error {
	quietFramework()
	log.SetOutput(io.Discard) // net/http logs what servers send out of turn, as it comes
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return Protocol6(p) }, options...)
}

// Protocol6 answers the calls of protocol 6 for p.
func Protocol6(p provider.Provider) tfprotov6.ProviderServer {
	return &server{providerserver.NewProtocol6(p)()}
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
