// Package identitytenant finds out whether a tenant can be reached and logged in to, and tells it to whoever needs the tenant.
package identitytenant

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Reconciler keeps the status of IdentityTenants true.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Resolver says which namespaces a tenant admits.
	Resolver tenancy.Resolver
	// Connector gives sessions with tenants.
	Connector connection.Connector
	// Shard says which objects are worked on. What is referred to for the connections to the tenants of other shards is looked at all the same.
	Shard shard.Selector
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Retries counts failures.
	Retries *schedule.Retries
	// Visits bounds how many workers a tenant may hold that several IdentityTenants describe. If nil, it may hold all.
	Visits *tenant.Visits
	// Census paces the counts of dependents.
	Census *Census
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=identitytenants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=identitytenants/status,verbs=patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients;confidentialclients,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets;configmaps,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager registers the controller: it is woken by its own objects, by labelled Secrets and ConfigMaps that they name, by outages and
// their ends as whoever calls the tenant notices them, by the departure of dependents that hold a deletion, and a while after dependents have come
// or gone, to count them.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("identitytenant").
		For(&v1alpha1.IdentityTenant{}, builder.WithPredicates(wake.OwnIn(r.Shard))).
		Watches(&corev1.Secret{}, wake.Named(func(ctx context.Context, name types.NamespacedName) ([]types.NamespacedName, error) {
			return wake.Names(index.TenantsWithSecret(ctx, r.Client, name))
		})).
		Watches(&corev1.ConfigMap{}, wake.Named(func(ctx context.Context, name types.NamespacedName) ([]types.NamespacedName, error) {
			return wake.Names(index.TenantsWithConfigMap(ctx, r.Client, name))
		})).
		WatchesRawSource(source.Func(r.watchCircuits)).
		WatchesRawSource(wake.Turn(r.Visits)).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(tenantOfOAuthClient), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Map(tenantOfApplication), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.OAuthClient{}, wake.Later(countDelay, tenantOfOAuthClient)).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Later(countDelay, r.tenantOfClient)).
		WithOptions(options).
		Complete(r)
}

// watchCircuits wakes tenants that have stopped answering, or answer again.
func (r *Reconciler) watchCircuits(ctx context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
	stop := r.Connector.Watch(func(t types.NamespacedName) { queue.Add(ctrl.Request{NamespacedName: t}) })
	context.AfterFunc(ctx, stop)
	return nil
}

// Reconcile brings the status of one IdentityTenant up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	ctx, leave := r.Visits.Begin(ctx, request.String())
	defer leave()
	obj := &v1alpha1.IdentityTenant{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil {
		if apierrors.IsNotFound(err) {
			r.Connector.Forget(request.NamespacedName) // also that of another shard, whose deletion is none of ours
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !r.Shard.Has(obj) {
		return r.follow(ctx, obj)
	}
	if _, err := report.EnsureFinalizer(ctx, r.Client, obj); err != nil {
		return report.Again(err)
	}
	p := &pass{Reconciler: r, obj: obj, stored: obj.DeepCopy()}
	err := p.advance(ctx)
	if p.gone || report.FromCluster(err) {
		return report.Again(err)
	}
	if !report.AwaitsTurn(err, true) {
		p.describe(err)
	}
	return p.finish(ctx, err)
}
