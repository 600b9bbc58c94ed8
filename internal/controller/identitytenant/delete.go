package identitytenant

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// remove lets an IdentityTenant go once nothing depends on it: what its dependents made can be removed only through it. Until then it notes for
// whom it waits.
func (p *pass) remove(ctx context.Context) error {
	oauthClients, clients, err := p.holding(ctx)
	if err != nil {
		return err
	}
	if len(oauthClients)+len(clients) > 0 {
		p.waiting = report.Dependents(map[string]int{"OAuthClient": len(oauthClients), "ConfidentialClient": len(clients)}, append(oauthClients, clients...))
		return nil
	}
	if err := p.Connector.Vault.ForgetAdmin(ctx, p.obj.UID); err != nil {
		return err
	}
	p.Connector.Forget(client.ObjectKeyFromObject(p.obj))
	p.Census.forget(p.obj.UID)
	p.gone = true
	return report.DropFinalizer(ctx, p.Client, p.obj)
}

// holding returns the names of those that keep this IdentityTenant from being deleted: whom it admits, and who has made something on the tenant.
// Others lose nothing, and nobody can hold by its name what is not open to them.
func (p *pass) holding(ctx context.Context) (oauthClients, clients []types.NamespacedName, err error) {
	key := client.ObjectKeyFromObject(p.obj)
	allOAuthClients, err := index.OAuthClientsOfTenant(ctx, p.Client, key)
	if err != nil {
		return nil, nil, fmt.Errorf("listing OAuthClients of IdentityTenant %s: %w", key, err)
	}
	for i := range allOAuthClients {
		o := &allOAuthClients[i]
		err := p.Resolver.AdmitToTenant(ctx, p.obj, o.Namespace)
		switch {
		case err == nil || application.OnTenant(o):
			oauthClients = append(oauthClients, client.ObjectKeyFromObject(o))
		case !report.IsBlocked(err):
			return nil, nil, err
		}
	}
	allClients, err := index.ClientsOfTenant(ctx, p.Client, key)
	if err != nil {
		return nil, nil, fmt.Errorf("listing ConfidentialClients of IdentityTenant %s: %w", key, err)
	}
	for i := range allClients {
		err := p.Resolver.AdmitToTenant(ctx, p.obj, allClients[i].Namespace)
		switch {
		case err == nil:
			clients = append(clients, client.ObjectKeyFromObject(&allClients[i]))
		case !report.IsBlocked(err):
			return nil, nil, err
		}
	}
	return oauthClients, clients, nil
}
