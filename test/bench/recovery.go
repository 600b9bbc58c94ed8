package main

import (
	"context"
	"slices"
	"time"
)

// throttled is the answer of a tenant that wants to be called less often.
const throttled = "429"

// recovery measures how a tenant that was away is caught up with. Its limit is what holds the operator back, not this machine.
func recovery(ctx context.Context, b *bench) error {
	if err := b.makeTokens(ctx, b.size.Absent, b.size.AbsentLife); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := b.read(ctx, b.stage.namespace("billing"))
	if err != nil {
		return err
	}
	if err := b.limit(ctx, b.size.RecoveryRate); err != nil {
		return err
	}
	const before = 5 * time.Second // it goes away before the first is due
	b.Say("waiting until the first are due")
	if err := b.untilOverdue(ctx, r, 1, before); err != nil {
		return err
	}
	if err := b.stage.tenant.goAway(ctx); err != nil {
		return err
	}
	b.Say("the tenant is away")
	if err := b.untilOverdue(ctx, r, b.size.Absent/4, 0); err != nil {
		return err
	}
	answers, err := b.stage.operator.counts(ctx, "oauth_operator_tenant_requests_total", "code")
	if err != nil {
		return err
	}
	earlier, err := r.done()
	if err != nil {
		return err
	}
	if err := b.stage.tenant.comeBack(ctx); err != nil {
		return err
	}
	back := time.Now()
	due := r.overdue(back)
	b.Say("the tenant is back; %d tokens are past their renewal", len(due))
	profiled := b.profile(ctx, b.stage.operator)
	since, caughtUp, err := b.catchUp(ctx, r, len(earlier), due)
	profiled()
	if err != nil {
		return err
	}
	again, err := b.stage.operator.counts(ctx, "oauth_operator_tenant_requests_total", "code")
	if err != nil {
		return err
	}
	first, last := caughtUp[0].at, caughtUp[len(caughtUp)-1].at
	turns := turnsUntil(since, caughtUp)
	b.Say("%d tokens had their turn until then", turns)
	least := float64(max(1, turns-burstOf(b.size.RecoveryRate))) / float64(b.size.RecoveryRate)
	b.tell("seconds until the first renewal", first.Sub(back).Seconds(), "s")
	b.tell("seconds until all are renewed", last.Sub(back).Seconds(), "s")
	b.judge("time against what the limit allows", last.Sub(back).Seconds()/least, "ratio", 1.2)
	b.judge("time against what the limit allows, from the first renewal on", last.Sub(first).Seconds()/least, "ratio", 1.2)
	b.judge("pairs renewed out of the order of their expiry", 100*outOfOrder(caughtUp), "%", 5)
	b.judge("throttling answers", float64(again[throttled]-answers[throttled]), "answers", 0)
	return nil
}

// untilOverdue waits until the renewal of so many tokens will have been due in a moment.
func (b *bench) untilOverdue(ctx context.Context, r *reader, n int, moment time.Duration) error {
	told := time.Now()
	for {
		late := len(r.overdue(time.Now().Add(moment)))
		if late >= n {
			return nil
		}
		if late > 0 && time.Since(told) > 10*time.Second {
			told = time.Now()
			b.Say("%d of %d are past their renewal", late, n)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// turnsUntil returns how many tokens have to be renewed until the last of those that were due when the tenant came back: these, and those that have
// fallen due since, and expire earlier than one of these.
func turnsUntil(since, caughtUp []renewed) int {
	last, latest := caughtUp[len(caughtUp)-1].at, caughtUp[0].old.expires
	for _, one := range caughtUp {
		if one.old.expires.After(latest) {
			latest = one.old.expires
		}
	}
	turns := 0
	for _, one := range since {
		if !one.at.After(last) && !one.old.expires.After(latest) {
			turns++
		}
	}
	return turns
}

// catchUp waits until the tokens that are due have been renewed. It returns that, and all renewals since, in the order in which they happened.
func (b *bench) catchUp(ctx context.Context, r *reader, from int, due map[string]published) (since, caughtUp []renewed, err error) {
	told := time.Now()
	for {
		all, err := r.done()
		if err != nil {
			return nil, nil, err
		}
		since = all[from:]
		caughtUp := slices.DeleteFunc(slices.Clone(since), func(one renewed) bool { return due[one.name] != one.old })
		if len(caughtUp) >= len(due) {
			return since, caughtUp, nil
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			b.Say("%d of %d are renewed", len(caughtUp), len(due))
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, nil, err
		}
	}
}

// outOfOrder returns the part of all pairs in which the token that expires later, by at least a second, was renewed earlier.
func outOfOrder(order []renewed) float64 {
	wrong, pairs := 0, 0
	for i, earlier := range order {
		for _, later := range order[i+1:] {
			switch gap := earlier.old.expires.Sub(later.old.expires); {
			case gap > time.Second:
				wrong++
				pairs++
			case gap < -time.Second:
				pairs++
			}
		}
	}
	return float64(wrong) / float64(max(1, pairs))
}
