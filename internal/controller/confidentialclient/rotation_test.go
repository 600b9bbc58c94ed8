package confidentialclient_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

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
