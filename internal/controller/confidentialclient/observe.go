package confidentialclient

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

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
	// tenant that issues the tokens; set by resolve.
	tenant *v1alpha1.IdentityTenant
	// oauthClient whose application issues them; set by resolve, nil for an application that nobody manages here.
	oauthClient *v1alpha1.OAuthClient
	// applicationID of the application; set by resolve.
	applicationID string
	// session with the tenant; set by resolve.
	session *tenant.Session
	// mark that we leave on the tenant; set by resolve.
	mark ownership.Mark
	// resolving says that the pass got as far as the references and the identity; set by advance.
	resolving bool
	// looked says that the identity was looked at on the tenant, and is as the spec asks for; set by provision and lookAgain.
	looked bool
	// identityApplied says that the identity is as the spec asks for; set by advance.
	identityApplied bool
	// kept is the credential of a managed identity as it is stored, from the cache or from a later look; set by settle, nil for none.
	kept *secret.Stored
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
	// known is the client's credential, once it was read; set by credential.
	known *secret.Stored
	// credentialVersion tells writes of a credential that users bring apart; set by credential.
	credentialVersion string
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
	// pending is when a refused attempt is due again; set by hold, zero when it is due now.
	pending time.Time
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
	if err != nil {
		return err
	}
	// What the application contributes to the hash is not known yet: suppose that it is as it was.
	_, remote, _ := strings.Cut(p.published.Content.SpecHash, hashSeparator)
	p.decide(p.localHash() + hashSeparator + remote)
	return nil
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

// resolve follows the references, and asks for every consent on every pass.
func (p *pass) resolve(ctx context.Context) error {
	if err := p.findApplication(ctx); err != nil {
		return err
	}
	if err := p.withhold(ctx); err != nil {
		return err
	}
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

// admit asks the tenant. An OAuthClient speaks for its namespace; whether the tenant admits the consumer's own is asked all the same.
func (p *pass) admit(ctx context.Context) error {
	if p.oauthClient != nil {
		if err := p.Resolver.AdmitToTenant(ctx, p.tenant, p.oauthClient.Namespace); err != nil {
			return err
		}
	}
	return p.Resolver.AdmitToTenant(ctx, p.tenant, p.obj.Namespace)
}

// markOf returns the mark that a ConfidentialClient leaves on a tenant.
func markOf(c *v1alpha1.ConfidentialClient, t *v1alpha1.IdentityTenant) ownership.Mark {
	return ownership.Mark{ClusterID: t.Status.ClusterID, Kind: "ConfidentialClient", Namespace: c.Namespace, Name: c.Name, UID: string(c.UID)}
}

// allow asks the tenant for what the client wants of it. The type of the application and the lifetime of its tokens are asked for, too: when
// they are withdrawn, the tokens of clients that exist already must end as well.
func (p *pass) allow() error {
	if p.oauthClient != nil {
		if err := tenancy.AllowType(p.tenant, p.oauthClient.Spec.Type); err != nil {
			return err
		}
		if err := p.allowLifetime(); err != nil {
			return err
		}
	}
	if err := tenancy.AllowScopes(p.tenant, p.obj.Spec.Scopes); err != nil {
		return err
	}
	if p.obj.Spec.AdoptionPolicy == v1alpha1.AdoptionPolicyAdopt && p.obj.Status.ActiveIdentity() == nil {
		if err := tenancy.AllowAdoption(p.tenant, v1alpha1.AdoptableConfidentialClient); err != nil {
			return err
		}
	}
	if p.layout.HoldsCredential() && p.managed() {
		if err := tenancy.AllowClientSecretDelivery(p.tenant); err != nil {
			return err
		}
	}
	if p.obj.Spec.Identity == nil {
		return nil
	}
	return tenancy.AllowRoles(p.tenant, p.obj.Spec.Identity.Roles)
}

// allowLifetime asks for the lifetime that the OAuthClient declares, and, where that is refused, for the one that the last token had: a change that
// the tenant refuses to the OAuthClient is not in force, and must not take the tokens of its clients away.
func (p *pass) allowLifetime() error {
	err := tenancy.AllowLifetime(p.tenant, application.TokenLifetime(p.oauthClient))
	if err == nil || !p.layout.HoldsToken() {
		return nil
	}
	if last := p.lastLifetime(); last > 0 && tenancy.AllowLifetime(p.tenant, last) == nil {
		return nil
	}
	return err
}

// lastLifetime returns how long the last token lived, as the Secret or else the status knows; 0 without one.
func (p *pass) lastLifetime() time.Duration {
	if content := p.published.Content; p.published.Intact && !content.ExpirationTime.IsZero() {
		return content.ExpirationTime.Sub(content.IssueTime)
	}
	if token := p.obj.Status.Token; token != nil && token.IssueTime != nil && token.ExpirationTime != nil {
		return token.ExpirationTime.Sub(token.IssueTime.Time)
	}
	return 0
}

// applicationReady says whether there is an application to ask for a token, with the scopes that are to be requested. To ask before
// that would be refused.
func (p *pass) applicationReady() error {
	if p.oauthClient == nil {
		return nil
	}
	o := p.oauthClient
	if !application.IssuesToConfidentialClients(o) && (p.layout.HoldsToken() || !application.IsForConfidentialClients(o)) {
		return &report.Blocked{
			Reason:  v1alpha1.ReasonInvalidSpec,
			Message: fmt.Sprintf("OAuthClient %s/%s issues no tokens to confidential clients; it needs clientIDType Confidential and ClientCredentials in token.grantTypes", o.Namespace, o.Name),
		}
	}
	if o.Status.ApplicationKey == "" || o.Status.TokenHash == "" {
		return &report.Blocked{
			Reason:  v1alpha1.ReasonOAuthClientNotReady,
			Message: fmt.Sprintf("OAuthClient %s/%s has no application on the tenant yet; its conditions say why, should it last", o.Namespace, o.Name),
		}
	}
	for _, scope := range p.obj.Spec.Scopes {
		if o.Status.Scopes == nil || !slices.ContainsFunc(o.Status.Scopes.Applied, func(a v1alpha1.AppliedScope) bool { return a.Name == scope }) {
			return &report.Blocked{
				Reason:  v1alpha1.ReasonOAuthClientNotReady,
				Message: fmt.Sprintf("scope %q is not on the application of OAuthClient %s/%s; add it to its spec.scopes, or apply a Scope", scope, o.Namespace, o.Name),
			}
		}
	}
	return nil
}
