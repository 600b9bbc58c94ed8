package report

import (
	"errors"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// Blocked says that a pass cannot go on until another object, the spec, or somebody's consent changes. Trying again without such a
// change is no use; the watch on that object wakes us. It deliberately unwraps to nothing: a missing object that is referred to
// must never pass for a missing object itself.
type Blocked struct {
	// Reason is one of the reasons of package v1alpha1.
	Reason string
	// Message says what, where and what to do.
	Message string
}

// Error returns the message.
func (b *Blocked) Error() string { return b.Message }

// ConditionReason returns the reason.
func (b *Blocked) ConditionReason() string { return b.Reason }

// Refused says that something on the tenant is not as the spec needs it, such as an application of the same ID that is somebody
// else's. Nothing in the cluster tells when that changes, so it is looked at again from time to time.
type Refused struct {
	// Reason is one of the reasons of package v1alpha1.
	Reason string
	// Message says what, where and what to do.
	Message string
}

// Error returns the message.
func (r *Refused) Error() string { return r.Message }

// ConditionReason returns the reason.
func (r *Refused) ConditionReason() string { return r.Reason }

// FailureClass returns Rejected.
func (r *Refused) FailureClass() failure.Class { return failure.Rejected }

// IsBlocked says whether err is, or wraps, a Blocked.
func IsBlocked(err error) bool {
	_, blocked := errors.AsType[*Blocked](err)
	return blocked
}

// IsRefused says whether err is, or wraps, a Refused.
func IsRefused(err error) bool {
	_, refused := errors.AsType[*Refused](err)
	return refused
}

// reasoned is an error that knows its reason.
type reasoned interface {
	error
	ConditionReason() string
}

// Reason returns the reason of a condition for an error of a pass: its own, if it has one (a method ConditionReason), else that of its
// class.
func Reason(err error) string {
	if own, found := errors.AsType[reasoned](err); found {
		return own.ConditionReason()
	}
	if proxy, found := errors.AsType[*tenant.ProxyError](err); found {
		if proxy.Refused {
			return v1alpha1.ReasonProxyRefused
		}
		return v1alpha1.ReasonProxyUnavailable
	}
	switch failure.ClassOf(err) {
	case failure.Transient:
		return v1alpha1.ReasonServerUnavailable
	case failure.Throttled:
		return v1alpha1.ReasonThrottled
	case failure.Rejected:
		return v1alpha1.ReasonRequestRejected
	case failure.Unauthorized:
		// A refused login of the operator itself is no fault of the client that the pass is about.
		var login *tenant.LoginError
		if oauth.IsInvalidClient(err) && !errors.As(err, &login) {
			return v1alpha1.ReasonInvalidClient
		}
		return v1alpha1.ReasonUnauthorized
	case failure.Unexpected:
	}
	return v1alpha1.ReasonUnexpectedResponse
}
