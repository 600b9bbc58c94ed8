// Package wake says which changes of an object wake which others. The predicates only filter; they change nothing.
package wake

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/shard"
)

// Own lets through what changes an object's spec, marks it for deletion, or asks for an action by an annotation. Our own status writes do
// not wake us, and neither do other annotations.
func Own() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, changed(func(before, after client.Object) bool {
		return slices.ContainsFunc(annotation.Requests(), func(name string) bool { return before.GetAnnotations()[name] != after.GetAnnotations()[name] })
	}))
}

// OwnIn is Own for one shard: it lets through the changes of labels, too, by which an object comes into it or leaves it.
func OwnIn(selector shard.Selector) predicate.Predicate {
	if selector.All() {
		return Own()
	}
	return predicate.Or(Own(), changed(func(before, after client.Object) bool { return selector.Has(before) != selector.Has(after) }))
}

// TenantChanged lets through the changes of an IdentityTenant that its dependents feel: its spec, that it can be used again, whether it accepts
// the operator's credentials, and what it found out. That it cannot be used for the moment is felt by whoever calls it, and by nobody else.
func TenantChanged() predicate.Predicate {
	return changed(func(before, after *v1alpha1.IdentityTenant) bool {
		return before.Generation != after.Generation ||
			becameTrue(before.Status.Conditions, after.Status.Conditions, v1alpha1.ConditionReady) ||
			statusOf(before.Status.Conditions, v1alpha1.ConditionAuthenticated) != statusOf(after.Status.Conditions, v1alpha1.ConditionAuthenticated) ||
			before.Status.ClusterID != after.Status.ClusterID ||
			before.Status.LoginSuffix != after.Status.LoginSuffix
	})
}

// OAuthClientChanged lets through the changes of an OAuthClient that its Scopes and ConfidentialClients feel: its spec, Ready,
// the application behind it, whom that issues tokens to, the role of its clients and the scopes on it.
func OAuthClientChanged() predicate.Predicate {
	return changed(func(before, after *v1alpha1.OAuthClient) bool {
		return before.Generation != after.Generation ||
			statusOf(before.Status.Conditions, v1alpha1.ConditionReady) != statusOf(after.Status.Conditions, v1alpha1.ConditionReady) ||
			before.Status.ApplicationKey != after.Status.ApplicationKey ||
			before.Status.TokenHash != after.Status.TokenHash ||
			before.Status.ClientIDType != after.Status.ClientIDType ||
			!slices.Equal(before.Status.GrantTypes, after.Status.GrantTypes) ||
			!equality.Semantic.DeepEqual(before.Status.ClientRole, after.Status.ClientRole) ||
			!equality.Semantic.DeepEqual(before.Status.Scopes, after.Status.Scopes)
	})
}

// RequestsChanged lets through what changes which scopes a ConfidentialClient requests, and its coming and going.
func RequestsChanged() predicate.Predicate {
	return changed(func(before, after *v1alpha1.ConfidentialClient) bool {
		return !equality.Semantic.DeepEqual(before.Spec.Scopes, after.Spec.Scopes)
	})
}

// Known lets through what happens to objects that were there already. With it, objects that come wake nobody, and neither do those that are listed at
// the start.
func Known() predicate.Predicate {
	return predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }}
}

// Gone lets through deletions only: they free what waited for the object to go.
func Gone() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// changed lets through creations, deletions, and the updates for which differ is true.
func changed[T client.Object](differ func(before, after T) bool) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, okBefore := e.ObjectOld.(T)
		after, okAfter := e.ObjectNew.(T)
		return okBefore && okAfter && differ(before, after)
	}}
}

func statusOf(conditions []metav1.Condition, kind string) metav1.ConditionStatus {
	if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
		return condition.Status
	}
	return ""
}

func becameTrue(before, after []metav1.Condition, kind string) bool {
	return statusOf(before, kind) != metav1.ConditionTrue && statusOf(after, kind) == metav1.ConditionTrue
}

// Map returns a handler that wakes the objects that find names. When find fails, nothing is woken and the failure is logged: a
// cache answers lists from memory, so this does not happen while the operator runs. What is listed at the start wakes nobody: whom it could wake is
// listed, too, and looked at when all caches are filled.
func Map[T client.Object](find func(ctx context.Context, changed T) ([]types.NamespacedName, error)) handler.EventHandler {
	return unlessListed{handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		return requests(ctx, o, find)
	})}
}

// Named is Map for who needs to know no more of a changed object than its name, as of a Secret.
func Named(find func(ctx context.Context, changed types.NamespacedName) ([]types.NamespacedName, error)) handler.EventHandler {
	named := Map(func(ctx context.Context, o client.Object) ([]types.NamespacedName, error) {
		return find(ctx, client.ObjectKeyFromObject(o))
	})
	return handler.Funcs{
		CreateFunc: named.Create,
		DeleteFunc: named.Delete,
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			named.Generic(ctx, event.GenericEvent{Object: e.ObjectNew}, queue) // once, where Map asks for the object before and after
		},
	}
}

// unlessListed is a handler that leaves out what is listed at the start.
type unlessListed struct{ handler.EventHandler }

// Create handles what has come since the start.
func (u unlessListed) Create(ctx context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	if !e.IsInInitialList {
		u.EventHandler.Create(ctx, e, queue)
	}
}

// Later returns a handler that wakes the objects that find names a while after an object has come or gone, so that many that come at once wake them
// once. What is listed at the start wakes nobody, as with Map.
func Later[T client.Object](delay time.Duration, find func(ctx context.Context, changed T) ([]types.NamespacedName, error)) handler.EventHandler {
	wake := func(ctx context.Context, o client.Object, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		for _, request := range requests(ctx, o, find) {
			queue.AddAfter(request, delay)
		}
	}
	return unlessListed{handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			wake(ctx, e.Object, queue)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			wake(ctx, e.Object, queue)
		},
	}}
}

// First returns a handler that gives the objects that are listed at the start their priority. Without it they have one that is lower than that of
// anything that happens later, whatever their urgency.
func First[T client.Object](priority func(listed T) int) handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			object, ok := e.Object.(T)
			if !ok || !e.IsInInitialList {
				return
			}
			if ordered, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				urgency := priority(object)
				ordered.AddWithOpts(priorityqueue.AddOpts{Priority: &urgency}, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
			}
		},
	}
}

func requests[T client.Object](ctx context.Context, o client.Object, find func(ctx context.Context, changed T) ([]types.NamespacedName, error)) []reconcile.Request {
	object, ok := o.(T)
	if !ok {
		return nil
	}
	names, err := find(ctx, object)
	if err != nil {
		log.FromContext(ctx).Error(err, "Looking up the objects to wake", "changed", client.ObjectKeyFromObject(o))
		return nil
	}
	requests := make([]reconcile.Request, len(names))
	for i, name := range names {
		requests[i] = reconcile.Request{NamespacedName: name}
	}
	return requests
}

// Names returns the names of the items of a list.
func Names[T any, P interface {
	*T
	client.Object
}](items []T, err error) ([]types.NamespacedName, error) {
	names := make([]types.NamespacedName, len(items))
	for i := range items {
		names[i] = client.ObjectKeyFromObject(P(&items[i]))
	}
	return names, err
}
