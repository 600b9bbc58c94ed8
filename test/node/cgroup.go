//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// controllers that kubelet and runc use. Those of a machine that are not here are left alone.
var controllers = []string{"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "name=systemd"}

// cgroupRoot is where cgroups are.
const cgroupRoot = "/sys/fs/cgroup"

// hierarchy is one of cgroup v1.
type hierarchy struct {
	controllers string // as mount takes them, such as cpu,cpuacct
	path        string // of this process, as a directory
}

// mountPoint is where it is mounted by convention.
func (h hierarchy) mountPoint() string {
	return cgroupRoot + "/" + strings.TrimPrefix(h.controllers, "name=")
}

// ownHierarchies returns the hierarchies that a node uses, or none if one that it cannot do without is missing.
func ownHierarchies() ([]hierarchy, error) {
	content, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("looking for cgroups: %w", err)
	}
	var found []hierarchy
	seen := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || parts[1] == "" { // the latter is cgroup v2
			continue
		}
		names := strings.Split(parts[1], ",")
		if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(controllers, name) }) {
			continue
		}
		for _, name := range names {
			seen[name] = true
		}
		h := hierarchy{controllers: parts[1]}
		h.path = filepath.Join(h.mountPoint(), parts[2])
		found = append(found, h)
	}
	if !seen["memory"] || !seen["cpu"] || !seen["pids"] {
		return nil, nil
	}
	return found, nil
}

// cgroups are those that this process has made and moved to.
type cgroups struct {
	parents  []string
	children []string
}

// namePrefix begins the names of cgroups and directories of nodes.
const namePrefix = "oauth-operator-node-"

// enterCgroups makes a cgroup in each hierarchy, below that of this process, and moves this process there. A cgroup namespace that is
// made next has them as its roots.
func enterCgroups() (*cgroups, error) {
	hierarchies, err := ownHierarchies()
	if err != nil {
		return nil, err
	}
	c := &cgroups{}
	for _, h := range hierarchies {
		// What earlier ones left that were killed. One that is in use cannot be removed.
		if left, err := filepath.Glob(filepath.Join(h.path, namePrefix+"*")); err == nil {
			for _, directory := range left {
				_ = removeTree(directory)
			}
		}
		child := filepath.Join(h.path, namePrefix+strconv.Itoa(os.Getpid()))
		if err := os.Mkdir(child, 0o755); err != nil {
			c.leave()
			return nil, fmt.Errorf("making a cgroup: %w", err)
		}
		c.parents, c.children = append(c.parents, h.path), append(c.children, child)
		// A cpuset has to be told first which processors and memory it may use.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if content, err := os.ReadFile(filepath.Join(h.path, file)); err == nil {
				_ = os.WriteFile(filepath.Join(child, file), content, 0o644)
			}
		}
		if err := join(child); err != nil {
			c.leave()
			return nil, err
		}
	}
	return c, nil
}

// join moves this process to a cgroup.
func join(directory string) error {
	if err := os.WriteFile(filepath.Join(directory, "cgroup.procs"), []byte("0"), 0o644); err != nil {
		return fmt.Errorf("moving to a cgroup: %w", err)
	}
	return nil
}

// leave moves this process back and removes the cgroups, with those that others have made in them. A cgroup whose processes were killed is
// empty a moment later, so it is tried for some seconds; one that stays is empty and harmless.
func (c *cgroups) leave() {
	for _, parent := range c.parents {
		_ = join(parent)
	}
	for _, child := range c.children {
		ticker := time.NewTicker(100 * time.Millisecond)
		for range 50 {
			if removeTree(child) == nil {
				break
			}
			<-ticker.C // the kernel tells nobody
		}
		ticker.Stop()
	}
}

// removeTree removes a cgroup and those below it. Their files cannot be removed and go with them.
func removeTree(directory string) error {
	entries, err := os.ReadDir(directory)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(directory, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(directory)
}
