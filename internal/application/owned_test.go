package application_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
)

func TestWhatAnOAuthClientHasOnTheTenant(t *testing.T) {
	for name, tc := range map[string]struct {
		status                 v1alpha1.OAuthClientStatus
		owned, begun, onTenant bool
	}{
		"nothing":                     {v1alpha1.OAuthClientStatus{}, false, false, false},
		"an application that it made": {v1alpha1.OAuthClientStatus{ApplicationKey: "k", ApplicationOrigin: v1alpha1.ApplicationCreated}, true, true, true},
		"an adopted application":      {v1alpha1.OAuthClientStatus{ApplicationKey: "k", ApplicationOrigin: v1alpha1.ApplicationAdopted}, true, true, true},
		"one that it only looks at":   {v1alpha1.OAuthClientStatus{ApplicationKey: "k", ApplicationOrigin: v1alpha1.ApplicationObserved}, false, false, false},
		"an import under way":         {v1alpha1.OAuthClientStatus{ImportIntent: &v1alpha1.ImportIntent{}}, false, true, true},
		"a role":                      {v1alpha1.OAuthClientStatus{ClientRole: &v1alpha1.RoleStatus{}}, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &v1alpha1.OAuthClient{Status: tc.status}
			if owned, begun, onTenant := application.Owned(o), application.Begun(o), application.OnTenant(o); owned != tc.owned || begun != tc.begun || onTenant != tc.onTenant {
				t.Errorf("owned %v, begun %v, on the tenant %v", owned, begun, onTenant)
			}
		})
	}
}
