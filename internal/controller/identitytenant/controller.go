// Package identitytenant finds out whether a tenant can be reached and logged in to, and tells it to whoever needs the tenant.
package identitytenant

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// lookInterval is how often the credentials Secret is looked at when no label makes its changes felt at once, and the offset of the
// tenant's clock as the calls of others measured it.
const lookInterval = 10 * time.Minute

// Reconciler keeps the status of IdentityTenants true.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Connector gives sessions with tenants.
	Connector tenancy.Connector
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Retries counts failures.
	Retries *schedule.Retries
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=identitytenants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=identitytenants/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager registers the controller: it is woken by its own objects, by labelled Secrets that hold their credentials, and by
// the departure of dependents that hold a deletion.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("identitytenant").
		For(&v1alpha1.IdentityTenant{}, builder.WithPredicates(wake.Own())).
		Watches(&corev1.Secret{}, wake.Map(func(ctx context.Context, s *corev1.Secret) ([]types.NamespacedName, error) {
			return wake.Names(index.TenantsWithSecret(ctx, r.Client, client.ObjectKeyFromObject(s)))
		})).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(func(_ context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
			return []types.NamespacedName{tenancy.TenantKey(o.Spec.TenantRef, o.Namespace)}, nil
		}), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Map(func(_ context.Context, o *v1alpha1.ConfidentialClient) ([]types.NamespacedName, error) {
			if o.Spec.Application == nil {
				return nil, nil
			}
			return []types.NamespacedName{tenancy.TenantKey(o.Spec.Application.TenantRef, o.Namespace)}, nil
		}), builder.WithPredicates(wake.Gone())).
		WithOptions(options).
		Complete(r)
}

// Reconcile brings the status of one IdentityTenant up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.IdentityTenant{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if obj.DeletionTimestamp.IsZero() {
		if err := report.EnsureFinalizer(ctx, r.Client, obj); err != nil {
			return report.Again(err)
		}
	}
	stored := obj.DeepCopy()
	f, err := r.advance(ctx, obj)
	if f.gone || report.FromCluster(err) {
		return report.Again(err)
	}
	describe(obj, f, err, metav1.NewTime(r.Clock.Now()))
	return r.finish(ctx, stored, obj, err)
}

// advance observes the tenant and, where something has changed, logs in.
func (r *Reconciler) advance(ctx context.Context, obj *v1alpha1.IdentityTenant) (facts, error) {
	if !obj.DeletionTimestamp.IsZero() {
		return r.remove(ctx, obj)
	}
	f, err := r.observe(ctx, obj)
	if err != nil || !f.loginNeeded {
		return f, err
	}
	if err := report.Fresh(ctx, r.Live, obj); err != nil {
		return f, err
	}
	return r.logIn(ctx, obj, f)
}

// finish stores the status if it has changed, tells a transition of Ready, and says when to come back.
func (r *Reconciler) finish(ctx context.Context, stored, obj *v1alpha1.IdentityTenant, err error) (ctrl.Result, error) {
	if !equality.Semantic.DeepEqual(stored.Status, obj.Status) {
		if err := report.StoreStatus(ctx, r.Client, stored, obj); err != nil {
			return report.Again(err)
		}
		report.ReadyTransition(r.Recorder, obj, stored.Status.Conditions, obj.Status.Conditions)
	}
	key := string(obj.UID)
	if err != nil {
		return ctrl.Result{RequeueAfter: r.Retries.Wait(key, err, 0)}, nil
	}
	r.Retries.Succeeded(key)
	return ctrl.Result{RequeueAfter: lookInterval}, nil
}
