package confidentialclient_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestAnIdentityThatCannotBeChangedKeepsNoTokenFromBeingRenewed(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil  func(*stepper)
		mend   func(*stepper)
		reason string
	}{
		"a role that does not exist": {
			func(*stepper) {},
			func(s *stepper) {
				_, err := s.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"})
				must(s.t, err)
			},
			v1alpha1.ReasonRoleNotFound,
		},
		"an admin API that is down": {
			func(s *stepper) {
				for _, operation := range []string{"UserMgmt/*", "CDirectoryService/*", "Roles/*", "Redrock/*", "SaasManage/*"} {
					s.Tenant.Inject(emulator.Fault{Operation: operation, Kind: emulator.FaultBusinessFailure})
				}
			},
			func(s *stepper) {
				s.Tenant.ClearFaults()
				_, err := s.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"})
				must(s.t, err)
			},
			v1alpha1.ReasonRequestRejected,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepperOn(t, emulator.Options{}, 10*time.Minute, func(_ *environment.World, tenant *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient) {
				tenant.Spec.Access.AllowedRoles = []string{"*"}
			})
			tc.spoil(s)
			s.Update(s.consumer, func() { s.consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}} })
			s.step()
			issued := s.consumer.Status.Token.IssueTime
			mints := s.mints()
			renews := s.consumer.Status.Token.RenewalTime.Time
			for s.clock.Now().Before(renews) {
				s.clock.Step(s.step())
			}
			s.step()
			if s.mints() != mints+1 || !issued.Before(s.consumer.Status.Token.IssueTime) {
				t.Errorf("%d tokens were requested at the renewal, which was to be one", s.mints()-mints)
			}
			for kind, want := range map[string]metav1.ConditionStatus{
				v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionIdentityProvisioned: metav1.ConditionFalse,
				v1alpha1.ConditionTokenReady: metav1.ConditionTrue, v1alpha1.ConditionDegraded: metav1.ConditionTrue,
			} {
				if c := s.condition(kind); c.Status != want || want == metav1.ConditionFalse && c.Reason != tc.reason {
					t.Errorf("%s is %s, %s: %s", kind, c.Status, c.Reason, c.Message)
				}
			}
			tc.mend(s)
			for range 60 {
				if s.condition(v1alpha1.ConditionReady).Status == metav1.ConditionTrue {
					return
				}
				s.clock.Step(s.step())
			}
			t.Errorf("it is not Ready after %v: %+v", s.clock.Since(renews), s.condition(v1alpha1.ConditionReady))
		})
	}
}

func TestAnIdentityThatIsRefusedIsAskedForAsRarelyAsTheTenantIsToBeAsked(t *testing.T) {
	s := newStepperOn(t, emulator.Options{}, 5*time.Hour, func(_ *environment.World, tenant *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient) {
		tenant.Spec.Access.AllowedRoles = []string{"*"}
	})
	s.Update(s.consumer, func() { s.consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}} })
	s.step()
	calls := s.Tenant.Calls()
	for range 20 { // a Secret that is touched, a label of the namespace, another pass for whatever reason
		s.step()
	}
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("looks before it was due have asked the tenant:\n%s", made)
	}
}

func TestANewPasswordWhoseTokenIsUnfitIsPublishedBesideTheOldToken(t *testing.T) {
	s := rotating(t, v1alpha1.CredentialRotation{})
	before := s.TokenSecret(s.consumer)
	s.edit("Audience", "https://others.example.com")
	s.ask("one")
	s.step()
	after := s.TokenSecret(s.consumer)
	if string(after.Data[v1alpha1.AccessTokenKey]) != string(before.Data[v1alpha1.AccessTokenKey]) {
		t.Error("a token of another audience was published")
	}
	if string(after.Data[v1alpha1.ClientSecretKey]) == string(before.Data[v1alpha1.ClientSecretKey]) {
		t.Error("the client secret that the tenant refuses by now is still published")
	}
	if s.consumer.Status.LastHandledRotateRequest != "one" {
		t.Error("the request is not answered")
	}
	if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonAudienceMismatch {
		t.Errorf("Degraded is %+v", c)
	}
	mints := s.mints()
	for range 5 {
		s.step()
	}
	if s.mints() != mints {
		t.Errorf("%d tokens more were requested at once", s.mints()-mints)
	}
	s.edit("Audience", "https://orders.example.com")
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	for range 3 {
		s.clock.Step(s.step())
	}
	s.good()
}

func TestASuccessorWhoseTokenIsUnfitTakesNothingFromTheOneBefore(t *testing.T) {
	s := rotating(t, inTurns())
	first := s.credential()
	s.edit("Audience", "https://others.example.com")
	s.ask("one")
	s.step()
	if now := s.credential(); now.ClientID != first.ClientID {
		t.Errorf("the client is %s", now.ClientID)
	}
	if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonAudienceMismatch || !strings.Contains(c.Message, "rotating the credential") {
		t.Errorf("Degraded is %+v", c)
	}
}

func TestAUserThatWasReplacedGoesAlsoWhileTheNextRotationFails(t *testing.T) {
	s := rotating(t, inTurns())
	s.ask("one")
	s.step()
	s.Update(s.consumer, func() {
		s.consumer.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &v1alpha1.CredentialRotation{Strategy: v1alpha1.RotationStrategyInPlace}}
	})
	s.Tenant.Inject(emulator.Fault{Operation: "UserMgmt/ResetUserPassword", Kind: emulator.FaultBusinessFailure})
	s.ask("two")
	s.step()
	if users := s.users(); len(users) != 2 {
		t.Fatalf("the users are %v", users)
	}
	s.clock.Step(v1alpha1.DefaultRotationOverlap)
	s.step()
	if users := s.users(); len(users) != 1 {
		t.Errorf("after the overlap the users are %v", users)
	}
	if c := s.condition(v1alpha1.ConditionDegraded); !strings.Contains(c.Message, "rotating the credential") {
		t.Errorf("Degraded is %+v", c)
	}
}
