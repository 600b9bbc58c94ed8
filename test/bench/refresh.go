package main

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

func secretList() schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind("SecretList") }

// makeTokens makes clients of an application whose tokens live for so long.
func (b *bench) makeTokens(ctx context.Context, n int, lifetime time.Duration) error {
	if err := b.ensureIssuer(ctx, lifetime); err != nil {
		return err
	}
	_, err := b.provision(ctx, &v1alpha1.ConfidentialClientList{}, objectsOf(b.stage.newClients(n)))
	return err
}

// nearlyExpired is how much of its life a token has left that a reader must not see any more.
const nearlyExpired = 10 // a tenth

// refresh measures how tokens are renewed, several times each.
func refresh(ctx context.Context, b *bench) error {
	if err := b.makeTokens(ctx, b.size.Tokens, b.size.Lifetime); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := b.read(ctx, b.stage.namespace("billing"))
	if err != nil {
		return err
	}
	wanted := b.size.Tokens * b.size.Renewals
	stale := 0
	c, err := b.costOf(ctx, wanted, func() (time.Duration, error) {
		begun, told := time.Now(), time.Now()
		for {
			done, err := r.done()
			if err != nil || len(done) >= wanted {
				return time.Since(begun), err
			}
			stale += r.late(time.Now(), b.size.Lifetime/nearlyExpired)
			if time.Since(told) > 10*time.Second {
				told = time.Now()
				b.Say("%d of %d renewals", len(done), wanted)
			}
			if err := pause(ctx, time.Second); err != nil {
				return 0, err
			}
		}
	})
	if err != nil {
		return err
	}
	all, err := r.done()
	if err != nil {
		return err
	}
	lateness := make([]time.Duration, 0, len(all))
	for _, one := range all {
		lateness = append(lateness, one.lateness())
	}
	slices.Sort(lateness)
	b.tell("lateness, median", percentile(lateness, 50).Seconds(), "s")
	b.tell("lateness, 99 of 100", percentile(lateness, 99).Seconds(), "s")
	b.tell("lateness, most", percentile(lateness, 100).Seconds(), "s")
	b.judge("expired or nearly expired tokens seen", float64(stale), "tokens", 0)
	b.judge("CPU per refresh", milliseconds(c.cpu)/float64(len(all)), "ms", 3)
	b.judge("tenant calls per refresh", float64(c.calls.total())/float64(len(all)), "calls", 1.1)
	b.judge("writes per refresh", float64(c.writes.total())/float64(len(all)), "writes", 2.1)
	b.Say("reads: %s; passes: %s", c.reads, c.passes)
	b.tell("reads past the cache per refresh", float64(c.reads.total())/float64(len(all)), "reads")
	b.tell("passes per refresh", float64(c.passes.total())/float64(len(all)), "passes")
	b.tell("refreshes per second", float64(len(all))/c.elapsed.Seconds(), "1/s")
	return nil
}
