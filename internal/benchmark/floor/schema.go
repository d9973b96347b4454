package main

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

func providerSchema() schema.Schema { return schema.Schema{} }

func resources() []idleResource {
	return []idleResource{{name: "keyfactor_imported_certificate", schema: func() resourceschema.Schema {
		return resourceschema.Schema{Attributes: map[string]resourceschema.Attribute{
			"certificate": resourceschema.StringAttribute{Required: true},
			"thumbprint":  resourceschema.StringAttribute{Computed: true},
		}}
	}}}
}

func dataSources() []idleDataSource       { return nil }
func ephemeralResources() []idleEphemeral { return nil }
func functions() []idleFunction           { return nil }
