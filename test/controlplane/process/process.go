package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	// Name is what messages call the program.
	Name string
	// Path is the program's file.
	Path string
	// Args are its arguments, without the program itself.
	Args []string
	// Env is added to the environment of this process, as KEY=value.
	Env []string
	// Log is the file that receives everything it prints. It is made anew.
	Log string
}

// Process is a program that runs, or has run.
type Process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // why it ended; to be read after done is closed
}

// Start starts a program. It returns when the program runs, which says nothing about whether it is ready.
func (g *Guard) Start(c Command) (*Process, error) {
	log, err := os.Create(c.Log)
	if err != nil {
		return nil, fmt.Errorf("making the log of %s: %w", c.Name, err)
	}
	defer log.Close()

	p := &Process{name: c.Name, log: c.Log, done: make(chan struct{})}
	arguments := append([]string{"-c", announce, c.Name, g.list, c.Path}, c.Args...)
	//nolint:noctx // running what the caller names is the purpose; Stop ends it, not a context
	p.cmd = exec.Command("/bin/sh", arguments...)
	p.cmd.Env = append(os.Environ(), c.Env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = ownGroup()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	go func() {
		p.err = errors.Join(p.cmd.Wait(), g.ended(p.cmd.Process.Pid))
		close(p.done)
	}()
	return p, nil
}

// Name is what messages call the program.
func (p *Process) Name() string { return p.name }

// PID is its process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the program to end and returns when it has. After the grace period it is killed, with everything that it
// started. Stopping a program that has ended already is no error.
func (p *Process) Stop(grace time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended, which is as good
	expired := time.NewTimer(grace)
	defer expired.Stop()
	select {
	case <-p.done:
		p.killGroup() // what the program has started and forgotten
		return nil
	case <-expired.C:
	}
	p.killGroup()
	<-p.done
	return fmt.Errorf("%s did not end within %s and was killed", p.name, grace)
}

// Kill ends the program at once, with everything that it started, as the system does when memory is short. It returns when it has ended.
func (p *Process) Kill() {
	p.killGroup()
	<-p.done
}

func (p *Process) killGroup() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // fails when nobody is left
}

// WaitFor calls ready until it returns nil. It gives up when the program ends or the context does; the error then quotes the
// program's last lines.
func (p *Process) WaitFor(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready (%w)\n%s", p.name, p.err, p.LastLines(10))
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s (%w): %w\n%s", p.name, context.Cause(ctx), err, p.LastLines(10))
		}
	}
}

// LastLines returns the end of what the program has printed, at most n lines.
func (p *Process) LastLines(n int) string { return Tail(p.log, n) }

// Tail returns the last lines of a file, at most n; nothing when it cannot be read.
func Tail(path string, n int) string {
	output, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimRight(output, "\n"), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}

// quote makes one word of s for the shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
