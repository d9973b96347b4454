package faulttest

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// blows are where a run is struck, for each phase: at the middle one of the requests that do the phase's work.
var blows = []struct {
	phase        string
	round        int
	method, path string
}{
	{"create", 1, "POST", "/Certificates/Import"},
	{"update", 2, "PUT", "/Certificates/Metadata"},
	{"destroy", 0, "DELETE", "/Certificates/*"},
}

// TestKilled_Provider kills the provider with SIGKILL in the middle of each phase.
func TestKilled_Provider(t *testing.T) {
	struck(t, func(t *testing.T, w *workspace, _ *os.Process) {
		if n := kill(t, w.binary); n == 0 {
			t.Error("no process of the provider was found")
		}
	}, func(t *testing.T, r result) {
		if r.code == 0 || !strings.Contains(r.output, "lugin") {
			t.Errorf("ended with %d and does not say that the plugin is gone", r.code)
		}
	})
}

// TestInterrupted_CommandLine interrupts the command line in the middle of each phase, as Ctrl-C does.
func TestInterrupted_CommandLine(t *testing.T) {
	struck(t, func(t *testing.T, _ *workspace, cli *os.Process) {
		if err := cli.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}, func(t *testing.T, r result) {
		if !strings.Contains(r.output, "nterrupt") {
			t.Errorf("ended with %d and does not say that it was interrupted", r.code)
		}
	})
}

func struck(t *testing.T, strike func(*testing.T, *workspace, *os.Process), said func(*testing.T, result)) {
	if !canKill {
		t.Skip("processes are found by /proc, which this system does not have")
	}
	t.Parallel()
	l := &life{workspace: newWorkspace(t, basic, *certificates, simulator.Options{}, false)}
	for _, b := range blows {
		process := make(chan *os.Process, 1)
		l.servers.ResetJournal()
		l.must(l.servers.Inject(simulator.Fault{
			Server: "command", Method: b.method, Path: b.path, Skip: *certificates / 2, Count: 1, Kind: simulator.FaultAct,
			Do: func(*simulator.Simulator) { strike(t, l.workspace, <-process) },
		}))
		began := time.Now()
		s := l.start(arguments(max(b.round, 1), b.round == 0)...)
		process <- s.Process
		r := l.finish(s)
		l.figures.took += time.Since(began)
		l.servers.ClearFaults()
		said(t, r)
		o := l.read(r)
		l.count(o)
		if n := l.figures.kinds[string(simulator.FaultAct)]; n == 0 {
			t.Fatalf("%s: nothing was struck", b.phase)
		}
		before := l.compare(b.round)
		if len(before.differences) == 0 {
			t.Errorf("%s: everything was done: it was not struck in the middle", b.phase)
		}
		l.settle(b.phase, b.round, before)
	}
	t.Log(l.figures)
}

// settle applies without faults until all agrees, twice at most, and plans.
func (l *life) settle(phase string, round int, now agreement) {
	l.t.Helper()
	l.t.Logf("%s, struck: %d differences, %d certificates not in state, %d objects tainted", phase, len(now.differences), now.orphans, now.tainted)
	applies := 1
	for applies < mostApplies && !now.settled() {
		applies++
		l.servers.ResetJournal()
		o := l.apply(max(round, 1), round == 0)
		l.figures.took += o.took
		l.count(o)
		now = l.compare(round)
		l.t.Logf("%s, apply %d: exit code %d, planned %v, tainted %d, %d differences", phase, applies, o.code, o.planned, len(o.tainted), len(now.differences))
		if o.code != 0 || len(o.replaced) > 0 {
			l.t.Errorf("%s: ended with %d, replaced %v: %v", phase, o.code, o.replaced, first(o.errors, 5))
		}
	}
	l.figures.applies += applies
	l.figures.most = max(l.figures.most, applies)
	l.figures.orphans += now.orphans
	if len(now.differences) > 0 || now.refused > 0 {
		l.t.Errorf("%s: after %d applies there are %d differences and %d stores to try again:\n%s",
			phase, applies, len(now.differences), now.refused, strings.Join(first(now.differences, 10), "\n"))
	}
	if round > 0 {
		l.planIsEmpty(phase, round, now)
	}
}
