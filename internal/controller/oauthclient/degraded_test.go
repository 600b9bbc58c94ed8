package oauthclient_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

func TestACheckThatCannotBeMadeTakesNothingFromTheApplication(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  emulator.Fault
		reason string
	}{
		"an outage":             {emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503}, v1alpha1.ReasonServerUnavailable},
		"an HTML page":          {emulator.Fault{Operation: "SaasManage/GetApplication", Kind: emulator.FaultHTML}, v1alpha1.ReasonUnexpectedResponse},
		"throttling":            {emulator.Fault{Operation: "Acl/GetRowAces", Kind: emulator.FaultStatus, Status: 429}, v1alpha1.ReasonThrottled},
		"a right that is taken": {emulator.Fault{Operation: "SaasManage/GetApplication", Kind: emulator.FaultStatus, Status: 403}, v1alpha1.ReasonUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, emulator.Switches{})
			d.Tenant.Inject(tc.fault)
			d.check()
			c := d.Condition(d.application, v1alpha1.ConditionDegraded, metav1.ConditionTrue, tc.reason)
			if !strings.Contains(c.Message, "orders") {
				t.Errorf("the message does not name the application: %s", c.Message)
			}
			d.Ready(d.application)
			d.Condition(d.application, v1alpha1.ConditionProvisioned, metav1.ConditionTrue, v1alpha1.ReasonApplied)
			d.Tenant.ClearFaults()
			d.clock.Step(time.Second) // for which a tenant that throttles is left alone
			d.Eventually("see that it is not degraded any more", func() error {
				d.look()
				if meta.IsStatusConditionTrue(d.application.Status.Conditions, v1alpha1.ConditionDegraded) {
					return errNotYet
				}
				return nil
			})
		})
	}
}

func TestAnApplicationThatSomebodyElseMarkedIsNotReadyAlsoAfterARestart(t *testing.T) {
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	other := ownership.Mark{ClusterID: "elsewhere", Kind: "OAuthClient", Namespace: "a", Name: "b", UID: "1"}
	if err := w.Tenant.EditApplication(application.Status.ApplicationKey, func(raw map[string]any) { raw["Description"] = other.String() }); err != nil {
		t.Fatal(err)
	}
	w.Update(application, func() { application.Spec.Audience = "https://other.example.com" })
	c := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(c.Message, other.Owner()) {
		t.Errorf("the message does not name the owner: %s", c.Message)
	}
	w.Update(application, func() { application.Spec.Audience = "https://orders.example.com" })
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	stop()
	calls := w.Tenant.Calls()
	w.StartOperator()
	w.Eventually("see that the tenant was asked", func() error {
		if w.Tenant.Calls().Sub(calls)["SaasManage/GetApplication"] == 0 {
			return errNotYet
		}
		return nil
	})
	w.Quiet()
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
}
