package confidentialclient_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// stepper calls Reconcile directly, under a clock that only the test moves. The tenant goes by the same clock.
type stepper struct {
	*environment.World
	t          *testing.T
	clock      *clocktesting.FakeClock
	reconciler *confidentialclient.Reconciler
	consumer   *v1alpha1.ConfidentialClient
}

// newStepper provisions an application whose tokens live for lifetime, and a client of it, with the operator; then the operator stops, and
// the test steps on alone.
func newStepper(t *testing.T, lifetime time.Duration, change func(*v1alpha1.ConfidentialClient)) *stepper {
	t.Helper()
	return newStepperOn(t, emulator.Options{}, lifetime, func(_ *environment.World, _ *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
		if change != nil {
			change(c)
		}
	})
}

// newStepperOn is newStepper on a tenant of one's own, whose clock is the stepper's.
func newStepperOn(
	t *testing.T, options emulator.Options, lifetime time.Duration,
	change func(*environment.World, *v1alpha1.IdentityTenant, *v1alpha1.ConfidentialClient),
) *stepper {
	t.Helper()
	start := time.Now().Truncate(time.Second)
	clock := clocktesting.NewFakeClock(start)
	options.Clock = clock
	w := server.New(t, options)
	w.Clock = clock
	stop := w.StartOperator()
	application := w.OAuthClient("orders")
	application.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: lifetime}}
	described, consumer := w.IdentityTenant(), w.ConfidentialClient("billing", "orders", "read")
	change(w, described, consumer)
	w.Create(w.AdminSecret(), described, application, consumer)
	w.Ready(application, consumer)
	w.Quiet()
	stop()
	return &stepper{World: w, t: t, clock: clock, consumer: consumer, reconciler: &confidentialclient.Reconciler{
		Client: w.Client, Live: w.Client, Clock: clock,
		Resolver:  tenancy.Resolver{Reader: w.Client},
		Connector: connection.Connector{Vault: secret.Vault{Client: w.Client, Live: w.Client, Namespace: w.Namespace("operator")}, Pool: tenant.NewPool(clock, nil), Live: w.Client},
		Vault:     secret.Vault{Client: w.Client, Live: w.Client, Namespace: w.Namespace("operator")},
		Recorder:  events.NewFakeRecorder(1000),
		Retries:   schedule.NewRetries(), Contests: schedule.NewContests(),
		Countdowns: schedule.NewCountdowns(func() time.Duration { return clock.Since(start) }),
	}}
}

// step makes one pass and returns when the next is due.
func (s *stepper) step() time.Duration {
	s.t.Helper()
	result, err := s.reconciler.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: environment.Key(s.consumer)})
	if err != nil {
		s.t.Fatalf("reconciling: %v", err)
	}
	s.Get(s.consumer)
	return result.RequeueAfter
}

// mints returns how many tokens the tenant has issued to the client.
func (s *stepper) mints() int { return s.Tenant.Calls()["OAuth2/Token/orders"] }

func (s *stepper) condition(kind string) metav1.Condition {
	s.t.Helper()
	for _, c := range s.consumer.Status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{}
}

func TestATokenIsRenewedBeforeItExpiresAndNotEarlier(t *testing.T) {
	// A third of the lifetime before expiry, but earlier where mounted volumes might lag behind.
	for lifetime, early := range map[time.Duration]time.Duration{
		45 * time.Second: 28 * time.Second, 10 * time.Minute: 225 * time.Second, 5 * time.Hour: 100 * time.Minute,
	} {
		t.Run(lifetime.String(), func(t *testing.T) {
			s := newStepper(t, lifetime, nil)
			before := s.TokenSecret(s.consumer)
			expires, renews := s.consumer.Status.Token.ExpirationTime.Time, s.consumer.Status.Token.RenewalTime.Time
			left := expires.Sub(renews)
			if left < early-time.Second || left > early+lifetime/10+time.Second {
				t.Fatalf("renewal is %v before expiry of %v", left, lifetime)
			}
			mints := s.mints()
			for next := s.step(); s.clock.Now().Add(next).Before(renews); next = s.step() {
				if next > 10*time.Minute || next <= 0 {
					t.Fatalf("the next look is in %v", next)
				}
				s.clock.Step(next)
			}
			if s.mints() != mints {
				t.Fatal("a token was minted before its time")
			}
			s.clock.SetTime(renews)
			calls, writes := s.Tenant.Calls(), s.consumer.ResourceVersion
			s.step()
			if made := s.Tenant.Calls().Sub(calls); made[readKeys] != 1 || made.Total() != 2 {
				t.Errorf("the refresh took more than one call, and one for the keys after a restart:\n%s", made)
			}
			after := s.TokenSecret(s.consumer)
			if after.UID != before.UID || string(after.Data[v1alpha1.AccessTokenKey]) == string(before.Data[v1alpha1.AccessTokenKey]) {
				t.Error("the token in the Secret is the old one")
			}
			if !s.consumer.Status.Token.ExpirationTime.After(expires) || s.consumer.ResourceVersion == writes {
				t.Error("the status still tells of the old token")
			}
		})
	}
}

func TestRenewBeforeThatDoesNotFitTheLifetimeMakesNoLoop(t *testing.T) {
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) {
		c.Spec.Token = &v1alpha1.ClientToken{RenewBefore: &metav1.Duration{Duration: time.Hour}}
	})
	adjusted := s.condition(v1alpha1.ConditionRenewBeforeAdjusted)
	if adjusted.Status != metav1.ConditionTrue || adjusted.Reason != v1alpha1.ReasonOutOfRange || !strings.Contains(adjusted.Message, "10m0s") || !strings.Contains(adjusted.Message, "9m0s") {
		t.Errorf("the condition is %+v", adjusted)
	}
	start := s.mints()
	for elapsed := time.Duration(0); elapsed < time.Hour; {
		next := s.step()
		s.clock.Step(next)
		elapsed += next
	}
	// A renewal each tenth of the lifetime at the very most.
	if n := s.mints() - start; n > 61 {
		t.Errorf("%d tokens were minted in an hour of 10-minute tokens", n)
	}
}

func TestAnOutageLeavesAGoodTokenReadyUntilItExpires(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	expires := s.consumer.Status.Token.ExpirationTime.Time
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	for s.clock.Now().Before(expires) {
		next := s.step()
		if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
			t.Fatalf("%v before expiry Ready is %s, %s: %s", expires.Sub(s.clock.Now()), ready.Status, ready.Reason, ready.Message)
		}
		if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Reason != v1alpha1.ReasonServerUnavailable {
			t.Fatalf("Degraded is %+v", degraded)
		}
		left := expires.Sub(s.clock.Now())
		if next > max(left/10, time.Second) {
			t.Fatalf("with %v left the next try is in %v, later than a tenth", left, next)
		}
		s.clock.Step(next)
	}
	next := s.step()
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonServerUnavailable {
		t.Errorf("after expiry Ready is %s, %s", ready.Status, ready.Reason)
	}
	s.Tenant.ClearFaults()
	s.clock.Step(next) // when the tenant may be asked again
	s.step()
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
		t.Errorf("after the outage Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
	}
	if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Type != "" {
		t.Errorf("Degraded is still there: %+v", degraded)
	}
}

func TestConsentThatIsWithdrawnStopsRenewalAndTakesNothing(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	tenant := s.IdentityTenant()
	s.Update(tenant, func() { tenant.Spec.Access.Namespaces = nil })
	expires, mints := s.consumer.Status.Token.ExpirationTime.Time, s.mints()
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	s.step()
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
		t.Errorf("while the token is good Ready is %s, %s", ready.Status, ready.Reason)
	}
	if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Reason != v1alpha1.ReasonNotAdmitted {
		t.Errorf("Degraded is %+v", degraded)
	}
	s.clock.SetTime(expires)
	s.step()
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonNotAdmitted {
		t.Errorf("after expiry Ready is %s, %s", ready.Status, ready.Reason)
	}
	if s.mints() != mints || len(s.TokenSecret(s.consumer).Data) == 0 || len(s.Tenant.Users()) != 2 {
		t.Error("something was minted or taken away")
	}
}

func TestARejectedChangeLeavesTheOldTokenAndSaysSo(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	before := string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey])
	tenant := s.IdentityTenant()
	s.Update(tenant, func() { tenant.Spec.Access.AllowedScopes = []string{"read"} })
	s.Update(s.consumer, func() { s.consumer.Spec.Scopes = []string{"read", "everything"} })
	s.step()
	ready := s.condition(v1alpha1.ConditionReady)
	if ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonSpecNotApplied {
		t.Errorf("Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
	}
	if stalled := s.condition(v1alpha1.ConditionStalled); stalled.Reason != v1alpha1.ReasonNotAdmitted {
		t.Errorf("Stalled is %+v", stalled)
	}
	if string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey]) != before {
		t.Error("the published token has changed")
	}
}

func TestARoleThatIsNotAllowedIsSaidOnEveryPassWhileTheTokenIsGood(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Update(s.consumer, func() { s.consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"System Administrator"}} })
	calls := s.Tenant.Calls()
	for range 3 {
		s.step()
		if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonNotAdmitted {
			t.Fatalf("Ready is %s, %s", ready.Status, ready.Reason)
		}
	}
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("what is not allowed has called the tenant:\n%s", made)
	}
}

func TestOnlyWhatATokenDependsOnMintsOne(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	for _, tc := range []struct {
		name   string
		change func()
		mints  int
	}{
		{"a label", func() { s.consumer.Labels = map[string]string{"a": "b"} }, 0},
		{"the display name", func() { s.consumer.Spec.Identity = &v1alpha1.ClientIdentity{DisplayName: "Billing"} }, 0},
		{"renewBefore", func() {
			s.consumer.Spec.Token = &v1alpha1.ClientToken{RenewBefore: &metav1.Duration{Duration: time.Hour}}
		}, 0},
		{"the order of scopes", func() { s.consumer.Spec.Scopes = []string{"read"} }, 0},
		{"fewer scopes", func() { s.consumer.Spec.Scopes = nil }, 1},
		{"the same again", func() {}, 0},
	} {
		before := s.mints()
		s.Update(s.consumer, tc.change)
		s.step()
		s.step()
		if n := s.mints() - before; n != tc.mints {
			t.Errorf("%s minted %d tokens, not %d", tc.name, n, tc.mints)
		}
	}
	if user := userOf(t, s.World, s.consumer); user.DisplayName != "Billing" {
		t.Errorf("the user is called %q", user.DisplayName)
	}
}

func TestATenantWhoseClockIsOffCostsNothing(t *testing.T) {
	for _, offset := range []time.Duration{7 * time.Minute, -7 * time.Minute} {
		t.Run(offset.String(), func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			s.Tenant.SetClockOffset(offset)
			tenant := s.IdentityTenant()
			s.Get(tenant)
			tenant.Status.ClockOffset = &metav1.Duration{Duration: offset}
			if err := s.Client.Status().Update(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				renews := s.consumer.Status.Token.RenewalTime.Time
				s.clock.SetTime(renews)
				mints := s.mints()
				s.step()
				if s.mints() != mints+1 {
					t.Fatalf("%d tokens were minted at the renewal time", s.mints()-mints)
				}
				lives := s.consumer.Status.Token.RenewalTime.Sub(s.clock.Now())
				if lives < 5*time.Minute || lives > 7*time.Minute {
					t.Fatalf("the next renewal is in %v", lives)
				}
				s.step()
				if s.mints() != mints+1 {
					t.Fatal("a fresh token was replaced")
				}
			}
		})
	}
}

func TestAnOffsetThatIsNotToldCostsNoWriteAtARestart(t *testing.T) {
	for _, offset := range []time.Duration{-20 * time.Second, -time.Second, 20 * time.Second} {
		t.Run(offset.String(), func(t *testing.T) {
			s := newStepper(t, 10*time.Minute, nil)
			s.Tenant.SetClockOffset(offset)
			s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
			s.step()
			before := s.consumer.ResourceVersion
			s.reconciler.Connector.Pool = tenant.NewPool(s.clock, nil) // as after a restart, nothing is known of the tenant's clock
			s.step()
			if s.consumer.ResourceVersion != before {
				t.Errorf("the status was written, and tells of a renewal at %s", s.consumer.Status.Token.RenewalTime)
			}
		})
	}
}
