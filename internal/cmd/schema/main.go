// Command schema prints the provider's schema as JSON, in the format of
// "terraform providers schema -json", without running any Terraform: an older
// one silently leaves out what it does not know, such as resource identities
// before 1.12, and the documentation must not depend on what is on PATH.
//
//	go run ./internal/cmd/schema [-name keyfactor] >schema.json
//
// It asks the provider over the plugin protocol, in process, as Terraform does;
// nothing is configured and nothing is sent. What the documentation's generator
// takes from it is in `make docs`.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider"
)

func main() {
	name := flag.String("name", provider.Address, "the key under which the provider stands; tfplugindocs looks for its short name")
	flag.Parse()
	if err := run(context.Background(), *name, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string, w io.Writer) error {
	server := providerserver.NewProtocol6(provider.New("dev"))()
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return fmt.Errorf("get the schema: %w", err)
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return fmt.Errorf("get the identity schemas: %w", err)
	}
	for _, d := range append(schema.Diagnostics, identities.Diagnostics...) {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	document, err := newDocument(name, schema, identities)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
