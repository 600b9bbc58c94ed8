package tenancy

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// Resolver follows references between the kinds and asks for consent on the way. It reads from the cache.
type Resolver struct {
	Reader client.Reader
	// Watched are the namespaces whose objects Reader has.
	Watched Watched
}

// TenantKey returns the name that a reference to an IdentityTenant means in a namespace.
func TenantKey(ref v1alpha1.IdentityTenantReference, namespace string) types.NamespacedName {
	return key(ref.Namespace, ref.Name, namespace)
}

// OAuthClientKey returns the name that a reference to an OAuthClient means in a namespace.
func OAuthClientKey(ref v1alpha1.OAuthClientReference, namespace string) types.NamespacedName {
	return key(ref.Namespace, ref.Name, namespace)
}

func key(refNamespace, name, namespace string) types.NamespacedName {
	if refNamespace != "" {
		namespace = refNamespace
	}
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// Tenant returns the IdentityTenant that an object of a namespace refers to, if it admits that namespace. Otherwise the error is a
// *report.Blocked, or one of kube-apiserver's.
func (r Resolver) Tenant(ctx context.Context, ref v1alpha1.IdentityTenantReference, namespace string) (*v1alpha1.IdentityTenant, error) {
	tenant, err := r.LookUpTenant(ctx, ref, namespace)
	if err != nil {
		return nil, err
	}
	if err := r.AdmitToTenant(ctx, tenant, namespace); err != nil {
		return nil, err
	}
	return tenant, nil
}

// AdmitToTenant says whether an IdentityTenant admits a namespace; nil when it does. Otherwise the error is a *report.Blocked, or one of
// kube-apiserver's.
func (r Resolver) AdmitToTenant(ctx context.Context, tenant *v1alpha1.IdentityTenant, namespace string) error {
	admitted, err := r.Admits(ctx, accessOf(tenant).Namespaces, tenant.Namespace, namespace)
	if err != nil {
		return err
	}
	if !admitted {
		return &report.Blocked{
			Reason:  v1alpha1.ReasonNotAdmitted,
			Message: fmt.Sprintf("IdentityTenant %s/%s does not admit namespace %q; its spec.access.namespaces decides", tenant.Namespace, tenant.Name, namespace),
		}
	}
	return nil
}

// LookUpTenant returns the IdentityTenant that an object refers to without asking for consent, as a deletion needs it: what was
// made with consent is removed also when the consent has gone.
func (r Resolver) LookUpTenant(ctx context.Context, ref v1alpha1.IdentityTenantReference, namespace string) (*v1alpha1.IdentityTenant, error) {
	name := TenantKey(ref, namespace)
	if !r.Watched.Has(name.Namespace) {
		return nil, r.Watched.notWatched(v1alpha1.ReasonTenantNotFound, "IdentityTenant", name, name.Namespace)
	}
	tenant := &v1alpha1.IdentityTenant{}
	if err := r.Reader.Get(ctx, name, tenant); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, &report.Blocked{Reason: v1alpha1.ReasonTenantNotFound, Message: fmt.Sprintf("IdentityTenant %s does not exist", name)}
		}
		return nil, fmt.Errorf("reading IdentityTenant %s: %w", name, err)
	}
	return tenant, nil
}

// OAuthClient returns the OAuthClient that a ConfidentialClient of a namespace refers to, if it admits that namespace as a consumer.
func (r Resolver) OAuthClient(ctx context.Context, ref v1alpha1.OAuthClientReference, namespace string) (*v1alpha1.OAuthClient, error) {
	oauthClient, err := r.LookUpOAuthClient(ctx, ref, namespace)
	if err != nil {
		return nil, err
	}
	admitted, err := r.AdmitsConsumer(ctx, oauthClient, namespace)
	if err != nil {
		return nil, err
	}
	if !admitted {
		return nil, &report.Blocked{
			Reason:  v1alpha1.ReasonNotAdmitted,
			Message: fmt.Sprintf("OAuthClient %s/%s does not admit namespace %q; its spec.consumers decides", oauthClient.Namespace, oauthClient.Name, namespace),
		}
	}
	return oauthClient, nil
}

// AdmitsConsumer says whether an OAuthClient admits the ConfidentialClients of a namespace.
func (r Resolver) AdmitsConsumer(ctx context.Context, oauthClient *v1alpha1.OAuthClient, namespace string) (bool, error) {
	return r.Admits(ctx, consent(oauthClient.Spec.Consumers), oauthClient.Namespace, namespace)
}

// LookUpOAuthClient returns the OAuthClient that an object refers to without asking for consent.
func (r Resolver) LookUpOAuthClient(ctx context.Context, ref v1alpha1.OAuthClientReference, namespace string) (*v1alpha1.OAuthClient, error) {
	name := OAuthClientKey(ref, namespace)
	if !r.Watched.Has(name.Namespace) {
		return nil, r.Watched.notWatched(v1alpha1.ReasonOAuthClientNotFound, "OAuthClient", name, name.Namespace)
	}
	oauthClient := &v1alpha1.OAuthClient{}
	if err := r.Reader.Get(ctx, name, oauthClient); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, &report.Blocked{Reason: v1alpha1.ReasonOAuthClientNotFound, Message: fmt.Sprintf("OAuthClient %s does not exist", name)}
		}
		return nil, fmt.Errorf("reading OAuthClient %s: %w", name, err)
	}
	return oauthClient, nil
}

// AdmittedScopes returns which of the Scope objects an OAuthClient admits by their namespaces.
func (r Resolver) AdmittedScopes(ctx context.Context, oauthClient *v1alpha1.OAuthClient, scopes []v1alpha1.Scope) (func(namespace string) bool, error) {
	admitted := map[string]bool{}
	for i := range scopes {
		namespace := scopes[i].Namespace
		if _, asked := admitted[namespace]; asked {
			continue
		}
		ok, err := r.Admits(ctx, consent(oauthClient.Spec.ScopeAttachment), oauthClient.Namespace, namespace)
		if err != nil {
			return nil, err
		}
		admitted[namespace] = ok
	}
	return func(namespace string) bool { return admitted[namespace] }, nil
}

// Admits says whether a rule of an object in namespace own admits another namespace. Without a rule, only own is admitted.
func (r Resolver) Admits(ctx context.Context, access *v1alpha1.NamespaceAccess, own, namespace string) (bool, error) {
	if namespace == own {
		return true, nil
	}
	if access == nil {
		return false, nil
	}
	switch access.From {
	case v1alpha1.NamespacesFromAll:
		return true, nil
	case v1alpha1.NamespacesFromSelector:
		return r.selected(ctx, access.Selector, namespace)
	case v1alpha1.NamespacesFromSame:
	}
	return false, nil
}

// selected says whether a selector picks a namespace by its labels. Where these cannot be read, it picks none: see Watched.SupportsTenant.
func (r Resolver) selected(ctx context.Context, selector *metav1.LabelSelector, namespace string) (bool, error) {
	if !r.Watched.All() {
		return false, nil
	}
	matcher, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		// The schema of a selector does not check its operators; what cannot be read admits nobody.
		return false, nil //nolint:nilerr // closed by default
	}
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := r.Reader.Get(ctx, types.NamespacedName{Name: namespace}, found); err != nil {
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return false, fmt.Errorf("reading labels of namespace %q: %w", namespace, err)
	}
	return matcher.Matches(labels.Set(found.Labels)), nil
}

func consent(c *v1alpha1.NamespaceConsent) *v1alpha1.NamespaceAccess {
	if c == nil {
		return nil
	}
	return c.Namespaces
}
