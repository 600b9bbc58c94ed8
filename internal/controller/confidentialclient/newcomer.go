package confidentialclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/internal/report"
)

// waitOutside lets a new client wait for its place at the tenant before anything is written or read for it: what it would find out could change until it
// is its turn. It returns *tenant.GateError when that is soon, and nil whenever the pass is to go on, be it to tell what is wrong.
func (p *pass) waitOutside(ctx context.Context) error {
	if !report.IsNew(p.obj) || p.suspended() {
		return nil
	}
	err := p.findApplication(ctx)
	if err == nil {
		err = p.resolve(ctx)
	}
	if err == nil {
		err = p.session.Enter(ctx)
	}
	if report.AwaitsTurn(err, false) {
		return err
	}
	return nil
}
