//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// stateDirectories are where containerd, kubelet and the CNI plugins keep what they have. Inside, they are the node's own.
var stateDirectories = []string{
	"/var/lib/kubelet", "/var/lib/containerd", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/etc/cni",
}

// kernelSettings are what kubelet insists on. It is shown them, so that it need not set them for the machine.
var kernelSettings = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
	"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
}

// mountFiles makes the file system of the node out of the machine's.
func mountFiles(directory string, hierarchies []hierarchy) error {
	m := &mounter{}
	m.mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	m.mount("proc", "/proc", "proc", 0, "")
	m.mount("sysfs", "/sys", "sysfs", 0, "")
	m.mount("tmpfs", cgroupRoot, "tmpfs", 0, "mode=755")
	for _, h := range hierarchies {
		target := h.mountPoint()
		m.directory(target)
		data := h.controllers
		if strings.HasPrefix(data, "name=") {
			data = "none," + data
		}
		m.mount("cgroup", target, "cgroup", 0, data)
	}
	m.mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
	for _, state := range stateDirectories {
		own := filepath.Join(directory, "root", state)
		m.directory(own)
		m.directory(state)
		m.mount(own, state, "", syscall.MS_BIND, "")
	}
	m.directory(filepath.Join(directory, "sysctl"))
	for name, value := range kernelSettings {
		file := filepath.Join(directory, "sysctl", strings.ReplaceAll(name, "/", "."))
		m.write(file, value)
		m.mount(file, "/proc/sys/"+name, "", syscall.MS_BIND, "")
	}
	// Mounts that kubelet makes have to be seen in containers.
	m.mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
	return m.err
}

// mounter does one thing after the other until one fails.
type mounter struct{ err error }

func (m *mounter) mount(source, target, kind string, flags uintptr, data string) {
	if m.err == nil {
		if err := syscall.Mount(source, target, kind, flags, data); err != nil {
			m.err = fmt.Errorf("mounting %s: %w", target, err)
		}
	}
}

func (m *mounter) directory(path string) {
	if m.err == nil {
		m.err = os.MkdirAll(path, 0o755)
	}
}

func (m *mounter) write(path, content string) {
	if m.err == nil {
		m.err = os.WriteFile(path, []byte(content+"\n"), 0o600)
	}
}

// nodeAddress is the node's own, in its own network.
const nodeAddress = "10.89.0.1"

// connect makes the node's network: an interface with its address, to which everything goes that is not for a pod.
func connect() error {
	if err := syscall.Sethostname([]byte(nodeName)); err != nil {
		return fmt.Errorf("naming the node: %w", err)
	}
	for _, arguments := range []string{
		"link set lo up", "link add node0 type bridge", "addr add " + nodeAddress + "/24 dev node0", "link set node0 up",
		"route add default via " + nodeAddress + " dev node0",
	} {
		out, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput() //nolint:noctx // the words above
		if err != nil {
			return fmt.Errorf("running ip %s: %w: %s", arguments, err, out)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("letting pods reach each other: %w", err)
	}
	return nil
}
