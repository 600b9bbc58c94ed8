package connection_test

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

func TestWhatNeedsALoginWaitsForOne(t *testing.T) {
	for name, tc := range map[string]struct {
		credentials   *v1alpha1.AdminCredentials
		authenticated metav1.ConditionStatus
		says          string
	}{
		"a tenant that was logged in to":               {&v1alpha1.AdminCredentials{}, metav1.ConditionTrue, ""},
		"a tenant that refuses the login":              {&v1alpha1.AdminCredentials{}, metav1.ConditionFalse, "IdentityTenant identity/corp cannot be logged in to; its conditions say why"},
		"a tenant that nobody has looked at":           {&v1alpha1.AdminCredentials{}, "", "IdentityTenant identity/corp cannot be logged in to; its conditions say why"},
		"a tenant without credentials":                 {nil, "", "IdentityTenant identity/corp has no spec.credentials, so nothing is made on it"},
		"a tenant whose credentials were taken off it": {nil, metav1.ConditionTrue, "IdentityTenant identity/corp has no spec.credentials, so nothing is made on it"},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := &v1alpha1.IdentityTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "identity", Name: "corp"}}
			tenant.Spec.Credentials = tc.credentials
			if tc.authenticated != "" {
				meta.SetStatusCondition(&tenant.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionAuthenticated, Status: tc.authenticated})
			}
			err := connection.RequireLogin(tenant, "nothing is made on it")
			if tc.says == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			var blocked *report.Blocked
			if !errors.As(err, &blocked) || blocked.Reason != v1alpha1.ReasonTenantNotReady || blocked.Message != tc.says {
				t.Errorf("got %v", err)
			}
		})
	}
}
