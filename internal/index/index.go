// Package index lets objects be found by what they refer to. All controllers share the indexes, so they are registered once, for the
// manager's cache.
package index

import (
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
)

// Register adds the indexes to a cache that has not started.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{&v1alpha1.IdentityTenant{}, bySecret, func(o client.Object) []string {
			t := o.(*v1alpha1.IdentityTenant)
			if t.Spec.Credentials == nil {
				return nil
			}
			return []string{types.NamespacedName{Namespace: t.Namespace, Name: t.Spec.Credentials.SecretRef.Name}.String()}
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
			credential := o.(*v1alpha1.ConfidentialClient).Spec.Credential
			if credential == nil {
				return nil
			}
			return []string{types.NamespacedName{Namespace: o.GetNamespace(), Name: credential.SecretRef.Name}.String()}
		}},
	} {
		if err := indexer.IndexField(ctx, index.object, index.name, index.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.object, index.name, err)
		}
	}
	return nil
}

// applicationValue tells applications apart: two OAuthClients with one value claim the same one. The tenant takes application IDs that
// differ in case only for the same.
func applicationValue(o *v1alpha1.OAuthClient) string {
	return tenancy.TenantKey(o.Spec.TenantRef, o.Namespace).String() + " " + strings.ToLower(o.Spec.ApplicationID)
}

func requestValue(oauthClient types.NamespacedName, scope string) string {
	return oauthClient.String() + " " + scope
}

// TenantsWithSecret lists the IdentityTenants whose credentials are in a Secret.
func TenantsWithSecret(ctx context.Context, reader client.Reader, secret types.NamespacedName) ([]v1alpha1.IdentityTenant, error) {
	list := &v1alpha1.IdentityTenantList{}
	err := reader.List(ctx, list, client.MatchingFields{bySecret: secret.String()})
	return list.Items, err
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
	err := reader.List(ctx, list, client.MatchingFields{byOAuthClient: oauthClient.String()})
	return list.Items, err
}

// ClientsRequesting lists the ConfidentialClients that request a scope of an OAuthClient, admitted or not. They are the cache's own
// objects, to be read and not to be changed: there can be thousands of them.
func ClientsRequesting(ctx context.Context, reader client.Reader, oauthClient types.NamespacedName, scope string) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byRequest: requestValue(oauthClient, scope)}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// ClientsOfTenant lists the ConfidentialClients that name a tenant themselves: those of applications that nobody manages here.
func ClientsOfTenant(ctx context.Context, reader client.Reader, tenant types.NamespacedName) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{byTenant: tenant.String()})
	return list.Items, err
}

// ClientsWithSecret lists the ConfidentialClients whose credential is in a Secret.
func ClientsWithSecret(ctx context.Context, reader client.Reader, secret types.NamespacedName) ([]v1alpha1.ConfidentialClient, error) {
	list := &v1alpha1.ConfidentialClientList{}
	err := reader.List(ctx, list, client.MatchingFields{bySecret: secret.String()})
	return list.Items, err
}
