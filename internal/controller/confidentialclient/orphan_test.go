package confidentialclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestADeletionThatTheTenantDoesNotAnswerEndsAndNamesTheUser(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := server.New(t, emulator.Options{Clock: clock})
	w.Clock = clock
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.DeletionTimeout = &metav1.Duration{Duration: time.Hour} })
	w.Ready(tenant, application, consumer)
	w.Quiet()
	w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	w.Delete(consumer)
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	user := consumer.Status.ActiveIdentity().UserID
	clock.Step(2 * time.Hour)
	w.LabelNamespace("billing", "look", "again")
	w.Gone(consumer)
	w.Gone(secretNamed(w.Namespace("operator"), "credential-"+string(consumer.UID)))
	w.Get(tenant)
	if n := len(tenant.Status.Orphans); n != 1 {
		t.Fatalf("%d orphans: %+v", n, tenant.Status.Orphans)
	}
	left := tenant.Status.Orphans[0]
	if left.Kind != "ConfidentialClient" || left.Name != environment.Key(consumer).String() || left.ID != user {
		t.Errorf("the orphan is %+v, not user %s", left, user)
	}
}
