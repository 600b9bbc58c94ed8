// Package consumer finds the ConfidentialClients that use what an OAuthClient offers.
package consumer

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// Requesting returns the name of a ConfidentialClient that requests a scope of an OAuthClient, and whether there is one. Those that the
// OAuthClient does not admit do not count: nobody can hold on to a scope by naming it from elsewhere.
func Requesting(ctx context.Context, resolver tenancy.Resolver, oauthClient *v1alpha1.OAuthClient, scope string) (types.NamespacedName, bool, error) {
	key := client.ObjectKeyFromObject(oauthClient)
	clients, err := index.ClientsRequesting(ctx, resolver.Reader, key, scope)
	if err != nil {
		return types.NamespacedName{}, false, fmt.Errorf("listing ConfidentialClients that request scope %q of OAuthClient %s: %w", scope, key, err)
	}
	refused := map[string]bool{}
	for i := range clients {
		namespace := clients[i].Namespace
		if refused[namespace] {
			continue
		}
		admitted, err := resolver.AdmitsConsumer(ctx, oauthClient, namespace)
		if err != nil {
			return types.NamespacedName{}, false, err
		}
		if admitted {
			return client.ObjectKeyFromObject(&clients[i]), true, nil
		}
		refused[namespace] = true
	}
	return types.NamespacedName{}, false, nil
}

// Holding returns the names of the ConfidentialClients that keep an OAuthClient from being deleted: those that it admits, and those that have
// made something on the tenant through it. Others lose nothing, and nobody can hold by its name what is not open to them.
func Holding(ctx context.Context, resolver tenancy.Resolver, oauthClient *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
	key := client.ObjectKeyFromObject(oauthClient)
	clients, err := index.ClientsOfOAuthClient(ctx, resolver.Reader, key)
	if err != nil {
		return nil, fmt.Errorf("listing ConfidentialClients of OAuthClient %s: %w", key, err)
	}
	var names []types.NamespacedName
	for i := range clients {
		holds := len(clients[i].Status.Identities) > 0
		if !holds {
			if holds, err = resolver.AdmitsConsumer(ctx, oauthClient, clients[i].Namespace); err != nil {
				return nil, err
			}
		}
		if holds {
			names = append(names, client.ObjectKeyFromObject(&clients[i]))
		}
	}
	return names, nil
}
