package environment

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// AdminSecret returns the Secret with the operator's own credential on the world's tenant.
func (w *World) AdminSecret() *corev1.Secret {
	id, password := w.Tenant.AdminCredential()
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("identity"), Name: "corp-admin"},
		StringData: map[string]string{v1alpha1.ClientIDKey: id, v1alpha1.ClientSecretKey: password},
	}
}

// IdentityTenant returns the description of the world's tenant, which admits all namespaces of the world.
func (w *World) IdentityTenant() *v1alpha1.IdentityTenant {
	many := int32(1000)
	return &v1alpha1.IdentityTenant{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("identity"), Name: "corp"},
		Spec: v1alpha1.IdentityTenantSpec{
			URL:       w.Tenant.URL(),
			ClusterID: "test",
			Credentials: &v1alpha1.AdminCredentials{
				ApplicationID: "operator-admin", Scope: "all", SecretRef: v1alpha1.SecretReference{Name: "corp-admin"},
			},
			TLS:    &v1alpha1.TLSConfig{CABundle: string(w.Tenant.CABundle())},
			Limits: &v1alpha1.RequestLimits{RequestsPerSecond: &many, Burst: &many},
			Access: &v1alpha1.TenantAccess{
				Namespaces: &v1alpha1.NamespaceAccess{
					From:     v1alpha1.NamespacesFromSelector,
					Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"test-tenant": w.suffix}},
				},
				AllowedApplicationTypes: []v1alpha1.ApplicationType{v1alpha1.ApplicationTypeOAuth2Server, v1alpha1.ApplicationTypeOAuth2Client},
			},
		},
	}
}

// OAuthClient returns an application of type OAuth2Server with the scope "read", open to all namespaces.
func (w *World) OAuthClient(name string) *v1alpha1.OAuthClient {
	return &v1alpha1.OAuthClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("shop"), Name: name},
		Spec: v1alpha1.OAuthClientSpec{
			TenantRef:     v1alpha1.IdentityTenantReference{Namespace: w.Namespace("identity"), Name: "corp"},
			ApplicationID: name,
			Type:          v1alpha1.ApplicationTypeOAuth2Server,
			Audience:      "https://" + name + ".example.com",
			Scopes:        []v1alpha1.InlineScope{{Name: "read", Description: "Read"}},
			Consumers:     &v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}},
		},
	}
}

// Scope returns a Scope object for an OAuthClient of the world.
func (w *World) Scope(name, oauthClient, scope string) *v1alpha1.Scope {
	return &v1alpha1.Scope{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("shop"), Name: name},
		Spec:       v1alpha1.ScopeSpec{OAuthClientRef: v1alpha1.OAuthClientReference{Name: oauthClient}, Name: scope, Description: "Scope " + scope},
	}
}

// ConfidentialClient returns a managed client of an OAuthClient of the world that requests scopes.
func (w *World) ConfidentialClient(name, oauthClient string, scopes ...string) *v1alpha1.ConfidentialClient {
	return &v1alpha1.ConfidentialClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("billing"), Name: name},
		Spec: v1alpha1.ConfidentialClientSpec{
			OAuthClientRef: &v1alpha1.OAuthClientReference{Namespace: w.Namespace("shop"), Name: oauthClient},
			Scopes:         scopes,
		},
	}
}

// CreateTenant creates the world's IdentityTenant with its Secret.
func (w *World) CreateTenant() *v1alpha1.IdentityTenant {
	w.t.Helper()
	tenant := w.IdentityTenant()
	w.Create(w.AdminSecret(), tenant)
	return tenant
}

// Key returns the name of an object.
func Key(object client.Object) types.NamespacedName { return client.ObjectKeyFromObject(object) }

// Provisioned creates the world's tenant, an application with the scope "read" and a client of it, and waits until all are Ready. The
// operator must run.
func (w *World) Provisioned(application, consumer string) (*v1alpha1.OAuthClient, *v1alpha1.ConfidentialClient) {
	w.t.Helper()
	o, c := w.OAuthClient(application), w.ConfidentialClient(consumer, application, "read")
	tenant := w.CreateTenant()
	w.Create(o, c)
	w.Ready(tenant, o, c)
	return o, c
}
