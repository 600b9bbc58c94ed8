package confidentialclient_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

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

func TestARefreshIsOneCallAndTwoWrites(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := server.New(t, emulator.Options{Clock: clock})
	w.Clock = clock
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	tenant := w.IdentityTenant()
	// The look below wakes the application, too, and hours have passed.
	w.Update(tenant, func() { tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour} })
	w.Ready(tenant, application)
	for i := range 3 {
		w.Quiet()
		w.Get(consumer)
		clock.SetTime(consumer.Status.Token.RenewalTime.Time)
		expires := consumer.Status.Token.ExpirationTime
		calls, writes := w.Tenant.Calls(), w.Writes()
		w.LabelNamespace("billing", "renewal", fmt.Sprint(i)) // a look at the object, at its time
		w.Eventually("see a new token", func() error {
			if w.Get(consumer); !consumer.Status.Token.ExpirationTime.After(expires.Time) {
				return errors.New("it is the old one")
			}
			return nil
		})
		w.Quiet()
		if made := w.Tenant.Calls().Sub(calls); made.Total() != 1 {
			t.Errorf("the refresh took more than the one call:\n%s", made)
		}
		if made := w.Writes().Since(writes); made.Total() != 2 {
			t.Errorf("the refresh took other writes than Secret and status: %s", made)
		}
	}
}
