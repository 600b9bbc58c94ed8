package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TokenType is the form of the access tokens that an application issues.
// +kubebuilder:validation:Enum=JwtRS256;Opaque
type TokenType string

const (
	// TokenTypeJWT is a JSON Web Token signed with RS256, which a resource server verifies by itself.
	TokenTypeJWT TokenType = "JwtRS256"
	// TokenTypeOpaque is a token that only the tenant can read; a resource server asks its introspection endpoint.
	TokenTypeOpaque TokenType = "Opaque"
)

// ClientIDType says who may be a client of an application.
// +kubebuilder:validation:Enum=Anything;List;Confidential
type ClientIDType string

const (
	// ClientIDTypeAnything admits any client that a user authorizes.
	ClientIDTypeAnything ClientIDType = "Anything"
	// ClientIDTypeList admits the named public clients, which have no secret and use PKCE (RFC 7636).
	ClientIDTypeList ClientIDType = "List"
	// ClientIDTypeConfidential admits clients with a client_id and a client_secret.
	ClientIDTypeConfidential ClientIDType = "Confidential"
)

// GrantType is a way to obtain a token (RFC 6749 section 1.3), by the vendor's names.
// +kubebuilder:validation:Enum=AuthorizationCode;Implicit;ClientCredentials;ResourceOwner
type GrantType string

const (
	// GrantTypeAuthorizationCode is the authorization code grant (RFC 6749 section 4.1), with PKCE for public clients.
	GrantTypeAuthorizationCode GrantType = "AuthorizationCode"
	// GrantTypeImplicit is the implicit grant (RFC 6749 section 4.2), which OAuth 2.1 no longer has.
	GrantTypeImplicit GrantType = "Implicit"
	// GrantTypeClientCredentials is the client credentials grant (RFC 6749 section 4.4).
	GrantTypeClientCredentials GrantType = "ClientCredentials"
	// GrantTypeResourceOwner is the resource owner password credentials grant (RFC 6749 section 4.3), which OAuth 2.1 no longer has.
	GrantTypeResourceOwner GrantType = "ResourceOwner"
)

// ApplicationRight is something that a principal may do with an application, by the vendor's names; its portal calls Execute "Run".
// +kubebuilder:validation:Enum=Grant;View;ViewDetail;Admin;Delete;Execute;Automatic
type ApplicationRight string

// Permission lets the members of a role, or one user, authorize at an application (the vendor's Permissions, formerly User Access).
// +kubebuilder:validation:XValidation:rule="has(self.role) != has(self.user)",message="exactly one of role and user is needed in each of permissions"
// +kubebuilder:validation:XValidation:rule="!has(self.createRole) || has(self.role)",message="createRole belongs to role: users are never created by a permission"
type Permission struct {
	// role by its name on the tenant.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Role string `json:"role,omitempty"`

	// user by its login name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	User string `json:"user,omitempty"`

	// rights on the application. To obtain tokens it takes View and Execute, which is the default.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Rights []ApplicationRight `json:"rights,omitempty"`

	// createRole makes the role when the tenant has none of that name. It is never deleted. Default false: a role that does not exist
	// is an error.
	// +optional
	CreateRole bool `json:"createRole,omitempty"`
}

// ClientRole says whether the operator keeps a role for the clients of an application.
// +kubebuilder:validation:Enum=Managed;None
type ClientRole string

const (
	// ClientRoleManaged keeps one role per application and puts admitted ConfidentialClients into it.
	ClientRoleManaged ClientRole = "Managed"
	// ClientRoleNone leaves it to spec.identity.roles of the ConfidentialClients.
	ClientRoleNone ClientRole = "None"
)

// OAuthClientSpec is the desired state of one OAuth2 application on the tenant.
// +kubebuilder:validation:XValidation:rule="self.type == 'OAuth2Server' || !has(self.audience)",message="audience belongs to type OAuth2Server: tokens of type OAuth2Client are for the tenant's own APIs"
// +kubebuilder:validation:XValidation:rule="self.type == 'OAuth2Server' || !has(self.issuer)",message="issuer belongs to type OAuth2Server: tokens of type OAuth2Client are for the tenant's own APIs"
// +kubebuilder:validation:XValidation:rule="(has(self.clientIDType) && self.clientIDType == 'List') == has(self.allowedClients)",message="allowedClients is needed when clientIDType is List, and must be left out otherwise"
// +kubebuilder:validation:XValidation:rule="!has(self.mustBeOAuthClient) || !has(self.clientIDType) || self.clientIDType == 'Confidential'",message="mustBeOAuthClient belongs to clientIDType Confidential: public clients have no user behind them"
// +kubebuilder:validation:XValidation:rule="!has(self.redirectURIs) || (has(self.token) && has(self.token.grantTypes) && self.token.grantTypes.exists(g, g == 'AuthorizationCode' || g == 'Implicit'))",message="redirectURIs are of no use without AuthorizationCode or Implicit in token.grantTypes: remove them, or add the grant type"
// +kubebuilder:validation:XValidation:rule="has(self.redirectURIs) || !has(self.token) || !has(self.token.grantTypes) || !self.token.grantTypes.exists(g, g == 'AuthorizationCode' || g == 'Implicit')",message="redirectURIs are needed by AuthorizationCode and Implicit: name every URI to which a code or a token may be sent"
// +kubebuilder:validation:XValidation:rule="self.type == 'OAuth2Server' || !has(self.claimsScript)",message="claimsScript belongs to type OAuth2Server: tokens of type OAuth2Client carry no claims of yours"
// +kubebuilder:validation:XValidation:rule="self.type == 'OAuth2Client' || !has(self.scopes) || self.scopes.all(s, !has(s.restPatterns))",message="restPatterns belong to type OAuth2Client: they open the tenant's own APIs, and tokens of type OAuth2Server are for yours"
type OAuthClientSpec struct {
	// tenantRef names the IdentityTenant on which the application lives. The tenant must admit this namespace. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="tenantRef is immutable: make a new OAuthClient for another tenant"
	TenantRef IdentityTenantReference `json:"tenantRef"`

	// applicationID is the vendor's Application ID (ServiceName): the part of every OAuth URL of the application,
	// unique on the tenant, without spaces. Immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')`,message="applicationID must be made of letters, digits, dots, dashes and underscores, and begin and end with a letter or digit, such as orders-api"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="applicationID is immutable: every token URL contains it"
	ApplicationID string `json:"applicationID"`

	// displayName is the vendor's Application Name. Left out: the applicationID.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	DisplayName string `json:"displayName,omitempty"`

	// description is the vendor's Application Description. The operator appends its ownership mark.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Description string `json:"description,omitempty"`

	// type is the vendor's kind of application: OAuth2Server issues tokens for your own APIs, OAuth2Client issues
	// tokens for CyberArk Identity's own APIs. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="type is immutable: the tenant cannot turn one kind of application into the other"
	Type ApplicationType `json:"type"`

	// clientIDType is the vendor's Client ID Type (OAuthProfile.ClientIDType, AllowPublic and AllowedClients): Confidential (clients with a
	// client_id and a client_secret, such as every ConfidentialClient), List (the public clients in allowedClients, with PKCE and
	// without a secret) or Anything (any client that a user authorizes). Default Confidential.
	// +optional
	ClientIDType ClientIDType `json:"clientIDType,omitempty"`

	// allowedClients are the names of the public clients (OAuthProfile.AllowedClients). Only with clientIDType List, and needed there.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	AllowedClients []string `json:"allowedClients,omitempty"`

	// mustBeOAuthClient lets only users with the flag "Is OAuth confidential client" be clients (OAuthProfile.MustBeOauthClient). Only with
	// clientIDType Confidential. Default true there: without it any user's password is a client_secret.
	// +optional
	MustBeOAuthClient *bool `json:"mustBeOAuthClient,omitempty"`

	// redirectURIs to which a code or a token may be sent (OAuthProfile.Redirects). Needed by AuthorizationCode and Implicit, and
	// refused without them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r'^[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+$')`,message="each of redirectURIs must be an absolute URI without blanks and without a fragment (RFC 6749 section 3.1.2), such as https://app.example.com/callback"
	RedirectURIs []string `json:"redirectURIs,omitempty"`

	// userConsent says what a user is asked who authorizes a client.
	// +optional
	UserConsent *UserConsent `json:"userConsent,omitempty"`

	// issuer is the claim iss of issued tokens (OAuthProfile.Issuer). Only with type OAuth2Server. Left out: the
	// tenant's own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Issuer string `json:"issuer,omitempty"`

	// audience is the claim aud of issued tokens (OAuthProfile.Audience). Only with type OAuth2Server.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Audience string `json:"audience,omitempty"`

	// token says what the application issues.
	// +optional
	Token *ApplicationToken `json:"token,omitempty"`

	// claimsScript is the vendor's script that adds claims to issued tokens (Script and OpenIDConnectScript), such as
	// setClaim('Department', LoginUser.Get('department')). Only with type OAuth2Server. Left out: the script on the tenant is not touched;
	// taken out again: the tenant's own default is restored.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16384
	ClaimsScript string `json:"claimsScript,omitempty"`

	// scopes of the application that are declared here. Scope objects add more.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Scopes []InlineScope `json:"scopes,omitempty"`

	// scopeAttachment says which namespaces' Scope objects may attach to this application. Left out: this namespace only.
	// +optional
	ScopeAttachment *NamespaceConsent `json:"scopeAttachment,omitempty"`

	// consumers says which namespaces' ConfidentialClients may use this application. Left out: this namespace only.
	// +optional
	Consumers *NamespaceConsent `json:"consumers,omitempty"`

	// permissions say who else may authorize at the application. What is taken out of the list is revoked; grants that others made stay.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Permissions []Permission `json:"permissions,omitempty"`

	// clientRole is Managed (the operator keeps a role named "<applicationID> clients", grants it View and Execute on the
	// application, and puts admitted ConfidentialClients into it) or None. Default Managed.
	// +optional
	ClientRole ClientRole `json:"clientRole,omitempty"`

	// managementPolicy is Full (the application is kept as declared) or Observe (what differs is shown in status.drift, and nothing is
	// written to the tenant, not even when this object is deleted). Default Full.
	// +optional
	ManagementPolicy ManagementPolicy `json:"managementPolicy,omitempty"`

	// adoptionPolicy is Never or Adopt: take over an application that has this applicationID and that nobody owns. The tenant must
	// allow it (spec.access.allowAdoption). Default Never: such an application is a Conflict.
	// +optional
	AdoptionPolicy AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// deletionPolicy is Delete (the application and the role of its clients go with this object) or Orphan (they stay on the tenant,
	// and an OAuthClient of the same namespace and name finds them again). Left out: Delete for an application that the operator made,
	// Orphan for one that it adopted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend stops all work on the application: changes of this object and of its Scopes wait, and drift is not looked for. Tokens of
	// its clients are renewed all the same, and a deletion is carried out. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// UserConsent says what a user is asked who authorizes a client.
type UserConsent struct {
	// required asks the user to confirm the authorization request (OAuthProfile.Confirm). Default false.
	// +optional
	Required bool `json:"required,omitempty"`

	// allowScopeSelection lets the user choose among the requested scopes (OAuthProfile.AllowScopeSelect). Default false.
	// +optional
	AllowScopeSelection bool `json:"allowScopeSelection,omitempty"`
}

// RefreshToken says how long a refresh token lives.
type RefreshToken struct {
	// lifetime of a refresh token, between 1m and 87600h (OAuthProfile.RefreshLifetimeString). Default 8760h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('87600h')",message="refreshToken.lifetime must be a duration between 1m and 87600h, such as 8760h"
	Lifetime *metav1.Duration `json:"lifetime,omitempty"`
}

// ApplicationToken says what tokens an application issues.
// +kubebuilder:validation:XValidation:rule="!has(self.refreshToken) || (has(self.grantTypes) && self.grantTypes.exists(g, g == 'AuthorizationCode' || g == 'Implicit'))",message="refreshToken is of no use with ClientCredentials and ResourceOwner only: the tenant issues none for them; remove it, or add AuthorizationCode to grantTypes"
type ApplicationToken struct {
	// type is JwtRS256 or Opaque (OAuthProfile.TokenType). Default JwtRS256.
	// +optional
	Type TokenType `json:"type,omitempty"`

	// grantTypes that clients may use (OAuthProfile.AllowedAuth). Default ClientCredentials.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	GrantTypes []GrantType `json:"grantTypes,omitempty"`

	// refreshToken lets the application issue refresh tokens (OAuthProfile.AllowRefresh). Left out: it issues none. Refused where only
	// grant types are on for which the tenant issues none.
	// +optional
	RefreshToken *RefreshToken `json:"refreshToken,omitempty"`

	// lifetime of an access token, between 30s and 8760h (OAuthProfile.TokenLifetimeString). The vendor warns that some of
	// its APIs misbehave with 10m or less. Default 5h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('30s') && duration(self) <= duration('8760h')",message="lifetime must be a duration between 30s and 8760h, such as 5h"
	Lifetime *metav1.Duration `json:"lifetime,omitempty"`
}

// ScopeType says what a scope is for, by the vendor's names.
// +kubebuilder:validation:Enum=API;CustomClaims
type ScopeType string

const (
	// ScopeTypeAPI lets a token call APIs.
	ScopeTypeAPI ScopeType = "API"
	// ScopeTypeCustomClaims only adds claims to an ID token; it opens no API.
	ScopeTypeCustomClaims ScopeType = "CustomClaims"
)

// ManagementPolicy says whether the operator writes to the tenant.
// +kubebuilder:validation:Enum=Full;Observe
type ManagementPolicy string

const (
	// ManagementPolicyFull keeps the application as declared.
	ManagementPolicyFull ManagementPolicy = "Full"
	// ManagementPolicyObserve only tells what differs.
	ManagementPolicyObserve ManagementPolicy = "Observe"
)

// InlineScope is a scope declared in the OAuthClient itself.
// +kubebuilder:validation:XValidation:rule="!has(self.type) || self.type == 'API' || !has(self.restPatterns)",message="restPatterns belong to scopes of type API: a scope of type CustomClaims opens no API"
type InlineScope struct {
	// name is the scope-token of RFC 6749 section 3.3 (KnownScopes[].Scope).
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[!#-\[\]-~]+$')`,message="name must be a scope-token (RFC 6749 section 3.3): printable ASCII without blanks, double quotes and backslashes, such as orders:read"
	Name string `json:"name"`

	// description for the people who grant it (KnownScopes[].Description).
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Description string `json:"description,omitempty"`

	// type is API (the scope lets a token call APIs) or CustomClaims (it adds claims to ID tokens and opens no API). Default API. The
	// name that the tenant itself has for the two is not documented: what it stores as the type of a scope is kept as it is.
	// +optional
	Type ScopeType `json:"type,omitempty"`

	// restPatterns are regular expressions (RE2) for the paths of the tenant's own APIs that the scope opens, such as
	// /UserMgmt/.* (KnownScopes[].AllowedRest). Only on an application of type OAuth2Client.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	RESTPatterns []string `json:"restPatterns,omitempty"`
}

// OAuthClientStatus is what the operator made of the application and last saw of it.
type OAuthClientStatus struct {
	// conditions: Ready, Provisioned, ScopesAccepted; Drifted under managementPolicy Observe; Reconciling, Stalled, Degraded and
	// LeftoverSuspected while true.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// applicationKey is the tenant's row key of the application.
	// +optional
	ApplicationKey string `json:"applicationKey,omitempty"`

	// applicationOrigin says how the operator came by the application: Created, Adopted or Observed.
	// +optional
	ApplicationOrigin ApplicationOrigin `json:"applicationOrigin,omitempty"`

	// appliedHash is the hash of the merged desired state that was last applied and read back, under managementPolicy Observe of the one
	// that the application was last compared with. While it fits, nothing is asked of the tenant but the drift check.
	// +optional
	AppliedHash string `json:"appliedHash,omitempty"`

	// tokenHash is the hash of what an issued token says and of the application that signs it, as last applied: row key, token type,
	// issuer and audience. When it changes, every ConfidentialClient gets a new token.
	// +optional
	TokenHash string `json:"tokenHash,omitempty"`

	// clientIDType that the application was last seen to have. Absent before it was configured, and under managementPolicy Observe while
	// clientIDType or grantTypes differ from what is declared.
	// +optional
	ClientIDType ClientIDType `json:"clientIDType,omitempty"`

	// grantTypes that the application was last seen to allow; absent like clientIDType. ConfidentialClients request no token before
	// ClientCredentials is one of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=4
	GrantTypes []GrantType `json:"grantTypes,omitempty"`

	// importIntent is present while an application may have been imported whose row key was not stored: the import is
	// not idempotent, and this is what finds its result again.
	// +optional
	ImportIntent *ImportIntent `json:"importIntent,omitempty"`

	// endpoints of the application.
	// +optional
	Endpoints *OAuthEndpoints `json:"endpoints,omitempty"`

	// scopes on the application.
	// +optional
	Scopes *ScopesStatus `json:"scopes,omitempty"`

	// clientRole is the role that the operator keeps for the clients of this application.
	// +optional
	ClientRole *RoleStatus `json:"clientRole,omitempty"`

	// grants that the operator made for spec.permissions, so that only those are revoked.
	// +optional
	// +listType=map
	// +listMapKey=principalID
	Grants []GrantStatus `json:"grants,omitempty"`

	// claimsScriptApplied says that the operator has set the claims script, and restores the tenant's default when spec.claimsScript is
	// taken out.
	// +optional
	ClaimsScriptApplied bool `json:"claimsScriptApplied,omitempty"`

	// drift names the fields in which the application differs from what is declared, as paths in this object. Only under managementPolicy
	// Observe; under Full a difference is brought back and told in changes.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Drift []string `json:"drift,omitempty"`

	// changes of the application that the operator made, and those by others that it found, newest first. Bounded to 20.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Changes []ApplicationChange `json:"changes,omitempty"`

	// lastHandledReconcileRequest is the value of the annotation oauth-operator.dev/reconcile-requested-at that was handled last.
	// +optional
	LastHandledReconcileRequest string `json:"lastHandledReconcileRequest,omitempty"`

	// leftovers are unconfigured applications that may stem from an interrupted import of this object, and that could not be
	// proved to. They are left alone; an administrator decides. Bounded to 20.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	Leftovers []string `json:"leftovers,omitempty"`
}

// ApplicationOrigin says how the operator came by an application.
// +kubebuilder:validation:Enum=Created;Adopted;Observed
type ApplicationOrigin string

const (
	// ApplicationCreated is one that the operator made.
	ApplicationCreated ApplicationOrigin = "Created"
	// ApplicationAdopted is one that somebody else had made and that the operator took over.
	ApplicationAdopted ApplicationOrigin = "Adopted"
	// ApplicationObserved is one that somebody else made and that the operator does not touch.
	ApplicationObserved ApplicationOrigin = "Observed"
)

// ChangeKind says what a change of an application was.
// +kubebuilder:validation:Enum=Created;Updated;Repaired;Adopted;Drifted
type ChangeKind string

const (
	// ChangeCreated tells that the operator made the application, because there was none or because it had been deleted.
	ChangeCreated ChangeKind = "Created"
	// ChangeUpdated tells that the operator carried out a change of the manifests.
	ChangeUpdated ChangeKind = "Updated"
	// ChangeRepaired tells that somebody had changed the application on the tenant, and that the operator changed it back.
	ChangeRepaired ChangeKind = "Repaired"
	// ChangeAdopted tells that the operator took the application over, and what it changed in doing so.
	ChangeAdopted ChangeKind = "Adopted"
	// ChangeDrifted tells that somebody had changed the application on the tenant, and that it was left so (managementPolicy Observe).
	ChangeDrifted ChangeKind = "Drifted"
)

// ApplicationChange is one change of an application. It names fields, never values.
type ApplicationChange struct {
	// time at which the operator made or found it.
	// +required
	Time metav1.Time `json:"time"`
	// kind of the change.
	// +required
	Kind ChangeKind `json:"kind"`
	// fields that were changed, as paths in the OAuthClient, such as spec.token.lifetime.
	// +optional
	// +listType=atomic
	Fields []string `json:"fields,omitempty"`
}

// ImportIntent is stored before an application is imported.
type ImportIntent struct {
	// knownKeys are the row keys of the unconfigured applications of the same template that existed before the import.
	// +optional
	// +listType=set
	KnownKeys []string `json:"knownKeys,omitempty"`

	// time at which the intent was stored.
	// +required
	Time metav1.Time `json:"time"`

	// ended says that the call has ended, be it without an answer that tells what it made. Otherwise it may be under way for another 30 seconds,
	// and none is made beside it.
	// +optional
	Ended bool `json:"ended,omitempty"`
}

// OAuthEndpoints are the URLs of one application.
type OAuthEndpoints struct {
	// token endpoint (RFC 6749 section 3.2).
	// +optional
	Token string `json:"token,omitempty"`
	// authorize endpoint (RFC 6749 section 3.1).
	// +optional
	Authorize string `json:"authorize,omitempty"`
	// introspect endpoint (RFC 7662).
	// +optional
	Introspect string `json:"introspect,omitempty"`
	// jwks is where the signing keys are published (RFC 7517).
	// +optional
	JWKS string `json:"jwks,omitempty"`
	// issuer of its tokens: spec.issuer, else the tenant's default.
	// +optional
	Issuer string `json:"issuer,omitempty"`
	// discovery document (OpenID Connect Discovery).
	// +optional
	Discovery string `json:"discovery,omitempty"`
}

// ScopesStatus says which scopes the application has.
type ScopesStatus struct {
	// count of scopes on the application.
	// +optional
	Count int32 `json:"count,omitempty"`

	// applied scopes, with a hash of each definition as it was last applied.
	// +optional
	// +listType=map
	// +listMapKey=name
	Applied []AppliedScope `json:"applied,omitempty"`

	// retained are scopes that nothing declares any more, and that stay on the application as they are because ConfidentialClients still
	// request them.
	// +optional
	// +listType=set
	Retained []string `json:"retained,omitempty"`

	// rejected Scope objects, at most 20.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Rejected []RejectedScope `json:"rejected,omitempty"`
}

// AppliedScope is a scope that is on the application.
type AppliedScope struct {
	// name of the scope.
	// +required
	Name string `json:"name"`
	// hash of its definition.
	// +required
	Hash string `json:"hash"`
}

// RejectedScope is a Scope object that did not get onto the application.
type RejectedScope struct {
	// name of the scope.
	// +required
	Name string `json:"name"`
	// scopeRef is the namespace and name of the Scope object, as namespace/name.
	// +required
	ScopeRef string `json:"scopeRef"`
	// reason, as in the condition Accepted of the Scope.
	// +required
	Reason string `json:"reason"`
}

// GrantStatus is a grant that the operator made.
type GrantStatus struct {
	// principalType is Role or User.
	// +required
	PrincipalType string `json:"principalType"`
	// principalID of the role or user on the tenant.
	// +required
	PrincipalID string `json:"principalID"`
	// name of the role, or login name of the user.
	// +required
	Name string `json:"name"`
	// rights that were granted.
	// +optional
	// +listType=atomic
	Rights []ApplicationRight `json:"rights,omitempty"`
}

// RoleStatus names a role on the tenant.
type RoleStatus struct {
	// id of the role on the tenant.
	// +required
	ID string `json:"id"`
	// name of the role.
	// +required
	Name string `json:"name"`
}

// OAuthClient is one OAuth2 application on a tenant. It issues tokens; the client of RFC 6749 that requests them is a
// ConfidentialClient. The name is the vendor's.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=oac,categories=oauth
// +kubebuilder:printcolumn:name="Application",type=string,JSONPath=`.spec.applicationID`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Scopes",type=integer,JSONPath=`.status.scopes.count`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type OAuthClient struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state of the application.
	// +required
	Spec OAuthClientSpec `json:"spec"`

	// status is what the operator made and last saw.
	// +optional
	Status OAuthClientStatus `json:"status,omitempty"`
}

// OAuthClientList is a list of OAuthClients.
// +kubebuilder:object:root=true
type OAuthClientList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OAuthClient `json:"items"`
}
