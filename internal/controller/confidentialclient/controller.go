// Package confidentialclient keeps the identity behind each ConfidentialClient, and the token in its Secret fresh.
package confidentialclient

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Reconciler keeps client identities and their tokens.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Resolver follows references and asks for consent.
	Resolver tenancy.Resolver
	// Connector gives sessions with tenants.
	Connector connection.Connector
	// Vault keeps the credentials of managed identities.
	Vault secret.Vault
	// Shard says which objects are worked on.
	Shard shard.Selector
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Retries counts failures.
	Retries *schedule.Retries
	// Countdowns notice a clock that was set back.
	Countdowns *schedule.Countdowns
	// Metrics counts mints. It may be nil.
	Metrics *metrics.Calls
	// Visits bounds how many workers a tenant may hold. If nil, it may hold all.
	Visits *tenant.Visits
	// Contests slows down the repair of Secrets that somebody else keeps changing.
	Contests *schedule.Contests
	// Echoes tell the events of Secrets that a pass has written. If nil, none is noted.
	Echoes *wake.Echoes
	// Unpublished keeps tokens that could not be written. If nil, another one is requested then.
	Unpublished *Unpublished
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=confidentialclients,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=confidentialclients/status,verbs=patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients;identitytenants,verbs=get;list;watch
// +kubebuilder:rbac:groups=apps,resources=deployments;statefulsets;daemonsets,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;patch;delete

// SetupWithManager registers the controller: it is woken by its own objects and their Secrets, by their OAuthClients and tenants, by
// labelled Secrets that hold their credentials, and by the labels of their namespaces.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("confidentialclient").
		For(&v1alpha1.ConfidentialClient{}, builder.WithPredicates(wake.OwnIn(r.Shard))).
		Watches(&v1alpha1.ConfidentialClient{}, wake.First(r.priority)).
		Watches(&corev1.Secret{}, wake.Owner(v1alpha1.GroupVersion.WithKind("ConfidentialClient"), r.Echoes)).
		Watches(&corev1.Secret{}, wake.Named(func(ctx context.Context, name types.NamespacedName) ([]types.NamespacedName, error) {
			return wake.Names(index.ClientsWithSecret(ctx, r.Client, name))
		})).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(func(ctx context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
			return wake.Names(index.ClientsOfOAuthClient(ctx, r.Client, client.ObjectKeyFromObject(o)))
		}), builder.WithPredicates(wake.OAuthClientChanged())).
		Watches(&v1alpha1.IdentityTenant{}, wake.Map(r.ofTenant), builder.WithPredicates(wake.TenantChanged())).
		WatchesRawSource(wake.Turn(r.Visits)).
		WithOptions(options)
	return wake.NamespaceLabels(watches, r.Resolver.Watched, func(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
		clients := &v1alpha1.ConfidentialClientList{}
		err := r.Client.List(ctx, clients, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)
		return wake.Names(clients.Items, err)
	}).Complete(r)
}

// ofTenant lists the ConfidentialClients that depend on a tenant, by themselves or through their OAuthClient.
func (r *Reconciler) ofTenant(ctx context.Context, t *v1alpha1.IdentityTenant) ([]types.NamespacedName, error) {
	key := client.ObjectKeyFromObject(t)
	names, err := wake.Names(index.ClientsOfTenant(ctx, r.Client, key))
	if err != nil {
		return nil, err
	}
	oauthClients, err := index.OAuthClientsOfTenant(ctx, r.Client, key)
	if err != nil {
		return nil, err
	}
	for i := range oauthClients {
		through, err := wake.Names(index.ClientsOfOAuthClient(ctx, r.Client, client.ObjectKeyFromObject(&oauthClients[i])))
		if err != nil {
			return nil, err
		}
		names = append(names, through...)
	}
	return names, nil
}

// Ours says whether a ConfidentialClient is in our shard. What is remembered of others is dropped.
func (r *Reconciler) Ours(c *v1alpha1.ConfidentialClient) bool {
	if r.Shard.Has(c) {
		return true
	}
	r.forget(c.UID)
	return false
}

// forget drops what is remembered of a ConfidentialClient that is gone, or that others work on.
func (r *Reconciler) forget(c types.UID) {
	r.Contests.Forget(string(c))
	r.Countdowns.Forget(string(c))
	r.Unpublished.forget(c)
	r.Retries.Succeeded(string(c))
	for _, kind := range kindsOfTask() {
		r.Retries.Succeeded(taskKey(c, kind))
	}
}

// Reconcile keeps one identity and its token.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	ctx, leave := r.Visits.Begin(ctx, request.String())
	defer leave()
	obj := &v1alpha1.ConfidentialClient{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !r.Ours(obj) {
		return ctrl.Result{}, nil
	}
	p := r.newPass(obj)
	if err := p.waitOutside(ctx); err != nil {
		return p.schedule(err), nil
	}
	if err := p.ensureFinalizer(ctx); err != nil {
		return report.Again(err)
	}
	err := p.advance(ctx)
	if p.gone || report.FromCluster(err) {
		return report.Again(err)
	}
	p.rollOut(ctx)
	if failed := cmp.Or(err, p.failures()); p.minted != nil || !report.AwaitsTurn(failed, p.keepsPromise()) {
		p.describe(failed)
	}
	return p.finish(ctx, err)
}
