//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// pluginDirectory is where Debian keeps the CNI plugins.
const pluginDirectory = "/usr/lib/cni"

// prerequisites says what of the machine's the node lacks.
func prerequisites() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("a node needs root: it makes namespaces, mounts and cgroups")
	}
	var missing []string
	for _, program := range []string{"containerd", "ctr", "runc", "ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	for _, plugin := range []string{"ptp", "host-local", "portmap", "loopback"} {
		if _, err := os.Stat(pluginDirectory + "/" + plugin); err != nil {
			missing = append(missing, pluginDirectory+"/"+plugin)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing %s; Debian has them in the packages containerd, runc, containernetworking-plugins, iproute2 and iptables",
			strings.Join(missing, ", "))
	}
	hierarchies, err := ownHierarchies()
	if err != nil {
		return err
	}
	if len(hierarchies) == 0 {
		return fmt.Errorf("this machine has no cgroup v1 hierarchies with memory, cpu and pids; where it has cgroup v2 alone, use kind")
	}
	return nil
}
