// Command benchmark measures what the provider costs under the real Terraform
// (or OpenTofu), against simulated servers that wait before each answer.
//
//	go run ./internal/benchmark [-rounds N] [-sizes 1,100,1000]
//	BENCH=full go run ./internal/benchmark
//
// What is slow under Terraform is mostly Terraform and the plugin framework, so
// a figure alone says little: each case is run in turn with two providers that
// do nothing, and what counts is the ratio. The floor has the same schema and
// the same main as the provider and is built by the same command; bare has two
// attributes. See internal/benchmark/floor.
//
// The default takes some minutes on two quiet cores: the start of the process,
// then plan without changes and apply of 1, 100 and 1,000 certificates, half of
// them PEM and half PKCS#12, at 20 ms a request, in three rounds. BENCH=full
// adds 0 and 100 ms, 5,000 certificates, 100 look-ups of identities among
// 5,000, and a list of 5,000. The state of a plan is written as a file, made
// from an applied one; apply begins with none.
//
// The table shows the run of median wall time. CPU is that of the CLI with all
// that it started; of the provider alone, and peak memory, it is sampled from
// /proc every 20 ms, so that up to that much of each process is missing. The
// servers run in this process, on the same cores: their CPU stands apart.
//
// It ends with exit code 1 when a bar is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/tfcli"
)

var errMissed = errors.New("a bar is missed")

func main() {
	rounds := flag.Int("rounds", 3, "how often each case is run with each provider")
	sizes := flag.String("sizes", "1,100,1000", "how many certificates; BENCH=full adds 5000")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	numbers, err := parseSizes(*sizes)
	if err == nil {
		err = measureAll(ctx, os.Stdout, numbers, max(*rounds, 1), os.Getenv("BENCH") == "full")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func parseSizes(text string) ([]int, error) {
	var all []int
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of certificates", field)
		}
		all = append(all, n)
	}
	return all, nil
}

func measureAll(ctx context.Context, out io.Writer, sizes []int, rounds int, full bool) (err error) {
	begun := time.Now()
	root, err := os.MkdirTemp("", "keyfactor-benchmark-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	b := &bench{root: root, rounds: rounds, say: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%6.0f s  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}}
	if err := b.setUp(ctx, sizes, full); err != nil {
		return err
	}
	bars, err := b.cases(ctx, sizes, full)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s, load %s, %d rounds, %s\n\n", time.Now().Format(time.DateOnly), b.cli, load(), rounds,
		time.Since(begun).Round(time.Second))
	if err := printTable(out, b.results); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, one := range bars {
		fmt.Fprintln(out, one)
		if one.judged() && !one.met() {
			err = errMissed
		}
	}
	return err
}

// setUp builds the providers, finds the CLI and writes the certificate files.
func (b *bench) setUp(ctx context.Context, sizes []int, full bool) error {
	folder, err := repository(ctx)
	if err != nil {
		return err
	}
	b.cli, err = tfcli.Finder{Named: os.Getenv("TF_BIN"), Folder: filepath.Join(folder, "bin"), Log: func(line string) { b.say("%s", line) }}.Find(ctx)
	if err != nil {
		return err
	}
	b.say("building the providers")
	if b.providers, err = build(ctx, folder, b.root); err != nil {
		return err
	}
	files := filepath.Join(b.root, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		return err
	}
	n := slices.Max(sizes)
	if full {
		n = max(n, manyCertificates)
	}
	return b.prepare(ctx, files, n)
}

// Sizes that the bars speak of.
const (
	someCertificates = 1000
	manyCertificates = 5000
	manyIdentities   = 5000
	someLookups      = 100
)

// cases runs what was asked for and judges it.
func (b *bench) cases(ctx context.Context, sizes []int, full bool) ([]bar, error) {
	const latency = 20 * time.Millisecond
	started, err := b.starts(ctx)
	if err != nil {
		return nil, err
	}
	size, err := b.providers.size(ours)
	if err != nil {
		return nil, err
	}
	bars := []bar{
		{what: "the provider's binary, stripped", got: float64(size) / 1e6, limit: 20, unit: " MB"},
		{what: "start and schema, cpu against the floor", got: started.ratio(ours, floor, cpuOfAll), limit: 1.15},
	}
	var some *result
	for _, n := range sizes {
		planned, err := b.plan(ctx, n, latency)
		if err != nil {
			return nil, err
		}
		applied, err := b.apply(ctx, n, latency)
		if err != nil {
			return nil, err
		}
		if n == someCertificates {
			some = planned
			bars = append(bars, barsOfSome(planned, applied)...)
		}
	}
	if some == nil {
		bars = append(bars, bar{what: "plan and apply of 1,000", missing: "not among -sizes"})
	}
	if !full {
		return bars, nil
	}
	more, err := b.fullCases(ctx, some, latency)
	return append(bars, more...), err
}

func barsOfSome(planned, applied *result) []bar {
	return []bar{
		{what: "plan of 1,000, wall against the floor", got: planned.ratio(ours, floor, wallOf), limit: 1.2},
		{what: "plan of 1,000, wall against bare", got: planned.ratio(ours, bare, wallOf), limit: 5},
		{what: "plan of 1,000, requests in all", got: float64(planned.most(measure.all)), limit: 30},
		{what: "apply of 1,000, requests per certificate", got: float64(applied.most(measure.all)) / someCertificates, limit: 2.2},
		{what: "apply of 1,000, wall against the floor", got: applied.ratio(ours, floor, wallOf), limit: 1.3},
	}
}

func (b *bench) fullCases(ctx context.Context, some *result, latency time.Duration) ([]bar, error) {
	if _, err := b.plan(ctx, someCertificates, 0); err != nil {
		return nil, err
	}
	slow, err := b.plan(ctx, someCertificates, 5*latency)
	if err != nil {
		return nil, err
	}
	bars := []bar{{what: "plan of 1,000 at 100 ms, wall against the floor", got: slow.ratio(ours, floor, wallOf), limit: 1.4}}
	many, err := b.plan(ctx, manyCertificates, latency)
	if err != nil {
		return nil, err
	}
	growth := bar{what: "plan of 5,000 against plan of 1,000, each against the floor", limit: 1.1, missing: "1000 is not among -sizes"}
	if some != nil {
		growth.got, growth.missing = many.ratio(ours, floor, wallOf)/some.ratio(ours, floor, wallOf), ""
	}
	bars = append(bars, growth,
		sampledBar("plan of 5,000, the provider's peak memory against the floor's", many.ratio(ours, floor, providerMemoryOf), 1.5, ""))
	lookups, err := b.lookups(ctx, someLookups, manyIdentities, latency)
	if err != nil {
		return nil, err
	}
	identities, err := b.identities(ctx, manyIdentities)
	if err != nil {
		return nil, err
	}
	return append(bars,
		bar{what: "identity look-ups, list requests", got: float64(lookups.most(measure.total)), limit: 12},
		bar{what: "identity look-ups, tokens", got: float64(lookups.most(measure.tokens)), limit: 1},
		bar{what: "identity look-ups, connections", got: float64(lookups.most(func(m measure) int { return m.connections })), limit: 2},
		sampledBar("list of identities, provider cpu", median(providerCPU(identities)).Seconds(), 3.5, " s"),
	), nil
}

func providerCPU(r *result) []time.Duration {
	var all []time.Duration
	for _, m := range r.runs[ours] {
		all = append(all, m.providerCPU)
	}
	return all
}

// load is how busy the machine was in the last minute, by /proc/loadavg.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	first, _, found := strings.Cut(string(text), " ")
	if err != nil || !found {
		return "unknown"
	}
	return first
}
