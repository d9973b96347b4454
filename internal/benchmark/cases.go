package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

// bench is one run of the benchmark.
type bench struct {
	root      string // the folder that all happens in
	cli       tfcli.CLI
	providers binaries
	rounds    int
	say       func(format string, args ...any)

	files    []file
	template []byte // the state of one PEM and one PKCS#12 file, by ours
	bare     []byte // the same by bare
	results  []*result
}

// result is what a case cost, by provider, a measure for each round.
type result struct {
	title  string
	runs   map[string][]measure
	counts bool // its requests are worth a line
}

func (b *bench) newResult(title string, counts bool) *result {
	r := &result{title: title, runs: map[string][]measure{}, counts: counts}
	b.results = append(b.results, r)
	return r
}

// ratio is the median over the rounds of one provider's figure by another's:
// what ran in turn is compared, so that a slow minute slows both.
func (r *result) ratio(of, by string, figure func(measure) float64) float64 {
	var all []float64
	for i := range min(len(r.runs[of]), len(r.runs[by])) {
		if divisor := figure(r.runs[by][i]); divisor > 0 {
			all = append(all, figure(r.runs[of][i])/divisor)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return median(all)
}

// plausible refuses a run of ours in which no request was seen: all cases that
// count requests send some.
func (r *result) plausible(provider string, m measure) error {
	if r.counts && provider == ours && m.total() == 0 {
		return fmt.Errorf("%s: no request was counted: the measurement is at fault", r.title)
	}
	return nil
}

func wallOf(m measure) float64           { return m.wall.Seconds() }
func cpuOfAll(m measure) float64         { return m.cpu.Seconds() }
func providerMemoryOf(m measure) float64 { return float64(m.providerMemory) }

// most is our largest figure of all rounds.
func (r *result) most(figure func(measure) int) int {
	largest := 0
	for _, m := range r.runs[ours] {
		largest = max(largest, figure(m))
	}
	return largest
}

// simulate starts servers that wait for latency before each answer of Command.
func simulate(latency time.Duration, identities int) (*simulator.Simulator, error) {
	s, err := simulator.Start(simulator.Options{Latency: latency, Identities: identities})
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	return s, nil
}

// starts measures the start of the process up to its schema, many times in turn.
func (b *bench) starts(ctx context.Context) (*result, error) {
	const times = 20
	b.say("start and schema, %d times", times)
	r := b.newResult("start and schema", false)
	schemas := map[string][]byte{}
	for range times {
		for _, name := range []string{ours, floor, bare} {
			m, schema, err := start(ctx, b.providers[name])
			if err != nil {
				return nil, err
			}
			r.runs[name] = append(r.runs[name], m)
			slices.Sort(schema) // the order in which maps are encoded differs from time to time
			schemas[name] = schema
		}
	}
	if !slices.Equal(schemas[ours], schemas[floor]) {
		return nil, fmt.Errorf("the floor's schema (%d bytes) is not the provider's (%d bytes)", len(schemas[floor]), len(schemas[ours]))
	}
	return r, nil
}

// prepare writes the certificate files and applies one of each kind, for the
// states of many to be made from.
func (b *bench) prepare(ctx context.Context, folder string, n int) error {
	b.say("making %d certificate files", n)
	var err error
	if b.files, err = writeFiles(folder, max(n, 2)); err != nil {
		return err
	}
	apply := func(name, config string) ([]byte, error) {
		s, err := simulate(0, 0)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		w, err := b.workspace("template", name)
		if err != nil {
			return nil, err
		}
		if err := w.write(config, nil); err != nil {
			return nil, err
		}
		if _, err := run(ctx, s, w.command(ctx, s, "apply", "-auto-approve")); err != nil {
			return nil, err
		}
		return w.state()
	}
	if b.template, err = apply(ours, certificatesModule(2)); err != nil {
		return err
	}
	b.bare, err = apply(bare, bareModule(2))
	return err
}

func (b *bench) workspace(title, provider string) (*workspace, error) {
	folder := strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '-'
		}
		return r
	}, title+"-"+provider)
	return newWorkspace(b.root, folder, b.cli, b.providers.folder(provider))
}

// plan measures a plan that refreshes n certificates and changes nothing: the
// exit code says so.
func (b *bench) plan(ctx context.Context, n int, latency time.Duration) (*result, error) {
	r := b.newResult(fmt.Sprintf("plan, %d, %d ms", n, latency.Milliseconds()), true)
	b.say("%s a request", r.title)
	s, err := simulate(latency, 0)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ids := make([]int, n)
	for i, f := range b.files[:n] {
		if ids[i], err = s.AddCertificate(f.leaf.Raw); err != nil {
			return nil, err
		}
		if err := s.SetMetadata(ids[i], "AppOwnerFirstName", "John"); err != nil {
			return nil, err
		}
	}
	host := ""
	if endpoint, err := url.Parse(s.Endpoint()); err == nil {
		host = endpoint.Host
	}
	setups := []setup{{ours, certificatesModule(n), b.template}, {floor, certificatesModule(n), b.template}, {bare, bareModule(n), b.bare}}
	for i := range setups {
		if setups[i].state, err = multiply(setups[i].state, b.files[:n], ids, host); err != nil {
			return nil, err
		}
	}
	return r, b.inTurn(ctx, r, setups, func(w *workspace, _ setup) (measure, error) {
		return run(ctx, s, w.command(ctx, s, "plan", "-detailed-exitcode"))
	})
}

// apply measures the import of n new certificates.
func (b *bench) apply(ctx context.Context, n int, latency time.Duration) (*result, error) {
	r := b.newResult(fmt.Sprintf("apply, %d, %d ms", n, latency.Milliseconds()), true)
	b.say("%s a request", r.title)
	setups := []setup{{ours, certificatesModule(n), nil}, {floor, certificatesModule(n), nil}}
	return r, b.inTurn(ctx, r, setups, func(w *workspace, one setup) (measure, error) {
		s, err := simulate(latency, 0)
		if err != nil {
			return measure{}, err
		}
		defer s.Close()
		m, err := run(ctx, s, w.command(ctx, s, "apply", "-auto-approve"))
		if held := len(s.Certificates()); err == nil && one.provider == ours && held != n {
			return m, fmt.Errorf("the server holds %d certificates after the apply of %d", held, n)
		}
		return m, err
	})
}

// setup is what a provider is run with.
type setup struct {
	provider, config string
	state            []byte
}

// inTurn runs the setups one after the other, in as many rounds as there are.
func (b *bench) inTurn(ctx context.Context, r *result, setups []setup, once func(*workspace, setup) (measure, error)) error {
	spaces := make([]*workspace, len(setups))
	for i, one := range setups {
		var err error
		if spaces[i], err = b.workspace(r.title, one.provider); err != nil {
			return err
		}
	}
	for round := range b.rounds {
		for i := range setups {
			if round%2 == 1 {
				i = len(setups) - 1 - i // what comes first in one round comes last in the next
			}
			one := setups[i]
			if err := spaces[i].write(one.config, one.state); err != nil {
				return err
			}
			m, err := once(spaces[i], one)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", r.title, one.provider, err)
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := r.plausible(one.provider, m); err != nil {
				return err
			}
			r.runs[one.provider] = append(r.runs[one.provider], m)
			b.say("  %-5s %s", one.provider, seconds(m.wall))
		}
	}
	return nil
}

// lookups measures n look-ups of accounts among many.
func (b *bench) lookups(ctx context.Context, n, all int, latency time.Duration) (*result, error) {
	r := b.newResult(fmt.Sprintf("%d identity look-ups among %d, %d ms", n, all, latency.Milliseconds()), true)
	b.say("%s a request", r.title)
	s, err := simulate(latency, all)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return r, b.planData(ctx, r, s, lookupsModule(n, all))
}

// identities measures the list of n identities that hold 3 roles of 10
// permissions each.
func (b *bench) identities(ctx context.Context, n int) (*result, error) {
	r := b.newResult(fmt.Sprintf("%d identities with 3 roles of 10 permissions", n), true)
	b.say("%s", r.title)
	s, err := simulate(0, 0)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var roles []int
	for i := range 3 {
		role := simulator.Role{Name: fmt.Sprintf("Role %d", i), Description: "Made for the benchmark.", Enabled: true, Valid: true}
		for p := range 10 {
			role.Permissions = append(role.Permissions, fmt.Sprintf("/certificates/collections/%d/", p))
			role.LegacyPermissions = append(role.LegacyPermissions, fmt.Sprintf("Certificates:%d", p))
		}
		roles = append(roles, s.AddRole(role))
	}
	for i := range n - len(s.Identities()) {
		s.AddIdentity(simulator.Identity{
			AccountName: fmt.Sprintf(`KEYEXAMPLE\person%05d`, i), IdentityType: "User", Valid: true, RoleIDs: roles,
			SID: fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 100_000+i),
		})
	}
	return r, b.planData(ctx, r, s, identitiesModule)
}

// planData measures a plan of data sources only.
func (b *bench) planData(ctx context.Context, r *result, s *simulator.Simulator, config string) error {
	return b.inTurn(ctx, r, []setup{{ours, config, nil}, {floor, config, nil}}, func(w *workspace, _ setup) (measure, error) {
		return run(ctx, s, w.command(ctx, s, "plan"))
	})
}
