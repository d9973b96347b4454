package provider_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

// The tests of this file's kind run the built provider under the real command
// line, each in a process of its own: for what ends with the process, for logs,
// and for what the command line writes to disk.

// built is the provider's binary, built once for all tests.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "keyfactor-provider-*")
	if err != nil {
		return "", err
	}
	binaries = folder
	name := filepath.Join(folder, "terraform-provider-keyfactor")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	command := exec.Command("go", "build", "-ldflags", "-X main.version=9.8.7", "-o", name, "github.com/seed-557fd821/terraform-provider-keyfactor")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return folder, nil
})

var binaries string

func TestMain(m *testing.M) {
	// What steers the user's own work must not steer the tests.
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "KEYFACTOR_") || strings.HasPrefix(name, "VENAFI_") || name == "TF_CLI_CONFIG_FILE" {
			_ = os.Unsetenv(name)
		}
	}
	code := m.Run()
	if binaries != "" {
		_ = os.RemoveAll(binaries)
	}
	os.Exit(code)
}

// workspace is a folder with a configuration, and the command line.
type workspace struct {
	t       *testing.T
	folder  string
	cli     tfcli.CLI
	environ []string
}

// newWorkspace has the configuration in main.tf.
func newWorkspace(t *testing.T, config string, environ ...string) *workspace {
	t.Helper()
	w := emptyWorkspace(t, environ...)
	w.write("main.tf", "terraform {\n  required_providers {\n    keyfactor = { source = \"seed-557fd821/keyfactor\" }\n  }\n}\n"+config)
	return w
}

// emptyWorkspace skips the test where there is no command line.
func emptyWorkspace(t *testing.T, environ ...string) *workspace {
	t.Helper()
	cli, err := tfcli.Finder{Named: os.Getenv("TF_ACC_TERRAFORM_PATH"), Log: func(line string) { t.Log(line) }}.Find(t.Context())
	if err != nil {
		t.Skipf("this test runs Terraform or OpenTofu: %v", err)
	}
	plugin, err := built()
	if err != nil {
		t.Fatalf("building the provider: %v", err)
	}
	w := &workspace{t: t, folder: t.TempDir(), cli: cli}
	home := filepath.Join(w.folder, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %[1]q = %[2]q\n    %[3]q = %[2]q\n    %[4]q = %[2]q\n  }\n}\n",
		"seed-557fd821/keyfactor", filepath.ToSlash(plugin), "keyfactor-pub/keyfactor", "registry.terraform.io/seed-557fd821/keyfactor"))
	w.environ = append(tfcli.Environ(), "HOME="+home, "USERPROFILE="+home, "XDG_CONFIG_HOME="+home, "APPDATA="+home,
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "TF_IN_AUTOMATION=1", "TF_PLUGIN_CACHE_DIR=")
	w.environ = append(w.environ, environ...)
	return w
}

func (w *workspace) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// read is a file of the workspace, "" when it is not there.
func (w *workspace) read(name string) string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.folder, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return string(content)
}

// run runs a command of the command line and returns what it printed.
func (w *workspace) run(args ...string) (output string, err error) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), w.cli.Path, append(args, "-no-color")...)
	command.Dir, command.Env = w.folder, w.environ
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	return out.String(), err
}

// must is run for a command that has to succeed.
func (w *workspace) must(args ...string) string {
	w.t.Helper()
	output, err := w.run(args...)
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

// everything is all that the command line has written, by file name: state,
// logs, and the members of plan files.
func (w *workspace) everything() map[string]string {
	w.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(w.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(w.folder, path)
		found[name] = string(content)
		for member, data := range members(w.t, content) {
			found[name+"!"+member] = data
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// members are what a plan file holds, none for another file.
func members(t *testing.T, content []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil
	}
	found := map[string]string{}
	for _, member := range archive.File {
		reader, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		found[member.Name] = string(data)
	}
	return found
}

// flat undoes the command line's frames and line breaks.
func flat(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}
