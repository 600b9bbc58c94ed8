package identitytenant

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// remove lets an IdentityTenant go once nothing depends on it: what its dependents made can be removed only through it. Until then it notes for
// whom it waits.
func (p *pass) remove(ctx context.Context) error {
	key := client.ObjectKeyFromObject(p.obj)
	oauthClients, err := wake.Names(index.OAuthClientsOfTenant(ctx, p.Client, key))
	if err != nil {
		return fmt.Errorf("listing OAuthClients of IdentityTenant %s: %w", key, err)
	}
	clients, err := wake.Names(index.ClientsOfTenant(ctx, p.Client, key))
	if err != nil {
		return fmt.Errorf("listing ConfidentialClients of IdentityTenant %s: %w", key, err)
	}
	if len(oauthClients)+len(clients) > 0 {
		p.waiting = report.Dependents(map[string]int{"OAuthClient": len(oauthClients), "ConfidentialClient": len(clients)}, append(oauthClients, clients...))
		return nil
	}
	if err := p.Connector.Vault.ForgetAdmin(ctx, p.obj.UID); err != nil {
		return err
	}
	p.Connector.Forget(key)
	p.Census.forget(p.obj.UID)
	p.gone = true
	return report.DropFinalizer(ctx, p.Client, p.obj)
}
