package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// samplingInterval is short beside the seconds that are measured, and long
// beside what a sample costs.
const samplingInterval = 20 * time.Millisecond

// sampled tells that there is something to look at.
const sampled = true

// clockTick is the unit of /proc/PID/stat, USER_HZ, which Linux keeps at 100.
const clockTick = 10 * time.Millisecond

// sampler watches a CLI and its children through /proc until it is stopped.
type sampler struct {
	cli       int
	end, done chan struct{}

	memory int64 // of the CLI
	cpu    map[int]time.Duration
	peak   map[int]int64
}

// peaks are what was seen.
type peaks struct {
	providerCPU                     time.Duration
	providerMemory, terraformMemory int64
}

func watch(pid int) *sampler {
	s := &sampler{cli: pid, end: make(chan struct{}), done: make(chan struct{}), cpu: map[int]time.Duration{}, peak: map[int]int64{}}
	go func() {
		defer close(s.done)
		tick := time.NewTicker(samplingInterval)
		defer tick.Stop()
		for {
			select {
			case <-s.end:
				return
			case <-tick.C:
				s.sample()
			}
		}
	}()
	return s
}

// stop ends the watching. CPU adds up over the provider's processes, memory is
// that of the largest.
func (s *sampler) stop() peaks {
	close(s.end)
	<-s.done
	found := peaks{terraformMemory: s.memory}
	for pid, cpu := range s.cpu {
		found.providerCPU += cpu
		found.providerMemory = max(found.providerMemory, s.peak[pid])
	}
	return found
}

func (s *sampler) sample() {
	s.memory = max(s.memory, highWater(s.cli))
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.cli))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, field := range bytes.Fields(text) {
			pid, _ := strconv.Atoi(string(field))
			if memory := highWater(pid); memory > 0 {
				s.peak[pid] = memory
			}
			if cpu, ok := cpuOf(pid); ok {
				s.cpu[pid] = cpu
			}
		}
	}
}

// highWater is the peak resident size of a process in bytes, 0 when it has ended.
func highWater(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, found := bytes.Cut(text, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kilobytes << 10
}

// cpuOf is the user and system time of a process; see proc_pid_stat(5).
func cpuOf(pid int) (time.Duration, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	end := bytes.LastIndexByte(text, ')') // the command's name may hold anything
	if err != nil || end < 0 {
		return 0, false
	}
	fields := bytes.Fields(text[end+1:])
	if len(fields) < 13 {
		return 0, false
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * clockTick, user+system > 0
}

// ownCPU is the user and system time of this process.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
