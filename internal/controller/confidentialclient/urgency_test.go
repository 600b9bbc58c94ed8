package confidentialclient_test

import (
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// TestTheDeadlineOfATokenIsItsPriority also in an outage, when the object waits for the tenant to come back.
func TestTheDeadlineOfATokenIsItsPriority(t *testing.T) {
	s := newStepper(t, time.Hour, nil)
	priority := func() int {
		result, err := s.reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: environment.Key(s.consumer)})
		if err != nil || result.Priority == nil {
			t.Fatalf("the result is %+v, error %v", result, err)
		}
		return *result.Priority
	}
	last := priority()
	if last < 1 {
		t.Errorf("a token has priority %d, as if there were none", last)
	}
	s.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	expires := s.consumer.Status.Token.ExpirationTime.Time
	for _, left := range []time.Duration{15 * time.Minute, 4 * time.Minute, time.Second} {
		s.clock.SetTime(expires.Add(-left))
		now := priority()
		if now <= last {
			t.Errorf("with %v left the priority is %d, after %d", left, now, last)
		}
		last = now
	}
}
