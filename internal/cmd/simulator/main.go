// Command simulator plays Keyfactor Command, an identity provider and Venafi's vedauth on loopback, and prints what to
// paste into a Terraform configuration. Interrupt it to stop it; it leaves nothing behind.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	options, err := parse(args, stderr)
	if err != nil {
		return err
	}
	s, err := simulator.Start(options)
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	directory, err := os.MkdirTemp("", "keyfactor-simulator-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	files, err := writeFiles(directory, s)
	if err != nil {
		return err
	}
	introduce(stdout, s, options, files)
	<-ctx.Done()
	fmt.Fprintln(stdout, "\nStopped.")
	return nil
}

func parse(args []string, stderr io.Writer) (simulator.Options, error) {
	var o simulator.Options
	var verbose, faults bool
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Version, "version", "", "four-part `version` of Command (default 25.1.1.0)")
	flags.IntVar(&o.Ports.Command, "port", 0, "port of Command; 0 takes a free one")
	flags.IntVar(&o.Ports.IDP, "idp-port", 0, "port of the identity provider")
	flags.IntVar(&o.Ports.Vedauth, "vedauth-port", 0, "port of vedauth")
	flags.IntVar(&o.Ports.Control, "control-port", 0, "port of the control endpoint")
	flags.IntVar(&o.Identities, "identities", 0, "`number` of generated identities beside the seeded ones")
	flags.IntVar(&o.MaxPageSize, "max-page-size", 0, "largest page that Command gives; 0 means any")
	flags.DurationVar(&o.TokenLifetime, "token-lifetime", time.Hour, "how long tokens of the identity provider last")
	flags.DurationVar(&o.Latency, "latency", 0, "waited before each answer of Command")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of the faults")
	flags.BoolVar(&faults, "faults", false, "inject faults in small doses")
	flags.BoolVar(&o.HoldJobs, "hold-jobs", false, "keep store jobs waiting until the act run-jobs is posted")
	flags.BoolVar(&verbose, "v", false, "print a line per request")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if verbose {
		o.Logf = log.New(stderr, "", log.Ltime|log.Lmicroseconds).Printf
	}
	if faults {
		o.Faults = simulator.Small(o.Seed)
	}
	return o, nil
}

// clientUser is whom vedauth's client certificate is for.
const clientUser = "terraform"

// files are what the printed provider block names.
type files struct{ ca, client, clientPassword string }

func writeFiles(directory string, s *simulator.Simulator) (files, error) {
	f := files{ca: filepath.Join(directory, "ca.pem"), client: filepath.Join(directory, "client.p12"), clientPassword: "P12-" + rand.Text()}
	data, err := s.ClientCertificatePKCS12(clientUser, f.clientPassword)
	if err != nil {
		return f, err
	}
	return f, errors.Join(os.WriteFile(f.ca, []byte(s.CAPEM()), 0o600), os.WriteFile(f.client, data, 0o600))
}

func introduce(w io.Writer, s *simulator.Simulator, o simulator.Options, f files) {
	fmt.Fprintf(w, `Command            %s
identity provider  %s
vedauth            %s   (client_id %q)
control            %s   (Authorization: Bearer %s)
CA certificate     %s
client certificate %s   (for vedauth, password %s)
fault seed         %d

provider "keyfactor" {
  endpoint       = %q
  ca_certificate = %q

  # one of:
  basic = { username = %q, password = %q }
  # oauth = { token_url = %q, client_id = %q, client_secret = %q }
  # access_token = %q
  # venafi_certificate = { url = %q, client_id = %q, scope = "certificate:manage", pkcs12 = filebase64(%q), pkcs12_password = %q }
}

Interrupt (Ctrl-C) to stop.
`, s.Endpoint(), s.TokenURL(), s.VedauthURL(), simulator.VedauthClientID, s.ControlURL(), s.ControlToken(),
		f.ca, f.client, f.clientPassword, o.Seed,
		s.Endpoint(), f.ca, simulator.User, s.Password(), s.TokenURL(), simulator.ClientID, s.ClientSecret(), s.AccessToken(),
		s.VedauthURL(), simulator.VedauthClientID, f.client, f.clientPassword)
}
