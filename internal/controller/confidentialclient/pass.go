package confidentialclient

import (
	"cmp"
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// pass is one look at one ConfidentialClient: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it, set by ensureFinalizer.
	obj, stored *v1alpha1.ConfidentialClient
	facts
}

// facts are what one pass found out, by subject.
type facts struct {
	secretFacts
	wayFacts
	identityFacts
	credentialFacts
	rotationFacts
	tokenFacts

	// written says that the object was written at the beginning of this pass, by a compare-and-swap, which proves that it was the present one; set by
	// ensureFinalizer.
	written bool
	// rollout is what became of the restart of workloads; nil when none was due. Set by rollOut.
	rollout *rollout
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
}

// newPass returns a pass that has found out nothing yet.
func (r *Reconciler) newPass(obj *v1alpha1.ConfidentialClient) *pass {
	p := &pass{Reconciler: r, obj: obj, facts: facts{
		secretFacts:   secretFacts{layout: secret.LayoutOf(obj.Spec.Secret), dress: secret.DressOf(obj.Spec.Secret), claim: secret.ClaimOf(obj)},
		identityFacts: identityFacts{tasks: map[kindOfTask]task{}},
	}}
	p.claim.SpecHash = p.localHash() + hashSeparator
	return p
}

// ensureFinalizer adds our finalizer, if it is missing.
func (p *pass) ensureFinalizer(ctx context.Context) (err error) {
	p.written, err = report.EnsureFinalizer(ctx, p.Client, p.obj)
	p.stored = p.obj.DeepCopy()
	return err
}

func (p *pass) managed() bool {
	i := p.obj.Spec.Identity
	return i == nil || i.Provisioning != v1alpha1.IdentityProvisioningExternal
}

// advance observes what is published and what that depends on, and acts if every consent is given.
func (p *pass) advance(ctx context.Context) error {
	if !p.obj.DeletionTimestamp.IsZero() {
		return p.remove(ctx)
	}
	if err := p.observeSecret(ctx); err != nil {
		return err
	}
	if p.suspended() {
		return p.stand(ctx)
	}
	p.resolving = true
	if err := p.findApplication(ctx); err != nil {
		return err
	}
	// Before the other consents are asked for: one of them may be what was taken back.
	if err := p.withhold(ctx); err != nil {
		return err
	}
	if err := p.resolve(ctx); err != nil {
		return err
	}
	return p.act(ctx)
}

// act brings the identity to what the spec asks for, replaces credential and token where there is a reason to, and lets a user go that was replaced.
func (p *pass) act(ctx context.Context) error {
	if err := p.alignIdentities(ctx); err != nil {
		return err
	}
	if err := p.keepIdentity(ctx); err != nil {
		return err
	}
	if p.identityApplied {
		if err := p.rotate(tenant.WithClass(ctx, tenant.ClassRotation)); err != nil {
			return err
		}
	}
	err := p.publish(p.urgent(ctx))
	if report.FromCluster(err) || !p.identityApplied {
		return err
	}
	if checkErr := p.checkOnRequest(ctx); checkErr != nil || err != nil {
		return cmp.Or(checkErr, err)
	}
	return p.retire(tenant.WithClass(ctx, tenant.ClassRotation))
}

// checkpoint stores the status in the middle of a pass: what the next step on the tenant rests on. On a conflict the pass ends, and
// nothing is sent.
func (p *pass) checkpoint(ctx context.Context) error {
	return report.Checkpoint(ctx, p.Client, &p.stored, p.obj)
}

// finish stores the status if it has changed, tells a transition of Ready, and says when to come back.
func (p *pass) finish(ctx context.Context, err error) (ctrl.Result, error) {
	if report.Changed(p.stored, p.obj) {
		if err := p.conclude(ctx); err != nil {
			return report.Again(err)
		}
		p.tellRollout()
	}
	p.tellRotation()
	return p.schedule(err), nil
}

// conclude stores the status, which has changed.
func (p *pass) conclude(ctx context.Context) error {
	if p.minted == nil {
		// The Secret's own event may have come before that of our last status: then there is nothing to correct.
		if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
			return err
		}
	}
	return report.ConcludeChanged(ctx, p.Client, p.Recorder, p.stored, p.obj)
}
