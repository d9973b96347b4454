// Package tfcli finds the command line that runs a configuration: Terraform or
// OpenTofu, new enough for write-only arguments, and fetches a pinned Terraform
// where there is none.
//
// The order is: the one that was named; else terraform, then tofu, on PATH;
// else the pinned Terraform, from HashiCorp's release site with its signature
// checked, kept in a folder given by the caller. A named one that is missing or
// too old is an error, since whoever named it meant it; one on PATH that is too
// old is passed over with a line saying so.
//
// The demo and the tests use this package; the provider does not. It knows
// nothing of providers, configurations or servers.
package tfcli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	version "github.com/hashicorp/go-version"
)

// Product is which of the two command lines it is, as it calls itself.
type Product string

// The two command lines.
const (
	Terraform Product = "Terraform"
	OpenTofu  Product = "OpenTofu"
)

// CLI is a command line that was run once to ask for its version.
type CLI struct {
	Path     string // absolute
	Product  Product
	Version  *version.Version
	Platform string // what providers have to be built for, such as "linux_amd64"
}

// String is the product with its version and place, such as
// "Terraform 1.11.4 (/usr/bin/terraform)".
func (c CLI) String() string {
	return fmt.Sprintf("%s %s (%s)", c.Product, c.Version, c.Path)
}

// RegistryHost is where the command line looks for a provider whose source
// names no host.
func (c CLI) RegistryHost() string {
	if c.Product == OpenTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// oldest has write-only arguments, which Terraform and OpenTofu both brought
// with 1.11.
var oldest = version.Must(version.NewVersion("1.11.0"))

// Errors that Find returns, wrapped.
var (
	ErrTooOld = errors.New("version 1.11 or later is needed")
	ErrNotCLI = errors.New("it does not answer as Terraform or OpenTofu")
)

// Finder finds the command line. The zero value looks on PATH only.
type Finder struct {
	// Named is a path or a name to be looked up on PATH; empty when the
	// choice is left to Find.
	Named string
	// Folder keeps a fetched Terraform between runs; with an empty Folder
	// nothing is fetched.
	Folder string
	// Log takes one line each about what was passed over or fetched; may be nil.
	Log func(line string)

	releases  string // where to fetch from; empty is HashiCorp's release site
	publicKey string // whose signature is taken; empty is HashiCorp's
}

// Find returns the command line to use. The errors say what was tried.
func (f Finder) Find(ctx context.Context) (CLI, error) {
	if f.Named != "" {
		path, err := exec.LookPath(f.Named)
		if err != nil {
			return CLI{}, fmt.Errorf("find the command line that was named: %w", err)
		}
		return inspect(ctx, path)
	}
	for _, name := range []string{"terraform", "tofu"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		found, err := inspect(ctx, path)
		if err == nil {
			return found, nil
		}
		f.log("passed over: %v", err)
	}
	if f.Folder == "" {
		return CLI{}, errors.New("neither terraform nor tofu is on PATH")
	}
	path, err := f.fetch(ctx)
	if err != nil {
		return CLI{}, fmt.Errorf("neither terraform nor tofu is on PATH, and Terraform %s could not be fetched "+
			"(put one of them on PATH, or name one): %w", pinned, err)
	}
	return inspect(ctx, path)
}

func (f Finder) log(format string, args ...any) {
	if f.Log != nil {
		f.Log(fmt.Sprintf(format, args...))
	}
}

// inspect runs the command line at path for its version.
func inspect(ctx context.Context, path string) (CLI, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return CLI{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, absolute, "version")
	command.Env = Environ()
	output, err := command.Output()
	if err != nil {
		return CLI{}, fmt.Errorf("ask %s for its version: %w", absolute, err)
	}
	found, err := parseVersion(output)
	if err != nil {
		return CLI{}, fmt.Errorf("%s: %w", absolute, err)
	}
	found.Path = absolute
	return found, nil
}

// The first two lines of "version", the same for both products but for the name.
// Its JSON form does not tell them apart.
var versionLines = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\d+\.\d+\.\d+\S*)\r?\non (\w+_\w+)\r?$`)

func parseVersion(output []byte) (CLI, error) {
	match := versionLines.FindSubmatch(output)
	if match == nil {
		return CLI{}, ErrNotCLI
	}
	number, err := version.NewVersion(string(match[2]))
	if err != nil {
		return CLI{}, fmt.Errorf("%w: %w", ErrNotCLI, err)
	}
	found := CLI{Product: Product(match[1]), Version: number, Platform: string(match[3])}
	if number.Core().LessThan(oldest) {
		return CLI{}, fmt.Errorf("this is %s %s: %w", found.Product, number, ErrTooOld)
	}
	return found, nil
}
