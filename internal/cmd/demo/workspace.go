package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

const (
	module          = "github.com/seed-557fd821/terraform-provider-keyfactor"
	providerAddress = "registry.terraform.io/seed-557fd821/keyfactor"
	providerVersion = "0.1.0"
)

// workspace is the folder that all of a run happens in; it goes when the run ends.
type workspace struct {
	folder string
}

func newWorkspace() (workspace, error) {
	folder, err := os.MkdirTemp("", "keyfactor-demo-*")
	if err != nil {
		return workspace{}, err
	}
	// A symbolic link in the path (macOS's /var) would show in some messages
	// and not in others.
	if resolved, err := filepath.EvalSymlinks(folder); err == nil {
		folder = resolved
	}
	return workspace{folder: folder}, nil
}

func (w workspace) remove() error { return os.RemoveAll(w.folder) }

func (w workspace) mirror() string    { return filepath.Join(w.folder, "mirror") }
func (w workspace) module() string    { return filepath.Join(w.folder, "demo") }
func (w workspace) home() string      { return filepath.Join(w.folder, "home") }
func (w workspace) cliConfig() string { return filepath.Join(w.folder, "cli.tfrc") }
func (w workspace) ca() string        { return filepath.Join(w.folder, "ca.pem") }

// providerPath is where an unpacked filesystem mirror holds one version for one platform.
// https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
func (w workspace) providerPath(platform string) string {
	name := "terraform-provider-keyfactor_v" + providerVersion
	if strings.HasPrefix(platform, "windows_") {
		name += ".exe"
	}
	return filepath.Join(w.mirror(), filepath.FromSlash(providerAddress), providerVersion, platform, name)
}

// build compiles the provider of the repository into the mirror, for the platform of the CLI.
func (w workspace) build(ctx context.Context, repository string, cli tfcli.CLI, r runner) error {
	system, architecture, _ := strings.Cut(cli.Platform, "_")
	r.folder = repository
	r.environ = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture)
	_, err := r.run(ctx, nil, "go", "build", "-ldflags", "-X main.version="+providerVersion, "-o", w.providerPath(cli.Platform), ".")
	return err
}

// writeCLIConfig writes the CLI configuration that stands in for the user's own:
// providers come from the mirror and from nowhere else.
func (w workspace) writeCLIConfig() error {
	for _, folder := range []string{w.home(), w.mirror()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(w.cliConfig(), []byte(cliConfig(w.mirror())), 0o600)
}

func cliConfig(mirror string) string {
	return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %s\n  }\n}\n", quote(filepath.ToSlash(mirror)))
}

// quote writes an HCL string; "$${" is how HCL writes "${".
func quote(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}

// environ is the environment of the CLI: nothing of the user's that would steer
// it, a home of its own, and the variables of the module.
func (w workspace) environ(variables map[string]string) []string {
	environ := append(tfcli.Environ(),
		"HOME="+w.home(), "USERPROFILE="+w.home(), "APPDATA="+w.home(), "XDG_CONFIG_HOME="+w.home(),
		"TF_CLI_CONFIG_FILE="+w.cliConfig(),
		"TF_IN_AUTOMATION=1", // no hints on what to type next
	)
	for name, value := range variables {
		environ = append(environ, "TF_VAR_"+name+"="+value)
	}
	return environ
}

// copyModule copies the example, so that what the CLI writes beside it is not in
// the repository. What a run by hand left there stays behind.
func (w workspace) copyModule(repository string) error {
	from := filepath.Join(repository, "examples", "demo")
	if err := copyFiles(from, w.module(), "*.tf"); err != nil {
		return err
	}
	return copyFiles(filepath.Join(from, "certificates"), filepath.Join(w.module(), "certificates"), "*.*")
}

func copyFiles(from, to, pattern string) error {
	names, err := filepath.Glob(filepath.Join(from, pattern))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("there is no %s in %s", pattern, from)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// repository is the root of this module, wherever in it the demo was started.
func repository(ctx context.Context) (string, error) {
	found, err := runner{environ: os.Environ()}.run(ctx, nil, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}")
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	path, folder, _ := strings.Cut(strings.TrimSpace(found.stdout), " ")
	if path != module {
		return "", fmt.Errorf("the demo has to be started inside the repository of %s", module)
	}
	return folder, nil
}
