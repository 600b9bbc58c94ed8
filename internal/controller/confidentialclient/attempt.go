package confidentialclient

import (
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

// retry returns when to try again after err; zero means when something wakes the object. What was refused is not asked again before
// that, however often the object is looked at meanwhile.
func (p *pass) retry(err error, timeLeft time.Duration) time.Time {
	if !p.refusedUntil.IsZero() {
		return p.refusedUntil
	}
	if p.contested > 0 {
		return schedule.In(p.Clock.Now(), p.contested)
	}
	return p.backOff(string(p.obj.UID), p.attempt(), err, timeLeft)
}

// backOff returns when to try again what has failed with err, of which key is what Retries knows it by; zero means when something wakes the object.
// What the tenant has refused is remembered until then, with the attempt.
func (p *pass) backOff(key, attempt string, err error, timeLeft time.Duration) time.Time {
	due := schedule.In(p.Clock.Now(), p.Retries.Wait(key, err, timeLeft))
	if !due.IsZero() && refusedByTenant(err) && p.obj.DeletionTimestamp.IsZero() {
		p.Retries.Remember(key, attempt, err, due)
	}
	return due
}

// refusedBefore returns why the tenant has refused an attempt that is not due again, and that would be made in the same way as then. It is asked
// before the tenant is. A pass comes at least every 10 minutes while a token lives, so that a stepped clock is noticed; a refusal may have to wait
// for an hour.
func (p *pass) refusedBefore() error {
	due, refused := p.Retries.Refusal(string(p.obj.UID), p.attempt(), p.Clock.Now())
	p.refusedUntil = due
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

// refusedByTenant says whether the tenant was asked and said no: whom the proxy on the way refuses, or a Secret that is in the way, was not.
func refusedByTenant(err error) bool {
	return report.NeedsSomebody(err) && !report.IsAboutSecret(err) && failure.ClassOf(err) != failure.Transient
}
