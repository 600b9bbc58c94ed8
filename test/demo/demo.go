package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
	"github.com/oauth-operator/oauth-operator/test/narration"
	"github.com/oauth-operator/oauth-operator/test/witness"
)

// Where config/local puts the operator's ServiceAccount.
const (
	operatorNamespace      = "oauth-operator-system"
	operatorServiceAccount = "oauth-operator-manager"
)

// pollInterval is how often the demo looks whether something has changed.
const pollInterval = 50 * time.Millisecond

// stopGrace is how long a program may take to end.
const stopGrace = 10 * time.Second

// demo is what the steps share. Each field is filled by the step that is named with it.
type demo struct {
	*narration.Narrator
	root      string // the repository
	assets    string // the control plane's binaries
	directory string // everything that the demo writes; removed at the end
	guard     *process.Guard
	// giveUp ends the demo at once, with a reason; for programs that end before they should.
	giveUp context.CancelCauseFunc

	plane    *controlplane.ControlPlane // startControlPlane
	cluster  client.Client              // startControlPlane
	emulator *process.Process           // startTenant
	tenant   *witness.Tenant            // startTenant
	before   witness.Inventory          // startTenant: what is on the tenant without us
	operator *process.Process           // startOperator
}

func newDemo(n *narration.Narrator, root, assets string) (*demo, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("finding the repository: %w", err)
	}
	// Resolved, because kustomize compares paths after it has resolved them.
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return nil, fmt.Errorf("finding the repository: %w", err)
	}
	directory, err := os.MkdirTemp("", "oauth-operator-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the demo: %w", err)
	}
	directory, err = filepath.EvalSymlinks(directory)
	if err != nil {
		return nil, fmt.Errorf("making a directory for the demo: %w", err)
	}
	guard, err := process.NewGuard(directory)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return &demo{Narrator: n, root: root, assets: assets, directory: directory, guard: guard}, nil
}

// run starts one of our own programs. The demo fails when it ends early.
func (d *demo) run(name string, args ...string) (*process.Process, error) {
	p, err := d.guard.Start(process.Command{
		Name: name, Path: filepath.Join(d.root, "bin", name), Args: args, Log: d.file(name + ".log"),
	})
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.Done()
		d.giveUp(fmt.Errorf("%s %w", name, errProgramEnded))
	}()
	return p, nil
}

// kubectl runs kubectl as cluster admin and shows what it prints.
func (d *demo) kubectl(ctx context.Context, args ...string) error {
	args = append([]string{"--kubeconfig", d.plane.Kubeconfig()}, args...)

	output, err := exec.CommandContext(ctx, d.plane.Kubectl(), args...).CombinedOutput()
	d.Quote(string(output))
	if err != nil {
		return fmt.Errorf("running kubectl %s: %w", args[2], err)
	}
	return nil
}

// file is a path in the demo's directory.
func (d *demo) file(name string) string { return filepath.Join(d.directory, name) }

// waitForInterrupt says how to play with what runs, and waits.
func (d *demo) waitForInterrupt(ctx context.Context) error {
	d.Heading("Everything runs. Ctrl-C ends it.")
	d.Quote(fmt.Sprintf("export KUBECONFIG=%s\nexport PATH=%s:$PATH\nkubectl get oauth -A", d.plane.Kubeconfig(), d.assets))
	d.Say("The tenant is %s", d.tenant.URL)
	d.Quote(fmt.Sprintf("certificate authority  %s\nadministrator          %s\noperator's log         %s",
		d.file(tenantCAFile), d.file(tenantCredentialFile), d.file("manager.log")))
	<-ctx.Done()
	if err := whyEnded(ctx); !errors.Is(err, errInterrupted) {
		return err
	}
	return nil // Ctrl-C is how this ends
}

// explain shows what helps to find out why a step has failed: what the objects say, and the last lines of our programs.
func (d *demo) explain(ctx context.Context) {
	if d.cluster != nil {
		d.Say("What the objects say:")
		for _, kind := range kinds {
			objects, err := d.list(ctx, kind)
			if err != nil {
				d.Say("%v", err)
				return
			}
			for _, o := range objects {
				d.Quote(o.describe())
			}
		}
	}
	for _, p := range []*process.Process{d.operator, d.emulator} {
		if p != nil {
			d.Say("The last lines of %s:", p.Name())
			d.Quote(p.LastLines(20))
		}
	}
}

// stop ends what was started, last first, and removes what was written.
func (d *demo) stop() error {
	var errs []error
	for _, p := range []*process.Process{d.operator, d.emulator} {
		if p != nil {
			errs = append(errs, p.Stop(stopGrace))
		}
	}
	if d.plane != nil {
		errs = append(errs, d.plane.Stop())
	}
	errs = append(errs, d.guard.Close(), os.RemoveAll(d.directory))
	return errors.Join(errs...)
}

// until calls holds until it says yes, or ctx has ended; the error then says what was waited for.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		done, err := holds()
		if done && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waiting until %s", what), err)
		}
	}
}
