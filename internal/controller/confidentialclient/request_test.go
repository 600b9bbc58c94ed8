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

// readUser is how a user is looked up, as the tenant counts it.
const readUser = "UserMgmt/GetUserAttributes"

// askFor sets an annotation of the client.
func (s *stepper) askFor(annotation, value string) {
	s.t.Helper()
	s.Update(s.consumer, func() { s.consumer.Annotations = map[string]string{annotation: value} })
}

func TestARequestForANewTokenMintsOnce(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	long := strings.Repeat("x", 100_000)
	for _, step := range []struct {
		value string
		mints int
	}{{"2026-11-21T10:00:00Z", 1}, {"2026-11-21T10:00:00Z", 0}, {"", 0}, {"again", 1}, {"2026-11-21T10:00:00Z", 1}, {long, 1}, {long, 0}} {
		s.askFor(v1alpha1.RenewRequestAnnotation, step.value)
		before := s.mints()
		s.step()
		s.step()
		if n := s.mints() - before; n != step.mints {
			t.Errorf("%.20q minted %d tokens, not %d", step.value, n, step.mints)
		}
		s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
		handled := s.consumer.Status.LastHandledRenewRequest
		if step.value != long && step.value != "" && handled != step.value || len(handled) > 128 {
			t.Errorf("after %.20q the status says %q", step.value, handled)
		}
	}
}

func TestARequestIsHandledOnceWhereverTheOperatorIsKilled(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	s.askFor(v1alpha1.RenewRequestAnnotation, "now")
	before, stored := s.mints(), s.consumer.Status.DeepCopy()
	s.step()
	// Killed between Secret and status: the status is as before.
	s.consumer.Status = *stored
	if err := s.Client.Status().Update(t.Context(), s.consumer); err != nil {
		t.Fatal(err)
	}
	s.step()
	if n := s.mints() - before; n != 1 {
		t.Errorf("%d tokens were minted", n)
	}
	if got := s.consumer.Status.LastHandledRenewRequest; got != "now" {
		t.Errorf("the status says %q", got)
	}
	// Somebody takes the annotation off the Secret.
	secret := s.TokenSecret(s.consumer)
	s.Update(secret, func() { delete(secret.Annotations, v1alpha1.HandledRenewRequestAnnotation) })
	for range 3 {
		s.step()
	}
	if n := s.mints() - before; n != 1 {
		t.Errorf("%d tokens were minted", n)
	}
}

func TestARequestWhileTheTenantIsAwayIsHandledWhenItReturns(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	s.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	s.askFor(v1alpha1.RenewRequestAnnotation, "now")
	token := string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey])
	next := s.step()
	s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	if s.consumer.Status.LastHandledRenewRequest != "" {
		t.Error("it counts as handled")
	}
	s.Tenant.ClearFaults()
	s.clock.Step(next)
	s.step()
	if string(s.TokenSecret(s.consumer).Data[v1alpha1.AccessTokenKey]) == token || s.consumer.Status.LastHandledRenewRequest != "now" {
		t.Error("it was not handled")
	}
}

func TestARequestTriesAgainWhatWasRefused(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Tenant.Inject(emulator.Fault{Operation: "OAuth2/Token/orders", Kind: emulator.FaultStatus, Status: 400, Body: `{"error":"invalid_request"}`})
	if s.renew() {
		t.Fatal("it was renewed")
	}
	s.Tenant.ClearFaults()
	mints := s.mints()
	if s.step(); s.mints() != mints {
		t.Fatal("what was refused was tried again at once")
	}
	s.askFor(v1alpha1.RenewRequestAnnotation, "now")
	if s.step(); s.mints() != mints+1 {
		t.Error("the request tried nothing")
	}
	s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
}

func TestARequestToReconcileLooksTheUserUpAndPutsItRight(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	user := userOf(t, s.World, s.consumer)
	must(t, s.Tenant.SpoilUser(user.Name))
	mints := s.mints()
	s.askFor(v1alpha1.ReconcileRequestAnnotation, "now")
	s.step()
	if now := userOf(t, s.World, s.consumer); !now.OauthClient || len(now.RoleIDs) != len(user.RoleIDs) {
		t.Errorf("the user is %+v", now)
	}
	if s.consumer.Status.LastHandledReconcileRequest != "now" || s.mints() != mints {
		t.Errorf("handled: %q; %d tokens were minted", s.consumer.Status.LastHandledReconcileRequest, s.mints()-mints)
	}
	calls := s.Tenant.Calls()
	if s.step(); s.Tenant.Calls().Sub(calls).Total() != 0 {
		t.Errorf("it was handled twice:\n%s", s.Tenant.Calls().Sub(calls))
	}
	must(t, s.Tenant.RemoveUser(user.Name))
	s.askFor(v1alpha1.ReconcileRequestAnnotation, "again")
	for range 3 {
		s.clock.Step(min(s.step(), time.Minute))
	}
	if now := userOf(t, s.World, s.consumer); now.ID == user.ID || s.consumer.Status.LastHandledReconcileRequest != "again" {
		t.Errorf("the user is %+v, and %q was handled", now, s.consumer.Status.LastHandledReconcileRequest)
	}
	s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
}

func TestARequestToReconcileThatIsRefusedHoldsNoTokenUp(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Tenant.Inject(emulator.Fault{Operation: readUser, Kind: emulator.FaultStatus, Status: 403})
	s.askFor(v1alpha1.ReconcileRequestAnnotation, "now")
	s.step()
	s.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Status != metav1.ConditionTrue {
		t.Error("nobody is told")
	}
	calls := s.Tenant.Calls()
	if s.step(); s.Tenant.Calls().Sub(calls).Total() != 0 {
		t.Error("what was refused was asked again at once")
	}
	if !s.renew() {
		t.Error("the token was not renewed")
	}
	if s.consumer.Status.LastHandledReconcileRequest != "" {
		t.Error("it counts as handled")
	}
}

func TestRequestsWakeTheirObjects(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	w.Quiet()
	calls, writes := w.Tenant.Calls(), w.Writes()
	w.Update(consumer, func() { consumer.Annotations = map[string]string{v1alpha1.RenewRequestAnnotation: "now"} })
	w.Eventually("see the request handled", func() error {
		if w.Get(consumer); consumer.Status.LastHandledRenewRequest != "now" {
			return errors.New("it is not")
		}
		return nil
	})
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made["OAuth2/Token/orders"] != 1 {
		t.Errorf("the request made these calls:\n%s", made)
	}
	if made := w.Writes().Since(writes); made.Total() != 2 {
		t.Errorf("the request took other writes than Secret and status: %s", made)
	}
	tenant := w.IdentityTenant()
	calls = w.Tenant.Calls()
	w.Update(tenant, func() { tenant.Annotations = map[string]string{v1alpha1.ReconcileRequestAnnotation: "now"} })
	w.Eventually("see the tenant's request handled", func() error {
		if w.Get(tenant); tenant.Status.LastHandledReconcileRequest != "now" {
			return errors.New("it is not")
		}
		return nil
	})
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made["OAuth2/Token/operator-admin"] != 1 {
		t.Errorf("the tenant was logged in to like this:\n%s", made)
	}
}
