package connection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

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
	// Vault keeps the admin credentials that worked last.
	Vault secret.Vault
	// Materials remember what IdentityTenants refer to. If nil, it is read each time.
	Materials *Materials
	// Shards is how many operators share what an IdentityTenant allows; less than 2 for one.
	Shards int
}

// Session returns the session for an IdentityTenant. It reads nothing that is known already, and so is cheap enough for every pass.
//
// Errors: a *report.Blocked says what is wrong with the spec or the CA bundle; *secret.NotFoundError and *secret.MissingKeyError are about the
// Secret of the proxy; all others are of kube-apiserver.
func (c Connector) Session(ctx context.Context, t *v1alpha1.IdentityTenant) (*tenant.Session, error) {
	m, err := c.recall(ctx, t)
	if err != nil {
		return nil, err
	}
	return c.connect(t, m)
}

// Refresh reads what the IdentityTenant refers to, and returns the session that is made from it, and a version of what was read: empty if there
// are no references. It is for the pass over the IdentityTenant itself, and lets the others know what has changed.
//
// While the references stay the same and what they name cannot be used any more, the session that was made from the last good state goes on: a
// bundle that somebody broke is no reason to let tokens expire. The error tells, and the session is not nil then.
func (c Connector) Refresh(ctx context.Context, t *v1alpha1.IdentityTenant) (session *tenant.Session, version string, err error) {
	key, refs := client.ObjectKeyFromObject(t), referencesOf(t)
	read, err := refs.read(ctx, c.Live)
	if err == nil {
		session, err = c.connect(t, read)
	}
	if err == nil {
		c.Materials.put(key, read)
		return session, read.version, nil
	}
	if report.FromCluster(err) {
		return nil, "", err
	}
	if known, found := c.Materials.get(key, refs); found && known.err == nil {
		if session, connectErr := c.connect(t, known); connectErr == nil {
			return session, "", err
		}
	}
	read.err = err
	c.Materials.put(key, read)
	return nil, "", err
}

// connect returns the session that is made from the spec and its material.
func (c Connector) connect(t *v1alpha1.IdentityTenant, m material) (*tenant.Session, error) {
	session, err := c.Pool.Session(client.ObjectKeyFromObject(t).String(), c.settings(t, m))
	if err == nil {
		return session, nil
	}
	if _, broken := errors.AsType[*tenant.CABundleError](err); broken && m.bundle != "" {
		return nil, m.references.bundle.broken(err)
	}
	return nil, &report.Blocked{Reason: v1alpha1.ReasonInvalidSpec, Message: fmt.Sprintf("IdentityTenant %s/%s: %v", t.Namespace, t.Name, err)}
}

func (c Connector) settings(t *v1alpha1.IdentityTenant, m material) tenant.Settings {
	settings := tenant.Settings{URL: t.Spec.URL, CABundle: []byte(m.bundle), Sharers: c.Shards}
	if t.Spec.TLS != nil && t.Spec.TLS.CABundle != "" {
		settings.CABundle = []byte(t.Spec.TLS.CABundle)
	}
	if proxy := t.Spec.Proxy; proxy != nil {
		settings.Proxy = &tenant.Proxy{URL: proxy.URL, NoProxy: proxy.NoProxy, Username: m.proxy.Username, Password: m.proxy.Password}
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
		settings.Credential = func(ctx context.Context) (oauth.Credential, error) {
			referenced, err := c.Credential(ctx, t)
			return referenced.Credential, err
		}
	}
	return settings
}

// keptVersion is the version of a credential that was kept.
const keptVersion = "kept"

// Credential reads the admin credential of an IdentityTenant, which must have one. While the IdentityTenant is being deleted and its Secret is
// gone already, as when their namespace is deleted, it is the one that worked last: what dependents made can be removed only with it.
//
// Errors: *secret.NotFoundError and *secret.MissingKeyError, else those of kube-apiserver.
func (c Connector) Credential(ctx context.Context, t *v1alpha1.IdentityTenant) (secret.Referenced, error) {
	key := types.NamespacedName{Namespace: t.Namespace, Name: t.Spec.Credentials.SecretRef.Name}
	referenced, err := secret.ReadCredential(ctx, c.Live, key)
	if _, missing := errors.AsType[*secret.NotFoundError](err); !missing || t.DeletionTimestamp.IsZero() {
		return referenced, err
	}
	kept, found, keptErr := c.Vault.Admin(ctx, t.UID)
	if keptErr != nil || !found {
		return referenced, cmp.Or(keptErr, err)
	}
	return secret.Referenced{Credential: kept, Version: keptVersion}, nil
}

// Keep keeps the admin credential that an IdentityTenant's Secret holds, and that the tenant has accepted.
func (c Connector) Keep(ctx context.Context, t *v1alpha1.IdentityTenant, referenced secret.Referenced) error {
	if referenced.Version == keptVersion {
		return nil
	}
	return c.Vault.KeepAdmin(ctx, t, referenced.Credential)
}

// Forget drops the session of an IdentityTenant that is gone.
func (c Connector) Forget(t types.NamespacedName) {
	c.Pool.Forget(t.String())
	c.Materials.forget(t)
}

// Watch lets tell know the IdentityTenants that have stopped answering, or answer again, whoever called them, until stop is called. tell must not
// block.
func (c Connector) Watch(tell func(types.NamespacedName)) (stop func()) {
	return c.Pool.Watch(func(session string) {
		namespace, name, _ := strings.Cut(session, string(types.Separator))
		tell(types.NamespacedName{Namespace: namespace, Name: name})
	})
}
