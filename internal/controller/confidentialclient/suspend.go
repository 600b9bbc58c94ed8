package confidentialclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// suspended says whether all work is held. A deletion is carried out all the same.
func (p *pass) suspended() bool { return p.obj.Spec.Suspend && p.obj.DeletionTimestamp.IsZero() }

// stand does the one thing that a suspension does not hold: client credentials leave the Secret when the tenant takes its consent back. Else
// whoever may write the client could keep them by suspending it.
func (p *pass) stand(ctx context.Context) error {
	err := p.findApplication(ctx)
	if err == nil {
		err = p.withhold(ctx)
	}
	if report.FromCluster(err) {
		return err
	}
	return nil // without the application nothing can be said, and nothing is asked for
}

// describeSuspended tells whether what is published is good, and as the spec asks for it.
func (p *pass) describeSuspended(c report.Conditions) {
	p.describeIdentity(c, nil)
	p.describeCredential(c)
	p.describeVerified(c)
	c.Remove(v1alpha1.ConditionDegraded)
	c.Progress(nil)
	if p.obj.Status.Token != nil {
		p.obj.Status.Token.RenewalTime = nil
	}
	held := &report.Blocked{Reason: v1alpha1.ReasonSuspended, Message: "nothing is requested or changed while spec.suspend is set"}
	good := p.decision.Usable && p.decision.Reason != renewal.SpecChanged
	if good && p.inForce(held) {
		c.True(v1alpha1.ConditionTokenReady, v1alpha1.ReasonPublished, p.holds())
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, p.goodUntil()+"; nothing is requested or changed while spec.suspend is set")
		return
	}
	p.describeTokenReady(c, good, held)
	c.Failed(v1alpha1.ConditionReady, held)
}
