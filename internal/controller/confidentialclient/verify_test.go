package confidentialclient_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// operations that verify tokens, as the tenant counts them.
const (
	readKeys   = "OAuth2/Keys"
	introspect = "OAuth2/Introspect"
)

// expectVerified checks the condition TokenVerified.
func (s *stepper) expectVerified(status metav1.ConditionStatus, reason string) {
	s.t.Helper()
	if got := s.condition(v1alpha1.ConditionTokenVerified); got.Status != status || got.Reason != reason {
		s.t.Errorf("TokenVerified is %s, %s: %s", got.Status, got.Reason, got.Message)
	}
}

// renew goes to the renewal time, makes a pass and says whether another token is published.
func (s *stepper) renew() (renewed bool) {
	s.t.Helper()
	before := s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey]
	if renews := s.consumer.Status.Token.RenewalTime.Time; renews.After(s.clock.Now()) {
		s.clock.SetTime(renews)
	}
	s.step()
	return !bytes.Equal(before, s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey])
}

// edit changes a setting of the application on the tenant, as somebody else.
func (s *stepper) edit(setting string, value any) {
	s.t.Helper()
	application, _ := s.Tenant.Application("orders")
	if err := s.Tenant.EditApplication(application.Key, func(raw map[string]any) { raw["OAuthProfile"].(map[string]any)[setting] = value }); err != nil {
		s.t.Fatal(err)
	}
}

// publishes lets the tenant publish a key set of the test's own.
func (s *stepper) publishes(keys ...jose.JSONWebKey) {
	s.t.Helper()
	body, err := json.Marshal(jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey{}, keys...)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Tenant.Inject(emulator.Fault{Operation: readKeys, Kind: emulator.FaultStatus, Status: 200, Body: string(body)})
}

func TestATokenThatIsRightIsVerifiedWithOneReadOfTheKeys(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.expectVerified(metav1.ConditionTrue, v1alpha1.ReasonVerified)
	calls := s.Tenant.Calls()
	const renewals = 4
	for range renewals {
		if !s.renew() {
			t.Fatal("the token was not renewed")
		}
		s.expectVerified(metav1.ConditionTrue, v1alpha1.ReasonVerified)
	}
	made := s.Tenant.Calls().Sub(calls)
	if made[readKeys] != 1 || made.Total() != renewals+1 {
		t.Errorf("%d renewals after a restart made these calls:\n%s", renewals, made)
	}
	application, _ := s.Tenant.Application("orders")
	if err := s.Tenant.RotateSigningKey(application.Key); err != nil {
		t.Fatal(err)
	}
	calls = s.Tenant.Calls()
	for range 2 {
		if !s.renew() {
			t.Error("the token was not renewed")
		}
	}
	s.expectVerified(metav1.ConditionTrue, v1alpha1.ReasonVerified)
	if made := s.Tenant.Calls().Sub(calls); made[readKeys] != 1 || made.Total() != 3 {
		t.Errorf("2 renewals with a new signing key made these calls:\n%s", made)
	}
}

func TestATokenThatCannotBeCheckedIsPublished(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*stepper)
		reason string
	}{
		"the tenant publishes other keys": {func(s *stepper) { s.publishes() }, v1alpha1.ReasonKeyUnknown},
		"the tenant fails to tell its keys": {
			func(s *stepper) {
				s.Tenant.Inject(emulator.Fault{Operation: readKeys, Kind: emulator.FaultStatus, Status: 503})
			}, v1alpha1.ReasonKeysUnavailable,
		},
		"somebody gave the application an issuer": {
			func(s *stepper) { s.edit("Issuer", "https://issuer.example.com") }, v1alpha1.ReasonIssuerUnknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			tc.change(s)
			for range 3 {
				if !s.renew() {
					t.Fatal("the token was not renewed")
				}
				s.expectVerified(metav1.ConditionUnknown, tc.reason)
				if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
					t.Errorf("Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
				}
			}
		})
	}
	t.Run("the tenant publishes no keys", func(t *testing.T) {
		s := newStepperOn(t, emulator.Options{Switches: emulator.Switches{KeysAbsent: true}}, 10*time.Minute,
			func(*environment.World, *v1alpha1.IdentityTenant, *v1alpha1.ConfidentialClient) {})
		s.expectVerified(metav1.ConditionUnknown, v1alpha1.ReasonKeysUnavailable)
		calls := s.Tenant.Calls()
		for range 5 {
			if !s.renew() {
				t.Fatal("the token was not renewed")
			}
		}
		s.expectVerified(metav1.ConditionUnknown, v1alpha1.ReasonKeysUnavailable)
		if made := s.Tenant.Calls().Sub(calls); made[readKeys] != 1 {
			t.Errorf("the keys were asked for %d times in an hour", made[readKeys])
		}
	})
}

func TestATokenThatIsWrongIsNotPublished(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*stepper)
		reason string
	}{
		"another audience": {func(s *stepper) { s.edit("Audience", "https://others.example.com") }, v1alpha1.ReasonAudienceMismatch},
		"another key signed it": {func(s *stepper) {
			other, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				s.t.Fatal(err)
			}
			s.publishes(jose.JSONWebKey{Key: other.Public(), KeyID: s.consumer.Status.Token.KeyID, Use: "sig"})
		}, v1alpha1.ReasonSignatureInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			expires := s.consumer.Status.Token.ExpirationTime.Time
			tc.change(s)
			if s.renew() {
				t.Error("it was published")
			}
			s.expectVerified(metav1.ConditionFalse, tc.reason)
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("while the old token is good Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Reason != tc.reason {
				t.Errorf("Degraded is %s: %s", degraded.Reason, degraded.Message)
			}
			// What was refused is not requested at each look.
			mints := s.mints()
			if s.step(); s.mints() != mints {
				t.Error("the next look requested another one at once")
			}
			s.expectVerified(metav1.ConditionFalse, tc.reason)
			s.clock.SetTime(expires.Add(-time.Second))
			if s.step(); s.mints() != mints+1 {
				t.Errorf("before the old one expired, %d more were requested", s.mints()-mints)
			}
			s.clock.SetTime(expires)
			s.step()
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != tc.reason {
				t.Errorf("after it has expired Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			s.Tenant.ClearFaults()
			s.edit("Audience", "https://orders.example.com")
			for range 20 {
				s.clock.Step(s.step())
			}
			s.expectVerified(metav1.ConditionTrue, v1alpha1.ReasonVerified)
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("once the tenant is right Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
		})
	}
}

func TestAnAudienceThatIsNotInForceYetKeepsNoTokenBack(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	application := s.OAuthClient("orders")
	s.Update(application, func() { application.Spec.Audience = "https://new.example.com" })
	if !s.renew() {
		t.Error("the token was not renewed")
	}
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
		t.Errorf("Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
	}
}

func TestAnOpaqueTokenIsAskedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		fault     *emulator.Fault
		status    metav1.ConditionStatus
		reason    string
		published bool
	}{
		"and is active":              {nil, metav1.ConditionTrue, v1alpha1.ReasonVerified, true},
		"and is not active":          {&emulator.Fault{Status: 200, Body: `{"active": false}`}, metav1.ConditionFalse, v1alpha1.ReasonTokenInactive, false},
		"and the client may not ask": {&emulator.Fault{Status: 403}, metav1.ConditionUnknown, v1alpha1.ReasonIntrospectionUnavailable, true},
		"and the tenant fails":       {&emulator.Fault{Status: 500}, metav1.ConditionUnknown, v1alpha1.ReasonIntrospectionUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			s.edit("TokenType", "Opaque")
			if tc.fault != nil {
				tc.fault.Operation, tc.fault.Kind = introspect, emulator.FaultStatus
				s.Tenant.Inject(*tc.fault)
			}
			calls := s.Tenant.Calls()
			if s.renew() != tc.published {
				t.Errorf("published: %v", !tc.published)
			}
			s.expectVerified(tc.status, tc.reason)
			if made := s.Tenant.Calls().Sub(calls); made[introspect] != 1 || made.Total() != 2 {
				t.Errorf("the renewal made these calls:\n%s", made)
			}
		})
	}
}

func TestATokenThatIsNotKeptIsNotChecked(t *testing.T) {
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) {
		c.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryEndpoints}}
	})
	s.expectVerified(metav1.ConditionUnknown, v1alpha1.ReasonNotDelivered)
	if n := s.Tenant.Calls()[readKeys]; n != 0 {
		t.Errorf("the keys were read %d times", n)
	}
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = nil })
	s.step()
	s.expectVerified(metav1.ConditionTrue, v1alpha1.ReasonVerified)
}
