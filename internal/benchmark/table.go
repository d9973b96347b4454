package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
)

// bar is a figure and what it may be at most.
type bar struct {
	what       string
	got, limit float64
	unit       string
	missing    string // why there is no figure
}

// sampledBar is a bar on a figure that not every system tells.
func sampledBar(what string, got, limit float64, unit string) bar {
	b := bar{what: what, got: got, limit: limit, unit: unit}
	if !sampled {
		b.missing = "not measured on this system"
	}
	return b
}

// met tells whether a figure is within its bar. Nothing that is measured here
// costs nothing: 0 is a fault of the measurement.
func (b bar) met() bool { return b.got > 0 && b.got <= b.limit }

func (b bar) judged() bool { return b.missing == "" }

func (b bar) String() string {
	verdict := "met"
	switch {
	case !b.judged():
		return fmt.Sprintf("not judged  %s: %s", b.what, b.missing)
	case !b.met():
		verdict = "MISSED"
	}
	return fmt.Sprintf("%-10s  %s: %s, at most %s%s", verdict, b.what, figure(b.got)+b.unit, figure(b.limit), b.unit)
}

func figure(f float64) string {
	if f == float64(int64(f)) && f >= 10 {
		return strconv.Itoa(int(f))
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

const legend = `
Seconds and bytes are those of the run of median wall time. "× floor" is the median of the ratios of runs in turn, not the
quotient of the seconds beside it. "simulator cpu" is that of the servers and of the sampling, in one process.

`

// printTable prints the median run of each provider in each case.
func printTable(out io.Writer, results []*result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tprovider\twall s\t× floor\tcpu s\t× floor\tof it provider s\tpeak MB provider\tterraform\tsimulator cpu s\trequests\tconnections\t")
	for _, r := range results {
		for _, name := range []string{ours, floor, bare} {
			if len(r.runs[name]) == 0 {
				continue
			}
			m := middle(r.runs[name])
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%s\t%.2f\t%s\t%s\t%s\t%s\t%d\t%d\t\n", r.title, name,
				seconds(m.wall), r.ratio(name, floor, wallOf), seconds(m.cpu), r.ratio(name, floor, cpuOfAll),
				seconds(m.providerCPU), megabytes(m.providerMemory), megabytes(m.terraformMemory), seconds(m.simulatorCPU),
				m.all(), m.connections)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprint(out, legend)
	for _, r := range results {
		if r.counts {
			fmt.Fprintf(out, "requests of %s: %s\n", r.title, middle(r.runs[ours]).kinds())
		}
	}
	return nil
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}

func megabytes(n int64) string {
	if n == 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(n)/1e6, 'f', 0, 64)
}
