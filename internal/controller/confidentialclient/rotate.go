package confidentialclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// rotationFacts are about the replacement of the credential.
type rotationFacts struct {
	// rotation is the decision about the credential; set by rotate, and again after each change of it.
	rotation rotation.Decision
	// rotationSeen says that the pass got as far as to judge it; set by retire.
	rotationSeen bool
	// proof is the token that was requested with a new credential, and that is to be published; set by prove.
	proof *oauth.Token
	// unfit is why a token that the tenant has issued to the client's credential must not be published: the credential is good, the token is not. Set
	// by request.
	unfit error
	// rotated says that another credential has become the present one; set by prove.
	rotated bool
}

// rotate replaces the credential if there is a reason to. What keeps it from that keeps no token from being renewed: it is noted, and the pass
// goes on. The order is the same for both strategies, so that each step can be made again after a pass that was cut off: the new
// credential is stored beside the present one; the tenant learns of it; a token is requested with it; only then it becomes the present one,
// and only then it is published, with that token.
func (p *pass) rotate(ctx context.Context) error {
	if !p.managed() || p.credential == nil {
		return nil
	}
	p.decideRotation()
	if !p.rotation.Rotate() {
		return nil
	}
	if err := p.try(taskRotation, "rotating the credential", func() error {
		err := p.replaceCredential(ctx)
		p.decideRotation()
		return err
	}); err != nil {
		return err
	}
	if err := p.tasks[taskRotation].err; errors.Is(err, errUserGone) {
		return err // it is made again before anything else
	}
	return nil
}

// decideRotation judges the stored credential.
func (p *pass) decideRotation() {
	p.rotation = rotation.Decide(p.Clock.Now(), rotation.Input{
		UID:         string(p.obj.UID),
		RotatedTime: p.credential.RotatedTime,
		Interval:    p.interval(),
		Pending:     p.credential.Pending != nil,
		Request:     p.asks(v1alpha1.RotateRequestAnnotation),
		Handled:     p.credential.RotateRequest,
		Held:        p.strategy() == v1alpha1.RotationStrategyDualIdentity && p.retiring() != nil,
	})
}

// replaceCredential replaces the credential, if that is still to be done: what was decided on may come from a cache.
func (p *pass) replaceCredential(ctx context.Context) error {
	if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
		return err
	}
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	if err != nil || !found {
		return err
	}
	p.noteCredential(stored)
	if p.decideRotation(); !p.rotation.Rotate() {
		return nil
	}
	reason, begun := p.rotation.Reason, stored.Pending != nil
	if !begun {
		if stored, err = p.propose(ctx, stored); err != nil {
			return err
		}
		p.noteCredential(stored)
	}
	if stored.Pending.ClientID == stored.Credential.ClientID {
		err = p.changePassword(ctx, stored, begun)
	} else {
		err = p.changeUser(ctx, stored)
	}
	if err == nil {
		log.FromContext(ctx).Info("Rotated credential", "reason", reason)
	}
	return err
}

// propose stores the next credential, once it is known that nothing is in the way.
func (p *pass) propose(ctx context.Context, stored secret.Stored) (secret.Stored, error) {
	if err := p.tenantReady(); err != nil {
		return secret.Stored{}, err
	}
	// What could not be published is not begun: with InPlace, what is published now ends with the first step.
	if err := p.gather(ctx); err != nil {
		return secret.Stored{}, err
	}
	if err := p.contest(); err != nil {
		return secret.Stored{}, err
	}
	active, username := p.obj.Status.ActiveIdentity(), stored.Credential.ClientID
	if p.strategy() == v1alpha1.RotationStrategyDualIdentity {
		if active.Adopted {
			return secret.Stored{}, &report.Blocked{
				Reason:  v1alpha1.ReasonInvalidSpec,
				Message: fmt.Sprintf("user %q was adopted, and strategy DualIdentity would delete it after its turn; set spec.credential.rotation.strategy to InPlace", active.Username),
			}
		}
		username = partnerOf(*active)
	} else if _, err := p.activeUser(ctx); err != nil {
		return secret.Stored{}, err
	}
	return p.Vault.Propose(ctx, stored, username, p.asks(v1alpha1.RotateRequestAnnotation))
}

// changePassword gives the user the pending credential as its password, and proves it. After a pass that was cut off the user may have it
// already: that is tried first, and needs no admin.
func (p *pass) changePassword(ctx context.Context, stored secret.Stored, begun bool) error {
	if begun && p.canTry() {
		if err := p.prove(ctx, stored); !oauth.IsInvalidClient(err) {
			return err
		}
	}
	if begun {
		if err := p.tenantReady(); err != nil {
			return err
		}
		if _, err := p.activeUser(ctx); err != nil {
			return err
		}
	}
	if err := p.session.Admin().ResetPassword(ctx, p.obj.Status.ActiveIdentity().UserID, stored.Pending.ClientSecret); err != nil {
		return err
	}
	return p.prove(ctx, stored)
}

// prove requests a token with the pending credential, and makes that the present one when the tenant accepts it. The token is published at the end of
// the pass. An application for users only has nothing to try a credential with.
//
// A token that must not be published proves the credential all the same. That is enough for the password of a user, because the one before is void by
// now; a user that is to take over is not sent ahead without a token.
func (p *pass) prove(ctx context.Context, stored secret.Stored) error {
	var proof *oauth.Token
	if p.canTry() {
		// From the new password on, what is published may be refused: a token is as urgent now as one that expires.
		token, err := p.request(p.urgent(ctx), *stored.Pending)
		switch {
		case err == nil:
			proof = &token
		case p.unfit == nil, stored.Pending.ClientID != stored.Credential.ClientID:
			return err
		}
	}
	promoted, err := p.Vault.Promote(ctx, stored, p.Clock.Now())
	if err != nil {
		return err
	}
	p.noteCredential(promoted)
	p.proof, p.rotated = proof, true
	p.assignStates(promoted)
	return nil
}

// provePending tries the pending credential of a user whose present one was refused: a rotation was cut off after the password was set.
func (p *pass) provePending(ctx context.Context, stored secret.Stored) bool {
	if stored.Pending == nil || stored.Pending.ClientID != stored.Credential.ClientID {
		return false
	}
	if err := p.prove(ctx, stored); err != nil {
		log.FromContext(ctx).V(1).Info("Pending credential does not work either", "cause", err.Error())
		return false
	}
	return true
}

// strategy returns how the credential is replaced.
func (p *pass) strategy() v1alpha1.RotationStrategy {
	if r := p.rotationSpec(); r.Strategy != "" {
		return r.Strategy
	}
	return v1alpha1.RotationStrategyInPlace
}

func (p *pass) interval() time.Duration {
	if r := p.rotationSpec(); r.Interval != nil {
		return r.Interval.Duration
	}
	return 0
}

// overlap returns how long a user that was replaced is kept.
func (p *pass) overlap() time.Duration {
	var declared time.Duration
	if r := p.rotationSpec(); r.Overlap != nil {
		declared = r.Overlap.Duration
	}
	return rotation.Overlap(declared, v1alpha1.DefaultRotationOverlap, p.interval())
}

func (p *pass) rotationSpec() v1alpha1.CredentialRotation {
	if c := p.obj.Spec.Credential; c != nil && c.Rotation != nil {
		return *c.Rotation
	}
	return v1alpha1.CredentialRotation{}
}

// rotationDue returns when the credential, or the user that it replaced, needs attention next; zero for never, or when something wakes the object.
func (p *pass) rotationDue() time.Time {
	if p.credential == nil || !p.rotationSeen {
		return time.Time{}
	}
	if p.tasks[taskRotation].err != nil {
		return time.Time{} // its retry is what counts
	}
	if retiring := p.retiring(); retiring != nil {
		due := rotation.RetirementTime(timeOf(retiring.ReplacedTime), p.overlap())
		if p.strategy() == v1alpha1.RotationStrategyDualIdentity || p.rotation.NextTime.IsZero() || due.Before(p.rotation.NextTime) {
			return due
		}
	}
	return p.rotation.NextTime
}
