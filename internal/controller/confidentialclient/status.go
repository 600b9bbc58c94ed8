package confidentialclient

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// describe turns the facts of the pass, and the error that ended it, into the status.
func (p *pass) describe(err error) {
	status := &p.obj.Status
	status.ObservedGeneration = p.obj.Generation
	c := report.Conditions{List: &status.Conditions, Generation: p.obj.Generation, Now: metav1.NewTime(p.Clock.Now())}
	if !p.obj.DeletionTimestamp.IsZero() {
		c.Failed(v1alpha1.ConditionReady, err) // a removal that did not fail leaves nothing to describe
		c.Progress(err)
		return
	}
	p.describeToken()
	p.describeRotation()
	p.describeRequests(err)
	p.describeRollout(c)
	if err == nil && p.suspended() {
		p.describeSuspended(c)
		return
	}
	p.describeIdentity(c, err)
	p.describeCredential(c)
	good := p.decision.Usable && p.decision.Reason != renewal.SpecChanged
	p.describeTokenReady(c, good, err)
	p.describeVerified(c)
	if good && err != nil {
		c.True(v1alpha1.ConditionDegraded, report.Reason(err), fmt.Sprintf("%s; what fails: %v", p.goodUntil(), err))
	} else {
		c.Remove(v1alpha1.ConditionDegraded)
	}
	p.describeRenewBefore(c)
	switch {
	case good && p.inForce(err):
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, p.holds())
		c.Progress(nil)
	case good:
		c.Failed(v1alpha1.ConditionReady, err)
		c.Progress(err)
	default:
		ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionTokenReady)
		c.False(v1alpha1.ConditionReady, ready.Reason, ready.Message)
		c.Progress(err)
	}
}

// holds says for people what the Secret holds.
func (p *pass) holds() string {
	switch {
	case p.layout.HoldsToken():
		return fmt.Sprintf("Secret %q holds a token", p.secretKey().Name)
	case p.layout.HoldsCredential():
		return fmt.Sprintf("Secret %q holds client credentials", p.secretKey().Name)
	}
	return fmt.Sprintf("Secret %q holds endpoints", p.secretKey().Name)
}

func (p *pass) goodUntil() string {
	if p.decision.ExpirationTime.IsZero() {
		return p.holds()
	}
	return "the published token is good until " + p.decision.ExpirationTime.UTC().Format(time.RFC3339)
}

func (p *pass) describeRenewBefore(c report.Conditions) {
	if !p.decision.Adjusted {
		c.Remove(v1alpha1.ConditionRenewBeforeAdjusted)
		return
	}
	lifetime := p.published.Content.ExpirationTime.Sub(p.published.Content.IssueTime)
	c.True(v1alpha1.ConditionRenewBeforeAdjusted, v1alpha1.ReasonOutOfRange, fmt.Sprintf(
		"the token lives %s and is renewed %s before it expires, because what spec.token asks for does not fit; change renewBefore, or the lifetime of the OAuthClient",
		lifetime, p.decision.Before.Round(time.Second)))
}

// inForce says whether the spec is carried out but for the renewal that may be failing: references that went away, an outage, or
// consent that was withdrawn take nothing from a token that is good. An identity that could not be brought to a changed spec does, and so
// does a Secret that holds other keys than the spec asks for.
func (p *pass) inForce(err error) bool {
	if err == nil {
		return true
	}
	if p.templateFails || !p.published.OthersIntact || !p.published.Layout.Equal(p.layout) {
		return false
	}
	if p.identityApplied || !p.managed() {
		return true
	}
	known := p.obj.Status.ActiveIdentity()
	return known != nil && strings.HasPrefix(known.AppliedHash, p.identityLocalHash()+hashSeparator)
}

func (p *pass) describeToken() {
	status := &p.obj.Status
	if p.published.Found() {
		status.SecretName = p.secretKey().Name
	}
	if !p.layout.HoldsToken() {
		status.Token = nil
		return
	}
	if !p.published.Intact || !p.published.Layout.HoldsToken() {
		return
	}
	content := p.published.Content
	token := &v1alpha1.TokenStatus{
		IssueTime:      seconds(content.IssueTime),
		ExpirationTime: seconds(content.ExpirationTime),
		RenewalTime:    seconds(p.decision.RenewalTime),
		Scopes:         oauth.ParseScopeSet(content.Scope).Slice(),
	}
	switch known := status.Token; {
	case p.minted != nil:
		token.KeyID = p.minted.KeyID
	case known != nil && known.IssueTime.Equal(token.IssueTime):
		token.KeyID = known.KeyID
		if p.stored.Status.ObservedGeneration == p.obj.Generation && isNoise(known.RenewalTime, token.RenewalTime) {
			token.RenewalTime = known.RenewalTime
		}
	}
	status.Token = token
}

// noise is by how much a moment that comes from the tenant's clock may move without being told. An IdentityTenant tells an offset of the clock from
// there on; a smaller one is measured anew by each process, to about a second, and would cost a fleet a write for each client at each restart.
const noise = 30 * time.Second

// isNoise says whether a moment has moved so little that it is not worth a write.
func isNoise(told, now *metav1.Time) bool {
	return told != nil && now != nil && told.Sub(now.Time).Abs() < noise
}

func seconds(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	at := metav1.NewTime(t.UTC().Truncate(time.Second))
	return &at
}

func (p *pass) describeIdentity(c report.Conditions, err error) {
	switch {
	case p.identityApplied && !p.managed():
		c.True(v1alpha1.ConditionIdentityProvisioned, v1alpha1.ReasonExternal, "the client is managed by somebody else")
	case p.identityApplied:
		c.True(v1alpha1.ConditionIdentityProvisioned, v1alpha1.ReasonApplied, fmt.Sprintf("user %q is as declared", p.knownUsername()))
	case p.resolving:
		c.Failed(v1alpha1.ConditionIdentityProvisioned, cmp.Or(p.tasks[taskIdentity].err, err))
	case meta.FindStatusCondition(p.obj.Status.Conditions, v1alpha1.ConditionIdentityProvisioned) == nil:
		c.Unknown(v1alpha1.ConditionIdentityProvisioned, v1alpha1.ReasonPending, "not looked at yet")
	}
}

// knownUsername returns the login name that the status knows, or "".
func (p *pass) knownUsername() string {
	if p.obj.Status.ActiveIdentity() == nil {
		return ""
	}
	return p.obj.Status.ActiveIdentity().Username
}

func (p *pass) describeCredential(c report.Conditions) {
	switch {
	case p.credentialRefused != nil:
		c.Failed(v1alpha1.ConditionCredentialValid, p.credentialRefused)
	case p.oauthClient != nil && !p.canTry():
		c.Unknown(v1alpha1.ConditionCredentialValid, v1alpha1.ReasonUntried, "the application has no client credentials grant (token.grantTypes) to try the credential with")
	case p.minted != nil, p.published.Intact && p.credentialUnknown():
		c.True(v1alpha1.ConditionCredentialValid, v1alpha1.ReasonAccepted, "the tenant accepted the credential at the last mint")
	case p.credentialUnknown():
		c.Unknown(v1alpha1.ConditionCredentialValid, v1alpha1.ReasonPending, "no token was requested yet")
	}
}

func (p *pass) credentialUnknown() bool {
	known := meta.FindStatusCondition(p.obj.Status.Conditions, v1alpha1.ConditionCredentialValid)
	return known == nil || known.Status == metav1.ConditionUnknown && known.Reason != v1alpha1.ReasonUntried
}

func (p *pass) describeTokenReady(c report.Conditions, good bool, err error) {
	switch {
	case good && !p.layout.HoldsToken():
		c.True(v1alpha1.ConditionTokenReady, v1alpha1.ReasonNotDelivered, "spec.secret.deliver has no Token, so none is kept")
	case good:
		c.True(v1alpha1.ConditionTokenReady, v1alpha1.ReasonPublished, p.holds())
	case err != nil && p.decision.Usable:
		c.False(v1alpha1.ConditionTokenReady, v1alpha1.ReasonSpecNotApplied, fmt.Sprintf("what is published stems from an older spec, and the present one is not carried out: %v", err))
	case err != nil:
		c.Failed(v1alpha1.ConditionTokenReady, err)
	default:
		c.False(v1alpha1.ConditionTokenReady, v1alpha1.ReasonTokenExpired, "the published token has expired")
	}
}
