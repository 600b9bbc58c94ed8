package oauthclient

import (
	"cmp"
	"context"
	"fmt"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

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
