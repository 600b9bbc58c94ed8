package identitytenant

import (
	"cmp"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

const (
	// lookInterval is how often the referenced Secrets and the CA bundle are looked at when no label makes their changes felt at once, and the
	// offset of the tenant's clock as the calls of others measured it.
	lookInterval = 10 * time.Minute
	// missingInterval is how often a CA bundle that cannot be used is looked at.
	missingInterval = time.Minute
	// probeTurn is how long to wait for the outcome of a probe that somebody else makes.
	probeTurn = time.Second
)

// schedule says when to come back after a pass that ended with err, and how urgent that is.
func (p *pass) schedule(err error) ctrl.Result {
	now := p.Clock.Now()
	result := schedule.At(now, schedule.In(now, p.wait(err)), schedule.In(now, p.recount))
	result.Priority = new(schedule.PriorityChanged)
	return result
}

// wait returns how long to wait before the tenant, or what is referred to, is looked at again; zero until something wakes the object.
func (p *pass) wait(err error) time.Duration {
	key := string(p.obj.UID)
	if err == nil {
		p.Retries.Succeeded(key)
		return lookInterval
	}
	switch held, isHeld := errors.AsType[*tenant.CircuitError](err); {
	case isHeld && p.obj.Spec.Credentials == nil:
		return lookInterval // The calls of others find out when the tenant is back.
	case isHeld:
		return cmp.Or(held.RetryAfter(), probeTurn)
	case report.Reason(err) == v1alpha1.ReasonCABundleUnusable:
		return missingInterval
	}
	return p.Retries.Wait(key, err, 0)
}
