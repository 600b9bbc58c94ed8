package wake

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Owner returns a handler that wakes the controlling owner of an object, if that is of the given kind: at once when the object has been deleted, else
// after a while, for which the owner's own pass has mostly written the object. A pass that follows it at once would find the owner in the cache as it
// was before, and have to be made a third time. Objects that are listed at the start wake nobody: their owners are listed, too.
func Owner(kind schema.GroupVersionKind, delay time.Duration) handler.EventHandler {
	wake := func(o client.Object, add func(reconcile.Request)) {
		owner := metav1.GetControllerOf(o)
		if owner == nil || owner.Kind != kind.Kind {
			return
		}
		if version, err := schema.ParseGroupVersion(owner.APIVersion); err != nil || version.Group != kind.Group {
			return
		}
		add(reconcile.Request{NamespacedName: client.ObjectKey{Namespace: o.GetNamespace(), Name: owner.Name}})
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			if !e.IsInInitialList {
				wake(e.Object, func(r reconcile.Request) { queue.AddAfter(r, delay) })
			}
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			wake(e.ObjectOld, func(r reconcile.Request) { queue.AddAfter(r, delay) }) // who has lost it feels it, too
			wake(e.ObjectNew, func(r reconcile.Request) { queue.AddAfter(r, delay) })
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			wake(e.Object, func(r reconcile.Request) { queue.Add(r) })
		},
	}
}
