package main

import (
	"encoding/json"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// formatVersion is what Terraform 1.x writes.
const formatVersion = "1.0"

// newDocument is what the protocol says, as Terraform writes it.
func newDocument(name string, schema *tfprotov6.GetProviderSchemaResponse, identities *tfprotov6.GetResourceIdentitySchemasResponse) (*tfjson.ProviderSchemas, error) {
	if len(schema.ActionSchemas) > 0 || len(schema.ListResourceSchemas) > 0 {
		return nil, fmt.Errorf("the provider has actions or list resources, which this program does not write yet")
	}
	document := &tfjson.ProviderSchema{ResourceIdentitySchemas: map[string]*tfjson.IdentitySchema{}, Functions: map[string]*tfjson.FunctionSignature{}}
	var err error
	if document.ConfigSchema, err = schemaOf(schema.Provider); err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		to   *map[string]*tfjson.Schema
		from map[string]*tfprotov6.Schema
	}{
		{&document.ResourceSchemas, schema.ResourceSchemas},
		{&document.DataSourceSchemas, schema.DataSourceSchemas},
		{&document.EphemeralResourceSchemas, schema.EphemeralResourceSchemas},
	} {
		*kind.to = map[string]*tfjson.Schema{}
		for typ, from := range kind.from {
			if (*kind.to)[typ], err = schemaOf(from); err != nil {
				return nil, fmt.Errorf("%s: %w", typ, err)
			}
		}
	}
	for typ, from := range identities.IdentitySchemas {
		if document.ResourceIdentitySchemas[typ], err = identityOf(from); err != nil {
			return nil, fmt.Errorf("identity of %s: %w", typ, err)
		}
	}
	for function, from := range schema.Functions {
		if document.Functions[function], err = functionOf(from); err != nil {
			return nil, fmt.Errorf("function %s: %w", function, err)
		}
	}
	return &tfjson.ProviderSchemas{FormatVersion: formatVersion, Schemas: map[string]*tfjson.ProviderSchema{name: document}}, nil
}

func schemaOf(from *tfprotov6.Schema) (*tfjson.Schema, error) {
	if from == nil || from.Block == nil {
		return &tfjson.Schema{Block: &tfjson.SchemaBlock{}}, nil
	}
	if len(from.Block.BlockTypes) > 0 {
		return nil, fmt.Errorf("it has nested blocks, which this program does not write yet")
	}
	attributes, err := attributesOf(from.Block.Attributes)
	if err != nil {
		return nil, err
	}
	return &tfjson.Schema{Version: uint64(from.Version), Block: &tfjson.SchemaBlock{ //nolint:gosec // versions are not negative
		Attributes: attributes, Description: from.Block.Description,
		DescriptionKind: kindOf(from.Block.DescriptionKind), Deprecated: from.Block.Deprecated,
	}}, nil
}

func attributesOf(from []*tfprotov6.SchemaAttribute) (map[string]*tfjson.SchemaAttribute, error) {
	attributes := make(map[string]*tfjson.SchemaAttribute, len(from))
	for _, a := range from {
		to := &tfjson.SchemaAttribute{
			Description: a.Description, DescriptionKind: kindOf(a.DescriptionKind), Deprecated: a.Deprecated,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		}
		var err error
		if a.NestedType != nil {
			to.AttributeNestedType, err = nestedOf(a.NestedType)
		} else {
			err = convert(a.Type, &to.AttributeType)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		attributes[a.Name] = to
	}
	return attributes, nil
}

var nestings = map[tfprotov6.SchemaObjectNestingMode]tfjson.SchemaNestingMode{
	tfprotov6.SchemaObjectNestingModeSingle: tfjson.SchemaNestingModeSingle,
	tfprotov6.SchemaObjectNestingModeList:   tfjson.SchemaNestingModeList,
	tfprotov6.SchemaObjectNestingModeSet:    tfjson.SchemaNestingModeSet,
	tfprotov6.SchemaObjectNestingModeMap:    tfjson.SchemaNestingModeMap,
}

func nestedOf(from *tfprotov6.SchemaObject) (*tfjson.SchemaNestedAttributeType, error) {
	attributes, err := attributesOf(from.Attributes)
	if err != nil {
		return nil, err
	}
	nesting, known := nestings[from.Nesting]
	if !known {
		return nil, fmt.Errorf("nesting mode %d is not known", from.Nesting)
	}
	return &tfjson.SchemaNestedAttributeType{Attributes: attributes, NestingMode: nesting}, nil
}

func identityOf(from *tfprotov6.ResourceIdentitySchema) (*tfjson.IdentitySchema, error) {
	to := &tfjson.IdentitySchema{Version: uint64(from.Version), Attributes: map[string]*tfjson.IdentityAttribute{}} //nolint:gosec // as above
	for _, a := range from.IdentityAttributes {
		attribute := &tfjson.IdentityAttribute{
			Description: a.Description, RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport,
		}
		if err := convert(a.Type, &attribute.IdentityType); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		to.Attributes[a.Name] = attribute
	}
	return to, nil
}

func functionOf(from *tfprotov6.Function) (*tfjson.FunctionSignature, error) {
	to := &tfjson.FunctionSignature{Description: from.Description, Summary: from.Summary, DeprecationMessage: from.DeprecationMessage}
	if err := convert(from.Return.Type, &to.ReturnType); err != nil {
		return nil, err
	}
	for _, p := range from.Parameters {
		parameter, err := parameterOf(p)
		if err != nil {
			return nil, err
		}
		to.Parameters = append(to.Parameters, parameter)
	}
	if from.VariadicParameter == nil {
		return to, nil
	}
	var err error
	to.VariadicParameter, err = parameterOf(from.VariadicParameter)
	return to, err
}

func parameterOf(from *tfprotov6.FunctionParameter) (*tfjson.FunctionParameter, error) {
	to := &tfjson.FunctionParameter{Name: from.Name, Description: from.Description, IsNullable: from.AllowNullValue}
	if err := convert(from.Type, &to.Type); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Name, err)
	}
	return to, nil
}

// convert goes by JSON, in which the protocol's types and Terraform's are the same.
func convert(from tftypes.Type, to json.Unmarshaler) error {
	data, err := from.MarshalJSON() //nolint:staticcheck // the one way out of tftypes; marked for the framework's use
	if err != nil {
		return err
	}
	return to.UnmarshalJSON(data)
}

func kindOf(kind tfprotov6.StringKind) tfjson.SchemaDescriptionKind {
	if kind == tfprotov6.StringKindMarkdown {
		return tfjson.SchemaDescriptionKindMarkdown
	}
	return tfjson.SchemaDescriptionKindPlain
}
