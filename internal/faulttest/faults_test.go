package faulttest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

var (
	seeds        = flag.Int("seeds", 1, "how many seeds, each with its own life of all certificates")
	firstSeed    = flag.Int("first-seed", 1, "the first of the seeds")
	certificates = flag.Int("certificates", 24, "how many certificates")
	share        = flag.Float64("share", 0.2, "the part of all requests that fail")
)

// mostApplies is how many applies it may take until everything is as configured.
const mostApplies = 3

// figures are what is printed of one life, or of all together.
type figures struct {
	requests, injected                    int
	applies, most                         int // of all three phases; of the worst phase
	errors, orphans, duplicates, replaced int
	tainted, refused                      int
	kinds                                 map[string]int
	took                                  time.Duration
}

func (f *figures) add(g figures) {
	f.requests += g.requests
	f.injected += g.injected
	f.applies += g.applies
	f.most = max(f.most, g.most)
	f.errors += g.errors
	f.orphans += g.orphans
	f.duplicates += g.duplicates
	f.replaced += g.replaced
	f.tainted += g.tainted
	f.refused += g.refused
	f.took += g.took
	if f.kinds == nil {
		f.kinds = map[string]int{}
	}
	for kind, n := range g.kinds {
		f.kinds[kind] += n
	}
}

func (f figures) String() string {
	percent := 0.0
	if f.requests > 0 {
		percent = 100 * float64(f.injected) / float64(f.requests)
	}
	return fmt.Sprintf("requests %d, faults injected %d (%.1f %%), applies %d (at most %d for a phase), errors that a user read %d, "+
		"orphans %d, duplicates %d, unintended replacements %d, replaced as tainted %d, stores left to the next apply %d, %s",
		f.requests, f.injected, percent, f.applies, f.most, f.errors, f.orphans, f.duplicates, f.replaced, f.tainted, f.refused, f.took.Round(time.Second))
}

func TestFaults_NothingIsLostDoubledOrReplaced(t *testing.T) {
	var (
		mu  sync.Mutex
		all figures
	)
	began := time.Now()
	t.Run("seeds", func(t *testing.T) {
		for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
			m := []mode{basic, oauth, venafi}[seed%3]
			t.Run(fmt.Sprintf("%d, %s", seed, m), func(t *testing.T) {
				t.Parallel()
				l := newLife(t, m, uint64(seed), seed == *firstSeed)
				l.phase("create", 1)
				l.phase("update", 2)
				l.phase("destroy", 0)
				t.Log(l.figures)
				mu.Lock()
				defer mu.Unlock()
				all.add(l.figures)
			})
		}
	})
	all.took = time.Since(began)
	t.Logf("%d seeds of %d certificates: %v", *seeds, *certificates, all)
	t.Logf("faults by kind: %v", all.kinds)
	// Few requests may fail more or less often by chance.
	if part := float64(all.injected) / float64(max(all.requests, 1)); all.injected == 0 || all.requests > 2000 && (part < *share*0.85 || part > *share*1.15) {
		t.Errorf("%.3f of the requests failed; %.3f were to", part, *share)
	}
}

// life is what happens to one workspace.
type life struct {
	*workspace
	seed    uint64
	number  uint64 // of the apply
	figures figures
}

// newLife starts a life in which tokens are short. The log of all that the provider does costs more than all else: one
// life has it.
func newLife(t *testing.T, m mode, seed uint64, logged bool) *life {
	t.Helper()
	const short = 5 * time.Second
	options := simulator.Options{TokenLifetime: short, Vedauth: simulator.VedauthOptions{AccessLifetime: short}}
	return &life{workspace: newWorkspace(t, m, *certificates, options, logged), seed: seed}
}

// phase applies until configuration, state and server agree, at most three times, and then plans: without faults there
// is nothing left to do.
func (l *life) phase(name string, round int) {
	l.t.Helper()
	var now agreement
	applies := 0
	for applies < mostApplies {
		applies++
		o := l.applyOnce(round, applies)
		now = l.compare(round)
		l.t.Logf("%s, apply %d: %s (CPU %s), exit code %d, planned %v, tainted %d, %d errors, %d differences, %d stores not answered",
			name, applies, o.took.Round(100*time.Millisecond), o.cpu.Round(100*time.Millisecond), o.code, o.planned, len(o.tainted), len(o.errors), len(now.differences), now.refused)
		if o.code == 0 && now.settled() {
			break
		}
	}
	l.figures.applies += applies
	l.figures.most = max(l.figures.most, applies)
	l.figures.orphans += now.orphans
	l.figures.refused += now.refused
	if len(now.differences) > 0 {
		l.t.Errorf("%s: after %d applies there are %d differences:\n%s", name, applies, len(now.differences), strings.Join(first(now.differences, 10), "\n"))
	}
	l.searchFiles()
	if round > 0 {
		l.planIsEmpty(name, round, now)
	}
}

// applyOnce applies under faults.
func (l *life) applyOnce(round, apply int) outcome {
	l.t.Helper()
	l.number++
	l.servers.ResetJournal()
	l.servers.ClearFaults()
	l.must(l.servers.Inject(l.faults(round, apply)...))
	o := l.apply(max(round, 1), round == 0)
	l.servers.ClearFaults()
	l.figures.took += o.took
	l.count(o)
	for _, i := range l.items {
		i.warned = i.warned || slices.Contains(o.notTaken, i.address)
	}
	for _, e := range first(o.errors, 5) {
		l.t.Logf("  %s", e)
	}
	if len(o.replaced) > 0 {
		l.t.Errorf("planned to be replaced without need: %s", strings.Join(o.replaced, ", "))
	}
	if deleted := o.planned["delete"]; deleted > 0 && round != 0 {
		l.t.Errorf("%d objects planned to be deleted without need", deleted)
	}
	return o
}

func (l *life) count(o outcome) {
	f := figures{errors: len(o.errors), replaced: len(o.replaced), tainted: len(o.tainted), kinds: map[string]int{}}
	journal := l.servers.Journal()
	f.requests = len(journal)
	for _, e := range journal {
		if e.Fault != "" {
			f.injected++
			f.kinds[e.Fault]++
		}
	}
	twice := doubled(journal)
	f.duplicates = len(twice)
	if len(twice) > 0 {
		l.t.Errorf("%d store jobs were started a second time in one apply:\n%s", len(twice), strings.Join(first(twice, 5), "\n"))
	}
	l.figures.add(f)
}

// planIsEmpty plans without faults. Only stores that did not answer are left to do.
func (l *life) planIsEmpty(name string, round int, now agreement) {
	l.t.Helper()
	o := l.read(l.run("plan", "-json", "-input=false", fmt.Sprintf("-var=round=%d", round)))
	updates := o.planned["update"]
	if o.code != 0 || updates > now.refused || updates != total(o.planned) {
		l.t.Errorf("%s: the plan afterwards ended with %d and plans %v for %v; %d stores are to be tried again. Errors: %v",
			name, o.code, o.planned, first(o.changed, 5), now.refused, first(o.errors, 5))
	}
}

func total(counts map[string]int) (n int) {
	for action, c := range counts {
		if action != "noop" {
			n += c
		}
	}
	return n
}

func first(list []string, n int) []string { return list[:min(n, len(list))] }

// faults are the faults of one apply: a fifth of everything that is sent to Command, its token endpoint or vedauth, each
// apply with others. In the first apply of a phase a second actor is at work, and once, while certificates are created,
// Command shows a TLS certificate that nobody trusts.
func (l *life) faults(round, apply int) []simulator.Fault {
	seed := l.seed<<16 | l.number<<4
	list := simulator.Every(seed, *share)
	for _, server := range []string{"idp", "vedauth"} {
		for i, kind := range []simulator.Kind{simulator.FaultStatus, simulator.FaultReset, simulator.FaultLoseAnswer, simulator.FaultHang, simulator.FaultCut} {
			list = append(list, simulator.Fault{
				Server: server, Kind: kind, Status: 503, RetryAfter: 1, Seed: seed + uint64(i), Probability: *share / 5,
			})
		}
	}
	if apply > 1 || round == 0 {
		return list
	}
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // replayable on purpose
	n := len(l.items)
	acts := []simulator.Fault{}
	for i := range 5 {
		acts = append(acts, simulator.Fault{
			Server: "command", Method: "GET", Kind: simulator.FaultAct, Skip: (i + 1) * n / 7, Count: 1,
			Do: l.secondActor(i, l.pick(random, i)),
		})
	}
	if round == 1 {
		acts = append(acts, simulator.Fault{
			Server: "command", Method: "POST", Kind: simulator.FaultChangeCertificate, Skip: n / 2, Count: 1, Delay: 20 * time.Millisecond,
		})
	}
	return slices.Concat(acts, list)
}

// pick chooses whom the second actor strikes. An owner is changed where the configuration names one in both rounds: one
// that is taken out is nobody's business afterwards.
func (l *life) pick(random *rand.Rand, act int) *item {
	for {
		i := l.items[random.IntN(len(l.items))]
		if act != changeOwner || !i.pkcs12 {
			return i
		}
	}
}

// changeOwner is the number of the act that changes an owner.
const changeOwner = 1

// secondActor changes what the resource manages: a metadata field, the owner, the id; or it deletes the certificate.
func (l *life) secondActor(number int, i *item) func(*simulator.Simulator) {
	return func(s *simulator.Simulator) {
		row, there := s.Certificate(i.thumbprint)
		if !there {
			return
		}
		i.acted.Store(true)
		switch number {
		case 0:
			_ = s.SetMetadata(row.ID, "Notes", "changed outside")
		case changeOwner:
			_ = s.SetOwner(row.ID, "Read Only")
		case 2:
			_, _ = s.Renumber(row.ID)
		case 3:
			_ = s.SetMetadata(row.ID, "AppOwnerFirstName", "")
		case 4:
			_ = s.RemoveCertificate(row.ID)
		}
	}
}
