package identitytenant_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// setPassword changes the password in the admin's Secret.
func setPassword(w *environment.World, password string) {
	secret := w.AdminSecret()
	w.Update(secret, func() { secret.Data[v1alpha1.ClientSecretKey] = []byte(password) })
}

func TestCredentialsWithoutTheLabelAreLookedAtByThemselves(t *testing.T) {
	s := newStepper(t, nil)
	_, right := s.Tenant.AdminCredential()
	if next := s.step(); next != lookAtMost {
		t.Errorf("the next look is in %v", next)
	}
	s.ready()
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}

	setPassword(s.World, "Wrong-Passw0rd")
	if next := s.step(); next > lookAtMost || next <= 0 {
		t.Errorf("the next look is in %v", next)
	}
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
	s.expect(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonUnauthorized)
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
	calls := s.Tenant.Calls()
	if _, err := session.Admin().WhoAmI(t.Context()); failure.ClassOf(err) != failure.Unauthorized {
		t.Errorf("with the old token the error is %v", err)
	}
	if made := s.Tenant.Calls().Sub(calls); made["Security/WhoAmI"] != 0 {
		t.Error("the token of the old credential was used")
	}

	setPassword(s.World, right)
	s.step()
	s.ready()
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Errorf("with the right credential the error is %v", err)
	}
}

func TestChangedCredentialsInAnOutageAreNotTakenForGood(t *testing.T) {
	s := newStepper(t, nil)
	_, right := s.Tenant.AdminCredential()
	s.step()
	s.ready()
	remove := s.Tenant.Inject(down())
	setPassword(s.World, "Wrong-Passw0rd")
	s.step()
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	remove()
	s.clock.Step(time.Minute)
	s.step()
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
	setPassword(s.World, right)
	s.step()
	s.ready()
}

func TestASecretThatIsWrittenAgainIsProvedOnce(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	logins := s.logins()
	secret := s.AdminSecret()
	s.Update(secret, func() { metav1.SetMetaDataAnnotation(&secret.ObjectMeta, "touched", "true") })
	s.step()
	s.step()
	if n := s.logins() - logins; n != 1 {
		t.Errorf("%d logins were made", n)
	}
}

func TestOtherCredentialsAreFeltAtOnceWithTheLabel(t *testing.T) {
	seed := emulator.DefaultSeed()
	seed.Users = append(seed.Users, emulator.SeedUser{
		Name: "second@example.test", Password: "Second-Operator-0123", OauthClient: true, ServiceUser: true, Roles: []string{"OAuth Operators"},
	})
	w := server.New(t, emulator.Options{Seed: seed})
	w.StartOperator()
	tenant, secret := w.IdentityTenant(), w.AdminSecret()
	secret.Labels = watched()
	w.Create(secret, tenant)
	w.Ready(tenant)
	w.Quiet()
	observed := tenant.Status.ObservedCredentials
	w.Update(secret, func() {
		secret.Data = map[string][]byte{v1alpha1.ClientIDKey: []byte("second@example.test"), v1alpha1.ClientSecretKey: []byte("Second-Operator-0123")}
	})
	w.Eventually("see the new credentials proved", func() error {
		if w.Get(tenant); tenant.Status.ObservedCredentials == observed {
			return errStill
		}
		return nil
	})
	w.Ready(tenant)
	w.Delete(&corev1.Secret{ObjectMeta: secret.ObjectMeta})
	w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secret.Namespace, Name: secret.Name, Labels: watched()}, Data: secret.Data})
	w.Ready(tenant)
}

func TestTheOffsetOfTheClockIsWrittenWhenItHasMovedByHalfAMinute(t *testing.T) {
	s := newStepper(t, nil)
	s.Tenant.SetClockOffset(7 * time.Minute)
	s.step()
	for _, tc := range []struct {
		offset  time.Duration
		written bool
	}{{7*time.Minute + 20*time.Second, false}, {7*time.Minute - 20*time.Second, false}, {7*time.Minute + 31*time.Second, true}, {0, true}, {20 * time.Second, false}} {
		before := s.tenant.Status.ClockOffset.Duration
		s.Tenant.SetClockOffset(tc.offset)
		session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Admin().WhoAmI(t.Context()); err != nil { // a call of somebody else, which tells the time
			t.Fatal(err)
		}
		version := s.tenant.ResourceVersion
		s.step()
		stored := s.tenant.Status.ClockOffset.Duration
		if written := s.tenant.ResourceVersion != version; written != tc.written || !written && stored != before {
			t.Errorf("an offset of %v after %v is written: %v, as %v", tc.offset, before, written, stored)
		}
		if tc.written && (stored-tc.offset).Abs() > 2*time.Second {
			t.Errorf("%v is written instead of %v", stored, tc.offset)
		}
	}
}
