package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/drift"
)

// driftRate is a limit that is filled by two thirds by drift checks of all applications within one interval, and a call for each token that falls due.
func driftRate(s size) int {
	const callsPerCheck = 2
	checks := float64(s.Checked*callsPerCheck) / s.DriftInterval.Seconds()
	renewals := float64(s.Beside) / driftRenewal.Seconds()
	return max(2, int((checks+renewals)*3/2))
}

// driftLife is the lifetime of the tokens that are renewed beside the checks, after driftRenewal at the earliest: several times in each interval.
const (
	driftLife    = time.Minute
	driftRenewal = 16 * time.Second
)

// checkDrift measures whether all applications are compared with the tenant within one interval, and whether tokens have to wait for that.
func checkDrift(ctx context.Context, b *bench) error {
	missing := b.size.Checked - b.stage.applications
	if missing > 0 {
		if _, err := b.provision(ctx, &v1alpha1.OAuthClientList{}, objectsOf(b.stage.newApplications(missing))); err != nil {
			return err
		}
	}
	if err := b.makeTokens(ctx, b.size.Beside, driftLife); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := b.read(ctx, b.stage.namespace("billing"))
	if err != nil {
		return err
	}
	rate := driftRate(b.size)
	if err := b.checkEvery(ctx, b.size.DriftInterval, rate); err != nil {
		return err
	}
	const margin = 5 * time.Second // for the last of the first passes
	if err := pause(ctx, margin); err != nil {
		return err
	}
	b.Say("watching for %s of an interval of %s, at %d calls a second", b.size.DriftWatched, b.size.DriftInterval, rate)
	before, err := r.done()
	if err != nil {
		return err
	}
	begun := time.Now()
	c, err := b.costOf(ctx, b.size.Checked, func() (time.Duration, error) { return b.size.DriftWatched, pause(ctx, b.size.DriftWatched) })
	if err != nil {
		return err
	}
	after, err := r.done()
	if err != nil {
		return err
	}
	due, err := b.slots(ctx, begun, time.Now())
	if err != nil {
		return err
	}
	checked := c.calls["SaasManage/GetApplication"]
	b.tell("checks that were due", float64(due), "checks")
	b.judge("checks that were due and not made", 100*max(0, 1-float64(checked)/float64(max(1, due))), "%", 5)
	b.tell("tenant calls per check", float64(c.calls.total()-c.calls.tokens())/float64(max(1, checked)), "calls")
	var lateness []time.Duration
	for _, one := range after[len(before):] {
		lateness = append(lateness, one.lateness())
	}
	slices.Sort(lateness)
	b.tell("renewals beside the checks", float64(len(lateness)), "renewals")
	b.judge("lateness of renewals, 99 of 100", percentile(lateness, 99).Seconds(), "s", 5)
	b.judge("nearly expired tokens", float64(r.late(time.Now(), driftLife/nearlyExpired)), "tokens", 0)
	b.tell("CPU per check or renewal", milliseconds(c.cpu)/float64(max(1, checked+len(lateness))), "ms")
	return nil
}

// slots returns how many drift checks are due between two moments.
func (b *bench) slots(ctx context.Context, from, to time.Time) (int, error) {
	all := &v1alpha1.OAuthClientList{}
	if err := b.cluster.List(ctx, all, client.InNamespace(b.stage.namespace("shop"))); err != nil {
		return 0, fmt.Errorf("listing applications: %w", err)
	}
	due := 0
	for i := range all.Items {
		uid := string(all.Items[i].UID)
		for slot := drift.Next(from, b.size.DriftInterval, uid); slot.Before(to); slot = slot.Add(b.size.DriftInterval) {
			due++
		}
	}
	return due, nil
}

// checkEvery sets the interval of the drift checks, and has another operator make them: the one before would check at once all that it has known for
// longer than an interval.
func (b *bench) checkEvery(ctx context.Context, interval time.Duration, rate int) error {
	if err := b.stage.operator.process.Stop(stopGrace); err != nil {
		return err
	}
	b.stage.operator = nil
	t := b.stage.identityTenant(rate)
	if err := b.cluster.Get(ctx, client.ObjectKeyFromObject(t), t); err != nil {
		return fmt.Errorf("reading the IdentityTenant: %w", err)
	}
	t.Spec.DriftCheckInterval, t.Spec.Limits = &metav1.Duration{Duration: interval}, limits(rate)
	if err := b.cluster.Update(ctx, t); err != nil {
		return fmt.Errorf("setting the interval of drift checks: %w", err)
	}
	var err error
	if b.stage.operator, err = b.startOperator(ctx); err != nil {
		return err
	}
	if err := b.untilReady(ctx, t); err != nil {
		return err
	}
	for {
		made, err := b.stage.operator.passes(ctx)
		if err != nil || made["oauthclient"] >= b.stage.applications {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}
