package confidentialclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func inTurns() v1alpha1.CredentialRotation {
	return v1alpha1.CredentialRotation{Strategy: v1alpha1.RotationStrategyDualIdentity, Overlap: &metav1.Duration{Duration: time.Hour}}
}

func TestTwoUsersTakeTurns(t *testing.T) {
	s := rotating(t, inTurns())
	first := s.credential()
	second := strings.Replace(first.ClientID, "@", "-b@", 1)
	for round, want := range []string{second, first.ClientID, second} {
		before := s.credential()
		mints := s.mints()
		s.ask(fmt.Sprint("turn ", round))
		s.step()
		s.good()
		now := s.credential()
		if now.ClientID != want {
			t.Fatalf("in round %d it is the turn of %s, not of %s", round, want, now.ClientID)
		}
		if n := s.mints() - mints - 1; n != 1 { // one is the test's
			t.Errorf("%d tokens were requested", n)
		}
		s.overlapping(before, want)
		// The next turn waits for its user to be gone.
		s.ask(fmt.Sprint("too early ", round))
		s.clock.Step(time.Hour - time.Second)
		if next := s.step(); next > time.Second {
			t.Errorf("a second before the end of the overlap the next look is in %v", next)
		}
		if len(s.users()) != 2 || !s.credential().ClientSecret.Equal(now.ClientSecret) {
			t.Fatalf("within the overlap the users are %v", s.users())
		}
		s.ask(fmt.Sprint("turn ", round)) // taken back
		s.clock.Step(time.Second)
		s.step()
		if users := s.users(); len(users) != 1 || users[0] != want {
			t.Fatalf("after the overlap the users are %v", users)
		}
		if ids := s.consumer.Status.Identities; len(ids) != 1 || ids[0].Username != want || ids[0].State != v1alpha1.IdentityStateActive {
			t.Errorf("the status tells of %+v", ids)
		}
		s.good()
		s.idle()
	}
}

// overlapping fails the test unless the user of a credential that was replaced, and the one that has taken over, both work.
func (s *stepper) overlapping(before oauth.Credential, successor string) {
	s.t.Helper()
	if sub := claimsOf(s.t, s.TokenSecret(s.consumer))["unique_name"]; sub != successor {
		s.t.Errorf("the token is for %v", sub)
	}
	if err := s.works(before); err != nil {
		s.t.Errorf("within the overlap the old credential is refused: %v", err)
	}
	a, b := userNamed(s.t, s.World, successor), userNamed(s.t, s.World, before.ClientID)
	if len(a.RoleIDs) != len(b.RoleIDs) || !a.ServiceUser || !a.OauthClient || a.InEverybodyRole {
		s.t.Errorf("the users differ: %+v, %+v", a, b)
	}
}

func TestARequestThatWaitsForTheOverlapIsAnsweredAfterIt(t *testing.T) {
	s := rotating(t, inTurns())
	first := s.credential()
	s.ask("one")
	s.step()
	s.ask("two")
	s.step()
	if got := s.consumer.Status.LastHandledRotateRequest; got != "one" {
		t.Errorf("request %q was answered within the overlap", got)
	}
	s.clock.Step(time.Hour)
	s.step()
	s.clock.Step(time.Second)
	s.step()
	if got := s.credential(); got.ClientID != first.ClientID || got.ClientSecret.Equal(first.ClientSecret) || s.consumer.Status.LastHandledRotateRequest != "two" {
		t.Errorf("after the overlap it is the turn of %s, and request %q was answered", got.ClientID, s.consumer.Status.LastHandledRotateRequest)
	}
	s.good()
}

func TestAnotherStrategyLeavesNothingBehind(t *testing.T) {
	s := rotating(t, inTurns())
	first := s.credential()
	set := func(rotation *v1alpha1.CredentialRotation) {
		s.Update(s.consumer, func() {
			s.consumer.Spec.Credential = nil
			if rotation != nil {
				s.consumer.Spec.Credential = &v1alpha1.ClientCredential{Rotation: rotation}
			}
		})
	}
	s.ask("one")
	s.step()
	second := s.credential()
	if second.ClientID == first.ClientID {
		t.Fatal("the first has no successor")
	}
	set(&v1alpha1.CredentialRotation{Strategy: v1alpha1.RotationStrategyInPlace})
	s.ask("two") // InPlace waits for no overlap
	s.step()
	s.good()
	if now := s.credential(); now.ClientID != second.ClientID || now.ClientSecret.Equal(second.ClientSecret) || len(s.users()) != 2 {
		t.Errorf("the client is %s, and the users are %v", now.ClientID, s.users())
	}
	set(nil)
	s.clock.Step(24 * time.Hour)
	s.step()
	if users := s.users(); len(users) != 1 || users[0] != second.ClientID {
		t.Errorf("after the usual overlap the users are %v", users)
	}
	turns := inTurns()
	set(&turns)
	s.ask("three")
	s.step()
	if now := s.credential(); now.ClientID != first.ClientID {
		t.Errorf("the turn is of %s", now.ClientID)
	}
	s.good()
	s.Delete(s.consumer)
	s.remove()
	if users := s.users(); len(users) != 0 {
		t.Errorf("the deletion has left %v", users)
	}
}

// remove makes passes until the client is gone.
func (s *stepper) remove() {
	s.t.Helper()
	for range 3 {
		if err := s.Client.Get(s.t.Context(), environment.Key(s.consumer), s.consumer); err != nil {
			return
		}
		if _, err := s.reconciler.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: environment.Key(s.consumer)}); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestAnAdoptedUserTakesNoTurns(t *testing.T) {
	w, consumer := adopting(t, nil)
	w.StartOperator()
	w.Ready(consumer)
	w.Update(consumer, func() {
		turns := inTurns()
		consumer.Spec.AdoptionPolicy, consumer.Spec.Credential = "", &v1alpha1.ClientCredential{Rotation: &turns}
		metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RotateRequestAnnotation, "now")
	})
	degraded := w.Condition(consumer, v1alpha1.ConditionDegraded, metav1.ConditionTrue, v1alpha1.ReasonInvalidSpec)
	if !strings.Contains(degraded.Message, "InPlace") {
		t.Errorf("the message is %q", degraded.Message)
	}
	w.Update(consumer, func() { consumer.Spec.Credential = nil })
	w.Eventually("see the request answered in place", func() error {
		if w.Get(consumer); consumer.Status.LastHandledRotateRequest != "now" {
			return errors.New("it is not")
		}
		return nil
	})
	w.Ready(consumer)
}

func TestTheUsersOfABackupAreFoundAgain(t *testing.T) {
	for name, overlap := range map[string]bool{"the second alone": false, "both": true} {
		t.Run(name, func(t *testing.T) {
			s := rotating(t, inTurns())
			first := s.credential()
			s.ask("one")
			s.step()
			second := s.credential()
			if !overlap {
				s.clock.Step(time.Hour)
				s.step()
			}
			// The credential is lost, and the status with it.
			s.Delete(secretNamed(s.Namespace("operator"), "credential-"+string(s.consumer.UID)))
			s.consumer.Status = v1alpha1.ConfidentialClientStatus{}
			must(t, s.Client.Status().Update(t.Context(), s.consumer))
			users := len(s.users())
			s.step()
			s.good()
			want := second.ClientID
			if overlap {
				want = first.ClientID
			}
			if got := s.credential().ClientID; got != want || len(s.users()) != users {
				t.Errorf("the client is %s, and the users are %v", got, s.users())
			}
			s.clock.Step(time.Hour)
			s.step()
			if got := s.users(); len(got) != 1 || got[0] != want {
				t.Errorf("in the end the users are %v", got)
			}
			s.good()
		})
	}
}

// TestTheSecondUserIsFoundAgainBehindAFinalizerThatWasTakenOff by its credential, without which the first one would be made anew.
func TestTheSecondUserIsFoundAgainBehindAFinalizerThatWasTakenOff(t *testing.T) {
	s := rotating(t, inTurns())
	s.ask("turn")
	s.step()
	s.good()
	s.clock.Step(time.Hour)
	s.step()
	now := s.credential()
	s.Update(s.consumer, func() { s.consumer.Finalizers = nil })
	s.consumer.Status = v1alpha1.ConfidentialClientStatus{}
	if err := s.Client.Status().Update(t.Context(), s.consumer); err != nil {
		t.Fatal(err)
	}
	s.step()
	s.good()
	if users := s.users(); len(users) != 1 || users[0] != now.ClientID || s.credential().ClientID != now.ClientID {
		t.Errorf("the users are %v, the credential is for %s and was for %s", users, s.credential().ClientID, now.ClientID)
	}
}

func TestASuccessorWhoseNameIsTakenIsAConflict(t *testing.T) {
	s := rotating(t, inTurns())
	before := s.credential()
	name := strings.Replace(before.ClientID, "@", "-b@", 1)
	_, err := s.Tenant.AddUser(emulator.SeedUser{Name: name, Description: "A person"})
	must(t, err)
	s.ask("one")
	s.step()
	if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonConflict {
		t.Errorf("Degraded is %+v", c)
	}
	if !s.credential().ClientSecret.Equal(before.ClientSecret) || userNamed(t, s.World, name).Description != "A person" {
		t.Error("the person's user was touched, or the credential is another one")
	}
	s.Delete(s.consumer)
	s.remove()
	if _, found := s.Tenant.User(name); !found || len(s.users()) != 0 {
		t.Errorf("the deletion has taken the person's user, or left %v", s.users())
	}
}

func TestARoleThatIsTakenBackLeavesBothUsers(t *testing.T) {
	s := newStepperOn(t, emulator.Options{}, 5*time.Hour, func(w *environment.World, tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
		_, err := w.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"})
		must(t, err)
		tenant.Spec.Access.AllowedRoles = []string{"Auditors"}
		c.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}}
		turns := inTurns()
		c.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &turns}
	})
	s.ask("one")
	s.step()
	auditors := func() int {
		role, _ := s.Tenant.Role("Auditors")
		return len(role.Members)
	}
	if n := auditors(); n != 2 {
		t.Fatalf("%d users are in the role", n)
	}
	s.Update(s.consumer, func() { s.consumer.Spec.Identity.Roles = nil })
	s.step()
	if n := auditors(); n != 0 {
		t.Errorf("%d users are in the role", n)
	}
}

func userNamed(t *testing.T, w *environment.World, name string) emulator.User {
	t.Helper()
	user, found := w.Tenant.User(name)
	if !found {
		t.Fatalf("there is no user %s", name)
	}
	return user
}
