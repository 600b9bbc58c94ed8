package v1alpha1

// Condition types. Ready, Reachable, Authenticated, Provisioned, ScopesAccepted, Accepted, IdentityProvisioned,
// CredentialValid, TokenReady and TokenVerified are always present on the kinds that have them, InUse on every Scope that is accepted, Drifted under
// managementPolicy Observe; Reconciling, Stalled, Degraded, LeftoverSuspected and
// RenewBeforeAdjusted only while true.
const (
	// ConditionReady says whether what the object promises can be used now, as its spec asks for it.
	//
	//   - True: Available; Suspended while spec.suspend is set and the spec is in force.
	//   - False: any reason of the other conditions; SpecNotApplied while an older spec is in force; Suspended while spec.suspend keeps a
	//     changed spec from being carried out; DependentsExist while a deletion waits for other objects.
	//
	// A renewal that fails does not make it False while the published token is good: see ConditionDegraded.
	ConditionReady = "Ready"

	// ConditionReconciling is True while the operator works towards the spec and expects to get there by itself (kstatus).
	ConditionReconciling = "Reconciling"

	// ConditionStalled is True while the operator cannot go on until somebody changes something (kstatus).
	ConditionStalled = "Stalled"

	// ConditionReachable says whether the tenant answers: whoever calls it, an outage is seen within seconds.
	//
	//   - True: Answered.
	//   - False: ServerUnavailable, Throttled, UnexpectedResponse, ProxyUnavailable, ProxyRefused.
	//   - Unknown: Pending, NoCredentials (nothing to ask it with).
	ConditionReachable = "Reachable"

	// ConditionAuthenticated says whether the tenant accepted the operator's own credentials, as they are now, when it was last asked. An outage
	// does not make it False.
	//
	//   - True: LoggedIn, NoCredentials (none are set: only tokens of External clients are requested).
	//   - False: Unauthorized, SecretNotFound, SecretIncomplete, RequestRejected, InvalidSpec; before the first login with the present credentials also
	//     ServerUnavailable, Throttled, UnexpectedResponse, ProxyUnavailable, ProxyRefused, CABundleUnusable.
	ConditionAuthenticated = "Authenticated"

	// ConditionProvisioned says whether the application on the tenant is as the spec and its scopes ask for.
	//
	//   - True: Applied, AsDeclared (managementPolicy Observe).
	//   - False: Drifted and ApplicationNotFound (managementPolicy Observe), TenantNotFound, TenantNotReady, NotAdmitted, Conflict, InvalidSpec, RoleNotFound, UserNotFound, ServerUnavailable, Throttled, Unauthorized,
	//     RequestRejected, UnexpectedResponse, and on the way to the tenant ProxyUnavailable, ProxyRefused, CABundleUnusable, SecretNotFound,
	//     SecretIncomplete.
	ConditionProvisioned = "Provisioned"

	// ConditionScopesAccepted says whether every Scope object that names this OAuthClient was accepted.
	//
	//   - True: AllAccepted.
	//   - False: SomeRejected (status.scopes.rejected names them).
	ConditionScopesAccepted = "ScopesAccepted"

	// ConditionDrifted says, under managementPolicy Observe, whether the application differs from what is declared.
	//
	//   - True: Drifted (status.drift names the fields), ApplicationNotFound.
	//   - False: AsDeclared.
	ConditionDrifted = "Drifted"

	// ConditionLeftoverSuspected is True while status.leftovers is not empty.
	//
	//   - True: UnprovenImport.
	ConditionLeftoverSuspected = "LeftoverSuspected"

	// ConditionAccepted says whether the OAuthClient takes the scope.
	//
	//   - True: Accepted.
	//   - False: OAuthClientNotFound, OAuthClientNotReady, NotAdmitted, Conflict, InvalidPattern, TypeMismatch.
	ConditionAccepted = "Accepted"

	// ConditionInUse says whether ConfidentialClients request the scope. While they do, it stays on the application even when the Scope
	// is deleted (status.scopes.retained of the OAuthClient).
	//
	//   - True: Requested.
	//   - False: NotRequested.
	ConditionInUse = "InUse"

	// ConditionIdentityProvisioned says whether the client identity and its memberships are as the spec asks for.
	//
	//   - True: Applied, External (nothing to provision).
	//   - False: OAuthClientNotFound, OAuthClientNotReady, TenantNotFound, TenantNotReady, NotAdmitted, Conflict, InvalidSpec,
	//     RoleNotFound, Progressing (its user was deleted on the tenant and is made again), ServerUnavailable, Throttled, Unauthorized,
	//     RequestRejected, UnexpectedResponse, SecretIncomplete (the stored credential), and on the way to the tenant ProxyUnavailable,
	//     ProxyRefused, CABundleUnusable, SecretNotFound.
	//   - Unknown: Pending.
	ConditionIdentityProvisioned = "IdentityProvisioned"

	// ConditionCredentialValid says whether the tenant accepted the client's credential at the last mint.
	//
	//   - True: Accepted.
	//   - False: InvalidClient, SecretNotFound, SecretIncomplete, and what keeps a lost credential from being replaced: TenantNotReady,
	//     Conflict, Progressing.
	//   - Unknown: Pending, Untried.
	ConditionCredentialValid = "CredentialValid"

	// ConditionTokenReady says whether a token that was requested with the present spec is published and not expired.
	//
	//   - True: Published, NotDelivered (spec.secret.deliver has no Token).
	//   - False: TokenExpired, Suspended, SpecNotApplied, SecretConflict, SecretRefused, SecretContested, ScopeNotGranted, InvalidClient, NotAdmitted,
	//     those of TokenVerified, and the reasons of a failed request: ServerUnavailable, Throttled, Unauthorized, RequestRejected, UnexpectedResponse,
	//     ProxyUnavailable, ProxyRefused, SecretNotFound, SecretIncomplete; without a usable token also those of IdentityProvisioned.
	ConditionTokenReady = "TokenReady"

	// ConditionTokenVerified says whether the token that was requested last is what was asked for. One for which it is False is not published.
	//
	//   - True: Verified.
	//   - False: SignatureInvalid, IssuerMismatch, AudienceMismatch, TokenExpired, TokenInactive.
	//   - Unknown: Pending, NotDelivered, KeysUnavailable, KeyUnknown, IssuerUnknown, IntrospectionUnavailable: it could not be checked, and
	//     is published.
	ConditionTokenVerified = "TokenVerified"

	// ConditionRolledOut says whether the workloads of spec.rollout were restarted for the last change of the Secret. It is absent before the first.
	//
	//   - True: RolledOut.
	//   - False: TargetNotFound, RolloutFailed (tried again every minute).
	ConditionRolledOut = "RolledOut"

	// ConditionDegraded is True while a renewal fails and the published token is still good: its message says until when. Of an OAuthClient
	// it says that the application cannot be compared with what is declared.
	//
	//   - True: the reason of the failure.
	ConditionDegraded = "Degraded"

	// ConditionRenewBeforeAdjusted is True while a token is renewed at another time than spec.token asks for, because what it asks for does
	// not fit the lifetime that the tenant granted.
	//
	//   - True: OutOfRange.
	ConditionRenewBeforeAdjusted = "RenewBeforeAdjusted"
)

// Reasons of conditions and events.
const (
	// ReasonAvailable: what the object promises can be used.
	ReasonAvailable = "Available"
	// ReasonPending: not observed yet.
	ReasonPending = "Pending"
	// ReasonProgressing: the operator is working on it.
	ReasonProgressing = "Progressing"
	// ReasonAnswered: the tenant answered.
	ReasonAnswered = "Answered"
	// ReasonLoggedIn: the tenant accepted the operator's credentials.
	ReasonLoggedIn = "LoggedIn"
	// ReasonNoCredentials: the tenant has no admin credentials; only tokens of External clients are requested.
	ReasonNoCredentials = "NoCredentials"
	// ReasonApplied: applied and read back.
	ReasonApplied = "Applied"
	// ReasonExternal: managed by somebody else.
	ReasonExternal = "External"
	// ReasonAccepted: taken.
	ReasonAccepted = "Accepted"
	// ReasonOutOfRange: what is asked for does not fit.
	ReasonOutOfRange = "OutOfRange"
	// ReasonAsDeclared: compared, and the same.
	ReasonAsDeclared = "AsDeclared"
	// ReasonDrifted: compared, and not the same.
	ReasonDrifted = "Drifted"
	// ReasonSuspended: spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonRequested: at least one ConfidentialClient requests it.
	ReasonRequested = "Requested"
	// ReasonNotRequested: no ConfidentialClient requests it.
	ReasonNotRequested = "NotRequested"
	// ReasonAllAccepted: every Scope object was taken.
	ReasonAllAccepted = "AllAccepted"
	// ReasonSomeRejected: some Scope objects were not taken.
	ReasonSomeRejected = "SomeRejected"
	// ReasonUnprovenImport: unconfigured applications appeared that may be ours, without proof.
	ReasonUnprovenImport = "UnprovenImport"
	// ReasonPublished: the token is in the Secret.
	ReasonPublished = "Published"
	// ReasonNotDelivered: the Secret is not asked to hold a token.
	ReasonNotDelivered = "NotDelivered"
	// ReasonUntried: the application issues nothing that the credential could be tried with.
	ReasonUntried = "Untried"

	// ReasonTenantNotFound: there is no IdentityTenant of that name.
	ReasonTenantNotFound = "TenantNotFound"
	// ReasonApplicationNotFound: the tenant has no application of that ID.
	ReasonApplicationNotFound = "ApplicationNotFound"
	// ReasonTenantNotReady: the IdentityTenant is not Ready, or is being deleted.
	ReasonTenantNotReady = "TenantNotReady"
	// ReasonOAuthClientNotFound: there is no OAuthClient of that name.
	ReasonOAuthClientNotFound = "OAuthClientNotFound"
	// ReasonOAuthClientNotReady: the OAuthClient's application is not there yet, or is being deleted.
	ReasonOAuthClientNotReady = "OAuthClientNotReady"
	// ReasonNotAdmitted: the tenant or the OAuthClient does not allow it.
	ReasonNotAdmitted = "NotAdmitted"
	// ReasonConflict: somebody else has it.
	ReasonConflict = "Conflict"
	// ReasonInvalidSpec: the spec cannot be carried out as it is.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonInvalidPattern: a REST pattern is not a regular expression.
	ReasonInvalidPattern = "InvalidPattern"
	// ReasonTypeMismatch: REST patterns on an application whose tokens do not open the tenant's APIs.
	ReasonTypeMismatch = "TypeMismatch"
	// ReasonUserNotFound: the tenant has no user of that name.
	ReasonUserNotFound = "UserNotFound"
	// ReasonRoleNotFound: the tenant has no role of that name.
	ReasonRoleNotFound = "RoleNotFound"
	// ReasonSecretNotFound: the referenced Secret does not exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretIncomplete: the referenced Secret lacks a key.
	ReasonSecretIncomplete = "SecretIncomplete"
	// ReasonCABundleUnusable: the referenced CA bundle does not exist, or is no bundle of certificates.
	ReasonCABundleUnusable = "CABundleUnusable"
	// ReasonSecretConflict: a Secret of that name exists that is not ours.
	ReasonSecretConflict = "SecretConflict"
	// ReasonSecretRefused: kube-apiserver does not let the operator write a Secret, for a quota, an admission policy or a permission.
	ReasonSecretRefused = "SecretRefused"
	// ReasonSecretContested: somebody keeps changing the published Secret.
	ReasonSecretContested = "SecretContested"
	// ReasonSpecNotApplied: what is published stems from an older spec.
	ReasonSpecNotApplied = "SpecNotApplied"
	// ReasonTokenExpired: the token has expired, or had when it was issued.
	ReasonTokenExpired = "TokenExpired"
	// ReasonScopeNotGranted: the tenant granted fewer scopes than were requested.
	ReasonScopeNotGranted = "ScopeNotGranted"
	// ReasonRolledOut: the workloads were restarted.
	ReasonRolledOut = "RolledOut"
	// ReasonTargetNotFound: there is no workload of that name to restart.
	ReasonTargetNotFound = "TargetNotFound"
	// ReasonRolloutFailed: kube-apiserver did not let a workload be restarted.
	ReasonRolloutFailed = "RolloutFailed"
	// ReasonVerified: checked, and right.
	ReasonVerified = "Verified"
	// ReasonSignatureInvalid: the key that the token names did not sign it.
	ReasonSignatureInvalid = "SignatureInvalid"
	// ReasonIssuerMismatch: the token has another issuer than the OAuthClient.
	ReasonIssuerMismatch = "IssuerMismatch"
	// ReasonAudienceMismatch: the token is not for the audience of the OAuthClient.
	ReasonAudienceMismatch = "AudienceMismatch"
	// ReasonTokenInactive: the tenant says that the token is not active.
	ReasonTokenInactive = "TokenInactive"
	// ReasonKeysUnavailable: there are no keys to check the signature with.
	ReasonKeysUnavailable = "KeysUnavailable"
	// ReasonKeyUnknown: the token is signed with a key that the tenant does not publish.
	ReasonKeyUnknown = "KeyUnknown"
	// ReasonIssuerUnknown: nobody knows whether the issuer is right.
	ReasonIssuerUnknown = "IssuerUnknown"
	// ReasonIntrospectionUnavailable: the token is opaque, and the tenant does not answer about it.
	ReasonIntrospectionUnavailable = "IntrospectionUnavailable"
	// ReasonInvalidClient: the token endpoint refused the client's credential.
	ReasonInvalidClient = "InvalidClient"
	// ReasonDependentsExist: other objects still need it.
	ReasonDependentsExist = "DependentsExist"

	// ReasonServerUnavailable: the tenant could not be reached, or failed.
	ReasonServerUnavailable = "ServerUnavailable"
	// ReasonProxyUnavailable: the proxy on the way to the tenant could not be reached, or does not reach the tenant.
	ReasonProxyUnavailable = "ProxyUnavailable"
	// ReasonProxyRefused: the proxy on the way to the tenant refused the credentials or the connection.
	ReasonProxyRefused = "ProxyRefused"
	// ReasonThrottled: the tenant, or the operator's own limit for it, asks to wait.
	ReasonThrottled = "Throttled"
	// ReasonUnauthorized: the tenant refused the operator's credentials or rights.
	ReasonUnauthorized = "Unauthorized"
	// ReasonRequestRejected: the tenant understood the request and refused it.
	ReasonRequestRejected = "RequestRejected"
	// ReasonUnexpectedResponse: the tenant's answer made no sense, such as an HTML page.
	ReasonUnexpectedResponse = "UnexpectedResponse"
)
