package oauthclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestAnImportThatMayBeUnderWayIsWaitedFor has the operator find the intent of a process that died while it imported.
func TestAnImportThatMayBeUnderWayIsWaitedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		age   time.Duration
		ended bool
		waits bool
	}{
		"one that was sent a moment ago is waited for":           {age: time.Second, waits: true},
		"one that has ended is made again at once":               {age: time.Second, ended: true},
		"one that was sent long ago is made again at once":       {age: time.Minute},
		"one of a clock that was set back is made again at once": {age: -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, emulator.Switches{})
			o := d.OAuthClient("late")
			o.Spec.Suspend = true
			d.Create(o)
			d.Condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
			d.Quiet()
			d.Get(o)
			o.Status.ImportIntent = &v1alpha1.ImportIntent{Time: metav1.NewTime(d.clock.Now().Add(-tc.age)), Ended: tc.ended}
			if err := d.Client.Status().Update(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			imports := d.Tenant.Calls()["SaasManage/ImportAppFromTemplate"]
			d.Update(o, func() { o.Spec.Suspend = false })
			if tc.waits {
				d.Condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
				if n := d.Tenant.Calls()["SaasManage/ImportAppFromTemplate"]; n != imports {
					t.Error("it was made again")
				}
				d.clock.Step(30 * time.Second)
			}
			d.Ready(o)
			if n := d.Tenant.Calls()["SaasManage/ImportAppFromTemplate"]; n != imports+1 || o.Status.ImportIntent != nil {
				t.Errorf("it was made %d times, and the status has the intent %+v", n-imports, o.Status.ImportIntent)
			}
		})
	}
}
