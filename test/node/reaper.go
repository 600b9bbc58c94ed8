//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// reap is process 1 of the namespaces: it runs the rest and collects whoever is left without a parent, such as containerd's shims. When it returns,
// the kernel ends everything else inside.
func reap() int {
	program, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "node: finding this program:", err)
		return 1
	}
	child := exec.Command(program, os.Args[1:]...) //nolint:noctx // itself; it ends with this process
	child.Env = append(environmentWithout(stageVariable), stageVariable+"="+stageInside)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "node: starting process 2:", err)
		return 1
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			fmt.Fprintln(os.Stderr, "node: waiting for processes:", err)
			return 1
		case pid == child.Process.Pid && status.Exited():
			return status.ExitStatus()
		case pid == child.Process.Pid:
			fmt.Fprintf(os.Stderr, "node: process 2 was ended by %s\n", status.Signal())
			return 1
		}
	}
}
