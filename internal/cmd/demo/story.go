package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

// story is one run of the demo: the stage, and what was learned on the way.
type story struct {
	out     io.Writer
	echo    io.Writer // gets all that the CLI prints; may be nil
	cli     tfcli.CLI
	root    string // of the repository
	space   workspace
	seed    uint64 // of the faults
	servers *simulator.Simulator

	variables   map[string]string // of the module
	thumbprints map[string]string // what OpenSSL says, by the name of the file
	secrets     map[string]string // what must be in no file of the CLI, by what it is
	begun       int               // the id of the certificate that was there before
}

// names are the resources of the module, in the order that they are shown in.
var names = []string{"web", "api", "partner", "payments", "legacy"}

// step is a part of the story; its title says what is to be seen.
type step struct {
	title string
	do    func(context.Context) error
}

func (s *story) tell(ctx context.Context) error {
	s.say("Command line: %s", s.cli)
	s.say("Keyfactor Command, played on this machine: %s", s.servers.Endpoint())
	s.say("About one request in thirty fails on purpose; -seed %d makes the same ones fail again.", s.seed)
	started := time.Now()
	for i, step := range []step{
		{"Build the provider into a filesystem mirror", s.build},
		{"init: install it from there", s.initialise},
		{"plan: read the files, send nothing", s.planImport},
		{"apply: import them", s.applyImport},
		{"plan again: nothing to do", s.planNothing},
		{"A new contact: metadata changes in place", s.changeMetadata},
		{"A renewed certificate: replaced, the new one first", s.renew},
		{"What Command holds now", s.showServer},
		{"destroy: what this configuration brought goes", s.destroy},
	} {
		s.say("\n%d. %s", i+1, step.title)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	s.say("\nAll of it was as it should be, in %s.", time.Since(started).Round(time.Second))
	s.showRequests()
	s.say("Failed on purpose: %d of them. Nothing was lost by it.", s.servers.Injected())
	return nil
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// note prints a fact that was seen, under the step it belongs to.
func (s *story) note(format string, args ...any) { s.say("   "+format, args...) }

// terraform runs the CLI over the module.
func (s *story) terraform(ctx context.Context, codes []int, args ...string) (result, error) {
	r := runner{folder: s.space.module(), environ: s.space.environ(s.variables), echo: s.echo}
	return r.run(ctx, codes, s.cli.Path, args...)
}

func (s *story) build(ctx context.Context) error {
	if err := s.space.build(ctx, s.root, s.cli, runner{echo: s.echo}); err != nil {
		return err
	}
	if err := s.space.writeCLIConfig(); err != nil {
		return err
	}
	s.note("%s %s for %s", providerAddress, providerVersion, s.cli.Platform)
	return s.space.copyModule(s.root)
}

func (s *story) initialise(ctx context.Context) error {
	if _, err := s.terraform(ctx, nil, "init", "-input=false", "-no-color"); err != nil {
		return err
	}
	lock, err := os.ReadFile(filepath.Join(s.space.module(), ".terraform.lock.hcl"))
	if err != nil {
		return err
	}
	if !containsAll(string(lock), providerAddress, `version     = "`+providerVersion+`"`) {
		return fmt.Errorf("the lock file does not name %s %s:\n%s", providerAddress, providerVersion, lock)
	}
	s.note("locked to %s; the user's own CLI configuration and TF_* variables play no part", providerVersion)
	return nil
}

func (s *story) planImport(ctx context.Context) error {
	plan, said, err := s.plan(ctx, map[string]change{
		"web": create, "api": create, "partner": create, "payments": create, "legacy": create,
	})
	if err != nil {
		return err
	}
	s.note("%s", summary(said))
	for _, name := range names {
		got := planned(plan, name, "thumbprint")
		if got != s.thumbprints[name] {
			return fmt.Errorf("the plan shows the thumbprint %q for %s, OpenSSL says %s", got, name, s.thumbprints[name])
		}
		s.note("%-9s %-7s %-6s %s  %s", name, planned(plan, name, "format"), planned(plan, name, "key_algorithm"), got, planned(plan, name, "subject"))
	}
	s.note("the thumbprints are those that OpenSSL printed when the files were made")
	if n := s.imports(); n != 0 {
		return fmt.Errorf("the plan imported: %d requests", n)
	}
	if err := expectNoLeaks(s.planFile(), s.thumbprints["payments"], s.secrets); err != nil {
		return err
	}
	s.note("nothing was imported, and the plan file holds no password, client secret or private key")
	return nil
}

func (s *story) applyImport(ctx context.Context) error {
	if err := s.apply(ctx); err != nil {
		return err
	}
	if err := s.expectServer(s.wanted()); err != nil {
		return err
	}
	s.note("Command holds them with metadata, owners and the store; api.der was there before, its id stayed %d", s.begun)
	if err := expectNoLeaks(filepath.Join(s.space.module(), "terraform.tfstate"), s.thumbprints["payments"], s.secrets); err != nil {
		return err
	}
	s.note("state holds no password, client secret or private key")
	return s.expectOutputs(ctx)
}

func (s *story) planNothing(ctx context.Context) error {
	_, said, err := s.plan(ctx, nil)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(summary(said), "No changes.") {
		return &failure{command: "plan", cause: errors.New(`does not say "No changes."`), output: said}
	}
	s.note("%s", summary(said))
	return nil
}

func (s *story) changeMetadata(ctx context.Context) error {
	imports := s.imports()
	before, err := s.web()
	if err != nil {
		return err
	}
	s.variables["contact"] = "new-team@keyexample.com"
	_, said, err := s.plan(ctx, map[string]change{"web": update, "api": update, "payments": update})
	if err != nil {
		return err
	}
	s.note("%s", summary(said))
	if err := s.apply(ctx); err != nil {
		return err
	}
	if err := s.expectServer(s.wanted()); err != nil {
		return err
	}
	if n := s.imports(); n != imports {
		return fmt.Errorf("a change of metadata imported %d certificates again", n-imports)
	}
	after, err := s.web()
	if err != nil {
		return err
	}
	s.note("web before: id %d, %s", before.ID, metadata(before))
	s.note("web after:  id %d, %s; nothing was imported again", after.ID, metadata(after))
	return nil
}

func (s *story) renew(ctx context.Context) error {
	folder := filepath.Join(s.space.module(), "certificates")
	if err := os.Rename(filepath.Join(folder, "web-renewed.pem"), filepath.Join(folder, "web.pem")); err != nil {
		return err
	}
	before, err := s.web()
	if err != nil {
		return err
	}
	s.thumbprints["web"] = s.thumbprints["web-renewed"]
	plan, said, err := s.plan(ctx, map[string]change{"web": replaceNewFirst})
	if err != nil {
		return err
	}
	s.note("%s", summary(said))
	if got := planned(plan, "web", "thumbprint"); got != s.thumbprints["web"] {
		return fmt.Errorf("the plan shows the thumbprint %q for the renewed file, OpenSSL says %s", got, s.thumbprints["web"])
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	if err := s.expectServer(s.wanted()); err != nil {
		return err
	}
	after, err := s.web()
	if err != nil {
		return err
	}
	s.note("before: id %d, thumbprint %s", before.ID, before.Thumbprint)
	s.note("after:  id %d, thumbprint %s; the old record is gone", after.ID, after.Thumbprint)
	return nil
}

func (s *story) destroy(ctx context.Context) error {
	done, err := s.terraform(ctx, nil, "destroy", "-auto-approve", "-input=false", "-no-color")
	if err != nil {
		return err
	}
	s.note("%s", summary(done.output))
	kept := s.wanted()["api"]
	if err := s.expectServer(map[string]record{"api": kept}); err != nil {
		return err
	}
	s.note("api.der's certificate was in Command before this configuration came: it is kept")
	return nil
}

// plan plans into the plan file, checks what is planned, and returns the plan
// and what the CLI said. Nothing wanted means that there must be nothing to do,
// by the exit code as well.
func (s *story) plan(ctx context.Context, want map[string]change) (*tfjson.Plan, string, error) {
	code := 2
	if len(want) == 0 {
		code = 0
	}
	said, err := s.terraform(ctx, []int{0, 2}, "plan", "-input=false", "-no-color", "-detailed-exitcode", "-out="+s.planFile())
	if err != nil {
		return nil, "", err
	}
	shown, err := s.terraform(ctx, nil, "show", "-json", s.planFile())
	if err != nil {
		return nil, "", err
	}
	plan := &tfjson.Plan{}
	if err := json.Unmarshal([]byte(shown.stdout), plan); err != nil {
		return nil, "", fmt.Errorf("read the plan: %w", err)
	}
	err = expectChanges(plan, want)
	if err == nil && said.code != code {
		err = fmt.Errorf("plan ended with exit code %d, expected was %d", said.code, code)
	}
	if err != nil {
		return nil, "", &failure{command: "plan", cause: err, output: said.output}
	}
	return plan, said.output, nil
}

// apply applies the plan file.
func (s *story) apply(ctx context.Context) error {
	done, err := s.terraform(ctx, nil, "apply", "-input=false", "-no-color", s.planFile())
	if err != nil {
		return err
	}
	s.note("%s", summary(done.output))
	return nil
}

func (s *story) planFile() string { return filepath.Join(s.space.folder, "demo.tfplan") }
