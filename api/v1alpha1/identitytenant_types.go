package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ApplicationType is one of the vendor's two kinds of OAuth2 application, by its name in the vendor's portal.
// +kubebuilder:validation:Enum=OAuth2Server;OAuth2Client
type ApplicationType string

const (
	// ApplicationTypeOAuth2Server issues tokens for your own APIs (template OAuth2Server).
	ApplicationTypeOAuth2Server ApplicationType = "OAuth2Server"
	// ApplicationTypeOAuth2Client issues tokens for CyberArk Identity's own APIs (template OAuth2ServerClient).
	ApplicationTypeOAuth2Client ApplicationType = "OAuth2Client"
)

// AdoptableKind is a kind whose objects may take over what exists on a tenant already.
// +kubebuilder:validation:Enum=OAuthClient;ConfidentialClient
type AdoptableKind string

const (
	// AdoptableOAuthClient takes over applications.
	AdoptableOAuthClient AdoptableKind = "OAuthClient"
	// AdoptableConfidentialClient takes over users.
	AdoptableConfidentialClient AdoptableKind = "ConfidentialClient"
)

// IdentityTenantSpec says how a tenant is reached and who may use it.
// +kubebuilder:validation:XValidation:rule="has(self.clusterID) == has(oldSelf.clusterID) && (!has(self.clusterID) || self.clusterID == oldSelf.clusterID)",message="clusterID is immutable: it is part of every ownership mark on the tenant"
type IdentityTenantSpec struct {
	// url of the tenant, such as https://abc1234.id.cyberark.cloud: https, a host, an optional port, no path. Immutable.
	// +required
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^https://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/?$')`,message="url must be https://host or https://host:port without user, path or query, such as https://abc1234.id.cyberark.cloud"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="url is immutable: make a new IdentityTenant for another tenant"
	URL string `json:"url"`

	// clusterID tells this cluster apart from others that use the same tenant. It is part of the ownership mark on
	// every object that the operator makes there, and of derived user names. Immutable. Left out: the UID of the
	// namespace kube-system. Set it, so that the objects are found again from a rebuilt cluster.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="clusterID must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as prod-eu-1"
	ClusterID string `json:"clusterID,omitempty"`

	// credentials of the operator's own confidential client on the tenant. Left out: tokens can be requested for
	// clients that exist already, and nothing can be provisioned.
	// +optional
	Credentials *AdminCredentials `json:"credentials,omitempty"`

	// tls settings for the connection to the tenant. Left out: the system's certificate authorities.
	// +optional
	TLS *TLSConfig `json:"tls,omitempty"`

	// proxy through which the tenant is reached. Left out: the tenant is reached directly, whatever the environment of the operator
	// says.
	// +optional
	Proxy *ProxyConfig `json:"proxy,omitempty"`

	// timeout for one call to the tenant, between 1s and 2m. Default 10s.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('2m')",message="timeout must be a duration between 1s and 2m, such as 10s"
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// limits for calls to the tenant, shared by everything that uses its URL.
	// +optional
	Limits *RequestLimits `json:"limits,omitempty"`

	// loginSuffix that login names of client identities end in, such as corp.example. Left out: the tenant's own first
	// suffix.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="loginSuffix must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as corp.example"
	LoginSuffix string `json:"loginSuffix,omitempty"`

	// driftCheckInterval is how often each application is compared with what is declared, between 1m and 8760h. The checks of all
	// applications are spread over the interval. Default 15m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="driftCheckInterval must be a duration between 1m and 8760h, such as 15m"
	DriftCheckInterval *metav1.Duration `json:"driftCheckInterval,omitempty"`

	// deletionTimeout is how long the deletion of an OAuthClient or ConfidentialClient waits for a tenant that does not let it be carried
	// out, between 1m and 8760h. Then the object goes, and what it leaves on the tenant is named in status.orphans. Default 24h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="deletionTimeout must be a duration between 1m and 8760h, such as 24h"
	DeletionTimeout *metav1.Duration `json:"deletionTimeout,omitempty"`

	// access says who may use this tenant, and for what. Left out: only objects in the tenant's own namespace, and
	// only what the defaults of its fields allow.
	// +optional
	Access *TenantAccess `json:"access,omitempty"`
}

// AdminCredentials say how the operator itself logs in to the tenant, with the client credentials grant.
type AdminCredentials struct {
	// applicationID of an OAuth2 Client application on the tenant whose scopes open the admin API.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\s/?#%]+$') && self != '.' && self != '..'`,message="applicationID must not contain blanks or any of / ? # %, and not be . or ..: it is a part of the application's URLs"
	ApplicationID string `json:"applicationID"`

	// scope of that application to ask for, such as all.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[!#-\[\]-~]+$')`,message="scope must be a scope-token (RFC 6749 section 3.3): printable ASCII without blanks, double quotes and backslashes, such as all"
	Scope string `json:"scope"`

	// secretRef names the Secret, in the tenant's own namespace, with the keys client_id and client_secret. It is read at
	// each login; with the label oauth-operator.dev/watch: "true" a change is felt at once.
	// +required
	SecretRef SecretReference `json:"secretRef"`
}

// TLSConfig holds what is needed to trust the tenant's certificate, and that of an https proxy.
// +kubebuilder:validation:XValidation:rule="has(self.caBundle) != has(self.caBundleRef)",message="tls needs exactly one of caBundle and caBundleRef"
type TLSConfig struct {
	// caBundle is a PEM bundle of certificate authorities, trusted in addition to the system's own.
	// +optional
	// +kubebuilder:validation:MaxLength=262144
	// +kubebuilder:validation:XValidation:rule="self.contains('-----BEGIN CERTIFICATE-----')",message="caBundle must hold at least one PEM block of type CERTIFICATE"
	CABundle string `json:"caBundle,omitempty"`

	// caBundleRef names a key of a ConfigMap or Secret with such a bundle. It is looked at every 10 minutes; with the label
	// oauth-operator.dev/watch: "true" on the object a change is felt at once.
	// +optional
	CABundleRef *CABundleReference `json:"caBundleRef,omitempty"`
}

// CABundleKind is a kind of object that can hold a CA bundle.
// +kubebuilder:validation:Enum=ConfigMap;Secret
type CABundleKind string

const (
	// CABundleKindConfigMap is for a bundle in the data of a ConfigMap.
	CABundleKindConfigMap CABundleKind = "ConfigMap"
	// CABundleKindSecret is for a bundle in the data of a Secret.
	CABundleKindSecret CABundleKind = "Secret"
)

// CABundleReference names a key of a ConfigMap or Secret in the namespace of the object that refers to it; no other namespace can be named.
type CABundleReference struct {
	// kind of the object: ConfigMap or Secret.
	// +required
	Kind CABundleKind `json:"kind"`

	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="name of the ConfigMap or Secret must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as corp-authorities"
	Name string `json:"name"`

	// key that holds the bundle. Default ca.crt.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[-._a-zA-Z0-9]+$')`,message="key must be made of letters, digits, dots, dashes and underscores, such as ca.crt"
	Key string `json:"key,omitempty"`
}

// ProxyConfig is an HTTP proxy that passes TLS connections on (CONNECT).
type ProxyConfig struct {
	// url of the proxy: http or https, a host, an optional port, such as http://proxy.corp.example:3128. Credentials belong into secretRef.
	// +required
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule=`!self.contains('@')`,message="url must not contain a user or password: put them into the Secret that secretRef names, under the keys username and password"
	// +kubebuilder:validation:XValidation:rule=`self.contains('@') || self.matches(r'^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/?$')`,message="url must be http:// or https:// with a host and an optional port, without path or query, such as http://proxy.corp.example:3128"
	URL string `json:"url"`

	// secretRef names the Secret, in the tenant's own namespace, with the keys username and password for basic authentication. It is looked at
	// every 10 minutes; with the label oauth-operator.dev/watch: "true" a change is felt at once. Left out: no credentials.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// noProxy are hosts that are reached without the proxy, as in the environment variable NO_PROXY: corp.example and its subdomains,
	// .corp.example for the subdomains alone, 10.0.0.0/8, 10.1.2.3, each with an optional :port, or * for all. A loopback address never goes through
	// a proxy.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r'^[^\s,]+$')`,message="noProxy takes one host, domain, address or CIDR block in each item, without blanks and commas, such as corp.example"
	NoProxy []string `json:"noProxy,omitempty"`
}

// RequestLimits are a ceiling for calls to one tenant; answers that ask for less are obeyed.
type RequestLimits struct {
	// requestsPerSecond on average. Default 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	RequestsPerSecond *int32 `json:"requestsPerSecond,omitempty"`

	// burst is how many calls may be made at once after a pause. Default 20.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Burst *int32 `json:"burst,omitempty"`
}

// TenantAccess is closed by default: what is not named here is refused, and checked again on every pass.
type TenantAccess struct {
	// namespaces whose objects may use this tenant. Left out: the tenant's own namespace only.
	// +optional
	Namespaces *NamespaceAccess `json:"namespaces,omitempty"`

	// allowedScopes are patterns for the scopes that a ConfidentialClient may request: * matches any run of characters,
	// \* a literal one. Left out: every scope.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	AllowedScopes []string `json:"allowedScopes,omitempty"`

	// allowedRoles are patterns for the existing roles that spec.identity.roles of a ConfidentialClient may name, in
	// the tenant's own namespace too. Left out: none, because the operator could hand out any role.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	AllowedRoles []string `json:"allowedRoles,omitempty"`

	// allowedApplicationTypes that an OAuthClient may have. Left out: OAuth2Server only, because tokens of the type
	// OAuth2Client open the tenant's own APIs.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	AllowedApplicationTypes []ApplicationType `json:"allowedApplicationTypes,omitempty"`

	// allowAdoption lists the kinds that may take over what exists on the tenant already and has no owner, each with its own
	// spec.adoptionPolicy: OAuthClient, ConfidentialClient. Left out: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	AllowAdoption []AdoptableKind `json:"allowAdoption,omitempty"`

	// allowClientSecretDelivery lets ConfidentialClients have the client secret of their Managed identity published in their own namespace
	// (spec.secret.deliver ClientCredentials). Who has a client secret can request tokens without the operator, until the secret is
	// replaced. When it is withdrawn, delivered client secrets leave the published Secrets. Default false.
	// +optional
	AllowClientSecretDelivery bool `json:"allowClientSecretDelivery,omitempty"`

	// maxTokenLifetime that an OAuthClient may ask for in spec.token.lifetime, between 30s and 8760h. Left out: no limit.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('30s') && duration(self) <= duration('8760h')",message="maxTokenLifetime must be a duration between 30s and 8760h, such as 12h"
	MaxTokenLifetime *metav1.Duration `json:"maxTokenLifetime,omitempty"`
}

// IdentityTenantStatus is what the operator last saw of the tenant.
type IdentityTenantStatus struct {
	// conditions: Ready, Reachable and Authenticated.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// clusterID in force: spec.clusterID, else the UID of the namespace kube-system.
	// +optional
	ClusterID string `json:"clusterID,omitempty"`

	// loginSuffix in force: spec.loginSuffix, else the tenant's own first suffix.
	// +optional
	LoginSuffix string `json:"loginSuffix,omitempty"`

	// clockOffset is the tenant's clock minus the cluster's, from the Date headers of its answers. Written when it has moved
	// by 30s or more.
	// +optional
	ClockOffset *metav1.Duration `json:"clockOffset,omitempty"`

	// observedCredentials is with what the last successful login was made: UID and resourceVersion of the credentials Secret, and of the objects
	// that tls.caBundleRef and proxy.secretRef name. While it fits, a restart does not log in.
	// +optional
	ObservedCredentials string `json:"observedCredentials,omitempty"`

	// orphans are what deletions had to leave on the tenant because it did not let them be carried out in time (spec.deletionTimeout),
	// newest first. Look at them on the tenant, and delete those that nobody uses. Bounded to 20.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Orphans []Orphan `json:"orphans,omitempty"`

	// lastHandledReconcileRequest is the value of the annotation oauth-operator.dev/reconcile-requested-at that was handled last. One of more
	// than 128 bytes is kept as its SHA-256.
	// +optional
	LastHandledReconcileRequest string `json:"lastHandledReconcileRequest,omitempty"`

	// oauthClients is how many OAuthClients refer to this tenant, admitted or not. Written at most once a minute.
	// +optional
	OAuthClients int32 `json:"oauthClients,omitempty"`

	// confidentialClients is how many ConfidentialClients refer to this tenant, by themselves or through their OAuthClient, admitted or not.
	// Written at most once a minute.
	// +optional
	ConfidentialClients int32 `json:"confidentialClients,omitempty"`
}

// Orphan is something on the tenant that nothing in the cluster manages any more.
type Orphan struct {
	// kind of the object in the cluster that managed it: OAuthClient or ConfidentialClient.
	// +required
	Kind string `json:"kind"`
	// name of that object, as namespace/name.
	// +required
	Name string `json:"name"`
	// id on the tenant: the row key of an application, or the ID of a user. Left out where it is not known.
	// +optional
	ID string `json:"id,omitempty"`
	// time at which the deletion was given up.
	// +required
	Time metav1.Time `json:"time"`
}

// IdentityTenant is one CyberArk Identity tenant: how the operator reaches it, and who may use it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=idt,categories=oauth
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.spec.url`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="OAuthClients",type=integer,JSONPath=`.status.oauthClients`
// +kubebuilder:printcolumn:name="Clients",type=integer,JSONPath=`.status.confidentialClients`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type IdentityTenant struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says how the tenant is reached and who may use it.
	// +required
	Spec IdentityTenantSpec `json:"spec"`

	// status is what the operator last saw.
	// +optional
	Status IdentityTenantStatus `json:"status,omitempty"`
}

// IdentityTenantList is a list of IdentityTenants.
// +kubebuilder:object:root=true
type IdentityTenantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []IdentityTenant `json:"items"`
}
