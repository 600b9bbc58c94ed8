package confidentialclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// rotating is a stepper whose client has its credential replaced, and delivered.
func rotating(t *testing.T, rotation v1alpha1.CredentialRotation) *stepper {
	t.Helper()
	return newStepperOn(t, emulator.Options{}, 5*time.Hour, func(_ *environment.World, tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
		tenant.Spec.Access.AllowClientSecretDelivery = true
		c.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &rotation}
		c.Spec.Secret = deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials)
	})
}

func every(interval time.Duration) v1alpha1.CredentialRotation {
	return v1alpha1.CredentialRotation{Interval: &metav1.Duration{Duration: interval}}
}

func inTurns() v1alpha1.CredentialRotation {
	return v1alpha1.CredentialRotation{Strategy: v1alpha1.RotationStrategyDualIdentity, Overlap: &metav1.Duration{Duration: time.Hour}}
}

// ask asks for a rotation.
func (s *stepper) ask(value string) {
	s.t.Helper()
	s.Update(s.consumer, func() { metav1.SetMetaDataAnnotation(&s.consumer.ObjectMeta, v1alpha1.RotateRequestAnnotation, value) })
}

// credential returns what is published.
func (s *stepper) credential() oauth.Credential {
	s.t.Helper()
	return credentialOf(s.TokenSecret(s.consumer))
}

func credentialOf(secret *corev1.Secret) oauth.Credential {
	return oauth.Credential{ClientID: string(secret.Data[v1alpha1.ClientIDKey]), ClientSecret: oauth.NewSecret(string(secret.Data[v1alpha1.ClientSecretKey]))}
}

// works says whether the tenant accepts a credential.
func (s *stepper) works(credential oauth.Credential) error {
	s.t.Helper()
	tenant := s.IdentityTenant()
	s.Get(tenant)
	session, err := s.reconciler.Connector.Session(s.t.Context(), tenant)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = session.RequestToken(s.t.Context(), "orders", credential, oauth.NewScopeSet("read"))
	return err
}

// users returns the login names of the users of ours, in order of their creation.
func (s *stepper) users() []string {
	var names []string
	for _, u := range s.Tenant.Users() {
		if strings.Contains(u.Description, s.consumer.Namespace+"/"+s.consumer.Name) {
			names = append(names, u.Name)
		}
	}
	return names
}

// good fails the test unless the client is Ready, and its Secret has what the tenant accepts.
func (s *stepper) good() {
	s.t.Helper()
	if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
		s.t.Errorf("Ready is %+v", c)
	}
	if c := s.condition(v1alpha1.ConditionDegraded); c.Type != "" {
		s.t.Errorf("Degraded is %+v", c)
	}
	if err := s.works(s.credential()); err != nil {
		s.t.Errorf("the published credential is refused: %v", err)
	}
}

// told says whether a rotation was told since the last call.
func (s *stepper) told() bool {
	told := false
	for recorded := s.reconciler.Recorder.(*events.FakeRecorder).Events; len(recorded) > 0; {
		told = strings.Contains(<-recorded, "CredentialRotated") || told
	}
	return told
}

func TestACredentialIsReplacedInPlaceWhenItsIntervalHasPassed(t *testing.T) {
	s := rotating(t, every(720*time.Hour))
	user, before := userOf(t, s.World, s.consumer), s.credential()
	status := s.consumer.Status.Credential
	if wait := status.NextRotationTime.Sub(status.RotatedTime.Time); wait <= 648*time.Hour-time.Second || wait > 720*time.Hour {
		t.Errorf("the rotation is due after %v", wait)
	}
	next := status.NextRotationTime.Time
	s.clock.SetTime(next.Add(-time.Second))
	s.step()
	if !s.credential().ClientSecret.Equal(before.ClientSecret) {
		t.Fatal("it was replaced before its time")
	}
	s.clock.SetTime(next)
	mints := s.mints()
	s.step()
	after := s.credential()
	if after.ClientID != before.ClientID || after.ClientSecret.Equal(before.ClientSecret) {
		t.Error("the client secret is the old one, or the client ID a new one")
	}
	if n := s.mints() - mints; n != 1 {
		t.Errorf("%d tokens were requested", n)
	}
	if err := s.works(before); !oauth.IsInvalidClient(err) {
		t.Errorf("the old credential gets %v", err)
	}
	s.good()
	if again := userOf(t, s.World, s.consumer); again.ID != user.ID || len(s.users()) != 1 {
		t.Error("there is another user")
	}
	if status := s.consumer.Status.Credential; !status.RotatedTime.Time.Equal(next) || status.NextRotationTime.Before(&metav1.Time{Time: next.Add(600 * time.Hour)}) {
		t.Errorf("the status tells %+v", status)
	}
	if !s.told() {
		t.Error("no event tells of it")
	}
	s.idle()
}

// idle makes a pass with nothing to do.
func (s *stepper) idle() {
	s.t.Helper()
	calls, version := s.Tenant.Calls(), s.consumer.ResourceVersion
	s.step()
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 || s.consumer.ResourceVersion != version {
		s.t.Errorf("a pass with nothing to do has called the tenant or written the status:\n%s", made)
	}
}

func TestARequestForARotationIsAnsweredOnceAlsoByAnotherOperator(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil) // it needs nothing in the spec
	for _, value := range []string{"one", "one", "two"} {
		before := s.consumer.Status.LastHandledRotateRequest
		mints := s.mints()
		s.ask(value)
		for range 3 {
			s.reconciler.Retries = schedule.NewRetries() // what another operator does not know
			s.step()
		}
		want := 1
		if value == before {
			want = 0
		}
		if n := s.mints() - mints; n != want {
			t.Errorf("request %q after %q requested %d tokens, not %d", value, before, n, want)
		}
		if s.told() != (want == 1) {
			t.Errorf("request %q after %q is not told as it should be", value, before)
		}
		if got := s.consumer.Status.LastHandledRotateRequest; got != value {
			t.Errorf("the status says that %q was answered, not %q", got, value)
		}
	}
}

func TestARequestWakesTheOperator(t *testing.T) {
	w, consumer := delivering(t, deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials))
	w.Quiet()
	before, calls, writes := credentialOf(w.TokenSecret(consumer)), w.Tenant.Calls(), w.Writes()
	w.Update(consumer, func() { metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RotateRequestAnnotation, "now") })
	w.Eventually("see the request answered", func() error {
		if w.Get(consumer); consumer.Status.LastHandledRotateRequest != "now" {
			return errors.New("it is not")
		}
		return nil
	})
	w.Quiet()
	if credentialOf(w.TokenSecret(consumer)).ClientSecret.Equal(before.ClientSecret) {
		t.Error("the client secret is the old one")
	}
	// The user is looked at, given the password, and tried.
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 3 || made["OAuth2/Token/orders"] != 1 {
		t.Errorf("it took other calls:\n%s", made)
	}
	// The pending credential, the proved one, the published one, the status.
	if made := w.Writes().Since(writes); made.Total() != 4 || made.Of("secrets") != 3 {
		t.Errorf("it took other writes: %s", made)
	}
	w.Ready(consumer)
}

func TestANewClientTakesARequestForAnswered(t *testing.T) {
	s := newStepper(t, 5*time.Hour, func(c *v1alpha1.ConfidentialClient) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RotateRequestAnnotation, "from the manifest")
	})
	if got := s.consumer.Status.LastHandledRotateRequest; got != "from the manifest" || s.mints() != 1 {
		t.Errorf("the status says that %q was answered, after %d tokens", got, s.mints())
	}
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
