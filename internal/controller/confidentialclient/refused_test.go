package confidentialclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// TestARefusedRenewalIsAskedAgainWhenItIsDueAndNotEarlier: the object is looked at every 10 minutes, and the tenant is asked after the
// lesser of an hour and a tenth of the time left.
func TestARefusedRenewalIsAskedAgainWhenItIsDueAndNotEarlier(t *testing.T) {
	s := newStepper(t, 60*time.Hour, nil)
	must(t, s.Tenant.SetUserState(s.consumer.Status.ActiveIdentity().Username, "Disabled"))
	expires := s.consumer.Status.Token.ExpirationTime.Time
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	var asked time.Time
	for looks := 0; s.clock.Now().Before(expires); looks++ {
		if looks > 2000 {
			t.Fatal("there is no end of looks")
		}
		calls, now := s.Tenant.Calls(), s.clock.Now()
		next := s.step()
		if next <= 0 || next > 10*time.Minute {
			t.Fatalf("the next look is in %v", next)
		}
		if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonInvalidClient {
			t.Fatalf("Degraded is %+v", c)
		}
		if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
			t.Fatalf("Ready is %+v", c)
		}
		if c := s.condition(v1alpha1.ConditionIdentityProvisioned); c.Status != metav1.ConditionTrue {
			t.Fatalf("IdentityProvisioned is %+v", c)
		}
		if s.Tenant.Calls().Sub(calls).Total() > 0 {
			if !asked.IsZero() {
				due := max(min(time.Hour, expires.Sub(asked)/10), time.Minute)
				if waited := now.Sub(asked); waited < due || waited > due+time.Second {
					t.Fatalf("with %v left it was asked again after %v, not %v", expires.Sub(asked), waited, due)
				}
			}
			asked = now
		}
		s.clock.Step(next)
	}
}

func TestARefusedRenewalIsAskedAgainAtOnceOnAChange(t *testing.T) {
	s := newStepper(t, 60*time.Hour, nil)
	username := s.consumer.Status.ActiveIdentity().Username
	must(t, s.Tenant.SetUserState(username, "Disabled"))
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	tenant := s.IdentityTenant()
	s.step()
	for name, change := range map[string]func(){
		"of the client": func() {
			s.Update(s.consumer, func() {
				s.consumer.Spec.Token = &v1alpha1.ClientToken{RenewBefore: &metav1.Duration{Duration: 30 * time.Hour}}
			})
		},
		"of the tenant": func() { s.Update(tenant, func() { tenant.Spec.Access.AllowedScopes = []string{"*"} }) },
		"of the Secret": func() { s.Delete(s.TokenSecret(s.consumer)) },
	} {
		t.Run(name, func(t *testing.T) {
			mints := s.mints()
			if s.step(); s.mints() != mints {
				t.Fatal("it was asked again without a change")
			}
			change()
			mints = s.mints()
			if s.step(); s.mints() == mints {
				t.Error("it was not asked again")
			}
		})
	}
	must(t, s.Tenant.SetUserState(username, "None"))
	s.clock.Step(time.Hour)
	s.step()
	if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
		t.Errorf("Ready is %+v", c)
	}
}
