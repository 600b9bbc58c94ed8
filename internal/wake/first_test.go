package wake_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// TestObjectsThatAreListedAtTheStartHaveTheirPriority whatever controller-runtime's own handler gives them.
func TestObjectsThatAreListedAtTheStartHaveTheirPriority(t *testing.T) {
	queue := priorityqueue.New[reconcile.Request]("first")
	defer queue.ShutDown()
	own := &handler.EnqueueRequestForObject{}
	first := wake.First(func(o *v1alpha1.OAuthClient) int { return int(o.Generation) })
	for generation, name := range []string{"second", "last", "first"} {
		listed := &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: []int64{5, -20, 9}[generation]}}
		e := event.CreateEvent{Object: listed, IsInInitialList: true}
		own.Create(t.Context(), e, queue)
		first.Create(t.Context(), e, queue)
	}
	later := &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Name: "third", Generation: 100}}
	own.Create(t.Context(), event.CreateEvent{Object: later}, queue)
	first.Create(t.Context(), event.CreateEvent{Object: later}, queue)
	if n := queue.Len(); n != 4 {
		t.Fatalf("%d objects are queued", n)
	}
	for _, want := range []string{"first", "second", "third", "last"} {
		got, _ := queue.Get()
		if got != (reconcile.Request{NamespacedName: client.ObjectKey{Name: want}}) {
			t.Errorf("%s comes when it is the turn of %s", got, want)
		}
	}
}
