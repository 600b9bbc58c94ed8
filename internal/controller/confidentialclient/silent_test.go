package confidentialclient_test

import (
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestARestartWithLiveTokensIsSilent(t *testing.T) {
	const tokens = 50
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	application, _ := w.Provisioned("orders", "client-0")
	scope := w.Scope("write", "orders", "write")
	w.Create(scope)
	clients := make([]*v1alpha1.ConfidentialClient, tokens-1)
	for i := range clients {
		clients[i] = w.ConfidentialClient(fmt.Sprintf("client-%d", i+1), "orders", "read")
		w.Create(clients[i])
	}
	w.Ready(scope, application)
	for _, c := range clients {
		w.Ready(c)
	}
	stop()

	passes := w.Passes()
	calls, writes := w.Tenant.Calls(), w.Writes()
	w.StartOperator()
	// A later object has gone through when all that were there before have.
	w.Settled(passes, tokens+3)
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the restart made calls to the tenant:\n%s", made)
	}
	if made := w.Writes().Since(writes); made.Total() != 0 {
		t.Errorf("the restart made writes: %s", made)
	}
}

func TestWhatChangesNothingIsSilent(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	scope := w.Scope("write", "orders", "write")
	w.Create(scope)
	w.Ready(scope)
	w.Ready(application, consumer)
	w.Quiet()
	calls, writes := w.Tenant.Calls(), w.Writes()
	passes := w.Passes()
	// Labels of the objects, and of their namespaces, wake the operator or do not; in no case is there anything to do.
	for _, object := range []client.Object{w.IdentityTenant(), application, scope, consumer} {
		w.Update(object, func() { object.SetLabels(map[string]string{"touched": "true"}) })
	}
	for _, part := range []string{"shop", "billing"} {
		w.LabelNamespace(part, "touched", "true")
	}
	w.Settled(passes, 3)
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("calls were made to the tenant:\n%s", made)
	}
	if made := w.Writes().Since(writes); made.Total() != 0 {
		t.Errorf("writes were made: %s", made)
	}
}
