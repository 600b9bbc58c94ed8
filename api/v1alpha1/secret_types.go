package v1alpha1

// Delivery is a group of keys of a published Secret.
// +kubebuilder:validation:Enum=Token;ClientCredentials;Endpoints
type Delivery string

const (
	// DeliveryToken publishes the token with its type, its expiry and its scopes, and keeps it fresh.
	DeliveryToken Delivery = "Token"
	// DeliveryClientCredentials publishes the client_id and the client_secret.
	DeliveryClientCredentials Delivery = "ClientCredentials"
	// DeliveryEndpoints publishes where the application issues tokens, and what is needed to check them.
	DeliveryEndpoints Delivery = "Endpoints"
)

// CreationPolicy says whose the Secret is in which a token is published.
// +kubebuilder:validation:Enum=Owner;Merge;Orphan
type CreationPolicy string

const (
	// CreationPolicyOwner makes the Secret, and deletes it with the ConfidentialClient.
	CreationPolicyOwner CreationPolicy = "Owner"
	// CreationPolicyMerge adds keys to a Secret that somebody else makes, and takes them out again.
	CreationPolicyMerge CreationPolicy = "Merge"
	// CreationPolicyOrphan makes the Secret, and leaves it where it is when the ConfidentialClient is deleted.
	CreationPolicyOrphan CreationPolicy = "Orphan"
)

// PublishedSecret says where a token is published, and what else is.
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.accessToken) || has(self.keys.tokenType) || has(self.keys.expiresAt) || has(self.keys.scope)) || (!has(self.deliver) || 'Token' in self.deliver)",message="keys.accessToken, tokenType, expiresAt and scope need Token in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.clientID) || has(self.keys.clientSecret)) || (has(self.deliver) && 'ClientCredentials' in self.deliver)",message="keys.clientID and clientSecret need ClientCredentials in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.tokenURL) || has(self.keys.issuer) || has(self.keys.jwksURL) || has(self.keys.applicationID) || has(self.keys.tenantURL)) || (has(self.deliver) && 'Endpoints' in self.deliver)",message="keys.tokenURL, issuer, jwksURL, applicationID and tenantURL need Endpoints in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || [((!has(self.deliver) || 'Token' in self.deliver) ? [has(self.keys.accessToken) ? self.keys.accessToken : 'access_token', has(self.keys.tokenType) ? self.keys.tokenType : 'token_type', has(self.keys.expiresAt) ? self.keys.expiresAt : 'expires_at', has(self.keys.scope) ? self.keys.scope : 'scope'] : []) + ((has(self.deliver) && 'ClientCredentials' in self.deliver) ? [has(self.keys.clientID) ? self.keys.clientID : 'client_id', has(self.keys.clientSecret) ? self.keys.clientSecret : 'client_secret'] : []) + ((has(self.deliver) && 'Endpoints' in self.deliver) ? [has(self.keys.tokenURL) ? self.keys.tokenURL : 'token_url', has(self.keys.issuer) ? self.keys.issuer : 'issuer', has(self.keys.jwksURL) ? self.keys.jwksURL : 'jwks_url', has(self.keys.applicationID) ? self.keys.applicationID : 'application_id', has(self.keys.tenantURL) ? self.keys.tenantURL : 'tenant_url'] : [])].all(names, names.all(name, names.exists_one(other, other == name)))",message="keys must differ from each other, and from the default names of the other keys that are delivered"
// +kubebuilder:validation:XValidation:rule="!has(self.template) || !has(self.template.data) || (((!has(self.deliver) || 'Token' in self.deliver) ? [has(self.keys) && has(self.keys.accessToken) ? self.keys.accessToken : 'access_token', has(self.keys) && has(self.keys.tokenType) ? self.keys.tokenType : 'token_type', has(self.keys) && has(self.keys.expiresAt) ? self.keys.expiresAt : 'expires_at', has(self.keys) && has(self.keys.scope) ? self.keys.scope : 'scope'] : []) + ((has(self.deliver) && 'ClientCredentials' in self.deliver) ? [has(self.keys) && has(self.keys.clientID) ? self.keys.clientID : 'client_id', has(self.keys) && has(self.keys.clientSecret) ? self.keys.clientSecret : 'client_secret'] : []) + ((has(self.deliver) && 'Endpoints' in self.deliver) ? [has(self.keys) && has(self.keys.tokenURL) ? self.keys.tokenURL : 'token_url', has(self.keys) && has(self.keys.issuer) ? self.keys.issuer : 'issuer', has(self.keys) && has(self.keys.jwksURL) ? self.keys.jwksURL : 'jwks_url', has(self.keys) && has(self.keys.applicationID) ? self.keys.applicationID : 'application_id', has(self.keys) && has(self.keys.tenantURL) ? self.keys.tenantURL : 'tenant_url'] : [])).all(key, !(key in self.template.data))",message="template.data adds keys: it must not have one that deliver publishes already"
// +kubebuilder:validation:XValidation:rule="!has(self.creationPolicy) || self.creationPolicy != 'Merge' || !has(self.template) || !has(self.template.type)",message="template.type belongs to a Secret that the operator makes: with creationPolicy Merge the Secret has its type already"
type PublishedSecret struct {
	// name of the Secret, in this namespace. Left out: the name of the ConfidentialClient. A Secret of this name that the operator
	// did not make is left untouched.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="name of the Secret must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as billing-token"
	Name string `json:"name,omitempty"`

	// creationPolicy is Owner (the operator makes the Secret, and it goes with this object), Merge (keys are added to a Secret that somebody else
	// makes, and taken out when this object goes; keys that have another value there are left untouched, which is told as SecretConflict) or Orphan
	// (the operator makes the Secret, and it stays with its last token when this object goes; a ConfidentialClient of the same name takes it over).
	// Owner and Orphan can be changed into each other, neither into Merge or back. Default Owner.
	// +optional
	CreationPolicy CreationPolicy `json:"creationPolicy,omitempty"`

	// deliver lists what is published: Token (access_token, token_type, expires_at, scope), ClientCredentials (client_id,
	// client_secret; for a Managed identity the tenant must allow it with spec.access.allowClientSecretDelivery) and Endpoints (token_url,
	// issuer, jwks_url, application_id, tenant_url). Default [Token]. Without Token one token is requested to try the credential, and
	// is not kept. A change requests no token, unless it adds Token.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	Deliver []Delivery `json:"deliver,omitempty"`

	// keys renames the keys of the Secret. Only keys that are delivered can be renamed. A change requests no token.
	// +optional
	Keys *SecretKeys `json:"keys,omitempty"`

	// template adds keys that are made of what is delivered, and labels and annotations. A change requests no token.
	// +optional
	Template *SecretTemplate `json:"template,omitempty"`
}

// SecretTemplate says what a published Secret has beside the keys that are delivered.
type SecretTemplate struct {
	// type of the Secret, such as kubernetes.io/basic-auth; kube-apiserver wants certain keys in some types. Immutable, because that of a
	// Secret is. Default Opaque.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?$') && self != 'kubernetes.io/service-account-token' && !self.startsWith('bootstrap.kubernetes.io/')",message="type must be a type of Secret that opens nothing in the cluster, such as Opaque, kubernetes.io/basic-auth or example.com/token"
	Type string `json:"type,omitempty"`

	// metadata of the Secret, beside that of the operator.
	// +optional
	Metadata *SecretTemplateMetadata `json:"metadata,omitempty"`

	// data are Go templates by their keys, such as auth.header: "Authorization: Bearer {{ .accessToken }}". They see what deliver lists, by
	// the names in keys, and have functions such as b64enc, quote, toJson, trimSuffix and replace (docs/spec/confidentialclient.md); loops
	// and templates of their own are not available. All together make at most 512 KiB. A template that fails is told in a condition, and
	// the Secret stays as it was.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, size(key) <= 253 && key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",message="each key of data must be what Kubernetes takes for a key of a Secret: letters, digits and any of . _ -, and neither . alone nor .. at the beginning"
	Data map[string]TemplateText `json:"data,omitempty"`
}

// TemplateText is a Go template.
// +kubebuilder:validation:MaxLength=8192
type TemplateText string

// SecretTemplateMetadata are labels and annotations.
type SecretTemplateMetadata struct {
	// labels of the Secret. Those of the operator cannot be set.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, size(key) <= 253 && key.matches('^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$') && !key.startsWith('oauth-operator.dev/') && key != 'app.kubernetes.io/managed-by')",message="each key of labels must be what Kubernetes takes for a label, such as example.com/team, and none of the operator's own"
	Labels map[string]LabelText `json:"labels,omitempty"`

	// annotations of the Secret. Those of the operator cannot be set.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, size(key) <= 253 && key.matches('^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$') && !key.startsWith('oauth-operator.dev/') && !key.startsWith('kubernetes.io/'))",message="each key of annotations must be what Kubernetes takes for an annotation, such as example.com/team, and none of the operator's or of Kubernetes itself"
	Annotations map[string]AnnotationText `json:"annotations,omitempty"`
}

// LabelText is the value of a label.
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$`
type LabelText string

// AnnotationText is the value of an annotation. Of control characters it may have blanks and ends of lines only: kube-apiserver takes the others when it makes
// a Secret, and refuses every later write of it.
// +kubebuilder:validation:MaxLength=4096
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{fffe}\x{ffff}]*$')`,message="each value of annotations must be text without control characters, because no Secret that has them can be changed"
type AnnotationText string

// SecretKey is a key of a Secret.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
type SecretKey string

// SecretKeys are the names of the keys of a published Secret.
// +kubebuilder:validation:XValidation:rule="[has(self.accessToken) ? self.accessToken : 'x', has(self.tokenType) ? self.tokenType : 'x', has(self.expiresAt) ? self.expiresAt : 'x', has(self.scope) ? self.scope : 'x', has(self.clientID) ? self.clientID : 'x', has(self.clientSecret) ? self.clientSecret : 'x', has(self.tokenURL) ? self.tokenURL : 'x', has(self.issuer) ? self.issuer : 'x', has(self.jwksURL) ? self.jwksURL : 'x', has(self.applicationID) ? self.applicationID : 'x', has(self.tenantURL) ? self.tenantURL : 'x'].all(key, key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",message="keys must be what Kubernetes takes for a key of a Secret: letters, digits and any of . _ -, and neither . alone nor .. at the beginning"
type SecretKeys struct {
	// accessToken names the key with the access token. Needs Token in deliver. Default access_token.
	// +optional
	AccessToken SecretKey `json:"accessToken,omitempty"`

	// tokenType names the key with the token type, Bearer. Needs Token in deliver. Default token_type.
	// +optional
	TokenType SecretKey `json:"tokenType,omitempty"`

	// expiresAt names the key with the expiry of the token by the cluster's clock (RFC 3339). Needs Token in deliver. Default expires_at.
	// +optional
	ExpiresAt SecretKey `json:"expiresAt,omitempty"`

	// scope names the key with the granted scopes, separated by blanks. Needs Token in deliver. Default scope.
	// +optional
	Scope SecretKey `json:"scope,omitempty"`

	// clientID names the key with the client_id. Needs ClientCredentials in deliver. Default client_id.
	// +optional
	ClientID SecretKey `json:"clientID,omitempty"`

	// clientSecret names the key with the client_secret. Needs ClientCredentials in deliver. Default client_secret.
	// +optional
	ClientSecret SecretKey `json:"clientSecret,omitempty"`

	// tokenURL names the key with the token endpoint of the application. Needs Endpoints in deliver. Default token_url.
	// +optional
	TokenURL SecretKey `json:"tokenURL,omitempty"`

	// issuer names the key with the issuer of the application's tokens: spec.issuer of the OAuthClient, else the tenant's default. Needs Endpoints in deliver. Default issuer.
	// +optional
	Issuer SecretKey `json:"issuer,omitempty"`

	// jwksURL names the key with where the application's signing keys are published (RFC 7517). Needs Endpoints in deliver. Default jwks_url.
	// +optional
	JWKSURL SecretKey `json:"jwksURL,omitempty"`

	// applicationID names the key with the application ID. Needs Endpoints in deliver. Default application_id.
	// +optional
	ApplicationID SecretKey `json:"applicationID,omitempty"`

	// tenantURL names the key with the URL of the tenant, without a slash at its end. Needs Endpoints in deliver. Default tenant_url.
	// +optional
	TenantURL SecretKey `json:"tenantURL,omitempty"`
}
