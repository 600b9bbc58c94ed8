package main

import (
	"context"
	"fmt"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// provisionApplications measures OAuthClients from apply to Ready. The operator and a bare loop take turns.
func provisionApplications(ctx context.Context, b *bench) error {
	f, err := b.newFloor(ctx)
	if err != nil {
		return err
	}
	p := b.stage.newApplications(1)[0]
	if err := b.create(ctx, p); err != nil {
		return err
	}
	if err := b.untilReady(ctx, p); err != nil {
		return err
	}
	like, _, err := f.admin.GetApplication(ctx, p.Status.ApplicationKey)
	if err != nil {
		return fmt.Errorf("reading the application: %w", err)
	}
	var operator, bare cost
	for round := range b.size.Rounds {
		each := b.size.Applications / b.size.Rounds
		c, err := b.bareCostOf(ctx, each, func() (time.Duration, error) {
			begun := time.Now()
			err := inParallel(ctx, numbers(round*each, each), func(ctx context.Context, n int) error { return f.application(ctx, p, like.Fields, n) })
			return time.Since(begun), err
		})
		if err != nil {
			return err
		}
		bare.add(c)
		c, err = b.costOf(ctx, each, func() (time.Duration, error) {
			return b.provision(ctx, &v1alpha1.OAuthClientList{}, objectsOf(b.stage.newApplications(each)))
		})
		if err != nil {
			return err
		}
		operator.add(c)
		b.Say("round %d: %.1f objects per second, %.1f by the bare loop", round+1, operator.perSecond(), bare.perSecond())
	}
	return b.compare(operator, bare)
}
