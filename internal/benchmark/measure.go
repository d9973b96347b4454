package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// measure is what one run of a command cost.
type measure struct {
	wall time.Duration
	cpu  time.Duration // of the command and all that it started: exact

	// Of the provider's processes, sampled until their ends: up to a sampling
	// interval of each is missing. Zero where the system does not tell.
	providerCPU                     time.Duration
	providerMemory, terraformMemory int64 // peak resident size of one process, bytes

	simulatorCPU time.Duration // of this process, which the servers and the sampling run in

	requests    map[string]int // by method and path, ids left out
	connections int            // to Command
}

// run runs the CLI to its end and measures it. An exit code other than 0 is an
// error that shows what the command printed.
func run(ctx context.Context, s *simulator.Simulator, command *exec.Cmd) (measure, error) {
	s.ResetJournal()
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	before := ownCPU()
	begun := time.Now()
	if err := command.Start(); err != nil {
		return measure{}, err
	}
	samples := watch(command.Process.Pid)
	err := command.Wait()
	m := measure{wall: time.Since(begun)}
	peaks := samples.stop()
	m.simulatorCPU = ownCPU() - before
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return m, context.Cause(ctx)
	case err != nil && !errors.As(err, &exit):
		return m, err
	case err != nil:
		return m, fmt.Errorf("%s ended with exit code %d\n%s",
			strings.Join(command.Args, " "), command.ProcessState.ExitCode(), lastLines(output.String(), 60))
	}
	m.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	m.providerCPU, m.providerMemory, m.terraformMemory = peaks.providerCPU, peaks.providerMemory, peaks.terraformMemory
	m.requests, m.connections = requests(s.Journal()), s.Connections("command")
	return m, nil
}

var numbers = regexp.MustCompile(`/\d+\b`)

// requests counts requests by kind.
func requests(journal []simulator.Entry) map[string]int {
	counts := map[string]int{}
	for _, entry := range journal {
		path := numbers.ReplaceAllString(strings.TrimPrefix(entry.Path, "/KeyfactorAPI"), "/{id}")
		counts[entry.Method+" "+path]++
	}
	return counts
}

// total is the number of requests to Command, without those for a token.
func (m measure) total() int {
	sum := 0
	for kind, n := range m.requests {
		if !isToken(kind) {
			sum += n
		}
	}
	return sum
}

func (m measure) tokens() int {
	sum := 0
	for kind, n := range m.requests {
		if isToken(kind) {
			sum += n
		}
	}
	return sum
}

// all is the number of requests to all servers.
func (m measure) all() int { return m.total() + m.tokens() }

func isToken(kind string) bool { return strings.HasSuffix(kind, "/token") }

// kinds are the requests on one line.
func (m measure) kinds() string {
	var each []string
	for _, kind := range slices.Sorted(maps.Keys(m.requests)) {
		each = append(each, fmt.Sprintf("%d × %s", m.requests[kind], kind))
	}
	if len(each) == 0 {
		return "none"
	}
	return strings.Join(each, ", ")
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// middle is the measure with the median wall time.
func middle(all []measure) measure {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b measure) int { return int(a.wall - b.wall) })
	return sorted[len(sorted)/2]
}

// median is the middle one of some numbers; of an even number, the upper.
func median[T int64 | float64 | time.Duration](all []T) T {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}
