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
