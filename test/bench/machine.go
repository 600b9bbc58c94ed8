package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine is what figures depend on beside the code.
type machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	// Load is the average of the minute before the run began: what else is to be done. More than a core's worth makes times useless, and leaves
	// ratios and counts.
	Load float64 `json:"load"`
	// Kubernetes is the version of kube-apiserver.
	Kubernetes string `json:"kubernetes"`
}

func thisMachine() machine {
	m := machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	if content, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(content), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	if file, err := os.Open("/proc/cpuinfo"); err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// String is the machine on one line.
func (m machine) String() string {
	return fmt.Sprintf("%d cores of %s, load %.1f at the start, %s, Kubernetes %s", m.Cores, m.CPU, m.Load, m.Go, m.Kubernetes)
}
