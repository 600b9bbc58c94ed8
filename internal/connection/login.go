package connection

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// RequireLogin says whether the operator can log in to a tenant to provision there; nil when it can. without tells what follows for the caller
// from a tenant that has no credentials to do it with, such as "nothing can be provisioned on it". The error is a *report.Blocked.
func RequireLogin(tenant *v1alpha1.IdentityTenant, without string) error {
	switch {
	case tenant.Spec.Credentials == nil:
		return notReady(tenant, "has no spec.credentials, so "+without)
	case !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionAuthenticated):
		return NotLoggedIn(tenant)
	}
	return nil
}

// NotLoggedIn says that a tenant was not logged in to, so that what a login finds out is not known.
func NotLoggedIn(tenant *v1alpha1.IdentityTenant) error {
	return notReady(tenant, "cannot be logged in to; its conditions say why")
}

func notReady(tenant *v1alpha1.IdentityTenant, why string) error {
	return &report.Blocked{
		Reason:  v1alpha1.ReasonTenantNotReady,
		Message: fmt.Sprintf("IdentityTenant %s/%s %s", tenant.Namespace, tenant.Name, why),
	}
}
