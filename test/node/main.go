//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// stageVariable tells a copy of this program which part it plays: none outside, then reaper, which is process 1 inside, and inside, its child.
const stageVariable = "OAUTH_OPERATOR_NODE_STAGE"

const (
	stageReaper = "reaper"
	stageInside = "inside"
)

// errUsage means that the command line cannot be carried out, and that what is wrong has been printed.
var errUsage = errors.New("wrong usage")

func main() {
	os.Exit(run())
}

// run plays this process's part and returns the exit status.
func run() int {
	if os.Getenv(stageVariable) == stageReaper {
		return reap()
	}
	o, err := parseOptions(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	if err == nil {
		if os.Getenv(stageVariable) == stageInside {
			err = inside(o)
		} else {
			err = outside(o)
		}
	}
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode() // the command has said why, or a part of us inside
	}
	fmt.Fprintln(os.Stderr, "node:", err)
	return 1
}

// options are the flags, and the command to run.
type options struct {
	assets       string
	directory    string
	sandboxImage string
	images       []string
	check        bool
	command      []string
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	flags.StringVar(&o.assets, "assets", "", "`directory` with Kubernetes' binaries and etcd, as hack/control-plane.sh prints it")
	flags.StringVar(&o.directory, "directory", "", "`directory` for data and logs, which then stays; a temporary one by default")
	flags.StringVar(&o.sandboxImage, "sandbox-image", "", "`name` of the image that holds a pod's namespaces; one of those imported")
	flags.Func("image", "`file` with an image to import; may be repeated", func(file string) error {
		o.images = append(o.images, file)
		return nil
	})
	flags.BoolVar(&o.check, "check", false, "only say whether a node can run here, by the exit status and, if not, why")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errUsage
	}
	o.command = flags.Args()
	if !o.check && (o.assets == "" || o.sandboxImage == "" || len(o.command) == 0) {
		fmt.Fprintln(os.Stderr, "node: --assets, --sandbox-image and a command are needed; see node --help")
		return o, errUsage
	}
	return o, nil
}

// outside makes the namespaces and the cgroups, and waits for what runs in them.
func outside(o options) error {
	if err := prerequisites(); err != nil || o.check {
		return err
	}
	// The kernel ends the child with the thread that made it, not with the process.
	runtime.LockOSThread()
	if o.directory == "" {
		directory, err := os.MkdirTemp("", namePrefix)
		if err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		defer os.RemoveAll(directory)
		o.directory = directory
	}
	groups, err := enterCgroups()
	if err != nil {
		return err
	}
	defer groups.leave()
	child, err := o.again(stageReaper)
	if err != nil {
		return err
	}
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWCGROUP,
		Pdeathsig:  syscall.SIGKILL,
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := child.Start(); err != nil {
		return fmt.Errorf("making namespaces: %w", err)
	}
	// Whoever interrupts wants all of it to end; process 1 takes everything along.
	context.AfterFunc(ctx, func() { _ = child.Process.Kill() })
	return child.Wait()
}

// again returns this program once more, for another stage.
func (o options) again(stage string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	assets, err := filepath.Abs(o.assets)
	if err != nil {
		return nil, fmt.Errorf("finding the binaries: %w", err)
	}
	args := []string{"--assets=" + assets, "--directory=" + o.directory, "--sandbox-image=" + o.sandboxImage}
	for _, image := range o.images {
		args = append(args, "--image="+image)
	}
	args = append(append(args, "--"), o.command...)
	command := exec.Command(program, args...) //nolint:noctx // itself; it ends with this process
	command.Env = append(environmentWithout(stageVariable), stageVariable+"="+stage)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command, nil
}

// environmentWithout returns the environment of this process without one variable.
func environmentWithout(name string) []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, name+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}
