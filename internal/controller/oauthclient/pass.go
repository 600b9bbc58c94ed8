package oauthclient

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// pass is one look at one OAuthClient: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it, set by ensureFinalizer.
	obj, stored *v1alpha1.OAuthClient
	facts
}

// facts are what one pass found out.
type facts struct {
	// written says that the object was written at the beginning of this pass, by a compare-and-swap, which proves that it was the present one; set by
	// ensureFinalizer.
	written bool
	// observed says that observe has come to its end.
	observed bool
	// tenant on which the application lives; set by observe.
	tenant *v1alpha1.IdentityTenant
	// mark that we leave on the tenant; set by observe.
	mark ownership.Mark
	// merged scopes; nil until observe has looked at the Scopes.
	merged *application.Merged
	// desired state; nil until observe has everything it depends on.
	desired *application.Desired
	// session with the tenant; set by connect.
	session *tenant.Session
	// checking says that the pass only looks whether somebody has changed the application; set by advance.
	checking bool
	// burst is how long to wait for further Scopes before the application is updated; set by advance.
	burst time.Duration
	// current is the application as the tenant has it; set by configure and compare.
	current identity.Application
	// grants on the application; set by readGrants, nil until then and after one was changed.
	grants []identity.Grant
	// change of the application that was made in this pass; nil for none.
	change *v1alpha1.ApplicationChange
	// applied are the scopes that were found on the application; nil until apply or compare have come to their end.
	applied []v1alpha1.AppliedScope
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
}

// ensureFinalizer adds our finalizer, if it is missing.
func (p *pass) ensureFinalizer(ctx context.Context) (err error) {
	p.written, err = report.EnsureFinalizer(ctx, p.Client, p.obj)
	p.stored = p.obj.DeepCopy()
	return err
}

// advance observes, plans and acts.
func (p *pass) advance(ctx context.Context) error {
	if !p.obj.DeletionTimestamp.IsZero() {
		return p.remove(ctx)
	}
	if err := p.observe(ctx); err != nil {
		return err
	}
	if p.obj.Spec.Suspend {
		return nil
	}
	p.checking = p.inSync()
	if p.checking && !p.checkDue() && !p.requested() {
		return nil
	}
	if p.burst = p.burstWait(); p.burst > 0 {
		return nil
	}
	if p.checking && !p.requested() {
		ctx = tenant.WithClass(ctx, tenant.ClassDrift)
	}
	if err := p.connect(ctx); err != nil {
		return err
	}
	if err := p.session.Enter(ctx); err != nil {
		return err // before anything is read that may change until it is its turn
	}
	if err := p.fresh(ctx); err != nil {
		return err
	}
	if err := p.reach(ctx); err != nil {
		if report.IsRefused(err) {
			p.obj.Status.AppliedHash = "" // what was applied may not hold any more, and neither a restart nor an older manifest may take it for granted
		}
		return err
	}
	p.Checks.Done(p.Clock.Now(), string(p.obj.UID))
	p.obj.Status.LastHandledReconcileRequest = annotation.Request(p.obj, v1alpha1.ReconcileRequestAnnotation)
	return nil
}

// fresh says whether the object of the pass is the present one. One that the pass has just written is.
func (p *pass) fresh(ctx context.Context) error {
	if p.written {
		return nil
	}
	return report.Fresh(ctx, p.Live, p.obj)
}

// reach brings the tenant to the desired state, or tells how far it is from there where that is all that is asked for.
func (p *pass) reach(ctx context.Context) error {
	if p.observing() {
		return p.compare(ctx)
	}
	return p.apply(ctx)
}

// checkpoint stores the status in the middle of a pass: what the next step on the tenant rests on. On a conflict the pass ends, and
// nothing is sent.
func (p *pass) checkpoint(ctx context.Context) error {
	return report.Checkpoint(ctx, p.Client, &p.stored, p.obj)
}

// finish stores the status if it has changed, tells a transition of Ready, and says when to come back.
func (p *pass) finish(ctx context.Context, err error) (ctrl.Result, error) {
	changed, storeErr := report.Conclude(ctx, p.Client, p.Recorder, p.stored, p.obj)
	if storeErr != nil {
		return report.Again(storeErr)
	}
	if changed {
		p.tellChange()
	}
	return p.schedule(err), nil
}
