package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long an interrupted command may take to stop by itself.
const patience = 20 * time.Second

// failure is a command that could not be run or ended with an exit code that
// was not expected. Output is all it printed, for the reader to see why.
type failure struct {
	command string
	cause   error
	output  string
}

func (f *failure) Error() string { return fmt.Sprintf("%s: %v", f.command, f.cause) }
func (f *failure) Unwrap() error { return f.cause }

// runner runs commands in one folder with one environment.
type runner struct {
	folder  string
	environ []string
	echo    io.Writer // gets all that the commands print as well; may be nil
}

// result is what a command printed, and how it ended.
type result struct {
	stdout string
	output string // standard output and standard error as they came
	code   int
}

// transcript keeps what a command prints on standard output and standard error,
// which os/exec copies side by side.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	echo io.Writer // may be nil
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.echo != nil {
		if _, err := t.echo.Write(p); err != nil {
			return 0, err
		}
	}
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// run runs a command to its end. Only the listed exit codes are no error; none
// listed means 0 only. When the context ends, the command is interrupted once
// and waited for, so that it leaves nothing half-done and nothing running.
func (r runner) run(ctx context.Context, codes []int, program string, args ...string) (result, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env = r.folder, r.environ
	var stdout bytes.Buffer
	both := &transcript{echo: r.echo}
	command.Stderr = both
	command.Stdout = io.MultiWriter(&stdout, both)
	command.Cancel = func() error { return interrupt(command) }
	command.WaitDelay = patience
	detach(command)

	fail := func(cause error) error {
		line := strings.Join(append([]string{filepath.Base(program)}, args...), " ")
		return &failure{command: line, cause: cause, output: both.String()}
	}
	if err := command.Start(); err != nil {
		return result{}, fail(err)
	}
	err := command.Wait()
	sweep(command)
	if ctx.Err() != nil {
		return result{}, fail(context.Cause(ctx))
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, fail(err)
	}
	ended := result{stdout: stdout.String(), output: both.String(), code: command.ProcessState.ExitCode()}
	if len(codes) == 0 {
		codes = []int{0}
	}
	if !slices.Contains(codes, ended.code) {
		return result{}, fail(fmt.Errorf("ended with exit code %d", ended.code))
	}
	return ended, nil
}
