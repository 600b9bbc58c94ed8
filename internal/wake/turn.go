package wake

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// Turn returns the source of a controller that wakes the objects for which a tenant has kept a place. They go before all of their class, who could only come in
// vain. Those that wait for a token keep the priority that they wait with: slow tenants, which together can hold all workers, must not go before the
// more urgent tokens of others.
func Turn(visits *tenant.Visits) source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		visits.OnTurn(func(turn tenant.Turn) {
			namespace, name, _ := strings.Cut(turn.Object, string(types.Separator))
			request := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
			if ordered, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				ordered.AddWithOpts(priorityqueue.AddOpts{Priority: priorityOf(turn.Class), After: turn.Wait}, request)
				return
			}
			queue.AddAfter(request, turn.Wait)
		})
		return nil
	})
}

// priorityOf returns the priority of an object that is called; nil for the one that it has.
func priorityOf(class tenant.Class) *int {
	switch class {
	case tenant.ClassToken:
		return nil
	case tenant.ClassRotation:
		return new(schedule.Ahead(schedule.PriorityRotation))
	case tenant.ClassDrift:
		return new(schedule.Ahead(schedule.PriorityDrift))
	default:
		return new(schedule.Ahead(schedule.PriorityChanged))
	}
}
