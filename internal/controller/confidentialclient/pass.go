package confidentialclient

import (
	"cmp"
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// pass is one look at one ConfidentialClient: the object, what is stored of it, and the facts found on the way. It is never kept.
type pass struct {
	*Reconciler
	// obj is worked on; stored is what kube-apiserver has of it.
	obj, stored *v1alpha1.ConfidentialClient
	facts
}

// facts are what one pass found out.
type facts struct {
	// layout that the spec asks the Secret to have; set from the beginning.
	layout secret.Layout
	// dress that the spec asks for; set from the beginning.
	dress secret.Dress
	// claim to the Secret; set from the beginning.
	claim secret.Claim
	// published is what the Secret holds; set by observeSecret and again by publish.
	published secret.Published
	// decision about the published token; set by observeSecret, by publish once the whole spec hash is known, and again
	// after a mint.
	decision renewal.Decision
	// tenant that issues the tokens; set by findApplication.
	tenant *v1alpha1.IdentityTenant
	// oauthClient whose application issues them; set by findApplication, nil for an application that nobody manages here.
	oauthClient *v1alpha1.OAuthClient
	// applicationID of the application; set by findApplication.
	applicationID string
	// session with the tenant; set by resolve.
	session *tenant.Session
	// mark that we leave on the tenant; set by resolve.
	mark ownership.Mark
	// resolving says that the pass got as far as the references and the identity; set by advance.
	resolving bool
	// identityChecked says that the identity was looked up on the tenant, and is as the spec asks for; set by provision and checkOnRequest.
	identityChecked bool
	// identityApplied says that the identity is as the spec asks for; set by advance.
	identityApplied bool
	// credential is the client's own, as it was last read or written; nil for none yet. That of a managed identity is set by alignIdentities, mostly from the
	// cache, and whoever is to use one asks liveCredential.
	credential *secret.Stored
	// credentialLive says that it was read past the cache, or written, in this pass; set by noteCredential.
	credentialLive bool
	// credentialVersion tells writes of a credential that users bring apart; set by liveCredential.
	credentialVersion string
	// rotation is the decision about it; set by rotate, and again after each change of it.
	rotation rotation.Decision
	// rotationSeen says that the pass got as far as to judge it; set by retire.
	rotationSeen bool
	// tasks are those that have failed; set by try.
	tasks map[kindOfTask]task
	// proof is the token that was requested with a new credential, and that is to be published; set by prove.
	proof *oauth.Token
	// unfit is why a token that the tenant has issued to the client's credential must not be published: the credential is good, the token is not. Set
	// by prove and request.
	unfit error
	// rotated says that another credential has become the present one; set by prove.
	rotated bool
	// others are what is to be published beside the token, without what templates make; set by gather.
	others map[secret.Field]oauth.Secret
	// templateFails says that a template of the spec cannot be rendered; set by gather.
	templateFails bool
	// minted is the token that was requested in this pass; set by publish.
	minted *oauth.Token
	// finding is what the check of the requested token came to; nil when none was checked. Set by verify.
	finding *verification.Finding
	// credentialRefused is why the client's own credential could not be used; set by publish.
	credentialRefused error
	// refusedUntil is when an attempt that was refused before is due again; set by refusedBefore and keepIdentity, zero when it is due now.
	refusedUntil time.Time
	// contested is how long the Secret is left as somebody else made it; set by publish.
	contested time.Duration
	// rollout is what became of the restart of workloads; nil when none was due. Set by rollOut.
	rollout *rollout
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
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
	if p.minted == nil && report.Changed(p.stored, p.obj) {
		// The Secret's own event may have come before that of our last status: then there is nothing to correct.
		if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
			return report.Again(err)
		}
	}
	changed, storeErr := report.Conclude(ctx, p.Client, p.Recorder, p.stored, p.obj)
	if storeErr != nil {
		return report.Again(storeErr)
	}
	if changed {
		p.tellRollout()
	}
	p.tellRotation()
	return p.schedule(err), nil
}
