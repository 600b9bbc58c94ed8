package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// window is how long one profile takes.
const window = 5 * time.Second

// busiest is the window of a scenario in which the operator has had a core for the longest.
type busiest struct {
	scenario string
	cpu      time.Duration // negative before the first
}

// profile begins to record what the operator has a core for, what it allocates and which locks it waits for, if that is wanted: one window after the
// other, of which the busiest of each scenario is kept. done ends that, and stores a profile of the memory, too.
func (b *bench) profile(ctx context.Context, o *operator) (done func()) {
	if b.profiles == "" {
		return func() {}
	}
	if b.busiest.scenario != b.scenario {
		b.busiest = busiest{scenario: b.scenario, cpu: -1}
	}
	missing := b.busiest.cpu < 0
	recording, stop := context.WithCancel(ctx)
	once, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- b.record(recording, o, once) }()
	return func() {
		if missing {
			<-once // a part that is shorter than a window has one nevertheless
		}
		stop()
		err := <-ended
		if err == nil {
			err = b.storeHeap(ctx, o)
		}
		if err != nil {
			b.Say("no profile: %v", err)
		}
	}
}

// record stores profiles of the busiest window until ctx ends. It closes once after the first window, or when there can be none.
func (b *bench) record(ctx context.Context, o *operator, once chan<- struct{}) error {
	closed := false
	first := func() {
		if !closed {
			close(once)
		}
		closed = true
	}
	defer first()
	waiting, stop := context.WithTimeout(ctx, stopGrace)
	defer stop()
	if err := o.process.WaitFor(waiting, process.Answers("http://"+o.pprof+"/debug/pprof/cmdline")); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := b.recordWindow(ctx, o); err != nil && ctx.Err() == nil {
			return err
		}
		first()
	}
	return nil
}

// recordWindow records one window, and stores it if it is the busiest so far.
func (b *bench) recordWindow(ctx context.Context, o *operator) error {
	kinds := []string{"profile", "allocs", "mutex"}
	before, err := o.usage()
	if err != nil {
		return err
	}
	contents := make([][]byte, len(kinds))
	err = inParallel(ctx, numbers(0, len(kinds)), func(ctx context.Context, i int) (err error) {
		contents[i], err = get(ctx, fmt.Sprintf("http://%s/debug/pprof/%s?seconds=%d", o.pprof, kinds[i], int(window.Seconds())))
		return err
	})
	if err != nil {
		return err
	}
	after, err := o.usage()
	if err != nil {
		return err
	}
	cpu := after.CPU - before.CPU
	if cpu <= b.busiest.cpu {
		return nil
	}
	b.busiest.cpu = cpu
	for i, kind := range kinds {
		if err := b.writeProfile(kind, contents[i]); err != nil {
			return err
		}
	}
	return nil
}

// storeHeap stores a profile of the memory.
func (b *bench) storeHeap(ctx context.Context, o *operator) error {
	content, err := get(ctx, "http://"+o.pprof+"/debug/pprof/heap")
	if err != nil {
		return err
	}
	return b.writeProfile("heap", content)
}

// writeProfile writes a profile of the present scenario.
func (b *bench) writeProfile(kind string, content []byte) error {
	if err := os.WriteFile(filepath.Join(b.profiles, b.scenario+"-"+kind+".pprof"), content, 0o600); err != nil {
		return fmt.Errorf("storing a profile: %w", err)
	}
	return nil
}
