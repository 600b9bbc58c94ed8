package main

import (
	"context"
	"time"
)

// idle measures what the operator costs while nothing happens.
func idle(ctx context.Context, b *bench) error {
	if err := b.ensureFleet(ctx); err != nil {
		return err
	}
	if _, _, err := b.settled(ctx, b.stage.operator, 0); err != nil {
		return err
	}
	c, err := b.costOf(ctx, b.stage.clients, func() (time.Duration, error) { return b.size.Idle, pause(ctx, b.size.Idle) })
	if err != nil {
		return err
	}
	b.judge("CPU", 100*c.cpu.Seconds()/c.elapsed.Seconds(), "% of a core", 1)
	b.judge("tenant calls", float64(c.calls.total()), "calls", 0)
	b.judge("writes", float64(c.writes.total()), "writes", 0)
	return nil
}
