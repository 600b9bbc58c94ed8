package shards_test

import (
	"testing"
	"time"

	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// TestAPassOverAnObjectThatHasLeftTheShardDoesNothing lets passes begin over objects that were in the shard when they were queued.
func TestAPassOverAnObjectThatHasLeftTheShardDoesNothing(t *testing.T) {
	w := server.New(t, emulator.Options{})
	selector, err := shard.Parse(east)
	if err != nil {
		t.Fatal(err)
	}
	options := operator.DefaultOptions(w.Namespace("operator"))
	options.Shard = selector
	c := w.Indexed(nil)
	controllers := operator.NewControllers(operator.Parts{Client: c, Live: c, Recorder: events.NewFakeRecorder(100), Calls: metrics.NewCalls()}, options)
	tenant, application := in("west", w.IdentityTenant()), in("west", w.OAuthClient("orders"))
	scope, consumer := in("west", w.Scope("write", "orders", "write")), in("west", w.ConfidentialClient("billing", "orders", "read"))
	w.Create(w.AdminSecret(), tenant, application, scope, consumer)
	for name, tc := range map[string]struct {
		object     client.Object
		reconciler reconcile.Reconciler
		again      time.Duration
	}{
		"IdentityTenant":     {tenant, controllers.Tenants, 10 * time.Minute}, // to look at what it refers to
		"OAuthClient":        {application, controllers.Applications, 0},
		"Scope":              {scope, controllers.Scopes, 0},
		"ConfidentialClient": {consumer, controllers.Clients, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			pass := func() ctrl.Result {
				result, err := tc.reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: environment.Key(tc.object)})
				if err != nil {
					t.Fatal(err)
				}
				return result
			}
			version := tc.object.GetResourceVersion()
			result := pass()
			if w.Get(tc.object); tc.object.GetResourceVersion() != version {
				t.Error("the object was written")
			}
			if result.RequeueAfter != tc.again {
				t.Errorf("the next pass is in %s", result.RequeueAfter)
			}
			if calls := w.Tenant.Calls(); calls.Total() > 0 {
				t.Errorf("the tenant was called:\n%s", calls)
			}
		})
	}
	t.Run("one that comes back is worked on", func(t *testing.T) {
		w := w.In(t)
		w.Update(scope, func() { scope.Labels[v1alpha1.ShardLabel] = "east" })
		if _, err := controllers.Scopes.Reconcile(t.Context(), ctrl.Request{NamespacedName: environment.Key(scope)}); err != nil {
			t.Fatal(err)
		}
		if w.Get(scope); len(scope.Status.Conditions) == 0 {
			t.Error("nothing is said of it")
		}
	})
}
