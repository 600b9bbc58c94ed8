package oauthclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// ownScript stores that the claims script is ours before the tenant gets it: only then is it reset when the manifest names none any
// more. A script that somebody else has set is never reset.
func (p *pass) ownScript(ctx context.Context) error {
	if p.desired.ClaimsScript == "" || p.obj.Status.ClaimsScriptApplied {
		return nil
	}
	p.obj.Status.ClaimsScriptApplied = true
	return p.checkpoint(ctx)
}

// resetClaimsScript brings the tenant's own script back when the manifest names none any more.
func (p *pass) resetClaimsScript(ctx context.Context) error {
	if p.desired.ClaimsScript != "" || !p.obj.Status.ClaimsScriptApplied {
		return nil
	}
	if err := p.clearHash(ctx); err != nil {
		return err
	}
	if err := p.session.Admin().ResetApplicationScript(ctx, p.obj.Status.ApplicationKey); err != nil {
		return err
	}
	p.obj.Status.ClaimsScriptApplied = false
	p.record(v1alpha1.ChangeUpdated, []string{"spec.claimsScript"})
	return nil
}
