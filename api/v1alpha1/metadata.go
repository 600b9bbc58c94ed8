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

// ReconcileRequestAnnotation on an OAuthClient asks to compare its application with the tenant now, and to bring back what differs. The
// value is free, such as the time of the request; each new value is handled once, and is kept in status.lastHandledReconcileRequest.
const ReconcileRequestAnnotation = Group + "/reconcile-requested-at"

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

	// FingerprintAnnotation is a truncated SHA-256 over the keys that the operator wrote and over the annotations above.
	// When it does not fit the Secret, somebody has edited it.
	FingerprintAnnotation = Group + "/fingerprint"
)

// Default keys of a published token Secret.
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
