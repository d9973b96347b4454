package faulttest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// TestFaults_RenamedInForEach gives every certificate another key of for_each while requests fail, and while a third of
// them cannot be deleted. Terraform destroys the old address and creates the new one in any order: neither may take the
// certificate from the other.
func TestFaults_RenamedInForEach(t *testing.T) {
	t.Parallel()
	l := created(t)
	state := l.state()
	var stuck []simulator.Fault
	for n, i := range l.items {
		if n%3 == 0 {
			stuck = append(stuck, simulator.Fault{
				Server: "command", Method: "DELETE", Path: fmt.Sprintf("/Certificates/%d", *state[i.address].ID), Kind: simulator.FaultStatus, Status: 403,
			})
		}
	}
	l.rename("renamed-")
	l.until("rename", func(apply int) []simulator.Fault {
		faults := l.faults(1, apply+1) // without the second actor
		if apply == 1 {
			return append(stuck, faults...)
		}
		return faults
	})
	t.Log(l.figures)
}

// TestKilled_WhileReplacing kills the provider when some of the renewed certificates are imported and the old ones are
// not deleted yet, as create_before_destroy has it.
func TestKilled_WhileReplacing(t *testing.T) {
	if !canKill {
		t.Skip("processes are found by /proc, which this system does not have")
	}
	t.Parallel()
	l := created(t)
	l.renew()
	l.must(l.servers.Inject(simulator.Fault{
		Server: "command", Method: "DELETE", Path: "/Certificates/*", Skip: *certificates / 2, Count: 1, Kind: simulator.FaultAct,
		Do: func(*simulator.Simulator) {
			if n := kill(t, l.binary); n == 0 {
				t.Error("no process of the provider was found")
			}
		},
	}))
	if o := l.apply(1, false); o.code == 0 {
		t.Error("the run ended well: nothing was struck")
	}
	deposed := 0
	for address := range l.state() {
		if strings.HasSuffix(address, " (deposed)") {
			deposed++
		}
	}
	t.Logf("%d objects are deposed", deposed)
	if deposed == 0 {
		t.Error("it was not struck between an import and the deletion of the old certificate")
	}
	l.until("replace", func(int) []simulator.Fault { return nil })
	t.Log(l.figures)
}

// created is a life whose certificates are all there.
func created(t *testing.T) *life {
	t.Helper()
	l := &life{workspace: newWorkspace(t, basic, *certificates, simulator.Options{}, false), seed: uint64(*firstSeed)}
	if o := l.apply(1, false); o.code != 0 {
		t.Fatalf("create: ended with %d: %v", o.code, first(o.errors, 5))
	}
	return l
}

// rename puts a text before all keys of for_each.
func (w *workspace) rename(prefix string) {
	w.environ = append(w.environ, "TF_VAR_prefix="+prefix)
	for _, i := range w.items {
		i.address = strings.Replace(i.address, `["`, `["`+prefix, 1)
	}
}

// renew writes another certificate into each file.
func (w *workspace) renew() {
	w.t.Helper()
	ca := acctest.NewCA(w.t)
	for _, i := range w.items {
		c := ca.Issue(w.t, i.name+".example.com")
		i.thumbprint = c.Thumbprint()
		if i.pkcs12 {
			w.write(filepath.Join("certificates", i.name+".p12"), c.PKCS12(w.t, w.password))
		} else {
			w.write(filepath.Join("certificates", i.name+".pem"), c.PEM())
		}
	}
}

// until applies until configuration, state and server agree, at most three times, and then plans. At no time may state
// hold one certificate twice.
func (l *life) until(phase string, faults func(apply int) []simulator.Fault) {
	l.t.Helper()
	var now agreement
	applies := 0
	for applies < mostApplies {
		applies++
		l.number++
		l.servers.ResetJournal()
		l.servers.ClearFaults()
		l.must(l.servers.Inject(faults(applies)...))
		o := l.apply(1, false)
		l.servers.ClearFaults()
		l.figures.took += o.took
		l.count(o)
		now = l.compare(1)
		l.t.Logf("%s, apply %d: exit code %d, planned %v, %d errors, %d differences", phase, applies, o.code, o.planned, len(o.errors), len(now.differences))
		for _, e := range first(o.errors, 3) {
			l.t.Logf("  %s", e)
		}
		if now.duplicates > 0 {
			l.t.Errorf("%s, apply %d: %d certificates are in state or on the server twice", phase, applies, now.duplicates)
		}
		if o.code == 0 && now.settled() {
			break
		}
	}
	l.figures.applies += applies
	l.figures.most = max(l.figures.most, applies)
	l.figures.orphans += now.orphans
	if len(now.differences) > 0 {
		l.t.Errorf("%s: after %d applies there are %d differences:\n%s", phase, applies, len(now.differences), strings.Join(first(now.differences, 10), "\n"))
	}
	l.planIsEmpty(phase, 1, now)
}
