package environment

import (
	"context"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Process is one life of an operator of which a test makes the passes itself, over one object. What an earlier life remembered is lost.
type Process struct {
	// Reconciler makes the passes.
	Reconciler reconcile.Reconciler
	// Object of the passes.
	Object client.Object
	// Settled says whether the object is as it should be.
	Settled func() bool
	// Clock of the Reconciler. It is moved to when the next pass is due, and at least by a second.
	Clock *clocktesting.FakeClock
	// Longest is by how much the clock is moved at most from one pass to the next. If 0, nothing bounds it.
	Longest time.Duration
}

// Run lets a process work until its object is as it should be, or the process has been ended, and returns its effects. It loses the answer to
// the effect of the given number, counted from 1; killed says that the process dies of that.
func (t *Tape) Run(w *World, p Process, loseAt int, killed bool) (effects []string) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	kill := cancel
	if !killed {
		kill = nil
	}
	t.record(loseAt, kill)
	const most = 20
	request := ctrl.Request{NamespacedName: Key(p.Object)}
	var result ctrl.Result
	var err error
	for range most {
		result, err = p.Reconciler.Reconcile(ctx, request)
		if ctx.Err() != nil || err == nil && p.Settled() {
			return t.Recorded()
		}
		wait := max(result.RequeueAfter, time.Second)
		if p.Longest > 0 {
			wait = min(wait, p.Longest)
		}
		p.Clock.Step(wait)
	}
	w.Get(p.Object)
	conditions, _ := conditionsOf(p.Object)
	w.t.Fatalf("%d passes were not enough: the last asked for another in %s and ended with error %v, and %T %s has conditions %+v", most, result.RequeueAfter, err, p.Object, request, conditions)
	return nil
}
