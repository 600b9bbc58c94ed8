// Package scope says of each Scope whether its OAuthClient takes it and whether it is on the application. It never calls the tenant:
// the OAuthClient's controller is the only writer of an application.
package scope

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Reconciler keeps the status of Scopes true.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Resolver follows references and asks for consent.
	Resolver tenancy.Resolver
	// Shard says which objects are worked on.
	Shard shard.Selector
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=scopes,verbs=list;watch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=scopes/status,verbs=patch

// SetupWithManager registers the controller: it is woken by its own objects, by their OAuthClients, by Scopes that claim the same name, by
// ConfidentialClients that request them, and by the labels of their namespaces.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("scope").
		For(&v1alpha1.Scope{}, builder.WithPredicates(wake.OwnIn(r.Shard))).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(func(ctx context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
			return wake.Names(index.ScopesOfOAuthClient(ctx, r.Client, client.ObjectKeyFromObject(o)))
		}), builder.WithPredicates(wake.OAuthClientChanged())).
		Watches(&v1alpha1.Scope{}, wake.Map(r.rivals), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Map(r.requested), builder.WithPredicates(wake.RequestsChanged())).
		WithOptions(options)
	return wake.NamespaceLabels(watches, r.Resolver.Watched, func(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
		scopes := &v1alpha1.ScopeList{}
		err := r.Client.List(ctx, scopes, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)
		return wake.Names(scopes.Items, err)
	}).Complete(r)
}

// rivals lists the Scopes of the same OAuthClient and the same name: when one goes, another may take its place.
func (r *Reconciler) rivals(ctx context.Context, s *v1alpha1.Scope) ([]types.NamespacedName, error) {
	siblings, err := index.ScopesOfOAuthClient(ctx, r.Client, tenancy.OAuthClientKey(s.Spec.OAuthClientRef, s.Namespace))
	var names []types.NamespacedName
	for i := range siblings {
		if siblings[i].Spec.Name == s.Spec.Name {
			names = append(names, client.ObjectKeyFromObject(&siblings[i]))
		}
	}
	return names, err
}

// requested lists the Scopes of the OAuthClient whose scopes a ConfidentialClient requests.
func (r *Reconciler) requested(ctx context.Context, c *v1alpha1.ConfidentialClient) ([]types.NamespacedName, error) {
	if c.Spec.OAuthClientRef == nil {
		return nil, nil
	}
	siblings, err := index.ScopesOfOAuthClient(ctx, r.Resolver.Reader, tenancy.OAuthClientKey(*c.Spec.OAuthClientRef, c.Namespace))
	var names []types.NamespacedName
	for i := range siblings {
		if slices.Contains(c.Spec.Scopes, siblings[i].Spec.Name) {
			names = append(names, client.ObjectKeyFromObject(&siblings[i]))
		}
	}
	return names, err
}

// Ours says whether a Scope is in our shard.
func (r *Reconciler) Ours(s *v1alpha1.Scope) bool { return r.Shard.Has(s) }

// Reconcile brings the status of one Scope up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.Scope{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil || !obj.DeletionTimestamp.IsZero() || !r.Ours(obj) {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	p := &pass{Reconciler: r, obj: obj, stored: obj.DeepCopy()}
	err := p.observe(ctx)
	if report.FromCluster(err) {
		return report.Again(err)
	}
	p.describe(err)
	return p.finish(ctx)
}
