package identitytenant

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// remove lets an IdentityTenant go once nothing depends on it: what its dependents made can be removed only through it.
func (r *Reconciler) remove(ctx context.Context, obj *v1alpha1.IdentityTenant) (facts, error) {
	key := client.ObjectKeyFromObject(obj)
	oauthClients, err := wake.Names(index.OAuthClientsOfTenant(ctx, r.Client, key))
	if err != nil {
		return facts{}, fmt.Errorf("listing OAuthClients of IdentityTenant %s: %w", key, err)
	}
	clients, err := wake.Names(index.ClientsOfTenant(ctx, r.Client, key))
	if err != nil {
		return facts{}, fmt.Errorf("listing ConfidentialClients of IdentityTenant %s: %w", key, err)
	}
	if len(oauthClients)+len(clients) > 0 {
		return facts{}, report.Dependents(map[string]int{"OAuthClient": len(oauthClients), "ConfidentialClient": len(clients)}, append(oauthClients, clients...))
	}
	r.Connector.Forget(key)
	return facts{gone: true}, report.DropFinalizer(ctx, r.Client, obj)
}
