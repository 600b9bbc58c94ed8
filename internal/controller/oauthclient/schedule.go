package oauthclient

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/orphan"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

// schedule says when to come back after a pass that ended with err, and how urgent that is.
func (p *pass) schedule(err error) ctrl.Result {
	result := schedule.At(p.Clock.Now(), p.moments(err)...)
	result.Priority = new(priority(p.obj))
	return result
}

// moments are those at which something is due after a pass that ended with err; zero ones stand for nothing.
func (p *pass) moments(err error) []time.Time {
	key, now := string(p.obj.UID), p.Clock.Now()
	if err == nil {
		p.Retries.Succeeded(key)
		// A slot that begins within the second can wait for it: a comparison is never urgent.
		slot := drift.Next(now, p.checkInterval(), key)
		if soonest := now.Add(time.Second); slot.Before(soonest) {
			slot = soonest
		}
		return []time.Time{slot}
	}
	retry := schedule.In(now, p.Retries.Wait(key, err, 0))
	if report.Reason(err) == v1alpha1.ReasonDependentsExist {
		return []time.Time{retry}
	}
	return []time.Time{retry, orphan.Deadline(p.obj, p.tenant)}
}

// priority returns how urgent an OAuthClient is as its status tells.
func priority(o *v1alpha1.OAuthClient) int {
	if o.DeletionTimestamp.IsZero() && o.Status.AppliedHash != "" && o.Status.ObservedGeneration == o.Generation {
		return schedule.PriorityDrift
	}
	return schedule.PriorityChanged
}

func (p *pass) checkInterval() time.Duration {
	if p.tenant != nil && p.tenant.Spec.DriftCheckInterval != nil {
		return p.tenant.Spec.DriftCheckInterval.Duration
	}
	return drift.DefaultInterval
}

// checkDue says whether the application is to be compared with the tenant although nothing has changed here.
func (p *pass) checkDue() bool {
	return p.Checks.Due(p.Clock.Now(), p.checkInterval(), string(p.obj.UID))
}

// requested says whether somebody asks for a comparison that was not made yet.
func (p *pass) requested() bool {
	return annotation.IsOpen(p.obj, v1alpha1.ReconcileRequestAnnotation, p.obj.Status.LastHandledReconcileRequest)
}

// burstWait returns how long to wait for further Scopes. A change of the OAuthClient itself, and the first application, wait for nobody.
func (p *pass) burstWait() time.Duration {
	if p.checking || p.obj.Status.AppliedHash == "" || p.obj.Status.ObservedGeneration != p.obj.Generation {
		return 0
	}
	return p.Bursts.Wait(string(p.obj.UID), p.desired.Hash(), p.Clock.Now())
}
