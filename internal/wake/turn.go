package wake

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// Turn returns the source of a controller that wakes the objects for which a tenant has kept a place. They keep the priority that they wait with:
// those of slow tenants, which together can hold all workers, must not go before the more urgent ones of others.
func Turn(visits *tenant.Visits) source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		visits.OnTurn(func(object string, wait time.Duration) {
			namespace, name, _ := strings.Cut(object, string(types.Separator))
			queue.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}, wait)
		})
		return nil
	})
}
