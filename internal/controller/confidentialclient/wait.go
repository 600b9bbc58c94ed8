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

// next says when to come back after a pass that ended with err, and how urgent that is: the object keeps the priority of its token's deadline while
// it waits, so that after an outage, when the tenant wakes all that wait for it, those whose tokens expire first go first.
func (p *pass) next(err error) ctrl.Result {
	result, priority := p.again(err), schedule.PriorityChanged
	if !p.decision.ExpirationTime.IsZero() {
		priority = schedule.Priority(p.decision.ExpirationTime.Sub(p.Clock.Now().Add(result.RequeueAfter)))
	}
	result.Priority = &priority
	return result
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

// again says when to come back.
func (p *pass) again(err error) ctrl.Result {
	key, now := string(p.obj.UID), p.Clock.Now()
	if err == nil {
		p.Retries.Succeeded(key)
		if p.suspended() {
			return schedule.At(now, p.goodUntilThen())
		}
		return schedule.At(now, append(p.retries(), p.decision.RenewalTime, p.decision.ExpirationTime, p.look(now), p.rotationDue(), p.restartDue(now))...)
	}
	var expiry time.Time // at which Ready changes, should nothing else happen
	var timeLeft time.Duration
	if p.decision.Usable && !p.decision.ExpirationTime.IsZero() {
		expiry = p.decision.ExpirationTime
		timeLeft = expiry.Sub(now)
	}
	return schedule.At(now, append(p.retries(), p.retry(err, timeLeft), expiry, p.look(now), orphan.Deadline(p.obj, p.tenant), p.restartDue(now))...)
}

// look returns when to look at a credential that users bring and that is delivered without a token; zero for none.
func (p *pass) look(now time.Time) time.Time {
	if p.managed() || p.layout.HoldsToken() || !p.layout.HoldsCredential() || !p.obj.DeletionTimestamp.IsZero() {
		return time.Time{}
	}
	return now.Add(lookInterval)
}

// retry returns when to try again after err; zero means when something wakes the object. What was refused is not asked again before
// that, however often the object is looked at meanwhile.
func (p *pass) retry(err error, timeLeft time.Duration) time.Time {
	if !p.pending.IsZero() {
		return p.pending
	}
	if p.contested > 0 {
		return p.Clock.Now().Add(p.contested)
	}
	return p.backOff(string(p.obj.UID), p.attempt(), err, timeLeft)
}

// backOff returns when to try again what has failed with err, of which key is what Retries knows it by; zero means when something wakes the object.
// What the tenant has refused is remembered until then, with the attempt.
func (p *pass) backOff(key, attempt string, err error, timeLeft time.Duration) time.Time {
	wait := p.Retries.Wait(key, err, timeLeft)
	if wait <= 0 {
		return time.Time{}
	}
	due := p.Clock.Now().Add(wait)
	if refusedByTenant(err) && p.obj.DeletionTimestamp.IsZero() {
		p.Retries.Refused(key, attempt, err, due)
	}
	return due
}

// hold returns the refusal of an attempt that is not due again, and that would be made in the same way as then. It is asked before the
// tenant is. A pass comes at least every 10 minutes while a token lives, so that a stepped clock is noticed; a refusal may have to wait
// for an hour.
func (p *pass) hold() error {
	due, refused := p.Retries.Pending(string(p.obj.UID), p.attempt(), p.Clock.Now())
	p.pending = due
	return refused
}

// attempt identifies all that the tenant's answer depends on, as far as the cluster knows it: a change of it is tried at once.
func (p *pass) attempt() string { return p.attemptFor(string(p.decision.Reason)) }

// attemptFor is attempt for a reason of its own. A request for another credential is part of it: it may be what helps.
func (p *pass) attemptFor(reason string) string {
	var v struct {
		Generation         int64
		Reason, Credential string
		Requests           [3]string
		Tenant             [4]string
		TenantGeneration   int64
		Application        [3]string
		ApplicationRole    *v1alpha1.RoleStatus
	}
	v.Generation, v.Reason, v.Credential = p.obj.Generation, reason, p.credentialVersion
	v.Requests = [3]string{p.asks(v1alpha1.RotateRequestAnnotation), p.asks(v1alpha1.RenewRequestAnnotation), p.asks(v1alpha1.ReconcileRequestAnnotation)}
	if t := p.tenant; t != nil {
		v.Tenant, v.TenantGeneration = [4]string{string(t.UID), t.Status.ClusterID, t.Status.LoginSuffix, t.Status.ObservedCredentials}, t.Generation
	}
	if o := p.oauthClient; o != nil {
		v.Application, v.ApplicationRole = [3]string{string(o.UID), o.Status.AppliedHash, o.Status.TokenHash}, o.Status.ClientRole
	}
	return digest(v)
}
