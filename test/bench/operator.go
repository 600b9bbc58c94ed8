package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// operator is a running bin/manager.
type operator struct {
	process *process.Process
	metrics string // address, with the port, at which it serves its metrics
	pprof   string // address of its profiles; empty for none
	health  string // address at which it says that it is ready
	begun   time.Time
	asking  time.Duration // CPU time that it has spent on answering for its metrics
}

// startOperator starts the operator as its ServiceAccount, and returns when it says that it is ready.
func (b *bench) startOperator(ctx context.Context, flags ...string) (*operator, error) {
	o, err := b.launchOperator(flags...)
	if err != nil {
		return nil, err
	}
	err = o.untilReady(ctx)
	return o, err
}

// launchOperator starts the operator as its ServiceAccount.
func (b *bench) launchOperator(flags ...string) (*operator, error) {
	health, err := process.FreeAddress()
	if err != nil {
		return nil, err
	}
	metrics, err := process.FreeAddress()
	if err != nil {
		return nil, err
	}
	o := &operator{metrics: metrics, health: "http://" + health + "/readyz"}
	arguments := []string{
		"--kubeconfig=" + b.kubeconfig, "--operator-namespace=" + operatorNamespace,
		"--metrics-bind-address=" + metrics, "--health-probe-bind-address=" + health, "--zap-log-level=error",
	}
	if b.profiles != "" {
		if o.pprof, err = process.FreeAddress(); err != nil {
			return nil, err
		}
		arguments = append(arguments, "--pprof-bind-address="+o.pprof)
	}
	arguments = append(append(arguments, strings.Fields(b.operatorFlags)...), flags...)
	o.begun = time.Now()
	if o.process, err = b.run("manager", installed(), arguments...); err != nil {
		return nil, err
	}
	return o, nil
}

// untilReady waits until the operator says that it is ready, which it may do before it serves its metrics.
func (o *operator) untilReady(ctx context.Context) error {
	if err := o.process.WaitFor(ctx, process.Answers(o.health)); err != nil {
		return err
	}
	return o.process.WaitFor(ctx, process.Accepts(o.metrics))
}

// installed returns the environment that the manifests give the operator (config/manager): one core, and the memory limit of its container.
func installed() []string { return []string{"GOMAXPROCS=1", "GOMEMLIMIT=256MiB"} }

// usage is what the operator has cost so far.
func (o *operator) usage() (usage, error) { return usageOf(o.process.PID()) }

// counts returns a counter of the operator, summed by one of its labels.
func (o *operator) counts(ctx context.Context, metric, label string) (map[string]int, error) {
	content, err := get(ctx, "http://"+o.metrics+"/metrics")
	if err != nil {
		return nil, err
	}
	all, err := readSeries(bytes.NewReader(content), metric)
	if err != nil {
		return nil, err
	}
	counted := map[string]int{}
	for _, s := range all {
		counted[s.labels[label]] += int(s.value)
	}
	return counted, nil
}

// passes are looks at objects, by controller.
type passes = writes

// passes returns those so far.
func (o *operator) passes(ctx context.Context) (passes, error) {
	return o.counts(ctx, "controller_runtime_reconcile_total", "controller")
}

func get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("asking the operator: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the operator: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the operator: status %d", response.StatusCode)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("asking the operator: %w", err)
	}
	return content, nil
}

// settled returns when the operator has had its first look at so many ConfidentialClients and come to rest, as its CPU time tells: to ask it for
// its metrics costs something itself, which is done only to make sure.
func (b *bench) settled(ctx context.Context, o *operator, clients int) (time.Time, usage, error) {
	const moment = 500 * time.Millisecond
	var last usage
	for {
		began := time.Now()
		if err := pause(ctx, moment); err != nil {
			return time.Time{}, usage{}, fmt.Errorf("waiting until the operator has come to rest: %w", err)
		}
		now, err := o.usage()
		if err != nil {
			return time.Time{}, usage{}, err
		}
		rests := now.CPU-last.CPU <= 3*tick
		last = now
		if !rests {
			continue
		}
		made, err := o.passes(ctx)
		if err != nil {
			return time.Time{}, usage{}, err
		}
		if made["confidentialclient"] >= clients {
			return began, now, nil
		}
		if last, err = o.usage(); err != nil {
			return time.Time{}, usage{}, err
		}
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
