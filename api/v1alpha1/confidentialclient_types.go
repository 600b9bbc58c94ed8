package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IdentityProvisioning says where a client identity comes from.
// +kubebuilder:validation:Enum=Managed;External
type IdentityProvisioning string

const (
	// IdentityProvisioningManaged lets the operator make and remove the directory user behind the client.
	IdentityProvisioningManaged IdentityProvisioning = "Managed"
	// IdentityProvisioningExternal uses a client that exists already: only tokens are requested.
	IdentityProvisioningExternal IdentityProvisioning = "External"
)

// ConfidentialClientSpec is a client identity and the token that is kept for it.
// +kubebuilder:validation:XValidation:rule="has(self.oauthClientRef) != has(self.application)",message="exactly one of oauthClientRef and application is needed"
// +kubebuilder:validation:XValidation:rule="has(self.oauthClientRef) == has(oldSelf.oauthClientRef) && (!has(self.oauthClientRef) || self.oauthClientRef == oldSelf.oauthClientRef)",message="oauthClientRef is immutable: make a new ConfidentialClient for another application"
// +kubebuilder:validation:XValidation:rule="has(self.application) == has(oldSelf.application) && (!has(self.application) || self.application == oldSelf.application)",message="application is immutable: make a new ConfidentialClient for another application"
// +kubebuilder:validation:XValidation:rule="(has(self.identity) && has(self.identity.provisioning) ? self.identity.provisioning : 'Managed') == (has(oldSelf.identity) && has(oldSelf.identity.provisioning) ? oldSelf.identity.provisioning : 'Managed')",message="identity.provisioning is immutable: make a new ConfidentialClient"
// +kubebuilder:validation:XValidation:rule="(has(self.identity) && has(self.identity.username) ? self.identity.username : '?') == (has(oldSelf.identity) && has(oldSelf.identity.username) ? oldSelf.identity.username : '?')",message="identity.username is immutable: it is the client_id"
// +kubebuilder:validation:XValidation:rule="!has(self.application) || (has(self.identity) && has(self.identity.provisioning) && self.identity.provisioning == 'External')",message="application names an application that nobody manages here, so identity.provisioning must be External"
// +kubebuilder:validation:XValidation:rule="!has(self.identity) || !has(self.identity.provisioning) || self.identity.provisioning != 'External' || (has(self.credential) && has(self.credential.secretRef))",message="identity.provisioning External needs credential.secretRef: a Secret with the keys client_id and client_secret"
// +kubebuilder:validation:XValidation:rule="(has(self.identity) && has(self.identity.provisioning) && self.identity.provisioning == 'External') || !has(self.credential) || !has(self.credential.secretRef)",message="credential.secretRef belongs to identity.provisioning External: the operator generates the credential of a Managed identity"
// +kubebuilder:validation:XValidation:rule="!has(self.credential) || !has(self.credential.rotation) || !has(self.identity) || !has(self.identity.provisioning) || self.identity.provisioning != 'External'",message="credential.rotation belongs to identity.provisioning Managed: a credential that users bring is never rotated"
// +kubebuilder:validation:XValidation:rule="!has(self.credential) || !has(self.credential.rotation) || !has(self.credential.rotation.strategy) || self.credential.rotation.strategy != 'DualIdentity' || !has(self.adoptionPolicy) || self.adoptionPolicy != 'Adopt'",message="credential.rotation.strategy DualIdentity makes and deletes users in turn, which an adopted one must not meet: use InPlace, or remove adoptionPolicy Adopt"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.identity) || !has(self.identity.provisioning) || self.identity.provisioning != 'External'",message="deletionPolicy belongs to identity.provisioning Managed: an External identity is never deleted"
// +kubebuilder:validation:XValidation:rule="!has(self.adoptionPolicy) || !has(self.identity) || !has(self.identity.provisioning) || self.identity.provisioning != 'External'",message="adoptionPolicy belongs to identity.provisioning Managed: an External identity is used as it is"
// +kubebuilder:validation:XValidation:rule="(has(self.secret) && has(self.secret.template) && has(self.secret.template.type) ? self.secret.template.type : 'Opaque') == (has(oldSelf.secret) && has(oldSelf.secret.template) && has(oldSelf.secret.template.type) ? oldSelf.secret.template.type : 'Opaque')",message="secret.template.type is immutable, because the type of a Secret is: make a new ConfidentialClient"
// +kubebuilder:validation:XValidation:rule="(has(self.secret) && has(self.secret.creationPolicy) && self.secret.creationPolicy == 'Merge') == (has(oldSelf.secret) && has(oldSelf.secret.creationPolicy) && oldSelf.secret.creationPolicy == 'Merge')",message="secret.creationPolicy cannot become Merge or cease to be: whose the Secret is would be open; make a new ConfidentialClient"
type ConfidentialClientSpec struct {
	// oauthClientRef names the OAuthClient whose application issues the token. It may be in another namespace when that
	// OAuthClient admits this one (spec.consumers). Immutable. Exactly one of oauthClientRef and application is needed.
	// +optional
	OAuthClientRef *OAuthClientReference `json:"oauthClientRef,omitempty"`

	// application names an application that no OAuthClient manages: the client exists already, and only its token is kept
	// fresh. Needs identity.provisioning External. Immutable.
	// +optional
	Application *ExternalApplication `json:"application,omitempty"`

	// scopes to request (RFC 6749 section 3.3). A change requests a new token at once.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r'^[!#-\[\]-~]+$')`,message="each of scopes must be a scope-token (RFC 6749 section 3.3): printable ASCII without blanks, double quotes and backslashes, such as orders:read"
	Scopes []string `json:"scopes,omitempty"`

	// identity is the directory user behind the client.
	// +optional
	Identity *ClientIdentity `json:"identity,omitempty"`

	// credential of the client: where it comes from, for an External identity, or when it is replaced, for a Managed one.
	// +optional
	Credential *ClientCredential `json:"credential,omitempty"`

	// token says when it is renewed.
	// +optional
	Token *ClientToken `json:"token,omitempty"`

	// secret says where the token is published, and what else is.
	// +optional
	Secret *PublishedSecret `json:"secret,omitempty"`

	// adoptionPolicy is Never or Adopt: take over a user that has the login name of this client and that nobody owns. The tenant must
	// allow it (spec.access.allowAdoption), and the user must be a confidential client already: a service user with the flag of an OAuth
	// client and without a role that the tenant's spec.access.allowedRoles does not admit. Its password is replaced. Only with a Managed
	// identity. Default Never: such a user is a Conflict.
	// +optional
	AdoptionPolicy AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// deletionPolicy is Delete (the user and its memberships go with this object) or Orphan (they stay on the tenant, and a
	// ConfidentialClient of the same namespace and name finds the user again, and sets its password anew). Only with a Managed identity.
	// Left out: Delete for a user that the operator made, Orphan for one that it adopted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// rollout restarts workloads that read the Secret only when they start. Left out: nothing is restarted.
	// +optional
	Rollout *Rollout `json:"rollout,omitempty"`

	// suspend stops all work on this client: no token is renewed, and neither its user nor its Secret is changed or repaired. Ready stays
	// True while the published token is good. A deletion is carried out all the same, and client credentials leave the Secret when the
	// tenant does not allow their delivery any more. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// ExternalApplication is an application on a tenant that is not managed by an OAuthClient.
type ExternalApplication struct {
	// tenantRef names the IdentityTenant. The tenant must admit this namespace.
	// +required
	TenantRef IdentityTenantReference `json:"tenantRef"`

	// applicationID of the application on the tenant.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\s/?#%]+$') && self != '.' && self != '..'`,message="applicationID must not contain blanks or any of / ? # %, and not be . or ..: it is a part of the application's URLs"
	ApplicationID string `json:"applicationID"`
}

// ClientIdentity is the directory user behind a client.
// +kubebuilder:validation:XValidation:rule="!has(self.provisioning) || self.provisioning != 'External' || (!has(self.username) && !has(self.displayName) && !has(self.roles))",message="username, displayName and roles belong to provisioning Managed: an External identity is not changed"
type ClientIdentity struct {
	// provisioning is Managed (the operator makes the user, its password and its memberships, and removes them again) or
	// External (the client exists already; only tokens are requested). Default Managed. Immutable.
	// +optional
	Provisioning IdentityProvisioning `json:"provisioning,omitempty"`

	// username is the login name, in lower case, ending in the tenant's login suffix. It is the client_id. Left out: derived
	// from cluster ID, namespace and name. Immutable.
	// +optional
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9._+-]+@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="username must be a login name in lower case, such as billing@corp.example: letters, digits and any of . _ + - before the @, a login suffix after it"
	Username string `json:"username,omitempty"`

	// displayName of the user. Left out: namespace/name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	DisplayName string `json:"displayName,omitempty"`

	// roles are further existing roles to put the user into, such as one that opens the APIs of an application of type
	// OAuth2Client. The tenant must allow each (spec.access.allowedRoles).
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	Roles []string `json:"roles,omitempty"`
}

// ClientCredential says where the credential of a client comes from, or when it is replaced.
// +kubebuilder:validation:XValidation:rule="has(self.secretRef) || has(self.rotation)",message="credential needs secretRef (identity.provisioning External) or rotation (Managed)"
type ClientCredential struct {
	// secretRef names a Secret in this namespace with the keys client_id and client_secret. It is read at each mint; with the
	// label oauth-operator.dev/watch: "true" a refused client is tried again at once when it changes. Only with, and needed by,
	// identity.provisioning External.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// rotation says when the generated credential of a Managed identity is replaced, and how. Left out: it is replaced in place, when the
	// annotation oauth-operator.dev/rotate-requested-at asks for it.
	// +optional
	Rotation *CredentialRotation `json:"rotation,omitempty"`
}

// RotationStrategy says how a credential is replaced.
// +kubebuilder:validation:Enum=InPlace;DualIdentity
type RotationStrategy string

const (
	// RotationStrategyInPlace gives the user a new password.
	RotationStrategyInPlace RotationStrategy = "InPlace"
	// RotationStrategyDualIdentity lets two users take turns.
	RotationStrategyDualIdentity RotationStrategy = "DualIdentity"
)

// DefaultRotationOverlap is how long the user that was replaced is kept when its manifest does not say.
const DefaultRotationOverlap = 24 * time.Hour

// CredentialRotation says when a credential is replaced, and how.
// +kubebuilder:validation:XValidation:rule="!has(self.overlap) || (has(self.strategy) && self.strategy == 'DualIdentity')",message="overlap belongs to strategy DualIdentity: with InPlace the old password ends when the new one begins"
// +kubebuilder:validation:XValidation:rule="!has(self.overlap) || !has(self.interval) || duration(self.overlap) < duration(self.interval)",message="overlap must be shorter than interval: the user that was replaced must be gone before it takes its next turn"
type CredentialRotation struct {
	// interval between two rotations, between 1h and 8760h, such as 720h. A spread of up to a tenth of it makes each client rotate a little
	// earlier. Left out: the credential is rotated only when the annotation oauth-operator.dev/rotate-requested-at asks for it.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="interval must be a duration between 1h and 8760h, such as 720h"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// strategy is InPlace (the user gets a new password; copies of the old client secret are refused from then on) or DualIdentity (a
	// second user, with another client_id, takes over, and the first is kept for overlap: for workloads that hold the client secret
	// themselves). Default InPlace.
	// +optional
	Strategy RotationStrategy `json:"strategy,omitempty"`

	// overlap is how long the user that was replaced stays usable once the new one is published, between 1m and 8760h. Only with
	// strategy DualIdentity. Default 24h, or half of interval if that is less.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="overlap must be a duration between 1m and 8760h, such as 24h"
	Overlap *metav1.Duration `json:"overlap,omitempty"`
}

// ClientToken says when a token is renewed.
// +kubebuilder:validation:XValidation:rule="!has(self.renewBefore) || !has(self.renewBeforePercent)",message="renewBefore and renewBeforePercent are two ways to say one thing: remove one of them"
type ClientToken struct {
	// renewBefore is how long before expiry a new token is requested, at least 1s. The lifetime that the tenant actually granted
	// counts: what does not fit is brought between a little more than propagationAllowance, or than a tenth of the lifetime, and nine
	// tenths of it, and the condition RenewBeforeAdjusted says so. A spread of up to a tenth of the lifetime makes each client renew a
	// little earlier. Left out: renewBeforePercent, else one third of the lifetime.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('8760h')",message="renewBefore must be a duration between 1s and 8760h, such as 30m"
	RenewBefore *metav1.Duration `json:"renewBefore,omitempty"`

	// renewBeforePercent is the same as a part of the lifetime that the tenant actually granted, in percent, such as 33.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=90
	RenewBeforePercent *int32 `json:"renewBeforePercent,omitempty"`

	// propagationAllowance is how long before expiry a new token is in the Secret at the latest, between 1s and 1h, because mounted volumes
	// lag behind it: the kubelet takes up to 80s by its defaults. It yields where it is more than half of the lifetime. Default 3m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('1h')",message="propagationAllowance must be a duration between 1s and 1h, such as 3m"
	PropagationAllowance *metav1.Duration `json:"propagationAllowance,omitempty"`
}

// ConfidentialClientStatus is what the operator made and published.
type ConfidentialClientStatus struct {
	// conditions: Ready, IdentityProvisioned, CredentialValid, TokenReady, TokenVerified; RolledOut once workloads were restarted; Degraded, Reconciling and Stalled while true.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// identities are the directory users that the operator made or adopted: one, and two while a rotation of strategy DualIdentity
	// prepares the second or keeps the first.
	// +optional
	// +listType=map
	// +listMapKey=slot
	// +kubebuilder:validation:MaxItems=2
	Identities []IdentityStatus `json:"identities,omitempty"`

	// credential tells of the generated credential of a Managed identity.
	// +optional
	Credential *CredentialStatus `json:"credential,omitempty"`

	// lastHandledRotateRequest is the value of the annotation oauth-operator.dev/rotate-requested-at that was handled last.
	// +optional
	LastHandledRotateRequest string `json:"lastHandledRotateRequest,omitempty"`

	// roles are the memberships that the operator made.
	// +optional
	// +listType=map
	// +listMapKey=id
	Roles []RoleStatus `json:"roles,omitempty"`

	// token that is published, as far as it may be told.
	// +optional
	Token *TokenStatus `json:"token,omitempty"`

	// secretName is the Secret in which the token is published.
	// +optional
	SecretName string `json:"secretName,omitempty"`

	// rolledOutHash identifies the change of the Secret for which the workloads of spec.rollout were restarted last.
	// +optional
	RolledOutHash string `json:"rolledOutHash,omitempty"`

	// lastHandledRenewRequest is the value of the annotation oauth-operator.dev/renew-requested-at that was handled last. One of more than
	// 128 bytes is kept as its SHA-256.
	// +optional
	LastHandledRenewRequest string `json:"lastHandledRenewRequest,omitempty"`

	// lastHandledReconcileRequest is the value of the annotation oauth-operator.dev/reconcile-requested-at that was handled last. One of more
	// than 128 bytes is kept as its SHA-256.
	// +optional
	LastHandledReconcileRequest string `json:"lastHandledReconcileRequest,omitempty"`
}

// ActiveIdentity returns the user that tokens are requested for, and nil if none is known.
func (s *ConfidentialClientStatus) ActiveIdentity() *IdentityStatus {
	for i := range s.Identities {
		if s.Identities[i].State == IdentityStateActive {
			return &s.Identities[i]
		}
	}
	return nil
}

// IdentitySlot tells the two users apart that may take turns.
// +kubebuilder:validation:Enum=A;B
type IdentitySlot string

const (
	// IdentitySlotA is the slot of the first user.
	IdentitySlotA IdentitySlot = "A"
	// IdentitySlotB is the slot of the user whose login name has "-b" at the end of its local part.
	IdentitySlotB IdentitySlot = "B"
)

// IdentityState says what a user is there for.
// +kubebuilder:validation:Enum=Active;Preparing;Retiring
type IdentityState string

const (
	// IdentityStateActive is the state of the user that tokens are requested for.
	IdentityStateActive IdentityState = "Active"
	// IdentityStatePreparing is the state of a user that takes over once it has proved to work.
	IdentityStatePreparing IdentityState = "Preparing"
	// IdentityStateRetiring is the state of a user that was replaced, and is deleted after the overlap.
	IdentityStateRetiring IdentityState = "Retiring"
)

// CredentialStatus tells when a credential was replaced.
type CredentialStatus struct {
	// rotatedTime is when the present credential took the place of the one before, or was made.
	// +optional
	RotatedTime *metav1.Time `json:"rotatedTime,omitempty"`
	// nextRotationTime is when it is replaced next; missing without an interval.
	// +optional
	NextRotationTime *metav1.Time `json:"nextRotationTime,omitempty"`
}

// IdentityStatus names a directory user behind a client.
type IdentityStatus struct {
	// slot is A, or B for the second of two users that take turns.
	// +required
	Slot IdentitySlot `json:"slot"`
	// state is Active (tokens are requested for it), Preparing (it takes over next) or Retiring (it was replaced).
	// +required
	State IdentityState `json:"state"`
	// replacedTime is when the other user was published in its place; it is deleted when spec.credential.rotation.overlap has passed since.
	// +optional
	ReplacedTime *metav1.Time `json:"replacedTime,omitempty"`
	// username is the login name: the client_id.
	// +required
	Username string `json:"username"`
	// userID is the tenant's GUID of the user.
	// +required
	UserID string `json:"userID"`
	// adopted says that somebody else had made the user and that the operator took it over.
	// +optional
	Adopted bool `json:"adopted,omitempty"`
	// appliedHash is the hash of the identity's desired state that was last applied.
	// +optional
	AppliedHash string `json:"appliedHash,omitempty"`
}

// TokenStatus says how long the published token lives.
type TokenStatus struct {
	// issueTime is when it was requested.
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`
	// expirationTime by the cluster's clock.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// renewalTime is when the next one is requested. Left out while spec.suspend is set.
	// +optional
	RenewalTime *metav1.Time `json:"renewalTime,omitempty"`
	// scopes that were granted.
	// +optional
	// +listType=set
	Scopes []string `json:"scopes,omitempty"`
	// keyID of the key that signed it (the header parameter kid), for a JWT.
	// +optional
	KeyID string `json:"keyID,omitempty"`
}

// ConfidentialClient is a confidential client of RFC 6749: an identity that requests access tokens with a client_id and a
// client_secret (on the tenant a directory user), and the Secret in which its token is kept fresh. The application that issues the
// tokens is an OAuthClient.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cc,categories=oauth
// +kubebuilder:printcolumn:name="Secret",type=string,JSONPath=`.status.secretName`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.token.expirationTime`
// +kubebuilder:printcolumn:name="Renews",type=string,JSONPath=`.status.token.renewalTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ConfidentialClient struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the client and its token.
	// +required
	Spec ConfidentialClientSpec `json:"spec"`

	// status is what the operator made and published.
	// +optional
	Status ConfidentialClientStatus `json:"status,omitempty"`
}

// ConfidentialClientList is a list of ConfidentialClients.
// +kubebuilder:object:root=true
type ConfidentialClientList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ConfidentialClient `json:"items"`
}
