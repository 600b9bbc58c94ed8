package scope

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// pass is one look at one Scope: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it.
	obj, stored *v1alpha1.Scope
	facts
}

// facts are what one pass found out; set by observe.
type facts struct {
	// rejection says why the OAuthClient does not take the scope; nil when it does.
	rejection *application.Rejection
	// applied says that the scope is on the application, as it is defined now.
	applied bool
	// requestedBy names a ConfidentialClient that requests the scope; empty when none does.
	requestedBy types.NamespacedName
}

// finish stores the status if it has changed, and tells a transition of Ready. What a Scope depends on wakes it; it never comes back by itself.
func (p *pass) finish(ctx context.Context) (ctrl.Result, error) {
	if _, err := report.Conclude(ctx, p.Client, p.Recorder, p.stored, p.obj); err != nil {
		return report.Again(err)
	}
	return ctrl.Result{}, nil
}
