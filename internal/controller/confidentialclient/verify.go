package confidentialclient

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// verify checks a token before it is published, and refuses one that is wrong for certain. One that is not kept is not checked.
func (p *pass) verify(ctx context.Context, credential oauth.Credential, token oauth.Token) error {
	if !p.layout.HoldsToken() {
		return nil
	}
	finding := p.session.Verify(ctx, p.applicationID, credential, token, p.expected())
	p.finding = &finding
	if finding.Verdict != verification.Refuted {
		return nil
	}
	return &report.Refused{
		Reason:  string(finding.Reason),
		Message: fmt.Sprintf("%s; the token of application %q is not published", finding.Message, p.applicationID),
	}
}

// expected returns what the OAuthClient says of its tokens, as far as it is in force: a change that is not carried out yet, or that the tenant
// refuses, must not keep the tokens back that the application issues as it is.
func (p *pass) expected() verification.Expected {
	if p.oauthClient == nil || !application.TokensAsDeclared(p.oauthClient) {
		return verification.Expected{}
	}
	return verification.Expected{Issuer: p.oauthClient.Spec.Issuer, Audience: p.oauthClient.Spec.Audience}
}

// describeVerified tells what the check of the last requested token came to, in this pass or an earlier one.
func (p *pass) describeVerified(c report.Conditions) {
	switch {
	case !p.layout.HoldsToken():
		c.Unknown(v1alpha1.ConditionTokenVerified, v1alpha1.ReasonNotDelivered, "spec.secret.deliver has no Token, so none is checked")
	case p.finding != nil:
		switch p.finding.Verdict {
		case verification.Verified:
			c.True(v1alpha1.ConditionTokenVerified, string(p.finding.Reason), p.finding.Message)
		case verification.Refuted:
			c.False(v1alpha1.ConditionTokenVerified, string(p.finding.Reason), p.finding.Message)
		case verification.Unverified:
			c.Unknown(v1alpha1.ConditionTokenVerified, string(p.finding.Reason), p.finding.Message)
		}
	case p.verifiedUnknown():
		c.Unknown(v1alpha1.ConditionTokenVerified, v1alpha1.ReasonPending, "the next token that is requested is checked")
	}
}

// verifiedUnknown says that no check is known of.
func (p *pass) verifiedUnknown() bool {
	known := meta.FindStatusCondition(p.obj.Status.Conditions, v1alpha1.ConditionTokenVerified)
	return known == nil || known.Reason == v1alpha1.ReasonNotDelivered
}
