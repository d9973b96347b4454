package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const module = "github.com/seed-557fd821/terraform-provider-keyfactor"

// The providers that are run in turn.
const (
	ours  = "ours"  // the provider of this repository
	floor = "floor" // one that does nothing, with the same schema
	bare  = "bare"  // one that does nothing, with two attributes
)

// binaries are the providers by name, each alone in its folder.
type binaries map[string]string

// folder is where the CLI finds a provider.
func (b binaries) folder(name string) string { return filepath.Dir(b[name]) }

// build builds the providers with one command line each, the same but for what
// is built: without cgo, trimmed and stripped, as they are released.
func build(ctx context.Context, repository, folder string) (binaries, error) {
	source, err := schemaSource(ctx)
	if err != nil {
		return nil, err
	}
	overlay, err := writeOverlay(repository, folder, source)
	if err != nil {
		return nil, err
	}
	found := binaries{}
	for _, one := range []struct{ name, source, overlay string }{
		{ours, ".", ""}, {floor, "./internal/benchmark/floor", overlay}, {bare, "./internal/benchmark/floor", ""},
	} {
		output := filepath.Join(folder, one.name, "terraform-provider-keyfactor"+exe())
		args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", output}
		if one.overlay != "" {
			args = append(args, "-overlay", one.overlay)
		}
		command := exec.CommandContext(ctx, "go", append(args, one.source)...)
		command.Dir = repository
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the provider %s: %w\n%s", one.name, err, text)
		}
		found[one.name] = output
	}
	return found, nil
}

// size is how large a provider's binary is, in bytes.
func (b binaries) size(name string) (int64, error) {
	info, err := os.Stat(b[name])
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// writeOverlay has the compiler read source in place of the floor's schema.go.
// See "go help build" for the format.
func writeOverlay(repository, folder string, source []byte) (string, error) {
	schema := filepath.Join(folder, "schema.go")
	if err := os.WriteFile(schema, source, 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(repository, "internal", "benchmark", "floor", "schema.go"): schema,
	}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// repository is the root of this module, wherever in it the benchmark was started.
func repository(ctx context.Context) (string, error) {
	found, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	path, folder, _ := strings.Cut(strings.TrimSpace(string(found)), " ")
	if path != module {
		return "", errors.New("the benchmark has to be started inside the repository of " + module)
	}
	return folder, nil
}
