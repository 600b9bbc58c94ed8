package confidentialclient_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestScopesThatNobodyAllowedAreNotPublished: a tenant may grant all scopes of an application to a client that names none.
func TestScopesThatNobodyAllowedAreNotPublished(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	before := string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey])
	tenant := s.IdentityTenant()
	s.Update(tenant, func() { tenant.Spec.Access.AllowedScopes = []string{"read"} })
	s.Tenant.Inject(emulator.Fault{
		Operation: "OAuth2/Token/orders", Kind: emulator.FaultStatus, Status: 200,
		Body: `{"access_token":"granted-too-much","token_type":"Bearer","expires_in":600,"scope":"read admin"}`,
	})
	s.Update(s.consumer, func() { s.consumer.Spec.Scopes = nil })
	mints := s.mints()
	for range 3 {
		s.step()
	}
	stalled := s.condition(v1alpha1.ConditionStalled)
	if stalled.Status != metav1.ConditionTrue || stalled.Reason != v1alpha1.ReasonNotAdmitted || !strings.Contains(stalled.Message, `"admin"`) {
		t.Errorf("Stalled is %+v", stalled)
	}
	if string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey]) != before {
		t.Error("the token was published")
	}
	if n := s.mints() - mints; n != 1 {
		t.Errorf("it was asked for %d times", n)
	}
}
