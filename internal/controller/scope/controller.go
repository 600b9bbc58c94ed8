// Package scope says of each Scope whether its OAuthClient takes it and whether it is on the application. It never calls the tenant:
// the OAuthClient's controller is the only writer of an application.
package scope

import (
	"context"
	"fmt"
	"slices"

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
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/consumer"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Reconciler keeps the status of Scopes true.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Resolver follows references and asks for consent.
	Resolver tenancy.Resolver
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
		For(&v1alpha1.Scope{}, builder.WithPredicates(wake.Own())).
		Watches(&v1alpha1.OAuthClient{}, wake.Map(func(ctx context.Context, o *v1alpha1.OAuthClient) ([]types.NamespacedName, error) {
			return wake.Names(index.ScopesOfOAuthClient(ctx, r.Client, client.ObjectKeyFromObject(o)))
		}), builder.WithPredicates(wake.OAuthClientChanged())).
		Watches(&v1alpha1.Scope{}, wake.Map(r.rivals), builder.WithPredicates(wake.Gone())).
		Watches(&v1alpha1.ConfidentialClient{}, wake.Map(r.requested), builder.WithPredicates(wake.RequestsChanged())).
		WithOptions(options)
	return wake.NamespaceLabels(watches, r.Resolver.Watched, func(ctx context.Context, namespace string) ([]types.NamespacedName, error) {
		scopes := &v1alpha1.ScopeList{}
		err := r.Client.List(ctx, scopes, client.InNamespace(namespace))
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

// Reconcile brings the status of one Scope up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	obj := &v1alpha1.Scope{}
	if err := r.Client.Get(ctx, request.NamespacedName, obj); err != nil || !obj.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	stored := obj.DeepCopy()
	f, err := r.observe(ctx, obj)
	if report.FromCluster(err) {
		return report.Again(err)
	}
	describe(obj, f, err, metav1.NewTime(r.Clock.Now()))
	if equality.Semantic.DeepEqual(stored.Status, obj.Status) {
		return ctrl.Result{}, nil
	}
	if err := report.StoreStatus(ctx, r.Client, stored, obj); err != nil {
		return report.Again(err)
	}
	report.ReadyTransition(r.Recorder, obj, stored.Status.Conditions, obj.Status.Conditions)
	return ctrl.Result{}, nil
}

// facts are what one pass found out.
type facts struct {
	// rejection says why the OAuthClient does not take the scope; nil when it does.
	rejection *application.Rejection
	// applied says that the scope is on the application, as it is defined now.
	applied bool
	// requestedBy names a ConfidentialClient that requests the scope; empty when none does.
	requestedBy types.NamespacedName
}

// observe asks what the OAuthClient makes of the scope. Both controllers ask the same function, so they cannot disagree.
func (r *Reconciler) observe(ctx context.Context, obj *v1alpha1.Scope) (facts, error) {
	oauthClient, err := r.Resolver.LookUpOAuthClient(ctx, obj.Spec.OAuthClientRef, obj.Namespace)
	if err != nil {
		return facts{}, err
	}
	key := client.ObjectKeyFromObject(oauthClient)
	siblings, err := index.ScopesOfOAuthClient(ctx, r.Client, key)
	if err != nil {
		return facts{}, fmt.Errorf("listing Scopes of OAuthClient %s: %w", key, err)
	}
	admits, err := r.Resolver.AdmittedScopes(ctx, oauthClient, siblings)
	if err != nil {
		return facts{}, err
	}
	merged, err := application.Merge(oauthClient, siblings, admits)
	if err != nil {
		return facts{}, &report.Blocked{
			Reason:  v1alpha1.ReasonOAuthClientNotReady,
			Message: fmt.Sprintf("OAuthClient %s cannot be carried out as it is; its conditions say why", key),
		}
	}
	f := facts{rejection: merged.Rejection(client.ObjectKeyFromObject(obj)), applied: isApplied(oauthClient, obj)}
	f.requestedBy, _, err = consumer.Requesting(ctx, r.Resolver, oauthClient, obj.Spec.Name)
	return f, err
}

func isApplied(oauthClient *v1alpha1.OAuthClient, obj *v1alpha1.Scope) bool {
	if oauthClient.Status.Scopes == nil {
		return false
	}
	want := application.Scope{Name: obj.Spec.Name, Description: obj.Spec.Description, RESTPatterns: obj.Spec.RESTPatterns}.Hash()
	for _, applied := range oauthClient.Status.Scopes.Applied {
		if applied.Name == obj.Spec.Name {
			return applied.Hash == want
		}
	}
	return false
}

// describe turns facts and the error that ended the pass into a status.
func describe(obj *v1alpha1.Scope, f facts, err error, now metav1.Time) {
	c := report.Conditions{List: &obj.Status.Conditions, Generation: obj.Generation, Now: now}
	if err == nil && f.rejection != nil {
		err = &report.Blocked{Reason: f.rejection.Reason, Message: f.rejection.Message}
	}
	switch {
	case err != nil:
		c.Remove(v1alpha1.ConditionInUse)
	case f.requestedBy.Name != "":
		c.True(v1alpha1.ConditionInUse, v1alpha1.ReasonRequested, fmt.Sprintf("ConfidentialClient %s requests the scope, or others beside it; it stays on the application while they do", f.requestedBy))
	default:
		c.False(v1alpha1.ConditionInUse, v1alpha1.ReasonNotRequested, "no ConfidentialClient requests the scope")
	}
	switch {
	case err != nil:
		c.Failed(v1alpha1.ConditionAccepted, err)
	case !f.applied:
		c.True(v1alpha1.ConditionAccepted, v1alpha1.ReasonAccepted, "the OAuthClient takes the scope")
		err = &report.Blocked{Reason: v1alpha1.ReasonSpecNotApplied, Message: "the scope is not on the application yet; the OAuthClient's conditions say why, should it last"}
	default:
		c.True(v1alpha1.ConditionAccepted, v1alpha1.ReasonAccepted, "the OAuthClient takes the scope")
	}
	if err != nil {
		c.Failed(v1alpha1.ConditionReady, err)
	} else {
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "the scope is on the application")
	}
	c.Progress(err)
	obj.Status.ObservedGeneration = obj.Generation
}
