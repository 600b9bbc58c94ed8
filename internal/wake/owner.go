package wake

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Owner returns a handler that wakes the controlling owner of an object, if that is of the given kind: at once when the object has been deleted, else a
// moment later, when it is known whether the owner's own pass has written the object, and not at all if it has. Objects that are listed at the start
// wake nobody: their owners are listed, too.
func Owner(kind schema.GroupVersionKind, echoes *Echoes) handler.EventHandler {
	return unlessListed{handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			echoes.wakeUnlessOwn(e.Object, ownersOf(kind, e.Object), queue)
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			echoes.wakeUnlessOwn(e.ObjectNew, ownersOf(kind, e.ObjectOld, e.ObjectNew), queue) // who has lost it feels it, too
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			echoes.forget(e.Object)
			for owner := range ownersOf(kind, e.Object) {
				queue.Add(owner)
			}
		},
	}}
}

// wakeUnlessOwn wakes the owners of an object that is not as this process has written it last. The event often comes before the answer to the write.
func (e *Echoes) wakeUnlessOwn(o client.Object, owners map[reconcile.Request]bool, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	if len(owners) == 0 {
		return
	}
	due := e.clock.After(echo)
	go func() {
		<-due // the context of the event ends with the handler; a queue that has been shut down takes nothing
		if e.Last(o.GetUID(), o.GetResourceVersion()) && len(owners) == 1 {
			return
		}
		for owner := range owners {
			queue.Add(owner)
		}
	}()
}

// ownersOf returns the owners that objects have, by their names.
func ownersOf(kind schema.GroupVersionKind, objects ...client.Object) map[reconcile.Request]bool {
	owners := map[reconcile.Request]bool{}
	for _, o := range objects {
		owner := metav1.GetControllerOf(o)
		if owner == nil || owner.Kind != kind.Kind {
			continue
		}
		if version, err := schema.ParseGroupVersion(owner.APIVersion); err != nil || version.Group != kind.Group {
			continue
		}
		owners[reconcile.Request{NamespacedName: client.ObjectKey{Namespace: o.GetNamespace(), Name: owner.Name}}] = true
	}
	return owners
}
