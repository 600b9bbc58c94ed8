package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// IdentityTenantReference names an IdentityTenant.
type IdentityTenantReference struct {
	// name of the IdentityTenant.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of the IdentityTenant. Left out: the namespace of the object that refers to it. The tenant must admit
	// the namespace of the object that refers to it (spec.access.namespaces).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// OAuthClientReference names an OAuthClient.
type OAuthClientReference struct {
	// name of the OAuthClient.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of the OAuthClient. Left out: the namespace of the object that refers to it. The OAuthClient must admit
	// the namespace of the object that refers to it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// SecretReference names a Secret in the namespace of the object that refers to it; no other namespace can be named.
type SecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="name of the Secret must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as corp-admin"
	Name string `json:"name"`
}

// NamespacesFrom says which namespaces a rule admits.
// +kubebuilder:validation:Enum=Same;All;Selector
type NamespacesFrom string

const (
	// NamespacesFromSame admits the object's own namespace only.
	NamespacesFromSame NamespacesFrom = "Same"
	// NamespacesFromAll admits every namespace of the cluster.
	NamespacesFromAll NamespacesFrom = "All"
	// NamespacesFromSelector admits the namespaces whose labels match, and the object's own.
	NamespacesFromSelector NamespacesFrom = "Selector"
)

// NamespaceAccess admits namespaces. The object's own namespace is always admitted.
// +kubebuilder:validation:XValidation:rule="self.from == 'Selector' ? has(self.selector) : !has(self.selector)",message="selector is needed when from is Selector, and must be left out otherwise"
type NamespaceAccess struct {
	// from is Same (the object's own namespace only), All (every namespace), or Selector (the namespaces whose
	// labels match selector).
	// +required
	From NamespacesFrom `json:"from"`

	// selector picks namespaces by their labels. Only with from: Selector. An empty selector matches every namespace.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// DeletionPolicy says what becomes of what was made on the tenant when the object is deleted.
// +kubebuilder:validation:Enum=Delete;Orphan
type DeletionPolicy string

const (
	// DeletionPolicyDelete removes what was made on the tenant.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyOrphan leaves it there, with its ownership mark: an object of the same name in the same cluster finds it again.
	DeletionPolicyOrphan DeletionPolicy = "Orphan"
)

// Orphans says whether what an object stands for stays on the tenant when the object is deleted: by default only what somebody else had
// made, and was adopted.
func (p DeletionPolicy) Orphans(adopted bool) bool {
	return p == DeletionPolicyOrphan || p == "" && adopted
}

// AdoptionPolicy says whether something that exists on the tenant already, and that nobody owns, may be taken over.
// +kubebuilder:validation:Enum=Never;Adopt
type AdoptionPolicy string

const (
	// AdoptionPolicyNever leaves it alone and reports a Conflict.
	AdoptionPolicyNever AdoptionPolicy = "Never"
	// AdoptionPolicyAdopt takes it over, if the tenant allows it (spec.access.allowAdoption).
	AdoptionPolicyAdopt AdoptionPolicy = "Adopt"
)

// NamespaceConsent says whose objects may use this one.
type NamespaceConsent struct {
	// namespaces whose objects are admitted. Left out: the object's own namespace only.
	// +optional
	Namespaces *NamespaceAccess `json:"namespaces,omitempty"`
}
