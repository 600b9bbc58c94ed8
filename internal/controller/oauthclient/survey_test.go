package oauthclient_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestImportsThatFollowEachOtherNeedOneListOfApplications counts the queries of new applications: for the application ID, for the role, and for the
// applications that are there already.
func TestImportsThatFollowEachOtherNeedOneListOfApplications(t *testing.T) {
	const (
		knows = 2
		lists = 3
	)
	d := newDrifting(t, emulator.Switches{})
	expect := func(name string, want int) {
		t.Helper()
		o, calls := d.OAuthClient(name), d.Tenant.Calls()
		d.Create(o)
		d.Ready(o)
		d.Quiet()
		made := d.Tenant.Calls().Sub(calls)
		if made["Redrock/query"] != want || made.Total() != want+7 {
			t.Errorf("%s took other calls than %d queries and 7 more:\n%s", name, want, made)
		}
	}
	expect("a-moment-later", knows)
	d.clock.Step(5 * time.Second)
	expect("too-late", lists)
	expect("after-that", knows)

	// What became of an import whose answer was lost is not in the list that it went by.
	lost := d.OAuthClient("lost")
	d.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 1})
	d.Create(lost)
	d.Condition(lost, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	d.Ready(lost)
	d.Quiet()
	expect("after-a-lost-one", lists)
	if n := unconfigured(d.World); n != 0 || len(lost.Status.Leftovers) > 0 {
		t.Errorf("%d applications are left without a name, and the leftovers are %v", n, lost.Status.Leftovers)
	}
}

// TestWhatWasMadeSinceTheListIsNotTaken has somebody make an application after the list by which an import goes that is cut off.
func TestWhatWasMadeSinceTheListIsNotTaken(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	byHand, err := d.Tenant.AddApplication(map[string]any{"Name": "Half made by hand", "TemplateName": "OAuth2Server"})
	if err != nil {
		t.Fatal(err)
	}
	d.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetBefore, Count: 1})
	cut := d.OAuthClient("cut")
	d.Create(cut)
	d.Ready(cut)
	if cut.Status.ApplicationKey == byHand {
		t.Error("somebody else's application was taken")
	}
	if n := unconfigured(d.World); n != 1 {
		t.Errorf("%d applications are left without a name", n)
	}
}
