package oauthclient_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestSuspensionHoldsChangesAndRepairsAndLetsTheRestGoOn(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	d.Update(d.application, func() { d.application.Spec.Suspend = true })
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	d.Quiet()
	edit(t, d.Tenant, d.application.Status.ApplicationKey, "Confirm", true)
	calls := d.Tenant.Calls()
	d.check()
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)

	// A change waits, and it shows.
	d.Update(d.application, func() { d.application.Spec.Description = "Orders, new" })
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	d.Condition(d.application, v1alpha1.ConditionProvisioned, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if made := d.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the tenant was called:\n%s", made)
	}

	// Clients get their tokens all the same: the application is there.
	consumer := d.ConfidentialClient("billing", "orders", "read")
	d.Create(consumer)
	d.Ready(consumer)

	d.Update(d.application, func() { d.application.Spec.Suspend = false })
	d.Ready(d.application)
	if found, _ := d.Tenant.Application("orders"); found.Profile.Confirm || found.Description[:11] != "Orders, new" {
		t.Errorf("after the suspension the application is %+v", found)
	}

	// A deletion is carried out.
	d.Update(d.application, func() { d.application.Spec.Suspend = true })
	d.Delete(consumer)
	d.Delete(d.application)
	d.Gone(consumer, d.application)
	if _, found := d.Tenant.Application("orders"); found {
		t.Error("the application is left")
	}
}

func TestASuspendedOAuthClientMakesNoApplication(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.CreateTenant()
	w.Ready(tenant)
	application := w.OAuthClient("orders")
	application.Spec.Suspend = true
	w.Create(application)
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	if _, found := w.Tenant.Application("orders"); found {
		t.Error("it was made")
	}
}
