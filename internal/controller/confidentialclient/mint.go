package confidentialclient

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// canTry says whether a token can be requested at all. An application that is only for users who log in issues none to the client
// itself; its client can have its credentials delivered all the same.
func (p *pass) canTry() bool {
	return p.oauthClient == nil || application.IssuesToConfidentialClients(p.oauthClient) && !application.WasSeenToIssueNone(p.oauthClient)
}

// mint returns a token to publish: the one that has proved a new credential in this pass, one that could not be written before, else one that is requested. When the tenant refuses the
// client for a reason that can be mended, it is mended and asked once more.
func (p *pass) mint(ctx context.Context) (oauth.Token, error) {
	switch {
	case p.proof != nil:
		return *p.proof, nil
	case p.unfit != nil:
		return oauth.Token{}, p.unfit // what a rotation was given is not to be published; another would not be either
	}
	credential, err := p.liveCredential(ctx)
	if err != nil {
		return oauth.Token{}, err
	}
	if waiting, found := p.Unpublished.find(p.obj.UID, p.order()); found {
		p.finding = waiting.finding
		return waiting.token, nil
	}
	if err := p.refusedBefore(); err != nil {
		p.noteRefusal(err)
		return oauth.Token{}, err
	}
	token, err := p.request(ctx, credential.Credential)
	switch {
	case oauth.IsInvalidClient(err) && p.provePending(ctx, credential):
		if err := p.gather(ctx); err != nil {
			return oauth.Token{}, err
		}
		return p.mint(ctx) // the proof
	case err != nil && p.managed() && mendable(err):
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

// order returns what a token is requested for with the present credential, which was read.
func (p *pass) order() order {
	return order{specHash: p.specHash(), renewRequest: p.asks(v1alpha1.RenewRequestAnnotation), credential: p.credential.Credential}
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
