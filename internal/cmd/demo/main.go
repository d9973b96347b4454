// Command demo shows the provider's main job on this machine, with nothing
// prepared: the real Terraform (or OpenTofu) imports real certificate files into
// a simulated Keyfactor Command, changes them, renews one and destroys them, and
// each step is checked against what the plan says and what the server then holds.
//
//	go run ./internal/cmd/demo [-verbose] [-seed N]
//
// Everything happens in a temporary folder and on loopback ports that the system
// chooses; the user's own Terraform configuration and variables do not reach it.
// The CLI is $TF_BIN, else the terraform or tofu on PATH, else a pinned
// Terraform that is fetched into the folder bin of the repository. The demo ends
// with exit code 0, with 1 at the first thing that is not as it should be, and
// with 130 when it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

// deadline ends a run that hangs; a run takes about a minute, most of it the build.
const deadline = 15 * time.Minute

var errInterrupted = errors.New("interrupted")

func main() {
	verbose := flag.Bool("verbose", false, "print all that the CLI prints")
	seed := flag.Uint64("seed", rand.Uint64N(1_000_000), "which faults the simulated servers make")
	flag.Parse()
	os.Exit(run(os.Stdout, *verbose, *seed))
}

func run(out io.Writer, verbose bool, seed uint64) int {
	ctx, cancel := context.WithTimeoutCause(context.Background(), deadline, errors.New("took longer than "+deadline.String()))
	defer cancel()
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	// Caught to the end: a second Ctrl-C must not leave the temporary folder behind.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		fmt.Fprintln(out, "\nInterrupted: stopping what runs, then cleaning up.")
		interrupt(errInterrupted)
	}()

	err := demonstrate(ctx, out, verbose, seed)
	if err == nil {
		return 0
	}
	if errors.Is(context.Cause(ctx), errInterrupted) {
		fmt.Fprintln(out, "Stopped. Nothing is left behind.")
		return 130
	}
	fmt.Fprintln(out, "\nThis is not as it should be:", err)
	var failed *failure
	if errors.As(err, &failed) && !verbose && failed.output != "" {
		fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(failed.output))
	}
	return 1
}

// demonstrate sets the stage, tells the story and clears up.
func demonstrate(ctx context.Context, out io.Writer, verbose bool, seed uint64) (err error) {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	cli, err := tfcli.Finder{
		Named:  os.Getenv("TF_BIN"),
		Folder: filepath.Join(root, "bin"),
		Log:    func(line string) { fmt.Fprintln(out, line) },
	}.Find(ctx)
	if err != nil {
		return err
	}
	space, err := newWorkspace()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, space.remove()) }()

	s := &story{out: out, cli: cli, root: root, space: space, seed: seed}
	if verbose {
		s.echo = out
	}
	if err := s.startServers(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.servers.Close()) }()
	return s.tell(ctx)
}
