package identitytenant

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// offsetStep is by how much the tenant's clock has to move against ours before it is worth a write.
const offsetStep = 30 * time.Second

// describe turns facts and the error that ended the pass into a status.
func describe(obj *v1alpha1.IdentityTenant, f facts, err error, now metav1.Time) {
	status := &obj.Status
	if f.clusterID != "" {
		status.ClusterID = f.clusterID
	}
	if f.loginSuffix != "" {
		status.LoginSuffix = f.loginSuffix
	}
	describeOffset(status, f.clockOffset)
	c := report.Conditions{List: &status.Conditions, Generation: obj.Generation, Now: now}
	switch {
	case err != nil:
		describeFailure(c, f, err)
	case obj.Spec.Credentials == nil:
		c.Unknown(v1alpha1.ConditionReachable, v1alpha1.ReasonNoCredentials, "the operator makes no calls of its own to this tenant")
		c.True(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonNoCredentials, "spec.credentials is not set: tokens of External clients are requested, nothing is provisioned")
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "tokens of External clients are requested")
		status.ObservedCredentials = ""
	default:
		c.True(v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered, "the tenant answers")
		c.True(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonLoggedIn, "the tenant accepted the operator's credentials")
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "the tenant can be used")
		status.ObservedCredentials = f.credentialsVersion
	}
	c.Progress(err)
	status.ObservedGeneration = obj.Generation
}

func describeFailure(c report.Conditions, f facts, err error) {
	c.Failed(v1alpha1.ConditionReady, err)
	if report.Reason(err) == v1alpha1.ReasonDependentsExist {
		return // what the tenant said last still holds
	}
	c.Failed(v1alpha1.ConditionAuthenticated, err)
	switch {
	case f.answered:
		c.True(v1alpha1.ConditionReachable, v1alpha1.ReasonAnswered, "the tenant answers")
	case notAsked(err):
		c.Unknown(v1alpha1.ConditionReachable, v1alpha1.ReasonPending, "the tenant was not asked")
	default:
		c.Failed(v1alpha1.ConditionReachable, err)
	}
}

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

// refused says whether the tenant itself answered, with a refusal.
func refused(err error) bool {
	if notAsked(err) {
		return false
	}
	class := failure.ClassOf(err)
	return class == failure.Rejected || class == failure.Unauthorized
}
