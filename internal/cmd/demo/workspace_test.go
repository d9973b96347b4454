package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCLIConfig_QuotesThePath(t *testing.T) {
	got := cliConfig("/some/a \"b\"/${c}/%{d}")
	if want := `path = "/some/a \"b\"/$${c}/%%{d}"`; !strings.Contains(got, want) {
		t.Errorf("wrote %s, want %s in it", got, want)
	}
}

func TestProviderPath_IsWhereAMirrorHoldsIt(t *testing.T) {
	space := workspace{folder: "x"}
	for platform, want := range map[string]string{
		"linux_amd64":   "x/mirror/registry.terraform.io/seed-557fd821/keyfactor/0.1.0/linux_amd64/terraform-provider-keyfactor_v0.1.0",
		"windows_arm64": "x/mirror/registry.terraform.io/seed-557fd821/keyfactor/0.1.0/windows_arm64/terraform-provider-keyfactor_v0.1.0.exe",
	} {
		if got := filepath.ToSlash(space.providerPath(platform)); got != want {
			t.Errorf("%s: %s, want %s", platform, got, want)
		}
	}
}

func TestEnviron_LeavesTheUsersOwnOut(t *testing.T) {
	for name, value := range map[string]string{
		"TF_CLI_ARGS": "-destroy", "TF_VAR_contact": "theirs", "TF_CLI_CONFIG_FILE": "theirs", "TF_DATA_DIR": "theirs",
		"KEYFACTOR_PASSWORD": "theirs", "VENAFI_URL": "theirs", "HOME": "/theirs",
	} {
		t.Setenv(name, value)
	}
	space := workspace{folder: "x"}
	// Where a name is there twice, the last one counts: os/exec.
	effective := map[string]string{}
	for _, entry := range space.environ(map[string]string{"contact": "ours"}) {
		name, value, _ := strings.Cut(entry, "=")
		effective[name] = value
	}
	for name, want := range map[string]string{
		"TF_VAR_contact": "ours", "TF_CLI_CONFIG_FILE": space.cliConfig(), "HOME": space.home(), "CHECKPOINT_DISABLE": "1",
	} {
		if effective[name] != want {
			t.Errorf("%s is %q, want %q", name, effective[name], want)
		}
	}
	for _, name := range []string{"TF_CLI_ARGS", "TF_DATA_DIR", "KEYFACTOR_PASSWORD", "VENAFI_URL"} {
		if value, there := effective[name]; there {
			t.Errorf("%s=%s reaches the CLI", name, value)
		}
	}
}

// The test program plays the commands that are run.
func TestMain(m *testing.M) {
	switch os.Getenv("PLAY") {
	case "exit":
		_, _ = os.Stdout.WriteString("out\n")
		_, _ = os.Stderr.WriteString("err\n")
		os.Exit(3)
	case "wait":
		_, _ = os.Stdout.WriteString("waiting\n")
		time.Sleep(time.Hour) // until the interrupt, which ends a Go program
	}
	os.Exit(m.Run())
}

func play(part string) (runner, string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return runner{environ: append(os.Environ(), "PLAY="+part)}, self
}

func TestRun_ExitCodes(t *testing.T) {
	r, self := play("exit")
	got, err := r.run(t.Context(), []int{0, 3}, self)
	if err != nil || got.code != 3 || got.stdout != "out\n" || !containsAll(got.output, "out\n", "err\n") {
		t.Errorf("ended with %+v, %v", got, err)
	}
	_, err = r.run(t.Context(), nil, self, "argument")
	var failed *failure
	if !errors.As(err, &failed) || !strings.HasSuffix(err.Error(), " argument: ended with exit code 3") || !containsAll(failed.output, "err\n") {
		t.Errorf("error %v", err)
	}
}

func TestRun_InterruptedCommandEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r, self := play("wait")
	// The command has started once its first line is here; then it is interrupted.
	r.echo = writerFunc(func() { cancel(errInterrupted) })
	if _, err := r.run(ctx, nil, self); !errors.Is(err, errInterrupted) {
		t.Errorf("error %v, want %v", err, errInterrupted)
	}
}

type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) { f(); return len(p), nil }
