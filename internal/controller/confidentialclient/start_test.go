package confidentialclient_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// line is a work queue that nothing leaves. It remembers the highest priority that each object was given.
type line struct {
	priorityqueue.PriorityQueue[reconcile.Request]
	mu      sync.Mutex
	highest map[reconcile.Request]int
}

func (l *line) AddWithOpts(options priorityqueue.AddOpts, items ...reconcile.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, item := range items {
		priority := 0
		if options.Priority != nil {
			priority = *options.Priority
		}
		if known, found := l.highest[item]; !found || known < priority {
			l.highest[item] = priority
		}
	}
}

// TestAfterARestartAClientQueuesByTheDeadlineOfItsToken before anything has been reconciled: what is listed at the start comes behind everything else
// unless it says how urgent it is.
func TestAfterARestartAClientQueuesByTheDeadlineOfItsToken(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	s.clock.SetTime(s.consumer.Status.Token.ExpirationTime.Add(-time.Minute))
	want := schedule.Priority(time.Minute)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	skip := true
	queue := &line{highest: map[reconcile.Request]int{}}
	mgr, err := ctrl.NewManager(s.Config(), ctrl.Options{Scheme: s.Client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"}})
	must(t, err)
	must(t, index.Register(ctx, mgr.GetFieldIndexer()))
	must(t, s.reconciler.SetupWithManager(mgr, controller.Options{
		SkipNameValidation: &skip,
		NewQueue: func(name string, _ workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
			queue.PriorityQueue = priorityqueue.New[reconcile.Request](name)
			return queue
		},
	}))
	done := make(chan error)
	go func() { done <- mgr.Start(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	s.Eventually("see the client queued by the deadline of its token", func() error {
		queue.mu.Lock()
		defer queue.mu.Unlock()
		if got := queue.highest[reconcile.Request{NamespacedName: environment.Key(s.consumer)}]; got != want {
			return errors.New("it has another priority, or none")
		}
		return nil
	})
}
