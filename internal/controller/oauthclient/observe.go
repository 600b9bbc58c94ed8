package oauthclient

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/consumer"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// facts are what one pass found out.
type facts struct {
	// tenant on which the application lives; set by observe.
	tenant *v1alpha1.IdentityTenant
	// mark that we leave on the tenant; set by observe.
	mark ownership.Mark
	// merged scopes; nil until observe has looked at the Scopes.
	merged *application.Merged
	// desired state; nil until observe has everything it depends on.
	desired *application.Desired
	// session with the tenant; set by connect.
	session *tenant.Session
	// checking says that the pass only looks whether somebody has changed the application; set by advance.
	checking bool
	// settling is how long to wait for further Scopes before the application is updated; set by advance.
	settling time.Duration
	// current is the application as the tenant has it; set by configure and compare.
	current identity.Application
	// grants on the application; set by readGrants, nil until then and after one was changed.
	grants []identity.Grant
	// change of the application that was made in this pass; nil for none.
	change *v1alpha1.ApplicationChange
	// applied are the scopes that were found on the application; nil until apply or compare have come to their end.
	applied []v1alpha1.AppliedScope
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
}

// observe reads from the cluster what the desired state depends on, and asks for every consent. It asks the tenant nothing.
func (p *pass) observe(ctx context.Context) error {
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
	return checkPermissions(*p.desired)
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

// claim says whether this OAuthClient may have its application: of several that name the same one, whoever has it already, else the
// oldest. One that is being deleted still has it. Those that only observe it claim nothing.
func (p *pass) claim(ctx context.Context) error {
	if p.observing() {
		return nil
	}
	rivals, err := index.OAuthClientsOfApplication(ctx, p.Client, p.obj)
	if err != nil {
		return fmt.Errorf("listing OAuthClients of application %q: %w", p.obj.Spec.ApplicationID, err)
	}
	first := p.obj
	for i := range rivals {
		rival := &rivals[i]
		if rival.UID == p.obj.UID || !precedes(rival, first) {
			continue
		}
		contends, err := p.contends(ctx, rival)
		if err != nil {
			return err
		}
		if contends {
			first = rival
		}
	}
	if first == p.obj {
		return nil
	}
	return &report.Blocked{
		Reason:  v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("application %q is claimed by OAuthClient %s/%s; choose another spec.applicationID, or delete one of the two", p.obj.Spec.ApplicationID, first.Namespace, first.Name),
	}
}

// contends says whether a rival's claim counts. One that the tenant does not admit, and that has made nothing there, must not keep the
// application ID from those who are admitted.
func (p *pass) contends(ctx context.Context, rival *v1alpha1.OAuthClient) (bool, error) {
	if rival.Spec.ManagementPolicy == v1alpha1.ManagementPolicyObserve && !application.Owned(rival) {
		return false, nil
	}
	if application.Begun(rival) {
		return true, nil
	}
	_, err := p.Resolver.Tenant(ctx, rival.Spec.TenantRef, rival.Namespace)
	if report.IsBlocked(err) {
		return false, nil
	}
	return err == nil, err
}

// precedes says whether a has the better claim. An OAuthClient that has stored an application or the intent to import one comes
// before all that have not, whatever their age.
func precedes(a, b *v1alpha1.OAuthClient) bool {
	if application.Begun(a) != application.Begun(b) {
		return application.Begun(a)
	}
	return cmp.Or(
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	) < 0
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
