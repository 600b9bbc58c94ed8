// Command demo shows the whole product on one machine: it starts a control plane, a local tenant and the operator, applies
// config/samples, and tells what happens until a token has been used, refreshed, repaired and removed again.
//
// It is meant to be run by `make demo`, which builds what it runs. Everything that it starts ends with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/test/narration"
)

func main() {
	keep := flag.Bool("keep", false, "leave everything running at the end, until Ctrl-C")
	root := flag.String("root", ".", "`directory` of the repository, with bin/ built")
	flag.Parse()
	log.SetLogger(logr.Discard()) // envtest's; what matters is told below

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// After the first signal everything is stopped in order; the second one ends this process at once, and the watchdog
	// ends the rest.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, *root, os.Getenv("KUBEBUILDER_ASSETS"), *keep))
}

// run plays the demo and returns the exit status.
func run(ctx context.Context, root, assets string, keep bool) int {
	n := narration.New(os.Stdout)
	d, err := newDemo(n, root, assets)
	if err != nil {
		n.Say("%v", err)
		return 1
	}
	ctx, d.giveUp = context.WithCancelCause(ctx)
	err = d.play(ctx, keep)
	d.giveUp(nil)

	status := 0
	switch {
	case errors.Is(err, errInterrupted):
		n.Say("Interrupted.")
		status = 130
	case err != nil:
		n.Say("FAILED: %v", err)
		explainContext, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		d.explain(explainContext)
		cancel()
		status = 1
	}
	n.Heading("Stopping everything")
	if err := d.stop(); err != nil {
		n.Say("%v", err)
		status = max(status, 1)
	}
	if status == 0 {
		n.Say("Done.")
	}
	return status
}

// errInterrupted means that somebody wants the demo to end; nothing is wrong.
var errInterrupted = errors.New("interrupted")

// errProgramEnded means that one of the programs that the demo has started ended by itself.
var errProgramEnded = errors.New("ended too early")

// play runs the steps one after the other.
func (d *demo) play(ctx context.Context, keep bool) error {
	steps := []step{
		{"Control plane: etcd, kube-apiserver, kube-controller-manager", time.Minute, d.startControlPlane},
		{"Tenant: identity-emulator, over HTTPS with a certificate authority of its own", 20 * time.Second, d.startTenant},
		{"The kinds, and what the operator may do", 30 * time.Second, d.install},
		{"The operator, as its ServiceAccount and not as cluster admin", 30 * time.Second, d.startOperator},
		{"The samples: a tenant, two applications, two scopes, two clients", 30 * time.Second, d.applySamples},
		{"What the operator makes of them", time.Minute, d.awaitReady},
		{"The token of billing", 10 * time.Second, d.showToken},
		{"What a token opens, and what it does not", 10 * time.Second, d.useToken},
		{"A refresh before the token expires", 75 * time.Second, d.watchRefresh},
		{"The Secret, deleted by somebody", 20 * time.Second, d.deleteSecret},
	}
	if !keep {
		steps = append(steps, step{"Everything deleted again", time.Minute, d.cleanUp})
	}
	for i, s := range steps {
		d.Heading("%d. %s", i+1, s.title)
		if err := s.within(ctx); err != nil {
			return err
		}
	}
	if keep {
		return d.waitForInterrupt(ctx)
	}
	return nil
}

// step is one part of the demo.
type step struct {
	title    string
	deadline time.Duration
	run      func(context.Context) error
}

// within runs the step. It may not take longer than its deadline.
func (s step) within(ctx context.Context) error {
	stepContext, cancel := context.WithTimeoutCause(ctx, s.deadline, fmt.Errorf("not done within %s", s.deadline))
	defer cancel()
	err := s.run(stepContext)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return whyEnded(ctx)
	case stepContext.Err() != nil:
		return fmt.Errorf("%w: %w", context.Cause(stepContext), err)
	}
	return err
}

// whyEnded returns why the whole demo has to end: a program of ours did, or somebody wants it to.
func whyEnded(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, errProgramEnded) {
		return cause
	}
	return errInterrupted
}
