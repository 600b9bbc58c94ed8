// Package oauthclient keeps the OAuth2 applications on a tenant as OAuthClients and their Scopes ask for: the application with its
// profile and scopes, the role of its clients, and that role's grant. It is the only writer of an application.
package oauthclient

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/orphan"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
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
}

// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=oauthclients/status,verbs=patch
// +kubebuilder:rbac:groups=oauth-operator.dev,resources=scopes,verbs=list;watch

// SetupWithManager registers the controller: it is woken by its own objects, by Scopes that name them, by their tenants, by others
// that claim or free the same application, by consumers that go or request other scopes, and by the labels of their namespaces.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("oauthclient").
		For(&v1alpha1.OAuthClient{}, builder.WithPredicates(wake.Own())).
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
		}), builder.WithPredicates(wake.RequestsChanged())).
		WithOptions(options)
	return wake.NamespaceLabels(watches, r.Resolver.Watched, r.feelsNamespace).Complete(r)
}

// feelsNamespace lists the OAuthClients that a change of a namespace's labels can admit or shut out: its own, those that claim the same
// application as they, those to which its Scopes attach, and those that its ConfidentialClients keep from being deleted.
func (r *Reconciler) feelsNamespace(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
	own := &v1alpha1.OAuthClientList{}
	if err := r.Client.List(ctx, own, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	scopes := &v1alpha1.ScopeList{}
	if err := r.Client.List(ctx, scopes, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	clients := &v1alpha1.ConfidentialClientList{}
	if err := r.Client.List(ctx, clients, client.InNamespace(namespace)); err != nil {
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

// Reconcile brings one application to what its OAuthClient asks for.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.OAuthClient{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if err := report.EnsureFinalizer(ctx, r.Client, obj); err != nil {
		return report.Again(err)
	}
	p := &pass{Reconciler: r, obj: obj, stored: obj.DeepCopy()}
	ctx, leave := r.Visits.Begin(ctx)
	defer leave()
	err := p.advance(ctx)
	switch {
	case p.gone || report.FromCluster(err):
		return report.Again(err)
	case p.settling > 0:
		return ctrl.Result{RequeueAfter: p.settling}, nil
	case report.AwaitsTurn(err, p.checking):
		p.describeChange() // what was changed before
	default:
		p.describe(err)
	}
	return p.finish(ctx, err)
}

// pass is one look at one OAuthClient: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it.
	obj, stored *v1alpha1.OAuthClient
	facts
}

// advance observes, plans and acts.
func (p *pass) advance(ctx context.Context) error {
	if !p.obj.DeletionTimestamp.IsZero() {
		return p.remove(ctx)
	}
	if err := p.observe(ctx); err != nil {
		return err
	}
	if p.obj.Spec.Suspend {
		return nil
	}
	p.checking = p.inSync()
	if p.checking && !p.checkDue() && !p.requested() {
		return nil
	}
	if p.settling = p.settle(); p.settling > 0 {
		return nil
	}
	if p.checking && !p.requested() {
		ctx = tenant.WithClass(ctx, tenant.ClassDrift)
	}
	if err := p.connect(ctx); err != nil {
		return err
	}
	if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
		return err
	}
	if err := p.reach(ctx); err != nil {
		if refused(err) {
			p.obj.Status.AppliedHash = "" // what was applied may not hold any more, and neither a restart nor an older manifest may take it for granted
		}
		return err
	}
	p.Checks.Done(p.Clock.Now(), string(p.obj.UID))
	p.obj.Status.LastHandledReconcileRequest = annotation.Request(p.obj, v1alpha1.ReconcileRequestAnnotation)
	return nil
}

// reach brings the tenant to the desired state, or tells how far it is from there where that is all that is asked for.
func (p *pass) reach(ctx context.Context) error {
	if p.observing() {
		return p.compare(ctx)
	}
	return p.apply(ctx)
}

// checkpoint stores the status in the middle of a pass: what the next step on the tenant rests on. On a conflict the pass ends, and
// nothing is sent.
func (p *pass) checkpoint(ctx context.Context) error {
	return report.Checkpoint(ctx, p.Client, &p.stored, p.obj)
}

// finish stores the status if it has changed, tells a transition of Ready, and says when to come back.
func (p *pass) finish(ctx context.Context, err error) (ctrl.Result, error) {
	changed, storeErr := report.Conclude(ctx, p.Client, p.Recorder, p.stored, p.obj)
	if storeErr != nil {
		return report.Again(storeErr)
	}
	if changed {
		p.tellChange()
	}
	result, urgency := p.next(err), priority(p.obj)
	result.Priority = &urgency
	return result, nil
}

// priority returns how urgent an OAuthClient is as its status tells.
func priority(o *v1alpha1.OAuthClient) int {
	if o.DeletionTimestamp.IsZero() && o.Status.AppliedHash != "" && o.Status.ObservedGeneration == o.Generation {
		return schedule.PriorityDrift
	}
	return schedule.PriorityChanged
}

// next says when to come back.
func (p *pass) next(err error) ctrl.Result {
	key, now := string(p.obj.UID), p.Clock.Now()
	if err == nil {
		p.Retries.Succeeded(key)
		// A slot that begins within the second can wait for it: a comparison is never urgent.
		slot := drift.Next(now, p.checkInterval(), key)
		if soonest := now.Add(time.Second); slot.Before(soonest) {
			slot = soonest
		}
		return schedule.At(now, slot)
	}
	var retry, deadline time.Time
	if wait := p.Retries.Wait(key, err, 0); wait > 0 {
		retry = now.Add(wait)
	}
	if report.Reason(err) != v1alpha1.ReasonDependentsExist {
		deadline = orphan.Deadline(p.obj, p.tenant)
	}
	return schedule.At(now, retry, deadline)
}
