// Package restart_test proves that a fleet of live tokens does not notice when the operator is replaced: by itself, after a restart, or by another
// replica that becomes the leader.
package restart_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// tokens is how many live tokens there are, and applications how many issue them.
const (
	tokens       = 1000
	applications = 10
)

func TestAThousandLiveTokensDoNotNoticeThatTheOperatorIsReplaced(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.Abandon()
	stopFirst := w.StartReplica()
	begun := time.Now()
	provision(w)
	t.Logf("provisioning took %s", time.Since(begun).Round(time.Second))
	w.Quiet()
	expectLive(t, w)

	stopSecond := w.StartReplica()
	expectSilence(t, w, "the change of the leader", func() {
		first := leader(w)
		stopFirst()
		w.Eventually("see another leader", func() error {
			if now := leader(w); now == "" || now == first {
				return fmt.Errorf("it is %q", now)
			}
			return nil
		})
	})
	expectSilence(t, w, "the restart", func() {
		stopSecond()
		w.StartOperator()
	})
	expectLive(t, w)
}

// provision makes the fleet, in parts none of which takes long.
func provision(w *environment.World) {
	tenant := w.IdentityTenant()
	tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour} // nothing falls due in this test
	w.Create(w.AdminSecret(), tenant)
	var issuers []client.Object
	for i := range applications {
		issuers = append(issuers, w.OAuthClient(fmt.Sprintf("application-%d", i)))
	}
	issuers = append(issuers, w.Scope("write", "application-0", "write"))
	w.Create(issuers...)
	w.Ready(tenant)
	w.Ready(issuers...)
	var clients []client.Object
	for i := range tokens {
		c := w.ConfidentialClient(fmt.Sprintf("client-%d", i), fmt.Sprintf("application-%d", i%applications), "read")
		c.Finalizers = []string{v1alpha1.Finalizer} // saves a write for each
		clients = append(clients, c)
	}
	for part := range slices.Chunk(clients, tokens/10) {
		w.Create(part...)
		w.Ready(part...)
	}
}

// expectLive counts the users on the tenant, and the tokens that are published.
func expectLive(t *testing.T, w *environment.World) {
	t.Helper()
	if users := len(w.Tenant.Users()); users < tokens {
		t.Fatalf("the tenant has %d users", users)
	}
	published := &corev1.SecretList{}
	if err := w.Client.List(t.Context(), published, client.InNamespace(w.Namespace("billing"))); err != nil {
		t.Fatal(err)
	}
	live := 0
	for _, s := range published.Items {
		expires, err := time.Parse(time.RFC3339, string(s.Data[v1alpha1.ExpiresAtKey]))
		if err == nil && len(s.Data[v1alpha1.AccessTokenKey]) > 0 && time.Now().Before(expires) {
			live++
		}
	}
	if live != tokens {
		t.Fatalf("%d tokens are live, not %d", live, tokens)
	}
}

// expectSilence replaces the operator, waits until the new one has looked at everything, and says what it has done by that.
func expectSilence(t *testing.T, w *environment.World, what string, replace func()) {
	t.Helper()
	passes, calls, writes := w.Passes(), w.Tenant.Calls(), w.Writes()
	replace()
	// The tenant, the applications, the Scope and the clients.
	w.Settled(passes, 1+applications+1+tokens)
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("%s made calls to the tenant:\n%s", what, made)
	}
	if made := w.Writes().Since(writes); made.Total() != 0 {
		t.Errorf("%s made writes: %s", what, made)
	}
}

// leader returns who holds the lease of the operator; "" for nobody.
func leader(w *environment.World) string {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("operator"), Name: operator.Name}}
	w.Get(lease)
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}
