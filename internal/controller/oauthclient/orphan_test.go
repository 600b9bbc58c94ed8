package oauthclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestADeletionThatTheTenantDoesNotAnswerEndsAndNamesWhatIsLeft(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	tenant := d.IdentityTenant()
	d.Update(tenant, func() { tenant.Spec.DeletionTimeout = &metav1.Duration{Duration: time.Hour} })
	d.Ready(tenant)
	d.Quiet()
	d.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	d.Delete(d.application)
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	key := d.application.Status.ApplicationKey
	d.clock.Step(59 * time.Minute)
	d.look()
	d.clock.Step(2 * time.Minute)
	d.LabelNamespace("shop", "look", "at-last")
	d.Gone(d.application)
	d.Get(tenant)
	if n := len(tenant.Status.Orphans); n != 1 {
		t.Fatalf("%d orphans: %+v", n, tenant.Status.Orphans)
	}
	orphan := tenant.Status.Orphans[0]
	if orphan.Kind != "OAuthClient" || orphan.Name != environment.Key(d.application).String() || orphan.ID != key || orphan.Time.IsZero() {
		t.Errorf("the orphan is %+v", orphan)
	}
	event(d.World, tenant.Namespace, "Orphaned", key)
}

func TestADeletionOutlivesATenantThatWasRemovedByForce(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	tenant := d.IdentityTenant()
	d.Delete(tenant)
	d.Update(tenant, func() { tenant.Finalizers = nil })
	d.Gone(tenant)
	d.Delete(d.application)
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)
	d.clock.Step(25 * time.Hour)
	d.LabelNamespace("shop", "look", "at-last")
	d.Gone(d.application)
}
