package clusterfaults_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestWhatIsForcedAwayAndMadeAgainIsFoundAgain takes finalizers off by force, which leaves everything on the tenant, and applies the same manifests again.
// Nothing is made twice: the marks tell whose it is.
func TestWhatIsForcedAwayAndMadeAgainIsFoundAgain(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	s := newStage(t, w)
	applications, users, roles := len(w.Tenant.Applications()), len(w.Tenant.Users()), len(w.Tenant.Roles())
	w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503}) // or the operator would be faster
	s.force(s.old)
	s.force(s.application)
	w.Tenant.ClearFaults()
	// kube-controller-manager, which collects what a client owned, is not there.
	s.Delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.old.Namespace, Name: "old"}})
	s.application, s.old = w.OAuthClient("orders"), w.ConfidentialClient("old", "orders", "read")
	w.Create(s.application, s.old)
	w.Ready(s.application, s.old)
	s.Quiet()
	if now := len(w.Tenant.Applications()); now != applications {
		t.Errorf("there were %d applications, and now %d", applications, now)
	}
	if now := len(w.Tenant.Users()); now != users {
		t.Errorf("there were %d users, and now %d", users, now)
	}
	if now := len(w.Tenant.Roles()); now != roles {
		t.Errorf("there were %d roles, and now %d", roles, now)
	}
	s.expectSilence()
}
