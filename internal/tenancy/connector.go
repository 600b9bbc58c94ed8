package tenancy

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// Connector gives the way to a tenant for the IdentityTenant that describes it.
type Connector struct {
	// Pool keeps the sessions.
	Pool *tenant.Pool
	// Live reads the Secret with the admin credential, at each login and past any cache.
	Live client.Reader
}

// Session returns the session for an IdentityTenant. A *report.Blocked says what is wrong with its spec.
func (c Connector) Session(t *v1alpha1.IdentityTenant) (*tenant.Session, error) {
	settings := tenant.Settings{URL: t.Spec.URL}
	if t.Spec.TLS != nil {
		settings.CABundle = []byte(t.Spec.TLS.CABundle)
	}
	if t.Spec.Timeout != nil {
		settings.Timeout = t.Spec.Timeout.Duration
	}
	if limits := t.Spec.Limits; limits != nil {
		if limits.RequestsPerSecond != nil {
			settings.RequestsPerSecond = float64(*limits.RequestsPerSecond)
		}
		if limits.Burst != nil {
			settings.Burst = int(*limits.Burst)
		}
	}
	if credentials := t.Spec.Credentials; credentials != nil {
		settings.ApplicationID = credentials.ApplicationID
		settings.Scope = credentials.Scope
		key := types.NamespacedName{Namespace: t.Namespace, Name: credentials.SecretRef.Name}
		settings.Credential = func(ctx context.Context) (oauth.Credential, error) {
			referenced, err := secret.ReadCredential(ctx, c.Live, key)
			return referenced.Credential, err
		}
	}
	session, err := c.Pool.Session(client.ObjectKeyFromObject(t).String(), settings)
	if err != nil {
		return nil, &report.Blocked{Reason: v1alpha1.ReasonInvalidSpec, Message: fmt.Sprintf("IdentityTenant %s/%s: %v", t.Namespace, t.Name, err)}
	}
	return session, nil
}

// Forget drops the session of an IdentityTenant that is gone.
func (c Connector) Forget(t types.NamespacedName) { c.Pool.Forget(t.String()) }
