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

// Turn returns the source of a controller that wakes the objects for which a tenant has kept a place. They go before all others: each of these few
// holds a place while it waits.
func Turn(visits *tenant.Visits) source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		visits.OnTurn(func(object string) {
			namespace, name, _ := strings.Cut(object, string(types.Separator))
			request := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
			if ordered, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				ordered.AddWithOpts(priorityqueue.AddOpts{Priority: new(schedule.PriorityTurn)}, request)
				return
			}
			queue.Add(request)
		})
		return nil
	})
}
