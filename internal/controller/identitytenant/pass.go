package identitytenant

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// pass is one look at one IdentityTenant: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it.
	obj, stored *v1alpha1.IdentityTenant
	facts
}

// facts are what one pass found out.
type facts struct {
	// clusterID in force; set by observe.
	clusterID string
	// session with the tenant; set by observe.
	session *tenant.Session
	// connectionErr is why the session could not be made from what the spec and its references say now. With a session that is not nil, the
	// last good state is in force; set by observe.
	connectionErr error
	// credential to log in with; set by observe, empty without credentials.
	credential secret.Referenced
	// inputs are the versions of all that a login, or a connection, would be made with now; set by observe.
	inputs string
	// circuit of the session; set by observe, and again by logIn.
	circuit tenant.Circuit
	// answered says that the tenant answered in this pass, be it with a refusal; set by logIn.
	answered bool
	// loginSuffix in force; set by observe or logIn.
	loginSuffix string
	// clockOffset of the tenant; nil while unknown.
	clockOffset *time.Duration
	// waiting is for whom a deletion waits; nil for none. Set by remove.
	waiting error
	// recount is when the dependents may be counted again; zero if they were counted.
	recount time.Duration
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
}

// advance observes the tenant and, where something has changed or the tenant did not answer, logs in. A deletion that waits for dependents goes
// on doing so, because they need the tenant to go.
func (p *pass) advance(ctx context.Context) error {
	if !p.obj.DeletionTimestamp.IsZero() {
		if err := p.remove(ctx); err != nil || p.gone {
			return err
		}
	}
	if err := p.observe(ctx); err != nil {
		return err
	}
	if err := p.prove(ctx); err != nil || p.obj.Spec.Credentials == nil {
		return err
	}
	return p.Connector.Keep(ctx, p.obj, p.credential)
}

// prove logs in where nobody knows whether the tenant accepts the credentials.
func (p *pass) prove(ctx context.Context) error {
	if err := p.heldBack(); err != nil || !p.loginNeeded() {
		return err
	}
	if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
		return err
	}
	return p.logIn(ctx)
}

// finish stores the status if it has changed, tells a transition of Ready, and says when to come back.
func (p *pass) finish(ctx context.Context, err error) (ctrl.Result, error) {
	if _, err := report.Conclude(ctx, p.Client, p.Recorder, p.stored, p.obj); err != nil {
		return report.Again(err)
	}
	p.noteCounts()
	return p.schedule(err), nil
}
