package environment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"k8s.io/apimachinery/pkg/util/wait"
)

// Restart kills kube-apiserver and etcd, and starts them again, with what they had on disk and where they were. Nobody is there meanwhile, for seconds.
func (s *Server) Restart(ctx context.Context) error {
	plane := &s.environment.ControlPlane
	if err := s.kill(ctx); err != nil {
		return fmt.Errorf("killing the control plane: %w", err)
	}
	if err := errors.Join(plane.GetAPIServer().Stop(), plane.Etcd.Stop()); err != nil {
		return fmt.Errorf("ending the control plane: %w", err)
	}
	if err := plane.Etcd.Start(); err != nil {
		return fmt.Errorf("starting etcd again: %w", err)
	}
	if err := plane.GetAPIServer().Start(); err != nil {
		return fmt.Errorf("starting kube-apiserver again: %w", err)
	}
	return nil
}

// kill kills the processes that work on the server's data, and waits until they are gone. envtest itself asks them to end, which takes kube-apiserver
// half a minute as long as somebody watches.
func (s *Server) kill(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, pollInterval, patience, true, func(ctx context.Context) (bool, error) {
		pids, err := s.processes(ctx)
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return false, err
			}
		}
		return len(pids) == 0, err
	})
}

// processes returns the children of this process whose arguments name the server's data.
func (s *Server) processes(ctx context.Context) ([]int, error) {
	list, err := exec.CommandContext(ctx, "ps", "-axww", "-o", "pid=,ppid=,command=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var pids []int
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[1] != strconv.Itoa(os.Getpid()) || !strings.Contains(line, s.data) {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, fmt.Errorf("listing processes: %w", err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
