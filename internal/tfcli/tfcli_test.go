package tfcli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The test program also plays the command line: copied under another name, it
// prints what this variable holds, as "version" would.
const playVersion = "PLAY_VERSION"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(playVersion + "_" + strings.ToUpper(programName())); ok {
		_, _ = io.WriteString(os.Stdout, text)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func programName() string {
	return strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
}

// install puts a program of that name into a folder, which answers version with text.
func install(t *testing.T, folder, name, text string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := os.Link(self, path); err != nil {
		content, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(playVersion+"_"+strings.ToUpper(name), text)
	return path
}

func TestFind_PrefersTerraformOnPath(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	path := install(t, folder, "terraform", "Terraform v1.11.4\non linux_amd64\n")
	install(t, folder, "tofu", "OpenTofu v1.12.6\non linux_amd64\n")
	found, err := Finder{}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := "Terraform 1.11.4 (" + path + ")"; found.String() != want {
		t.Errorf("found %s, want %s", found, want)
	}
	if found.Platform != "linux_amd64" {
		t.Errorf("platform %q", found.Platform)
	}
	if found.RegistryHost() != "registry.terraform.io" {
		t.Errorf("registry host of Terraform: %s", found.RegistryHost())
	}
}

func TestFind_PassesOverATerraformThatIsTooOld(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	install(t, folder, "terraform", "Terraform v1.5.7\non linux_amd64\n\nYour version of Terraform is out of date!\n")
	install(t, folder, "tofu", "OpenTofu v1.12.6\non linux_amd64\n")
	var lines []string
	found, err := Finder{Log: func(line string) { lines = append(lines, line) }}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found.Product != OpenTofu || found.RegistryHost() != "registry.opentofu.org" {
		t.Errorf("found %s at %s", found, found.RegistryHost())
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "this is Terraform 1.5.7: version 1.11 or later is needed") {
		t.Errorf("what was said: %q", lines)
	}
}

func TestFind_NamedIsTakenWhateverIsOnPath(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	t.Setenv("PATH", folder)
	install(t, folder, "terraform", "Terraform v1.11.4\non linux_amd64\n")
	path := install(t, other, "tofu", "OpenTofu v1.12.0-beta1\non linux_amd64\n")
	found, err := Finder{Named: path}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found.Path != path || found.Version.String() != "1.12.0-beta1" {
		t.Errorf("found %s", found)
	}
}

func TestFind_NamedIsNeverReplacedByAnother(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	install(t, folder, "terraform", "Terraform v1.11.4\non linux_amd64\n")
	old := install(t, folder, "terraform-old", "Terraform v1.10.5\non linux_amd64\n")
	other := install(t, folder, "something", "Something v7\n")
	for _, c := range []struct {
		named string
		want  error
	}{
		{old, ErrTooOld},
		{other, ErrNotCLI},
		{"no-such-command", exec.ErrNotFound},
	} {
		if found, err := (Finder{Named: c.named}).Find(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: found %v, error %v, want %v", c.named, found, err, c.want)
		}
	}
}

func TestFind_NothingOnPathAndNothingMayBeFetched(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Finder{}.Find(t.Context())
	if err == nil || err.Error() != "neither terraform nor tofu is on PATH" {
		t.Errorf("error %v", err)
	}
}

func TestWithout_DropsWhatIsTheUsersOwn(t *testing.T) {
	got := without([]string{
		"PATH=/bin", "TF_LOG=TRACE", "tf_workspace=x", "TF_CLI_ARGS_plan=-destroy", "KEYFACTOR_PASSWORD=p",
		"VENAFI_URL=u", "CHECKPOINT_DISABLE=", "HTTPS_PROXY=p", "TFX=1", "TF=1",
	}, foreign)
	want := []string{"PATH=/bin", "HTTPS_PROXY=p", "TFX=1", "TF=1"}
	if !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}
