package report

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// Outlook says what has to happen before a pass can succeed that has failed for a reason.
type Outlook string

const (
	// Passes means that the failure ends by itself, or with a change of another object or of the spec: the object is on its way.
	Passes Outlook = "Passes"
	// Stalls means that nothing will change until somebody acts: the object is stalled.
	Stalls Outlook = "Stalls"
	// NoFailure means that no pass fails for the reason. It tells what is.
	NoFailure Outlook = "NoFailure"
)

// OutlookOf returns the outlook of a reason, and whether it is a reason of package v1alpha1: each of these has one.
func OutlookOf(reason string) (Outlook, bool) {
	switch reason {
	case v1alpha1.ReasonNotAdmitted, v1alpha1.ReasonConflict, v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonInvalidPattern, v1alpha1.ReasonTypeMismatch,
		v1alpha1.ReasonRoleNotFound, v1alpha1.ReasonUserNotFound, v1alpha1.ReasonApplicationNotFound, v1alpha1.ReasonSecretConflict, v1alpha1.ReasonSecretRefused,
		v1alpha1.ReasonRequestRejected, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonInvalidClient, v1alpha1.ReasonProxyRefused,
		v1alpha1.ReasonScopeNotGranted, v1alpha1.ReasonSignatureInvalid, v1alpha1.ReasonIssuerMismatch, v1alpha1.ReasonAudienceMismatch,
		v1alpha1.ReasonTokenExpired, v1alpha1.ReasonTokenInactive:
		return Stalls, true
	case v1alpha1.ReasonTenantNotFound, v1alpha1.ReasonTenantNotReady, v1alpha1.ReasonOAuthClientNotFound, v1alpha1.ReasonOAuthClientNotReady,
		v1alpha1.ReasonDependentsExist, v1alpha1.ReasonSuspended, v1alpha1.ReasonSpecNotApplied, v1alpha1.ReasonProgressing,
		v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretIncomplete, v1alpha1.ReasonSecretContested, v1alpha1.ReasonCABundleUnusable,
		v1alpha1.ReasonServerUnavailable, v1alpha1.ReasonThrottled, v1alpha1.ReasonUnexpectedResponse, v1alpha1.ReasonProxyUnavailable:
		return Passes, true
	case v1alpha1.ReasonAvailable, v1alpha1.ReasonPending, v1alpha1.ReasonAnswered, v1alpha1.ReasonLoggedIn, v1alpha1.ReasonNoCredentials,
		v1alpha1.ReasonApplied, v1alpha1.ReasonExternal, v1alpha1.ReasonAccepted, v1alpha1.ReasonOutOfRange, v1alpha1.ReasonAsDeclared,
		v1alpha1.ReasonDrifted, v1alpha1.ReasonRequested, v1alpha1.ReasonNotRequested, v1alpha1.ReasonAllAccepted, v1alpha1.ReasonSomeRejected,
		v1alpha1.ReasonUnprovenImport, v1alpha1.ReasonPublished, v1alpha1.ReasonNotDelivered, v1alpha1.ReasonUntried, v1alpha1.ReasonRolledOut,
		v1alpha1.ReasonTargetNotFound, v1alpha1.ReasonRolloutFailed, v1alpha1.ReasonVerified, v1alpha1.ReasonKeysUnavailable,
		v1alpha1.ReasonKeyUnknown, v1alpha1.ReasonIssuerUnknown, v1alpha1.ReasonIntrospectionUnavailable:
		return NoFailure, true
	}
	return "", false
}

// NeedsSomebody says whether nothing will change until somebody acts: the object is stalled, not on its way.
func NeedsSomebody(err error) bool {
	outlook, _ := OutlookOf(Reason(err))
	return outlook == Stalls
}

// IsAboutSecret says whether a Secret is what keeps a pass from going on: the tenant was not asked, and a Secret that is not labelled wakes nobody
// when it changes.
func IsAboutSecret(err error) bool {
	switch Reason(err) {
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretIncomplete, v1alpha1.ReasonSecretConflict, v1alpha1.ReasonSecretRefused:
		return true
	}
	return false
}
