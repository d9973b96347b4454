// Package contract holds every request that the provider sends, and every answer
// that the simulator gives, against the vendor's OpenAPI documents of Keyfactor
// Command: command-openapi-10.yaml for Command 10, command-openapi-25-derived.yaml
// for the versions from 11 on.
//
//	KEYFACTOR_OPENAPI_DIR=... go test ./...
//
// The documents are not part of this repository. Without the variable the test
// says that it is skipped.
//
// The provider's whole life runs in process behind a proxy that records what
// passes. The documents allow properties and parameters that they do not name;
// here they are refused, so that a misspelt name shows. What the documents and
// the vendor's pages disagree about is a list of exceptions, each with its
// source; one that nothing needs any more is a failure too.
//
// It is a module of its own, which keeps kin-openapi out of the product's
// go.mod. Everything is in test files.
package contract
