package confidentialclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// publish replaces the token if there is a reason to, and keeps everything else in its Secret in order.
func (p *pass) publish(ctx context.Context) error {
	if err := p.gather(ctx); err != nil {
		return err
	}
	p.decide(p.specHash())
	if p.decision.Renew() || !p.isAsWanted() {
		if err := p.bringUpToDate(ctx); err != nil {
			return err
		}
	}
	return p.prune(ctx)
}

// bringUpToDate looks at the Secret again, live: the cache may lag behind our own last write. Then it writes what is still to be written.
func (p *pass) bringUpToDate(ctx context.Context) error {
	var err error
	if p.published, err = secret.Observe(ctx, p.Live, p.Live, p.secretKey(), p.claim); err != nil {
		return err
	}
	p.decide(p.specHash())
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
		return err
	}
	if repair {
		p.Contests.Repaired(string(p.obj.UID), p.Clock.Now())
	}
	log.FromContext(ctx).V(1).Info("Published token", "reason", reason, "secret", p.secretKey(), "expirationTime", content.ExpirationTime)
	p.decide(content.SpecHash)
	return nil
}

// canTry says whether a token can be requested at all. An application that is only for users who log in issues none to the client
// itself; its client can have its credentials delivered all the same.
func (p *pass) canTry() bool {
	return p.oauthClient == nil || application.IssuesToConfidentialClients(p.oauthClient)
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

// mint requests a token. When the tenant refuses the client for a reason that can be mended, it is mended and asked once more.
func (p *pass) mint(ctx context.Context) (oauth.Token, error) {
	if p.proof != nil {
		return *p.proof, nil // a rotation has requested it
	}
	if p.unfit != nil {
		return oauth.Token{}, p.unfit
	}
	credential, err := p.credential(ctx)
	if err != nil {
		return oauth.Token{}, err
	}
	if err := p.hold(); err != nil {
		p.noteRefusal(err)
		return oauth.Token{}, err
	}
	token, err := p.request(ctx, credential.Credential)
	if oauth.IsInvalidClient(err) && p.provePending(ctx, credential) {
		if err := p.gather(ctx); err != nil || p.proof == nil {
			return oauth.Token{}, cmp.Or(err, p.unfit)
		}
		return *p.proof, nil
	}
	if err != nil && p.managed() && mendable(err) {
		if mendErr := p.mend(ctx, credential, err); mendErr != nil {
			p.noteRefusal(err)
			return oauth.Token{}, mendErr
		}
		token, err = p.request(ctx, credential.Credential)
	}
	if err != nil {
		p.noteRefusal(err)
	}
	return token, err
}

// request requests a token with a credential. What it gets is fit to be published.
func (p *pass) request(ctx context.Context, credential oauth.Credential) (oauth.Token, error) {
	scopes := oauth.NewScopeSet(p.obj.Spec.Scopes...)
	token, err := p.ask(ctx, credential, scopes)
	if err != nil {
		return oauth.Token{}, err
	}
	p.unfit = p.judge(ctx, credential, token, scopes)
	return token, p.unfit
}

// judge says why a token must not be published; nil when it may.
func (p *pass) judge(ctx context.Context, credential oauth.Credential, token oauth.Token, scopes oauth.ScopeSet) error {
	if missing := token.Scopes.Missing(scopes); len(missing) > 0 {
		return &report.Refused{
			Reason:  v1alpha1.ReasonScopeNotGranted,
			Message: fmt.Sprintf("the tenant did not grant scope %s of application %q; the token is not published", strings.Join(missing, ", "), p.applicationID),
		}
	}
	// What a client that names no scopes is granted is the tenant's choice, and may be more than it may have.
	if err := tenancy.AllowScopes(p.tenant, token.Scopes.Slice()); err != nil {
		return &report.Refused{
			Reason:  v1alpha1.ReasonNotAdmitted,
			Message: fmt.Sprintf("the token has more scopes than were requested, and is not published: %v; name spec.scopes", err),
		}
	}
	return p.verify(ctx, credential, token)
}

// ask makes one attempt at a token. What our own limits hold back is none.
func (p *pass) ask(ctx context.Context, credential oauth.Credential, scopes oauth.ScopeSet) (oauth.Token, error) {
	token, err := p.session.RequestToken(ctx, p.applicationID, credential, scopes)
	if !tenant.HeldBack(err) {
		p.Metrics.Minted(cmp.Or(p.decision.Reason, renewal.CredentialProved), err) // without a reason it is a rotation that asks
	}
	return token, err
}

func (p *pass) noteRefusal(err error) {
	if oauth.IsInvalidClient(err) {
		p.credentialRefused = err
	}
}

// credential returns the client's credential, read once in a pass and past any cache: what was stored last counts.
func (p *pass) credential(ctx context.Context) (secret.Stored, error) {
	if p.known != nil {
		return *p.known, nil
	}
	stored, err := p.readCredential(ctx)
	if err != nil {
		p.credentialRefused = err
		return secret.Stored{}, err
	}
	p.known = &stored
	return stored, nil
}

func (p *pass) readCredential(ctx context.Context) (secret.Stored, error) {
	if !p.managed() {
		key := types.NamespacedName{Namespace: p.obj.Namespace, Name: p.obj.Spec.Credential.SecretRef.Name}
		referenced, err := secret.ReadCredential(ctx, p.Live, key)
		p.credentialVersion = referenced.Version
		return secret.Stored{Credential: referenced.Credential}, err
	}
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	if err != nil || found {
		return stored, err
	}
	return p.replaceLostCredential(ctx)
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
