package confidentialclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func (s *stepper) expectReady(status metav1.ConditionStatus, reason string) {
	s.t.Helper()
	if got := s.condition(v1alpha1.ConditionReady); got.Status != status || got.Reason != reason {
		s.t.Errorf("Ready is %s, %s: %s", got.Status, got.Reason, got.Message)
	}
}

func TestASuspendedClientIsLeftAloneUntilItsTokenExpires(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	expires := s.consumer.Status.Token.ExpirationTime.Time
	calls := s.Tenant.Calls()
	s.Update(s.consumer, func() {
		s.consumer.Spec.Suspend = true
		s.consumer.Annotations = map[string]string{v1alpha1.RenewRequestAnnotation: "now", v1alpha1.ReconcileRequestAnnotation: "now"}
	})
	for s.clock.Now().Before(expires) {
		next := s.step()
		s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonSuspended)
		if next <= 0 || next > 10*time.Minute {
			t.Fatalf("the next look is in %v", next)
		}
		version := s.consumer.ResourceVersion
		if s.step(); s.consumer.ResourceVersion != version {
			t.Fatal("a second look wrote something")
		}
		s.clock.Step(next)
	}
	if next := s.step(); next != 0 {
		t.Errorf("after its token has expired it is looked at again in %v", next)
	}
	s.expectReady(metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	secret := s.TokenSecret(s.consumer)
	s.Delete(secret)
	s.step()
	s.expectReady(metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the tenant was called:\n%s", made)
	}
	s.Update(s.consumer, func() { s.consumer.Spec.Suspend = false })
	s.step()
	s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
}

func TestASuspendedClientDoesNotCarryOutAChange(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.ConfidentialClientSpec){
		"other scopes": func(c *v1alpha1.ConfidentialClientSpec) { c.Scopes = nil },
		"another name": func(c *v1alpha1.ConfidentialClientSpec) {
			c.Identity = &v1alpha1.ClientIdentity{DisplayName: "Billing"}
		},
		"other keys": func(c *v1alpha1.ConfidentialClientSpec) {
			c.Secret = &v1alpha1.PublishedSecret{Keys: &v1alpha1.SecretKeys{AccessToken: "token"}}
		},
		"another Secret": func(c *v1alpha1.ConfidentialClientSpec) { c.Secret = &v1alpha1.PublishedSecret{Name: "other"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			calls := s.Tenant.Calls()
			s.Update(s.consumer, func() {
				s.consumer.Spec.Suspend = true
				change(&s.consumer.Spec)
			})
			s.step()
			s.expectReady(metav1.ConditionFalse, v1alpha1.ReasonSuspended)
			if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
				t.Errorf("the tenant was called:\n%s", made)
			}
			s.Update(s.consumer, func() { s.consumer.Spec.Suspend = false })
			s.step()
			s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
		})
	}
}

func TestASuspendedClientIsDeletedAllTheSame(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	w.Update(consumer, func() { consumer.Spec.Suspend = true })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	w.Delete(consumer)
	w.Gone(consumer)
	if n := len(w.Tenant.Users()); n != 1 {
		t.Errorf("%d users are left on the tenant", n)
	}
}

func TestASuspendedClientDoesNotKeepClientCredentialsThatItMayNotHave(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowClientSecretDelivery = true
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	consumer.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}}
	w.Create(w.AdminSecret(), tenant, application, consumer)
	w.Ready(consumer)
	w.Update(consumer, func() { consumer.Spec.Suspend = true })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = false })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if data := w.TokenSecret(consumer).Data; len(data["client_secret"]) != 0 || len(data["access_token"]) == 0 {
		t.Error("the Secret does not hold the token alone")
	}
}
