package wake_test

import (
	"testing"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// TestTheObjectWhoseTurnItIsComesAtOnce, before others of its class and after the tokens.
func TestTheObjectWhoseTurnItIsComesAtOnce(t *testing.T) {
	queue := priorityqueue.New[reconcile.Request]("turn")
	defer queue.ShutDown()
	visits := tenant.NewVisits(2)
	if err := wake.Turn(visits).Start(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	session, err := tenant.NewPool(clock.RealClock{}, nil).Session("identity/corp", tenant.Settings{URL: "https://tenant.example"})
	if err != nil {
		t.Fatal(err)
	}
	first, end := visits.Begin(t.Context(), "shop/first")
	if err := session.Enter(first); err != nil {
		t.Fatal(err)
	}
	second, endSecond := visits.Begin(t.Context(), "shop/second")
	if err := session.Enter(second); !tenant.HeldBack(err) {
		t.Fatalf("error is %v", err)
	}
	endSecond()
	named := func(name string) reconcile.Request {
		return reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "shop", Name: name}}
	}
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(schedule.PriorityChanged)}, named("third"))
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(schedule.PriorityChanged), After: time.Hour}, named("second"))
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(schedule.Priority(0))}, named("urgent"))
	end()
	for _, want := range []string{"urgent", "second", "third"} {
		if got, _ := queue.Get(); got != named(want) {
			t.Errorf("%s comes when it is the turn of %s", got, want)
		}
	}
}
