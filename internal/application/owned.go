package application

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// Owned says whether an OAuthClient has an application on the tenant that it may change and remove: it has made or adopted one, and does not only
// observe it.
func Owned(o *v1alpha1.OAuthClient) bool {
	return o.Status.ApplicationKey != "" && o.Status.ApplicationOrigin != v1alpha1.ApplicationObserved
}

// Begun says whether an OAuthClient has an application, or may have one: each step stores its intent or its result before the next.
func Begun(o *v1alpha1.OAuthClient) bool { return Owned(o) || o.Status.ImportIntent != nil }

// OnTenant says whether there can be anything on the tenant that an OAuthClient has to remove.
func OnTenant(o *v1alpha1.OAuthClient) bool { return Begun(o) || o.Status.ClientRole != nil }
