package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ScopeSpec is one scope of an application.
// +kubebuilder:validation:XValidation:rule="!has(self.type) || self.type == 'API' || !has(self.restPatterns)",message="restPatterns belong to scopes of type API: a scope of type CustomClaims opens no API"
type ScopeSpec struct {
	// oauthClientRef names the OAuthClient to whose application the scope is added. It may be in another namespace when that
	// OAuthClient admits this one (spec.scopeAttachment). Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="oauthClientRef is immutable: make a new Scope for another application"
	OAuthClientRef OAuthClientReference `json:"oauthClientRef"`

	// name is the scope-token of RFC 6749 section 3.3 (KnownScopes[].Scope). Immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[!#-\[\]-~]+$')`,message="name must be a scope-token (RFC 6749 section 3.3): printable ASCII without blanks, double quotes and backslashes, such as orders:read"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="name is immutable: clients request the scope by it"
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

// ScopeStatus says whether the scope is on the application.
type ScopeStatus struct {
	// conditions: Ready, Accepted and InUse; Reconciling and Stalled while true.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// Scope is a scope (RFC 6749 section 3.3) that is added to the application of an OAuthClient. It never calls the tenant itself:
// the OAuthClient merges all its scopes into one update.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=osc,categories=oauth
// +kubebuilder:printcolumn:name="Scope",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="OAuthClient",type=string,JSONPath=`.spec.oauthClientRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Scope struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the scope.
	// +required
	Spec ScopeSpec `json:"spec"`

	// status says whether it is on the application.
	// +optional
	Status ScopeStatus `json:"status,omitempty"`
}

// ScopeList is a list of Scopes.
// +kubebuilder:object:root=true
type ScopeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Scope `json:"items"`
}
