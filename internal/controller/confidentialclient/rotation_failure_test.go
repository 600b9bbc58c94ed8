package confidentialclient_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAUserThatIsDisabledGetsNoOtherPassword(t *testing.T) {
	s := newStepper(t, 60*time.Hour, nil)
	username := s.consumer.Status.ActiveIdentity().Username
	must(t, s.Tenant.SetUserState(username, "Disabled"))
	s.ask("one")
	s.step()
	resets := func() int { return s.Tenant.Calls()["UserMgmt/ResetUserPassword"] }
	if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonInvalidClient || !strings.Contains(c.Message, "rotating the credential") {
		t.Errorf("Degraded is %+v", c)
	}
	if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
		t.Errorf("Ready is %+v", c)
	}
	calls := s.Tenant.Calls()
	next := s.step()
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 || next <= 0 || next > 10*time.Minute {
		t.Errorf("what was refused was asked again, or is never:\n%s%v", made, next)
	}
	if s.consumer.Status.LastHandledRotateRequest != "" || resets() != 0 {
		t.Error("the request counts as answered, or a password was set")
	}
	// Another request is another attempt.
	must(t, s.Tenant.SetUserState(username, "None"))
	s.ask("two")
	s.step()
	if s.consumer.Status.LastHandledRotateRequest != "two" || resets() != 1 {
		t.Errorf("request %q was answered, with %d passwords", s.consumer.Status.LastHandledRotateRequest, resets())
	}
	if c := s.condition(v1alpha1.ConditionDegraded); c.Type != "" {
		t.Errorf("Degraded is %+v", c)
	}
}

func TestARotationThatFailsKeepsNoTokenFromBeingRenewed(t *testing.T) {
	for name, rotation := range map[string]v1alpha1.CredentialRotation{"in place": {}, "in turns": inTurns()} {
		t.Run(name, func(t *testing.T) {
			s := rotating(t, rotation)
			s.Tenant.Inject(emulator.Fault{Operation: "UserMgmt/*", Kind: emulator.FaultBusinessFailure})
			s.Tenant.Inject(emulator.Fault{Operation: "CDirectoryService/*", Kind: emulator.FaultBusinessFailure})
			s.ask("one")
			s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
			issued := s.consumer.Status.Token.IssueTime
			for range 5 {
				s.clock.Step(s.step())
			}
			if !issued.Before(s.consumer.Status.Token.IssueTime) {
				t.Error("the token was not renewed")
			}
			if c := s.condition(v1alpha1.ConditionDegraded); !strings.Contains(c.Message, "rotating the credential") {
				t.Errorf("Degraded is %+v", c)
			}
			s.Tenant.ClearFaults()
			s.clock.Step(time.Hour)
			s.step()
			s.step()
			s.good()
			if s.consumer.Status.LastHandledRotateRequest != "one" {
				t.Error("the request is not answered")
			}
		})
	}
}

// TestThePendingCredentialIsTriedWhenThePresentOneIsRefused: the password was set, and the first try of it failed for another reason.
func TestThePendingCredentialIsTriedWhenThePresentOneIsRefused(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Tenant.Inject(emulator.Fault{Operation: "OAuth2/Token/orders", Kind: emulator.FaultStatus, Status: 400, Body: `{"error":"invalid_scope"}`, Count: 1})
	s.ask("one")
	s.step()
	if s.consumer.Status.LastHandledRotateRequest != "" {
		t.Fatal("the request counts as answered")
	}
	// The operator cannot log in any more, and the rotation waits.
	s.Tenant.Inject(emulator.Fault{Operation: "UserMgmt/*", Kind: emulator.FaultStatus, Status: 503})
	s.Delete(s.TokenSecret(s.consumer))
	calls := s.Tenant.Calls()
	s.step()
	if made := s.Tenant.Calls().Sub(calls); made["OAuth2/Token/orders"] != 2 || made.Total()-made["OAuth2/Keys"] != 2 {
		t.Errorf("not the two credentials were tried:\n%s", made)
	}
	s.step()
	if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue || s.consumer.Status.LastHandledRotateRequest != "one" {
		t.Errorf("Ready is %+v, request %q was answered", c, s.consumer.Status.LastHandledRotateRequest)
	}
}

// TestThePendingCredentialIsTriedInThePassThatHasStoredIt: the answer to the new password was lost, and a token is due at once.
func TestThePendingCredentialIsTriedInThePassThatHasStoredIt(t *testing.T) {
	s := rotating(t, v1alpha1.CredentialRotation{})
	before := s.credential()
	s.Tenant.Inject(emulator.Fault{Operation: "UserMgmt/ResetUserPassword", Kind: emulator.FaultResetAfter, Count: 1})
	s.ask("one")
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	calls := s.Tenant.Calls()
	s.step()
	if made := s.Tenant.Calls().Sub(calls); made["UserMgmt/ResetUserPassword"] != 1 || made["OAuth2/Token/orders"] != 2 {
		t.Errorf("not the two credentials were tried:\n%s", made)
	}
	after := s.credential()
	if err := s.works(after); err != nil || after.ClientSecret.Equal(before.ClientSecret) {
		t.Errorf("the new credential is not published, or is refused: %v", err)
	}
}

func TestAnApplicationForUsersOnlyHasItsClientsCredentialsRotatedUntried(t *testing.T) {
	w, consumer := forUsersOnly(t)
	before := credentialOf(holding(w, consumer, "client_id", "client_secret"))
	w.Update(consumer, func() { metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RotateRequestAnnotation, "now") })
	w.Eventually("see another client secret", func() error {
		if credentialOf(w.TokenSecret(consumer)).ClientSecret.Equal(before.ClientSecret) {
			return errors.New("it is the old one")
		}
		return nil
	})
	w.Quiet()
	if n := mints(w); n != 0 {
		t.Errorf("%d tokens were asked for", n)
	}
}
