// Package oauthclient keeps the OAuth2 applications on a tenant as OAuthClients and their Scopes ask for: the application with its
// profile and scopes, the role of its clients, and that role's grant. It is the only writer of an application.
package oauthclient

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Reconciler brings applications to what OAuthClients ask for.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Resolver follows references and asks for consent.
	Resolver tenancy.Resolver
	// Connector gives sessions with tenants.
	Connector connection.Connector
	// Shard says which objects are worked on.
	Shard shard.Selector
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Retries counts failures.
	Retries *schedule.Retries
	// Visits bounds how many workers a tenant may hold. If nil, it may hold all.
	Visits *tenant.Visits
	// Checks knows which applications were compared with the tenant.
	Checks *drift.Checks
	// Bursts holds updates back while Scopes keep changing.
	Bursts *schedule.Bursts
	// Surveys knows which applications without a name there were a moment ago.
	Surveys *Surveys
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients/status,verbs=patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=scopes,verbs=list;watch

// SetupWithManager registers the controller: it is woken by its own objects, by Scopes that name them, by their tenants, by others
// that claim or free the same application, by consumers that go or request other scopes, and by the labels of their namespaces.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("oauthclient").
		For(&v1alpha1.OAuthClient{}, builder.WithPredicates(wake.OwnIn(r.Shard))).
		Watches(&v1alpha1.OAuthClient{}, wake.First(priority)).
		Watches(&v1alpha1.Scope{}, wake.Map(func(_ context.Context, s *v1alpha1.Scope) ([]types.NamespacedName, error) {
			return []types.NamespacedName{tenancy.OAuthClientKey(s.Spec.OAuthClientRef, s.Namespace)}, nil
		}), builder.WithPredicates(wake.Own())).
		Watches(&v1alpha1.IdentityTenant{}, wake.Map(func(ctx context.Context, t *v1alpha1.IdentityTenant) ([]types.NamespacedName, error) {
			return wake.Names(index.OAuthClientsOfTenant(ctx, r.Client, client.ObjectKeyFromObject(t)))
		}), builder.WithPredicates(wake.TenantChanged())).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(func(ctx context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
			return wake.Names(index.OAuthClientsOfApplication(ctx, r.Client, o))
		}), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Map(func(_ context.Context, c *v1alpha1.ConfidentialClient) ([]types.NamespacedName, error) {
			if c.Spec.OAuthClientRef == nil {
				return nil, nil
			}
			return []types.NamespacedName{tenancy.OAuthClientKey(*c.Spec.OAuthClientRef, c.Namespace)}, nil
		}), builder.WithPredicates(wake.RequestsChanged(), wake.Known())).
		WatchesRawSource(wake.Turn(r.Visits)).
		WithOptions(options)
	return wake.NamespaceLabels(watches, r.Resolver.Watched, r.feelsNamespace).Complete(r)
}

// feelsNamespace lists the OAuthClients that a change of a namespace's labels can admit or shut out: its own, those that claim the same
// application as they, those to which its Scopes attach, and those that its ConfidentialClients keep from being deleted.
func (r *Reconciler) feelsNamespace(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
	own := &v1alpha1.OAuthClientList{}
	if err := r.Client.List(ctx, own, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	scopes := &v1alpha1.ScopeList{}
	if err := r.Client.List(ctx, scopes, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	clients := &v1alpha1.ConfidentialClientList{}
	if err := r.Client.List(ctx, clients, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var names []types.NamespacedName
	for i := range own.Items {
		claimants, err := wake.Names(index.OAuthClientsOfApplication(ctx, r.Client, &own.Items[i]))
		if err != nil {
			return nil, err
		}
		names = append(names, claimants...)
	}
	for i := range scopes.Items {
		names = append(names, tenancy.OAuthClientKey(scopes.Items[i].Spec.OAuthClientRef, namespace))
	}
	for i := range clients.Items {
		if ref := clients.Items[i].Spec.OAuthClientRef; ref != nil {
			names = append(names, tenancy.OAuthClientKey(*ref, namespace))
		}
	}
	return names, nil
}

// Ours says whether an OAuthClient is in our shard. What is remembered of others is dropped.
func (r *Reconciler) Ours(o *v1alpha1.OAuthClient) bool {
	if r.Shard.Has(o) {
		return true
	}
	r.forget(string(o.UID))
	return false
}

// forget drops what is remembered of an OAuthClient that is gone, or that others work on.
func (r *Reconciler) forget(uid string) {
	r.Checks.Forget(uid)
	r.Bursts.Forget(uid)
	r.Retries.Succeeded(uid)
}

// Reconcile brings one application to what its OAuthClient asks for.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	ctx, leave := r.Visits.Begin(ctx, request.String())
	defer leave()
	obj := &v1alpha1.OAuthClient{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !r.Ours(obj) {
		return ctrl.Result{}, nil
	}
	p := &pass{Reconciler: r, obj: obj}
	if err := p.waitOutside(ctx); err != nil {
		return p.schedule(err), nil
	}
	if err := p.ensureFinalizer(ctx); err != nil {
		return report.Again(err)
	}
	err := p.advance(ctx)
	switch {
	case p.gone || report.FromCluster(err):
		return report.Again(err)
	case p.burst > 0:
		return ctrl.Result{RequeueAfter: p.burst}, nil
	case report.AwaitsTurn(err, p.checking):
		p.describeChange() // what was changed before
	default:
		p.describe(err)
	}
	return p.finish(ctx, err)
}
