package oauthclient

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/consumer"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// observe reads from the cluster what the desired state depends on, and asks for every consent, once in a pass. It asks the tenant nothing.
func (p *pass) observe(ctx context.Context) error {
	if p.observed {
		return nil
	}
	if err := p.Resolver.Watched.SupportsOAuthClient(p.obj); err != nil {
		return err
	}
	if err := p.mergeScopes(ctx); err != nil {
		return err
	}
	var err error
	if p.tenant, err = p.Resolver.Tenant(ctx, p.obj.Spec.TenantRef, p.obj.Namespace); err != nil {
		return err
	}
	if err := tenancy.AllowApplication(p.tenant, p.obj.Spec.Type, application.TokenLifetime(p.obj)); err != nil {
		return err
	}
	if err := tenancy.AllowApplicationID(p.tenant, p.obj.Spec.ApplicationID); err != nil {
		return err
	}
	if err := p.allowAdoption(); err != nil {
		return err
	}
	if err := p.claim(ctx); err != nil {
		return err
	}
	if p.tenant.Status.ClusterID == "" {
		return connection.NotLoggedIn(p.tenant)
	}
	p.plan(*p.merged)
	if err := checkPermissions(*p.desired); err != nil {
		return err
	}
	p.observed = true
	return nil
}

// plan sets the mark that this OAuthClient leaves on the tenant, and the desired state, which carries it.
func (p *pass) plan(merged application.Merged) {
	p.mark = ownership.Mark{
		ClusterID: p.tenant.Status.ClusterID, Kind: "OAuthClient", Namespace: p.obj.Namespace, Name: p.obj.Name, UID: string(p.obj.UID),
		Adopted: p.obj.Status.ApplicationOrigin == v1alpha1.ApplicationAdopted,
	}
	desired := application.DesiredOf(p.obj, p.mark, merged)
	p.desired = &desired
}

// observing says that nothing may be written to the tenant.
func (p *pass) observing() bool {
	return p.obj.Spec.ManagementPolicy == v1alpha1.ManagementPolicyObserve
}

// owned says whether the application whose row key is stored is ours: made by the operator, or adopted.
func (p *pass) owned() bool { return application.Owned(p.obj) }

func (p *pass) mergeScopes(ctx context.Context) error {
	key := client.ObjectKeyFromObject(p.obj)
	scopes, err := index.ScopesOfOAuthClient(ctx, p.Client, key)
	if err != nil {
		return fmt.Errorf("listing Scopes of OAuthClient %s: %w", key, err)
	}
	admits, err := p.Resolver.AdmittedScopes(ctx, p.obj, scopes)
	if err != nil {
		return err
	}
	merged, err := application.Merge(p.obj, scopes, admits)
	if err != nil {
		return &report.Blocked{Reason: v1alpha1.ReasonInvalidSpec, Message: err.Error()}
	}
	p.merged = &merged
	return p.retainScopes(ctx)
}

// retainScopes keeps the scopes on the application that nothing declares any more while ConfidentialClients request them.
func (p *pass) retainScopes(ctx context.Context) error {
	if p.obj.Status.Scopes == nil {
		return nil
	}
	for _, scope := range p.merged.Undeclared(p.obj.Status.Scopes.Applied) {
		_, requested, err := consumer.Requesting(ctx, p.Resolver, p.obj, scope)
		if err != nil {
			return err
		}
		if requested {
			p.merged.Retained = append(p.merged.Retained, scope)
		}
	}
	return nil
}

// inSync says whether the desired state is the one that was last applied and read back. Then nothing is asked of the tenant: a
// restart, or a change of leader, costs no call.
func (p *pass) inSync() bool {
	return p.obj.Status.ApplicationKey != "" && p.obj.Status.AppliedHash == p.desired.Hash()
}

// connect gives the session, if the tenant can be provisioned on.
func (p *pass) connect(ctx context.Context) error {
	if err := connection.RequireLogin(p.tenant, "nothing can be provisioned on it"); err != nil {
		return err
	}
	var err error
	p.session, err = p.Connector.Session(ctx, p.tenant)
	return err
}
