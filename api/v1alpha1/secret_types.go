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

// PublishedSecret says where a token is published, and what else is.
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.accessToken) || has(self.keys.tokenType) || has(self.keys.expiresAt) || has(self.keys.scope)) || (!has(self.deliver) || 'Token' in self.deliver)",message="keys.accessToken, tokenType, expiresAt and scope need Token in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.clientID) || has(self.keys.clientSecret)) || (has(self.deliver) && 'ClientCredentials' in self.deliver)",message="keys.clientID and clientSecret need ClientCredentials in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !(has(self.keys.tokenURL) || has(self.keys.issuer) || has(self.keys.jwksURL) || has(self.keys.applicationID) || has(self.keys.tenantURL)) || (has(self.deliver) && 'Endpoints' in self.deliver)",message="keys.tokenURL, issuer, jwksURL, applicationID and tenantURL need Endpoints in deliver: a key that is not delivered has no name"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || [((!has(self.deliver) || 'Token' in self.deliver) ? [has(self.keys.accessToken) ? self.keys.accessToken : 'access_token', has(self.keys.tokenType) ? self.keys.tokenType : 'token_type', has(self.keys.expiresAt) ? self.keys.expiresAt : 'expires_at', has(self.keys.scope) ? self.keys.scope : 'scope'] : []) + ((has(self.deliver) && 'ClientCredentials' in self.deliver) ? [has(self.keys.clientID) ? self.keys.clientID : 'client_id', has(self.keys.clientSecret) ? self.keys.clientSecret : 'client_secret'] : []) + ((has(self.deliver) && 'Endpoints' in self.deliver) ? [has(self.keys.tokenURL) ? self.keys.tokenURL : 'token_url', has(self.keys.issuer) ? self.keys.issuer : 'issuer', has(self.keys.jwksURL) ? self.keys.jwksURL : 'jwks_url', has(self.keys.applicationID) ? self.keys.applicationID : 'application_id', has(self.keys.tenantURL) ? self.keys.tenantURL : 'tenant_url'] : [])].all(names, names.all(name, names.exists_one(other, other == name)))",message="keys must differ from each other, and from the default names of the other keys that are delivered"
type PublishedSecret struct {
	// name of the Secret, in this namespace. Left out: the name of the ConfidentialClient. A Secret of this name that the operator
	// did not make is left untouched.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="name of the Secret must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as billing-token"
	Name string `json:"name,omitempty"`

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
}

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
