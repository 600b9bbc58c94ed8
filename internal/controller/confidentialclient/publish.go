package confidentialclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// tokenFacts are about what is requested in this pass, and published.
type tokenFacts struct {
	// others are what is to be published beside the token, without what templates make; set by gather.
	others map[secret.Field]oauth.Secret
	// templateFails says that a template of the spec cannot be rendered; set by gather.
	templateFails bool
	// minted is the token that was requested in this pass; set by publish.
	minted *oauth.Token
	// finding is what the check of the requested token came to; nil when none was checked. Set by verify.
	finding *verification.Finding
	// refusedUntil is when an attempt that was refused before is due again; set by refusedBefore and keepIdentity, zero when it is due now.
	refusedUntil time.Time
	// contested is how long the Secret is left as somebody else made it; set by publish.
	contested time.Duration
}

// publish replaces the token if there is a reason to, and keeps everything else in its Secret in order.
func (p *pass) publish(ctx context.Context) error {
	if err := p.gather(ctx); err != nil {
		return err
	}
	p.decide(p.specHash())
	if !p.decision.Renew() {
		p.Unpublished.forget(p.obj.UID) // it was written after all
	}
	if p.decision.Renew() || !p.isAsWanted() {
		if err := p.bringUpToDate(ctx); err != nil {
			return err
		}
	}
	return p.prune(ctx)
}

// bringUpToDate makes sure of the Secret, unless this pass has looked at it past the cache. Then it writes what is still to be written.
func (p *pass) bringUpToDate(ctx context.Context) error {
	if !p.published.Live {
		if err := p.lookAgain(ctx); err != nil {
			return err
		}
	}
	if p.decision.Renew() || !p.isAsWanted() {
		if err := p.published.Writable(p.claim, p.layout); err != nil {
			return err // before a token is requested that has no place
		}
	}
	switch {
	case p.decision.Renew():
		err := p.renew(ctx)
		if err != nil && p.unfit != nil && p.published.CredentialDiffers(p.others) {
			// Client credentials that are published and void by now do not wait for a token that may be published.
			if err := p.rewrite(ctx); err != nil {
				return err
			}
		}
		return err
	case !p.isAsWanted():
		return p.rewrite(ctx)
	}
	return nil
}

// lookAgain looks at the Secret past the cache, once a token that is to be renewed has its place at the tenant. The cache may lag behind our own last
// write; if it shows that very write, there is nothing more to see: what somebody else does in this moment, a look now could miss as well.
func (p *pass) lookAgain(ctx context.Context) error {
	if p.decision.Renew() {
		if err := p.session.Enter(ctx); err != nil {
			return err
		}
	}
	if p.Echoes.Last(p.published.UID, p.published.Version) {
		return nil
	}
	var err error
	p.published, err = secret.ObserveLive(ctx, p.Live, p.secretKey(), p.claim)
	if err == nil {
		p.decide(p.specHash())
	}
	return err
}

// renew requests a token and publishes it, in one write together with all that is known of it. Where no token is delivered, it is requested
// to try the credential, and dropped.
func (p *pass) renew(ctx context.Context) error {
	reason := p.decision.Reason
	repair := p.isRepair(reason)
	if repair {
		if err := p.contest(); err != nil {
			return err
		}
	}
	content := secret.Content{IssueTime: p.Clock.Now(), SpecHash: p.specHash(), RenewRequest: p.asks(v1alpha1.RenewRequestAnnotation)}
	if err := p.tryWrite(ctx, content); err != nil {
		return err
	}
	if p.canTry() {
		token, err := p.mint(ctx)
		if err != nil {
			return err
		}
		p.minted = &token
		content.IssueTime, content.SpecHash = token.RequestTime, p.specHash()
		if p.layout.HoldsToken() {
			content.AccessToken, content.TokenType, content.Scope = token.AccessToken, token.Type, token.Scopes.String()
			content.ExpirationTime, content.TenantExpirationTime = token.ExpirationTime, token.TenantExpirationTime
		}
	}
	if err := p.write(ctx, content); err != nil {
		if p.minted != nil && p.proof == nil {
			p.Unpublished.keep(p.obj.UID, unpublished{order: p.order(), token: *p.minted, finding: p.finding})
		}
		return err
	}
	p.Unpublished.forget(p.obj.UID)
	if repair {
		p.Contests.Repaired(string(p.obj.UID), p.Clock.Now())
	}
	log.FromContext(ctx).V(1).Info("Published token", "reason", reason, "secret", p.secretKey(), "expirationTime", content.ExpirationTime)
	p.decide(content.SpecHash)
	return nil
}

// tryWrite asks kube-apiserver whether it would take the Secret by now, if it refused it the last time: a token that cannot be published need not be
// requested. Only a refusal counts; content is not what will be written.
func (p *pass) tryWrite(ctx context.Context, content secret.Content) error {
	refused := func(c metav1.Condition) bool { return c.Reason == v1alpha1.ReasonSecretRefused }
	if !slices.ContainsFunc(p.stored.Status.Conditions, refused) {
		return nil
	}
	content.Others = p.others
	publisher := p.publisher()
	publisher.Client = client.NewDryRunClient(p.Client)
	_, err := publisher.Publish(ctx, p.published, content, p.layout)
	if refusal, is := errors.AsType[*secret.RefusedError](err); is {
		return refusal
	}
	return nil
}

// rewrite publishes the token as it is, with what is wanted beside it now, under the keys that are wanted now. It requests no token.
func (p *pass) rewrite(ctx context.Context) error {
	repair := p.published.IsEdited(p.dress, p.claim)
	if repair {
		if err := p.contest(); err != nil {
			return err
		}
	}
	if err := p.write(ctx, p.published.Content); err != nil {
		return err
	}
	if repair {
		p.Contests.Repaired(string(p.obj.UID), p.Clock.Now())
	}
	return nil
}

// isRepair says whether a mint puts right what somebody else did to the Secret.
func (p *pass) isRepair(reason renewal.Reason) bool {
	published := p.obj.Status.Token != nil || !p.layout.HoldsToken()
	return published && p.obj.Status.SecretName == p.secretKey().Name && (reason == renewal.SecretMissing || reason == renewal.TokenTampered)
}

// contest slows down when somebody else keeps deleting or editing the Secret: a repair costs a write each time, and mostly a token.
func (p *pass) contest() error {
	p.contested = p.Contests.Wait(string(p.obj.UID), p.Clock.Now())
	if p.contested == 0 {
		return nil
	}
	return &report.Blocked{
		Reason:  v1alpha1.ReasonSecretContested,
		Message: fmt.Sprintf("Secret %s keeps being deleted or edited by somebody else; it is repaired ever more rarely: look for another controller or a GitOps tool that writes it", p.secretKey()),
	}
}

// write publishes a token, with what is wanted beside it, in the Secret as it was observed.
func (p *pass) write(ctx context.Context, content secret.Content) error {
	content.Rollout = p.rolloutHash(content)
	var err error
	if content.Others, err = p.beside(content); err != nil {
		return err
	}
	published, err := p.publisher().Publish(ctx, p.published, content, p.layout)
	if err != nil {
		return err
	}
	p.Echoes.Wrote(published.UID, published.Version)
	p.published = published
	return nil
}

func (p *pass) publisher() secret.Publisher {
	return secret.Publisher{Client: p.Client, Key: p.secretKey(), Claim: p.claim, Dress: p.dress}
}

// prune removes the Secret in which the token was published under an earlier name, if it is still ours.
func (p *pass) prune(ctx context.Context) error {
	old := types.NamespacedName{Namespace: p.obj.Namespace, Name: p.obj.Status.SecretName}
	if old.Name == "" || old == p.secretKey() {
		return nil
	}
	return p.pruneSecret(ctx, old)
}

// pruneSecret deletes a Secret if it is ours.
func (p *pass) pruneSecret(ctx context.Context, key types.NamespacedName) error {
	err := secret.Prune(ctx, p.Client, p.Live, key, p.claim)
	if _, foreign := errors.AsType[*secret.NotOwnedError](err); foreign {
		return nil // somebody else has taken the name
	}
	return err
}
