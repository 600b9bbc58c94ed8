package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// watchdog waits for a line on its standard input. If the input breaks instead, nobody has said goodbye: it kills every process
// group that was begun and not ended, and removes the directory ($2) with all that they left in it.
const watchdog = `
if read -r goodbye; then exit 0; fi
for group in $(awk '$1 == "begun" { left[$2] } $1 == "ended" { delete left[$2] } END { for (g in left) print g }' "$1"); do
	kill -s KILL -- "-$group"
done
rm -rf "$2"
`

// announce adds its own process to the list and becomes the program that it is asked to run. The process ID stays the
// same, so there is no moment at which a program runs that the watchdog does not know.
const announce = `list=$1; shift; echo "begun $$" >>"$list"; exec "$@"`

// Guard starts programs and sees to it that none of them outlives this process. Close it when all have been stopped.
type Guard struct {
	directory string
	list      string
	lifeline  io.WriteCloser
	watchdog  *exec.Cmd

	mu sync.Mutex // serializes writes to the list
}

// NewGuard starts the watchdog. directory must exist; it is removed, with everything in it, when this process dies without
// having called Close, and stays otherwise.
func NewGuard(directory string) (*Guard, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return nil, fmt.Errorf("finding the directory of the guard: %w", err)
	}
	g := &Guard{directory: directory, list: filepath.Join(directory, "processes")}
	if err := os.WriteFile(g.list, nil, 0o600); err != nil {
		return nil, fmt.Errorf("writing the list of processes: %w", err)
	}
	//nolint:noctx // the watchdog must outlive every context
	g.watchdog = exec.Command("/bin/sh", "-c", watchdog, "watchdog", g.list, directory)
	g.watchdog.SysProcAttr = ownGroup()
	if g.lifeline, err = g.watchdog.StdinPipe(); err != nil {
		return nil, fmt.Errorf("making the watchdog's pipe: %w", err)
	}
	if err := g.watchdog.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return g, nil
}

// Wrap writes a script that does what program does, but known to the watchdog, and returns its path. It is for programs that
// somebody else starts, who must put each into a process group of its own, as envtest does.
func (g *Guard) Wrap(program string) (string, error) {
	script := fmt.Sprintf("#!/bin/sh\nset -- %s %s \"$@\"\n%s\n", quote(g.list), quote(program), announce)
	path := filepath.Join(g.directory, filepath.Base(program))

	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("writing the script for %s: %w", filepath.Base(program), err)
	}
	return path, nil
}

// Close ends the watchdog without a kill. Programs that were not stopped before run on.
func (g *Guard) Close() error {
	_, err := io.WriteString(g.lifeline, "goodbye\n")
	if err := errors.Join(err, g.lifeline.Close()); err != nil {
		return fmt.Errorf("releasing the watchdog: %w", err)
	}
	if err := g.watchdog.Wait(); err != nil {
		return fmt.Errorf("waiting for the watchdog: %w", err)
	}
	return nil
}

// ended tells the watchdog that a process is gone. Its ID may belong to somebody else from now on.
func (g *Guard) ended(pid int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	list, err := os.OpenFile(g.list, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the list of processes: %w", err)
	}
	_, err = fmt.Fprintf(list, "ended %d\n", pid)
	return errors.Join(err, list.Close())
}

// ownGroup puts a child into a process group of its own: Ctrl-C in a terminal is then for this process alone, which
// stops its children in order, and a kill of the group reaches what the child has started.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
