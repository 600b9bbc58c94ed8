package oauthclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/internal/report"
)

// waitOutside lets a new OAuthClient wait for its place at the tenant before anything is written or read for it: what it would find out could change until
// it is its turn. It returns *tenant.GateError when that is soon, and nil whenever the pass is to go on, be it to tell what is wrong.
func (p *pass) waitOutside(ctx context.Context) error {
	if !report.IsNew(p.obj) || p.obj.Spec.Suspend {
		return nil
	}
	err := p.observe(ctx)
	if err == nil {
		err = p.connect(ctx)
	}
	if err == nil {
		err = p.session.Enter(ctx)
	}
	if report.AwaitsTurn(err, false) {
		return err
	}
	return nil
}
