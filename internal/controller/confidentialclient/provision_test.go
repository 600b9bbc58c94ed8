package confidentialclient_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestFirstProvisioningStaysWithinItsBudget(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.Ready(w.CreateTenant())

	application := w.OAuthClient("orders")
	calls, writes := w.Tenant.Calls(), w.Writes()
	w.Create(application)
	w.Ready(application)
	if made := w.Tenant.Calls().Sub(calls); made.Total() > 10 {
		t.Errorf("the first OAuthClient took %d calls, more than 10:\n%s", made.Total(), made)
	}
	if made := w.Writes().Since(writes); made.Total() > 4 {
		t.Errorf("the first OAuthClient took %d writes, more than 4: %s", made.Total(), made)
	}

	consumer := w.ConfidentialClient("billing", "orders", "read")
	calls, writes = w.Tenant.Calls(), w.Writes()
	w.Create(consumer)
	w.Ready(consumer)
	if made := w.Tenant.Calls().Sub(calls); made.Total() > 5 {
		t.Errorf("the first ConfidentialClient took %d calls, more than 5:\n%s", made.Total(), made)
	}
	if made := w.Writes().Since(writes); made.Total() > 4 {
		t.Errorf("the first ConfidentialClient took %d writes, more than 4: %s", made.Total(), made)
	}
	secret := w.TokenSecret(consumer)
	t.Logf("%v %v", secret.Annotations, environment.Key(secret))
	t.Logf("%s", w.Tenant.Calls())
	t.Logf("%s", w.Writes())
}
