package v1alpha1

// Finalizer holds an object of this group until what it made on the tenant has been removed.
const Finalizer = Group + "/finalizer"

const (
	// WatchLabel with the value "true" on a Secret lets the operator cache and watch it. Every Secret that the
	// operator manages carries it. On a Secret that a user refers to it makes a change felt at once; without it,
	// the change is felt at the next login or mint.
	WatchLabel = Group + "/watch"

	// ManagedByLabel is the standard label that names the tool that manages an object.
	ManagedByLabel = "app.kubernetes.io/managed-by"

	// ManagedByValue is the operator's value of ManagedByLabel.
	ManagedByValue = "oauth-operator"

	// LastResetAnnotation on a credential Secret is when the user's password was last set again to the credential, because the
	// tenant had refused it (RFC 3339, UTC).
	LastResetAnnotation = Group + "/last-reset"

	// OwnerUIDLabel on a credential Secret holds the UID of the ConfidentialClient whose credential it keeps.
	OwnerUIDLabel = Group + "/owner-uid"
)

// ShardLabel on an object of any kind names the shard that it belongs to, where several operators share the work (--shard-selector). It is a
// convention: a selector may name any label.
const ShardLabel = Group + "/shard"

// ReconcileRequestAnnotation asks to look at the tenant now although nothing has changed here: an OAuthClient's application is compared, and
// what differs brought back; the user of a ConfidentialClient is looked up, and put right; an IdentityTenant is logged in to. The value is
// free, such as the time of the request; each new value is handled once, and is kept in status.lastHandledReconcileRequest.
const ReconcileRequestAnnotation = Group + "/reconcile-requested-at"

// RotateRequestAnnotation on a ConfidentialClient asks to replace its generated credential now. The value is free, such as the time of the request;
// each new value is handled once, and is kept in status.lastHandledRotateRequest.
const RotateRequestAnnotation = Group + "/rotate-requested-at"

// Annotations and keys of a credential Secret that tell of its rotation. They are written in the same write as the credential that they speak of.
const (
	// RotatedTimeAnnotation is when the credential took the place of the one before (RFC 3339, UTC); missing for the first.
	RotatedTimeAnnotation = Group + "/rotated-time"

	// HandledRotateRequestAnnotation is the value of RotateRequestAnnotation that was last answered with a new credential.
	HandledRotateRequestAnnotation = Group + "/handled-rotate-request"

	// RetiringAnnotation is the login name of the user that was replaced by another one and is not deleted yet.
	RetiringAnnotation = Group + "/retiring"

	// PendingClientIDKey and PendingClientSecretKey hold the credential that takes over once the tenant has accepted it.
	PendingClientIDKey     = "pending_client_id"
	PendingClientSecretKey = "pending_client_secret"
)

// RenewRequestAnnotation on a ConfidentialClient asks for a new token now. The value is free, such as the time of the request; each new value
// is handled once, and is kept in status.lastHandledRenewRequest.
const RenewRequestAnnotation = Group + "/renew-requested-at"

// RestartedForAnnotation on the pod template of a workload identifies the change of a Secret for which it was restarted.
const RestartedForAnnotation = Group + "/restarted-for"

// Annotations of a published token Secret. They are written in the same apply as the token, and are the operator's
// only memory of it: a restart decides from them and asks the tenant nothing.
const (
	// ExpirationTimeAnnotation is when the token expires by the cluster's clock: the moment before the request
	// plus expires_in (RFC 3339, UTC, whole seconds).
	ExpirationTimeAnnotation = Group + "/expiration-time"

	// TenantExpirationTimeAnnotation is when the token expires by the tenant's clock: the claim exp, else the
	// answer's Date header plus expires_in (RFC 3339, UTC). Missing when the answer had neither.
	TenantExpirationTimeAnnotation = Group + "/tenant-expiration-time"

	// IssueTimeAnnotation is the local time just before the token was requested (RFC 3339, UTC).
	IssueTimeAnnotation = Group + "/issue-time"

	// TokenSpecHashAnnotation is the hash of everything in the spec that a token depends on. When it differs from
	// the present one, a new token is requested.
	TokenSpecHashAnnotation = Group + "/token-spec-hash"

	// HandledRenewRequestAnnotation is the value of RenewRequestAnnotation with which the token was requested, or after which it was.
	HandledRenewRequestAnnotation = Group + "/handled-renew-request"

	// RolloutAnnotation identifies the last change of the Secret for which the workloads of spec.rollout are to be restarted.
	RolloutAnnotation = Group + "/rollout"

	// KeysAnnotation says which keys the operator wrote, and what they hold: pairs such as accessToken=access_token, joined by commas.
	// It is how keys that are renamed or no longer delivered are found again.
	KeysAnnotation = Group + "/keys"

	// MetadataAnnotation names the labels and annotations that the operator wrote for spec.secret.template.metadata, with a hash of their
	// values, joined by commas. It is how those that are no longer wanted are found again.
	MetadataAnnotation = Group + "/template-metadata"

	// PublisherAnnotation names the ConfidentialClient that writes the Secret, as name/UID, where no owner reference does: with the
	// creationPolicy Merge and Orphan.
	PublisherAnnotation = Group + "/published-by"

	// FingerprintAnnotation is a truncated SHA-256 over the keys that hold the token and over the annotations above. When it does
	// not fit the Secret, somebody has edited it, and a new token is requested.
	FingerprintAnnotation = Group + "/fingerprint"

	// DeliveryFingerprintAnnotation is a truncated SHA-256 over the other keys that the operator wrote. Missing when there are none.
	// When it does not fit the Secret, somebody has edited it, and the keys are written again.
	DeliveryFingerprintAnnotation = Group + "/delivery-fingerprint"
)

// Default keys of a published Secret that hold the token.
const (
	// AccessTokenKey holds the access token itself.
	AccessTokenKey = "access_token"
	// TokenTypeKey holds the token type, "Bearer" (RFC 6750).
	TokenTypeKey = "token_type"
	// ExpiresAtKey holds the expiry by the cluster's clock (RFC 3339).
	ExpiresAtKey = "expires_at"
	// ScopeKey holds the granted scopes, blank-separated (RFC 6749 section 3.3).
	ScopeKey = "scope"
)

// Keys of a Secret that holds client credentials.
const (
	// ClientIDKey holds the client_id: the login name of the client identity.
	ClientIDKey = "client_id"
	// ClientSecretKey holds the client_secret: the password of the client identity.
	ClientSecretKey = "client_secret"
)

// Default keys of a published Secret that hold the endpoints.
const (
	// TokenURLKey holds the token endpoint (RFC 6749 section 3.2).
	TokenURLKey = "token_url"
	// IssuerKey holds the issuer of the application's tokens.
	IssuerKey = "issuer"
	// JWKSURLKey holds where the signing keys are published (RFC 7517).
	JWKSURLKey = "jwks_url"
	// ApplicationIDKey holds the application ID.
	ApplicationIDKey = "application_id"
	// TenantURLKey holds the URL of the tenant.
	TenantURLKey = "tenant_url"
)
