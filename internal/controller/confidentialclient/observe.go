package confidentialclient

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// secretFacts are about the published Secret: what it is asked to hold, and what it holds.
type secretFacts struct {
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
}

// wayFacts are about the way to the application and its tenant.
type wayFacts struct {
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
}

// secretKey returns the name of the Secret in which the token is published.
func (p *pass) secretKey() types.NamespacedName {
	name := p.obj.Name
	if s := p.obj.Spec.Secret; s != nil && s.Name != "" {
		name = s.Name
	}
	return types.NamespacedName{Namespace: p.obj.Namespace, Name: name}
}

// observeSecret looks at what is published. It needs nothing but the cluster, so that a published token is known to be good also
// while everything else fails.
func (p *pass) observeSecret(ctx context.Context) error {
	var err error
	p.published, err = secret.Observe(ctx, p.Client, p.Live, p.secretKey(), p.claim)
	if err == nil && !p.published.Live && p.cacheLags() {
		p.published, err = secret.ObserveLive(ctx, p.Live, p.secretKey(), p.claim)
	}
	if err != nil {
		return err
	}
	// What the application contributes to the hash is not known yet: suppose that it is as it was.
	_, remote, _ := strings.Cut(p.published.Content.SpecHash, hashSeparator)
	p.decide(p.localHash() + hashSeparator + remote)
	return nil
}

// cacheLags says whether the status tells of a later token than the Secret in the cache holds. After a watch that broke, a cache can be seconds behind
// that of another kind; a pass that believed it would tell of the token before in the status, and the next one take that back. A Secret
// that a backup brought back looks the same.
func (p *pass) cacheLags() bool {
	told := p.obj.Status.Token
	return told != nil && told.IssueTime != nil && p.published.Intact && p.published.Content.IssueTime.Before(told.IssueTime.Time)
}

// decide judges the published token against a hash of the spec.
func (p *pass) decide(specHash string) {
	content := p.published.Content
	policy := policyOf(p.obj)
	policy.ClockOffset = p.clockOffset()
	// A wall clock that was set back must not make the token seem younger than it is.
	back := p.Countdowns.SetBack(string(p.obj.UID), content.IssueTime.String(), p.Clock.Now())
	input := renewal.Input{
		Found:             p.published.Found(),
		Intact:            p.published.Intact,
		PublishedSpecHash: content.SpecHash,
		WantedSpecHash:    specHash,
		CredentialChanged: p.published.CredentialDiffers(p.others),
		CredentialProved:  p.proof != nil && p.minted == nil,
		Requested:         p.renewRequested(),
		Token:             renewal.Token{IssueTime: content.IssueTime.Add(-back)},
		Policy:            policy,
	}
	if p.layout.HoldsToken() {
		input.Found = input.Found && (!p.published.Intact || p.published.Layout.HoldsToken())
		input.Token.ExpirationTime, input.Token.TenantExpirationTime = content.ExpirationTime.Add(-back), content.TenantExpirationTime
	}
	p.decision = renewal.Decide(p.Clock.Now(), input)
}

// clockOffset returns the tenant's clock minus ours, as the last call has measured it, else as the status of the IdentityTenant has it.
func (p *pass) clockOffset() time.Duration {
	if p.session != nil {
		if offset, known := p.session.ClockOffset(); known {
			return offset
		}
	}
	if p.tenant != nil && p.tenant.Status.ClockOffset != nil {
		return p.tenant.Status.ClockOffset.Duration
	}
	return 0
}

// policyOf returns when a ConfidentialClient wants its token renewed.
func policyOf(c *v1alpha1.ConfidentialClient) renewal.Policy {
	policy := renewal.Policy{UID: string(c.UID)}
	t := c.Spec.Token
	if t == nil {
		return policy
	}
	if t.RenewBefore != nil {
		policy.Before = t.RenewBefore.Duration
	}
	if t.RenewBeforePercent != nil {
		policy.Percent = int(*t.RenewBeforePercent)
	}
	if t.PropagationAllowance != nil {
		policy.Allowance = t.PropagationAllowance.Duration
	}
	return policy
}

// resolve asks for every consent on every pass, and finds the way to the tenant. It writes nothing.
func (p *pass) resolve(ctx context.Context) error {
	if err := p.admit(ctx); err != nil {
		return err
	}
	if err := p.allow(); err != nil {
		return err
	}
	if err := p.applicationReady(); err != nil {
		return err
	}
	p.mark = markOf(p.obj, p.tenant)
	var err error
	p.session, err = p.Connector.Session(ctx, p.tenant)
	return err
}

// findApplication follows the references to the application and to its tenant, which it does not ask yet.
func (p *pass) findApplication(ctx context.Context) error {
	var err error
	if application := p.obj.Spec.Application; application != nil {
		p.applicationID = application.ApplicationID
		p.tenant, err = p.Resolver.LookUpTenant(ctx, application.TenantRef, p.obj.Namespace)
		return err
	}
	if p.oauthClient, err = p.Resolver.OAuthClient(ctx, *p.obj.Spec.OAuthClientRef, p.obj.Namespace); err != nil {
		return err
	}
	p.applicationID = p.oauthClient.Spec.ApplicationID
	p.tenant, err = p.Resolver.LookUpTenant(ctx, p.oauthClient.Spec.TenantRef, p.oauthClient.Namespace)
	return err
}

// markOf returns the mark that a ConfidentialClient leaves on a tenant.
func markOf(c *v1alpha1.ConfidentialClient, t *v1alpha1.IdentityTenant) ownership.Mark {
	return ownership.Mark{ClusterID: t.Status.ClusterID, Kind: "ConfidentialClient", Namespace: c.Namespace, Name: c.Name, UID: string(c.UID)}
}
