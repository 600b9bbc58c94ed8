// Package v1alpha1 holds the kinds with which a cluster declares OAuth clients of a CyberArk Identity tenant.
//
// IdentityTenant says how a tenant is reached and who may use it, OAuthClient is one OAuth2 application on it,
// Scope adds a scope to such an application, and ConfidentialClient is a client identity whose access token is
// kept fresh in a Secret. Beware of one word: the client of RFC 6749 is our ConfidentialClient; OAuthClient is the
// vendor's name for the application that issues tokens.
//
// +kubebuilder:object:generate=true
// +groupName=oauth-operator.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of all kinds, and the prefix of every label, annotation and finalizer of the operator.
const Group = "oauth-operator.dev"

// GroupVersion identifies the version of the kinds in this package.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

// AddToScheme registers the kinds of this package with a scheme, so that typed clients can read and write them.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&IdentityTenant{}, &IdentityTenantList{},
		&OAuthClient{}, &OAuthClientList{},
		&Scope{}, &ScopeList{},
		&ConfidentialClient{}, &ConfidentialClientList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
