package confidentialclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// admit asks the tenant. An OAuthClient speaks for its namespace; whether the tenant admits the consumer's own is asked all the same.
func (p *pass) admit(ctx context.Context) error {
	if p.oauthClient != nil {
		if err := p.Resolver.AdmitToTenant(ctx, p.tenant, p.oauthClient.Namespace); err != nil {
			return err
		}
	}
	return p.Resolver.AdmitToTenant(ctx, p.tenant, p.obj.Namespace)
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
	if p.layout.HoldsToken() && application.WasSeenToIssueNone(o) {
		return &report.Blocked{
			Reason:  v1alpha1.ReasonOAuthClientNotReady,
			Message: fmt.Sprintf("OAuthClient %s/%s is declared to issue tokens to confidential clients, and its application does not yet; its conditions say why, should it last", o.Namespace, o.Name),
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
