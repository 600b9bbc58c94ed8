// Package index lets objects be found by what they refer to. All controllers share the indexes, so they are registered once, for the
// manager's cache. ConfidentialClients that are found are the cache's own objects, to be read and not to be changed: there can be thousands of them, and
// mostly only their names are wanted.
package index

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// Names of the indexes.
const (
	byTenant      = "tenant"
	byApplication = "application"
	byOAuthClient = "oauthClient"
	bySecret      = "secret"
	byRequest     = "request"
	byConfigMap   = "configMap"
)

// Register adds the indexes to a cache that has not started.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{&v1alpha1.IdentityTenant{}, bySecret, func(o client.Object) []string { return secretsOf(o.(*v1alpha1.IdentityTenant)) }},
		{&v1alpha1.IdentityTenant{}, byConfigMap, func(o client.Object) []string {
			t := o.(*v1alpha1.IdentityTenant)
			if t.Spec.TLS == nil || t.Spec.TLS.CABundleRef == nil || t.Spec.TLS.CABundleRef.Kind != v1alpha1.CABundleKindConfigMap {
				return nil
			}
			return []string{types.NamespacedName{Namespace: t.Namespace, Name: t.Spec.TLS.CABundleRef.Name}.String()}
		}},
		{&v1alpha1.OAuthClient{}, byTenant, func(o client.Object) []string {
			return []string{tenancy.TenantKey(o.(*v1alpha1.OAuthClient).Spec.TenantRef, o.GetNamespace()).String()}
		}},
		{&v1alpha1.OAuthClient{}, byApplication, func(o client.Object) []string {
			return []string{applicationValue(o.(*v1alpha1.OAuthClient))}
		}},
		{&v1alpha1.Scope{}, byOAuthClient, func(o client.Object) []string {
			return []string{tenancy.OAuthClientKey(o.(*v1alpha1.Scope).Spec.OAuthClientRef, o.GetNamespace()).String()}
		}},
		{&v1alpha1.ConfidentialClient{}, byOAuthClient, func(o client.Object) []string {
			ref := o.(*v1alpha1.ConfidentialClient).Spec.OAuthClientRef
			if ref == nil {
				return nil
			}
			return []string{tenancy.OAuthClientKey(*ref, o.GetNamespace()).String()}
		}},
		{&v1alpha1.ConfidentialClient{}, byRequest, func(o client.Object) []string {
			c := o.(*v1alpha1.ConfidentialClient)
			if c.Spec.OAuthClientRef == nil {
				return nil
			}
			values := make([]string, len(c.Spec.Scopes))
			for i, scope := range c.Spec.Scopes {
				values[i] = requestValue(tenancy.OAuthClientKey(*c.Spec.OAuthClientRef, c.Namespace), scope)
			}
			return values
		}},
		{&v1alpha1.ConfidentialClient{}, byTenant, func(o client.Object) []string {
			application := o.(*v1alpha1.ConfidentialClient).Spec.Application
			if application == nil {
				return nil
			}
			return []string{tenancy.TenantKey(application.TenantRef, o.GetNamespace()).String()}
		}},
		{&v1alpha1.ConfidentialClient{}, bySecret, func(o client.Object) []string {
			return secretsOfClient(o.(*v1alpha1.ConfidentialClient))
		}},
	} {
		if err := indexer.IndexField(ctx, index.object, index.name, index.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.object, index.name, err)
		}
	}
	return nil
}

// secretsOf lists the Secrets that an IdentityTenant names: with credentials, a CA bundle, the password of a proxy.
func secretsOf(t *v1alpha1.IdentityTenant) []string {
	var values []string
	add := func(name string) {
		values = append(values, types.NamespacedName{Namespace: t.Namespace, Name: name}.String())
	}
	if t.Spec.Credentials != nil {
		add(t.Spec.Credentials.SecretRef.Name)
	}
	if t.Spec.TLS != nil && t.Spec.TLS.CABundleRef != nil && t.Spec.TLS.CABundleRef.Kind == v1alpha1.CABundleKindSecret {
		add(t.Spec.TLS.CABundleRef.Name)
	}
	if t.Spec.Proxy != nil && t.Spec.Proxy.SecretRef != nil {
		add(t.Spec.Proxy.SecretRef.Name)
	}
	return values
}

// secretsOfClient lists the Secrets that a ConfidentialClient names: with the credential that users bring, and the one in which it publishes,
// where no owner reference leads back from it.
func secretsOfClient(c *v1alpha1.ConfidentialClient) []string {
	var values []string
	add := func(name string) {
		values = append(values, types.NamespacedName{Namespace: c.Namespace, Name: name}.String())
	}
	if c.Spec.Credential != nil && c.Spec.Credential.SecretRef != nil {
		add(c.Spec.Credential.SecretRef.Name)
	}
	if s := c.Spec.Secret; s != nil && s.CreationPolicy != "" && s.CreationPolicy != v1alpha1.CreationPolicyOwner {
		add(cmp.Or(s.Name, c.Name))
	}
	return values
}

// applicationValue tells applications apart: two OAuthClients with one value claim the same one. The tenant takes application IDs that
// differ in case only for the same.
func applicationValue(o *v1alpha1.OAuthClient) string {
	return tenancy.TenantKey(o.Spec.TenantRef, o.Namespace).String() + " " + strings.ToLower(o.Spec.ApplicationID)
}

func requestValue(oauthClient types.NamespacedName, scope string) string {
	return oauthClient.String() + " " + scope
}

// TenantsWithSecret lists the IdentityTenants that name a Secret.
func TenantsWithSecret(ctx context.Context, reader client.Reader, secret types.NamespacedName) ([]v1alpha1.IdentityTenant, error) {
	list := &v1alpha1.IdentityTenantList{}
	err := reader.List(ctx, list, client.MatchingFields{bySecret: secret.String()})
	return list.Items, err
}

// TenantsWithConfigMap lists the IdentityTenants whose CA bundle is in a ConfigMap.
func TenantsWithConfigMap(ctx context.Context, reader client.Reader, configMap types.NamespacedName) ([]v1alpha1.IdentityTenant, error) {
	list := &v1alpha1.IdentityTenantList{}
	err := reader.List(ctx, list, client.MatchingFields{byConfigMap: configMap.String()})
	return list.Items, err
}

// CountDependents counts the OAuthClients that name a tenant, and the ConfidentialClients that name it or one of them.
func CountDependents(ctx context.Context, reader client.Reader, tenant types.NamespacedName) (oauthClients, confidentialClients int, err error) {
	named := &v1alpha1.OAuthClientList{}
	// Only counted, so that nothing has to be copied.
	if err := reader.List(ctx, named, client.MatchingFields{byTenant: tenant.String()}, client.UnsafeDisableDeepCopy); err != nil {
		return 0, 0, fmt.Errorf("listing OAuthClients of IdentityTenant %s: %w", tenant, err)
	}
	count := func(index, value string) error {
		list := &v1alpha1.ConfidentialClientList{}
		err := reader.List(ctx, list, client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy)
		confidentialClients += len(list.Items)
		return err
	}
	err = count(byTenant, tenant.String())
	for i := range named.Items {
		if err != nil {
			break
		}
		err = count(byOAuthClient, client.ObjectKeyFromObject(&named.Items[i]).String())
	}
	if err != nil {
		return 0, 0, fmt.Errorf("listing ConfidentialClients of IdentityTenant %s: %w", tenant, err)
	}
	return len(named.Items), confidentialClients, nil
}

// OAuthClientsOfTenant lists the OAuthClients on a tenant.
func OAuthClientsOfTenant(ctx context.Context, reader client.Reader, tenant types.NamespacedName) ([]v1alpha1.OAuthClient, error) {
	list := &v1alpha1.OAuthClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byTenant: tenant.String()})
	return list.Items, err
}

// OAuthClientsOfApplication lists the OAuthClients that claim the same application as the given one, which is among them.
func OAuthClientsOfApplication(ctx context.Context, reader client.Reader, o *v1alpha1.OAuthClient) ([]v1alpha1.OAuthClient, error) {
	list := &v1alpha1.OAuthClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byApplication: applicationValue(o)})
	return list.Items, err
}

// ScopesOfOAuthClient lists the Scope objects that name an OAuthClient, admitted or not.
func ScopesOfOAuthClient(ctx context.Context, reader client.Reader, oauthClient types.NamespacedName) ([]v1alpha1.Scope, error) {
	list := &v1alpha1.ScopeList{}
	err := reader.List(ctx, list, client.MatchingFields{byOAuthClient: oauthClient.String()})
	return list.Items, err
}

// ClientsOfOAuthClient lists the ConfidentialClients that name an OAuthClient, admitted or not.
func ClientsOfOAuthClient(ctx context.Context, reader client.Reader, oauthClient types.NamespacedName) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byOAuthClient: oauthClient.String()}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// ClientsRequesting lists the ConfidentialClients that request a scope of an OAuthClient, admitted or not.
func ClientsRequesting(ctx context.Context, reader client.Reader, oauthClient types.NamespacedName, scope string) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byRequest: requestValue(oauthClient, scope)}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// ClientsOfTenant lists the ConfidentialClients that name a tenant themselves: those of applications that nobody manages here.
func ClientsOfTenant(ctx context.Context, reader client.Reader, tenant types.NamespacedName) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byTenant: tenant.String()}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// ClientsWithSecret lists the ConfidentialClients whose credential is in a Secret.
func ClientsWithSecret(ctx context.Context, reader client.Reader, secret types.NamespacedName) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{bySecret: secret.String()}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}
