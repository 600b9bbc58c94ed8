package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which Linux tells a process's time on a core, on all architectures that Go knows.
const tick = 10 * time.Millisecond

// usage is what a process has cost so far.
type usage struct {
	// CPU is how long it has had a core.
	CPU time.Duration
	// PeakRSS is the most memory that it has had at once, in bytes.
	PeakRSS int64
}

// usageOf asks Linux what a process has cost so far.
func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("reading what a process has cost: %w", err)
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name may hold anything
	fields := strings.Fields(after)
	const utime, stime = 11, 12 // of proc_pid_stat(5), counted from the state
	if len(fields) <= stime {
		return usage{}, fmt.Errorf("reading what a process has cost: %d fields", len(fields))
	}
	var u usage
	for _, field := range []string{fields[utime], fields[stime]} {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("reading what a process has cost: %w", err)
		}
		u.CPU += time.Duration(ticks) * tick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, fmt.Errorf("reading what a process has cost: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return usage{}, fmt.Errorf("reading what a process has cost: %w", err)
			}
			u.PeakRSS = kib << 10
		}
	}
	return u, nil
}

// mebibytes is a number of bytes as people read it.
func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// milliseconds is a time as people read it.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
