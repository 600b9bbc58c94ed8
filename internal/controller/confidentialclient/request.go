package confidentialclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// asks returns the value by which an annotation asks for an action; empty for none.
func (p *pass) asks(name string) string { return annotation.Request(p.obj, name) }

// renewRequested says whether somebody asks for a new token who has not got one. What was handled is written with the token; the status is
// believed, too, so that somebody who takes annotations off the Secret makes no loop.
func (p *pass) renewRequested() bool {
	return annotation.IsOpen(p.obj, v1alpha1.RenewRequestAnnotation, p.published.Content.RenewRequest, p.obj.Status.LastHandledRenewRequest)
}

// checkOnRequest looks at the identity on the tenant when somebody asks for it, and puts right what has changed there. It comes after the token, which
// it must not hold up. It returns what is wrong with the cluster.
func (p *pass) checkOnRequest(ctx context.Context) error {
	if p.identityChecked || !annotation.IsOpen(p.obj, v1alpha1.ReconcileRequestAnnotation, p.obj.Status.LastHandledReconcileRequest) {
		return nil
	}
	if p.managed() {
		if err := p.try(taskIdentity, "", func() error { return p.checkIdentity(ctx) }); err != nil {
			return err
		}
		p.identityApplied = p.tasks[taskIdentity].err == nil
	}
	p.identityChecked = p.identityApplied
	return nil
}

func (p *pass) checkIdentity(ctx context.Context) error {
	if err := p.tenantReady(); err != nil {
		return err
	}
	if p.minted == nil {
		if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
			return err
		}
	}
	if err := p.putRight(ctx); err != nil {
		return err
	}
	_, err := p.liveCredential(ctx) // which is replaced if it was lost
	return err
}

// describeRequests mirrors what was handled.
func (p *pass) describeRequests(err error) {
	if asked := p.asks(v1alpha1.RenewRequestAnnotation); asked != "" && p.published.Content.RenewRequest == asked {
		p.obj.Status.LastHandledRenewRequest = asked
	}
	if asked := p.asks(v1alpha1.ReconcileRequestAnnotation); asked != "" && p.identityChecked && err == nil {
		p.obj.Status.LastHandledReconcileRequest = asked
	}
}
