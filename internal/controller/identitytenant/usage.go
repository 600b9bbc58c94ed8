package identitytenant

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

const (
	// countPace is how often the counts of dependents are written at most.
	countPace = time.Minute
	// countDelay is how long after a dependent has come or gone they are counted: others come with it.
	countDelay = 2 * time.Second
)

// Census paces the counts of dependents. After a restart they may be written at once again.
type Census struct {
	mu      sync.Mutex
	written map[types.UID]time.Time
}

// NewCensus returns a Census that knows of no counts.
func NewCensus() *Census { return &Census{written: map[types.UID]time.Time{}} }

// wait returns how long the counts of a tenant have to stay as they are; zero means that they may be written.
func (c *Census) wait(tenant types.UID, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, found := c.written[tenant]
	if !found {
		return 0
	}
	return min(max(last.Add(countPace).Sub(now), 0), countPace) // a clock that was set back stops nothing
}

func (c *Census) wrote(tenant types.UID, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written[tenant] = now
}

func (c *Census) forget(tenant types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.written, tenant)
}

// count brings the counts of dependents up to date, unless they were written a moment ago.
func (p *pass) count(ctx context.Context) error {
	if p.recount = p.Census.wait(p.obj.UID, p.Clock.Now()); p.recount > 0 {
		return nil
	}
	oauthClients, clients, err := index.CountDependents(ctx, p.Client, client.ObjectKeyFromObject(p.obj))
	if err != nil {
		return err
	}
	//nolint:gosec // bounded by what kube-apiserver stores
	p.obj.Status.OAuthClients, p.obj.Status.ConfidentialClients = int32(oauthClients), int32(clients)
	return nil
}

// noteCounts is called once the status is stored.
func (p *pass) noteCounts() {
	was, now := &p.stored.Status, &p.obj.Status
	if was.OAuthClients != now.OAuthClients || was.ConfidentialClients != now.ConfidentialClients {
		p.Census.wrote(p.obj.UID, p.Clock.Now())
	}
}

// tenantOfOAuthClient names the tenant that an OAuthClient counts for.
func tenantOfOAuthClient(_ context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
	return []types.NamespacedName{tenancy.TenantKey(o.Spec.TenantRef, o.Namespace)}, nil
}

// tenantOfApplication names the tenant that a ConfidentialClient holds by itself.
func tenantOfApplication(_ context.Context, c *v1alpha1.ConfidentialClient) ([]types.NamespacedName, error) {
	if c.Spec.Application == nil {
		return nil, nil
	}
	return []types.NamespacedName{tenancy.TenantKey(c.Spec.Application.TenantRef, c.Namespace)}, nil
}

// tenantOfClient names the tenant that a ConfidentialClient counts for. While its OAuthClient does not exist, it counts for none.
func (r *Reconciler) tenantOfClient(ctx context.Context, c *v1alpha1.ConfidentialClient) ([]types.NamespacedName, error) {
	if c.Spec.OAuthClientRef == nil {
		return tenantOfApplication(ctx, c)
	}
	o := &v1alpha1.OAuthClient{}
	if err := r.Client.Get(ctx, tenancy.OAuthClientKey(*c.Spec.OAuthClientRef, c.Namespace), o); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return tenantOfOAuthClient(ctx, o)
}
