package identitytenant

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

// follow looks at the IdentityTenant of another shard, on which objects of ours may be: nobody else tells this process that a CA bundle, or the
// credentials for a proxy, have changed. It writes nothing, and does not call the tenant; whoever works on the IdentityTenant tells what is wrong with it.
func (r *Reconciler) follow(ctx context.Context, obj *v1alpha1.IdentityTenant) (ctrl.Result, error) {
	r.Retries.Succeeded(string(obj.UID)) // it may have been ours
	r.Census.forget(obj.UID)
	wait := lookInterval
	if _, _, err := r.Connector.Refresh(ctx, obj); report.FromCluster(err) {
		return report.Again(err)
	} else if err != nil {
		wait = missingInterval
	}
	return ctrl.Result{RequeueAfter: wait, Priority: new(schedule.PriorityChanged)}, nil
}
