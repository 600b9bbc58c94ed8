package identitytenant

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// offsetStep is by how much the tenant's clock has to move against ours before it is worth a write.
const offsetStep = 30 * time.Second

// describe turns the facts of the pass, and the error that ended it, into the status.
func (p *pass) describe(err error) {
	status := &p.obj.Status
	if p.clusterID != "" {
		status.ClusterID = p.clusterID
	}
	if p.loginSuffix != "" {
		status.LoginSuffix = p.loginSuffix
	}
	describeOffset(status, p.clockOffset)
	c := report.Conditions{List: &status.Conditions, Generation: p.obj.Generation, Now: metav1.NewTime(p.Clock.Now())}
	switch {
	case err != nil:
		p.describeFailure(c, err)
	case p.obj.Spec.Credentials == nil:
		c.Unknown(v1alpha1.ConditionReachable, v1alpha1.ReasonNoCredentials, "the operator makes no calls of its own to this tenant")
		describeNoCredentials(c)
		status.ObservedCredentials = p.inputs
	default:
		c.True(v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered, "the tenant answers")
		c.True(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonLoggedIn, "the tenant accepted the operator's credentials")
		status.ObservedCredentials = p.inputs
	}
	p.describeReady(c, cmp.Or(p.waiting, err))
	c.Progress(cmp.Or(err, p.waiting))
	status.ObservedGeneration = p.obj.Generation
}

func (p *pass) describeReady(c report.Conditions, err error) {
	switch {
	case err != nil:
		c.Failed(v1alpha1.ConditionReady, err)
	case p.obj.Spec.Credentials == nil:
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "tokens of External clients are requested")
	default:
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "the tenant can be used")
	}
}

func describeNoCredentials(c report.Conditions) {
	c.True(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonNoCredentials, "spec.credentials is not set: tokens of External clients are requested, nothing is provisioned")
}

// describeFailure says what is known of the tenant. What it said of the credentials is not taken back by an outage, nor by a CA bundle that was
// broken: dependents go by it, and would stop working although nothing has changed.
func (p *pass) describeFailure(c report.Conditions, err error) {
	switch {
	case p.connectionErr != nil && !p.unobserved():
		p.describeCalls(c)
	case p.connectionErr != nil, notAsked(err):
		if !p.describeCalls(c) {
			c.Unknown(v1alpha1.ConditionReachable, v1alpha1.ReasonPending, "the tenant was not asked")
		}
		c.Failed(v1alpha1.ConditionAuthenticated, err)
	case p.answered:
		c.True(v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered, "the tenant answers")
		c.Failed(v1alpha1.ConditionAuthenticated, err)
	default:
		c.False(v1alpha1.ConditionReachable, report.Reason(err), p.outage(err))
		switch {
		case p.obj.Spec.Credentials == nil:
			describeNoCredentials(c)
		case !p.proved():
			c.Failed(v1alpha1.ConditionAuthenticated, err)
		}
	}
}

// describeCalls says what the calls of others have found out, and returns whether they have; the pass itself has not asked.
func (p *pass) describeCalls(c report.Conditions) bool {
	held := p.circuit.Refusal(p.Clock.Now())
	switch {
	case held != nil:
		c.False(v1alpha1.ConditionReachable, report.Reason(held), p.outage(held))
	case p.circuit.Answered:
		c.True(v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered, "the tenant answers")
	default:
		return false
	}
	return true
}

// unobserved says that what is stored speaks of another spec, or of nothing yet. A deletion makes a new generation, and no other spec.
func (p *pass) unobserved() bool {
	status := &p.stored.Status
	other := status.ObservedGeneration != p.obj.Generation && p.obj.DeletionTimestamp.IsZero()
	return other || meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionAuthenticated) == nil
}

// outage says since when the tenant is not called any more, and until when.
func (p *pass) outage(err error) string {
	if _, held := errors.AsType[*tenant.CircuitError](err); !held {
		return err.Error()
	}
	return fmt.Sprintf("no calls are made since %s, because several in a row failed (%v); the next try is at %s",
		inSeconds(p.circuit.OpenTime), p.circuit.Err, inSeconds(p.circuit.ProbeTime))
}

func inSeconds(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func describeOffset(status *v1alpha1.IdentityTenantStatus, offset *time.Duration) {
	if offset == nil {
		return
	}
	var stored time.Duration
	if status.ClockOffset != nil {
		stored = status.ClockOffset.Duration
	}
	if (*offset - stored).Abs() >= offsetStep {
		status.ClockOffset = &metav1.Duration{Duration: *offset}
	}
}

// notAsked says whether the pass ended before the tenant was asked anything.
func notAsked(err error) bool {
	var notFound *secret.NotFoundError
	var incomplete *secret.MissingKeyError
	return report.IsBlocked(err) || errors.As(err, &notFound) || errors.As(err, &incomplete)
}

// isRefusal says whether the tenant itself answered, with a refusal.
func isRefusal(err error) bool {
	var proxy *tenant.ProxyError
	if notAsked(err) || errors.As(err, &proxy) {
		return false
	}
	class := failure.ClassOf(err)
	return class == failure.Rejected || class == failure.Unauthorized
}
