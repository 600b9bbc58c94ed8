package confidentialclient

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/orphan"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// lookInterval is how often a Secret that users refer to is looked at when nothing else brings its client back: it is not watched unless
// it is labelled.
const lookInterval = 10 * time.Minute

// schedule says when to come back after a pass that ended with err, and how urgent that is: the object keeps the priority of its token's deadline
// while it waits, so that after an outage, when the tenant wakes all that wait for it, those whose tokens expire first go first.
func (p *pass) schedule(err error) ctrl.Result {
	now := p.Clock.Now()
	result, priority := schedule.At(now, p.moments(err, now)...), schedule.PriorityChanged
	if !p.decision.ExpirationTime.IsZero() {
		priority = schedule.Priority(p.decision.ExpirationTime.Sub(now.Add(result.RequeueAfter)))
	}
	result.Priority = &priority
	return result
}

// moments are those at which something is due after a pass that ended with err; zero ones stand for nothing.
func (p *pass) moments(err error, now time.Time) []time.Time {
	expiry := p.expiryDue()
	if err != nil {
		var timeLeft time.Duration
		if !expiry.IsZero() {
			timeLeft = expiry.Sub(now)
		}
		return append(p.retries(), p.retry(err, timeLeft), expiry, p.lookDue(now), orphan.Deadline(p.obj, p.tenant), p.restartDue(now))
	}
	p.Retries.Succeeded(string(p.obj.UID))
	if p.suspended() {
		return []time.Time{expiry}
	}
	return append(p.retries(), p.decision.RenewalTime, p.decision.ExpirationTime, p.lookDue(now), p.rotationDue(), p.restartDue(now))
}

// expiryDue returns when the published token expires, by which Ready changes should nothing else happen; zero for one that never does, or has.
func (p *pass) expiryDue() time.Time {
	if !p.decision.Usable {
		return time.Time{}
	}
	return p.decision.ExpirationTime
}

// lookDue returns when to look at a credential that users bring and that is delivered without a token; zero for none.
func (p *pass) lookDue(now time.Time) time.Time {
	if p.managed() || p.layout.HoldsToken() || !p.layout.HoldsCredential() || !p.obj.DeletionTimestamp.IsZero() {
		return time.Time{}
	}
	return now.Add(lookInterval)
}

// priority returns how urgent a ConfidentialClient is that is listed at the start, as its status tells.
func (r *Reconciler) priority(c *v1alpha1.ConfidentialClient) int {
	if token := c.Status.Token; token != nil && token.ExpirationTime != nil {
		return schedule.Priority(token.ExpirationTime.Sub(r.Clock.Now()))
	}
	return schedule.PriorityChanged
}

// urgent returns the context for the calls that renew the published token; without one, the client is as urgent as any other new object.
func (p *pass) urgent(ctx context.Context) context.Context {
	if p.decision.ExpirationTime.IsZero() {
		return ctx
	}
	return tenant.ForToken(ctx, p.decision.ExpirationTime)
}

// keepsPromise says whether Ready is True by the status that is stored, and is so rightly.
func (p *pass) keepsPromise() bool {
	status := &p.stored.Status
	return p.decision.Usable && status.ObservedGeneration == p.obj.Generation && meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady)
}
