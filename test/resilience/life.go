package resilience

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	// afterlife is how long a process is still watched once everything is as it should be: counts of dependents are written after a minute.
	afterlife = 70 * time.Second
	// lookInterval is how often every object is looked at, also when nothing tells that something has changed.
	lookInterval = 10 * time.Minute
	// mostPasses bounds the life of a process.
	mostPasses = 400
	// latest is how long after the end of its process an effect happens at the latest. The operator gives a call 10 seconds, and a leader is followed
	// by another at least 5 seconds after it has stopped.
	latest = 20 * time.Second
	// queueBackoff is how long the work queue waits after an error of kube-apiserver.
	queueBackoff = time.Second
)

// Break says at which effect of a process, counted from 1, which fault happens. The zero value breaks nothing.
type Break struct {
	At    int
	Fault Fault
	// Late is after how many effects of the next process the effect of a LeaderLost happens.
	Late int
}

// life is one process of the operator.
type life struct {
	*World
	controllers operator.Controllers
	reconcilers map[string]reconcile.Reconciler
	queue       queue
	passes      int
}

// Work lets a new process work until settled is true and nothing is due, or until it is ended. It returns its effects, and whether it was ended.
func (w *World) Work(broken Break, settled func() bool) (effects []Effect, ended bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	p := w.start()
	defer p.controllers.Connector.Forget(environment.Key(w.IdentityTenant()))
	defer p.controllers.Connector.Watch(func(tenant types.NamespacedName) { p.queue.add(item{tenants, tenant}, w.time.Now()) })()
	w.wire.begin(broken.At, broken.Fault, cancel)
	p.run(ctx, settled)
	return w.wire.finish(), w.wire.isEnded()
}

// start makes a process that remembers nothing, and has everything looked at.
func (w *World) start() *life {
	w.t.Helper()
	w.catchUp()
	options := operator.DefaultOptions(w.Namespace("operator"))
	options.Clock = w.time
	controllers := operator.NewControllers(operator.Parts{Client: w.cached, Live: w.live, Recorder: discard{}, Calls: metrics.NewCalls()}, options)
	p := &life{World: w, controllers: controllers, queue: queue{}, reconcilers: map[string]reconcile.Reconciler{
		tenants: controllers.Tenants, oauthClients: controllers.Applications, scopes: controllers.Scopes, clients: controllers.Clients,
	}}
	p.queue.everything(w.cache, w.time.Now())
	return p
}

// catchUp lets the cache see everything, as that of a process that begins.
func (w *World) catchUp() {
	w.t.Helper()
	w.cache.release()
	dirty, _ := w.wire.take()
	changes, err := w.cache.see(w.t.Context(), dirty)
	if err != nil {
		w.t.Fatal(err)
	}
	w.checkPublished(changes)
}

// run makes passes until there is nothing left to do for a while, or the process is ended.
func (p *life) run(ctx context.Context, settled func() bool) {
	p.t.Helper()
	var watched time.Time // until when nothing else may become due; zero while something is missing
	for p.passes < mostPasses {
		next, due, found := p.queue.next()
		if found && !due.After(p.time.Now()) {
			if p.pass(ctx, next); p.wire.isEnded() {
				return
			}
			continue
		}
		if p.cache.release() {
			p.see()
			continue
		}
		watched = p.watch(watched, settled)
		idle := !found || !watched.IsZero() && due.After(watched)
		switch {
		case p.wire.isLate() && (idle || !due.Before(p.lateBy)):
			p.land()
		case idle && !watched.IsZero():
			return
		case idle:
			p.t.Fatalf("the operator waits for nothing; its last effects were %v, and these are the objects:\n%s", tailOf(p.wire.finish()), p.describe())
		default:
			p.time.SetTime(due)
		}
	}
	p.t.Fatalf("%d passes were not enough; the last effects were %v, and these are the objects:\n%s", p.passes, tailOf(p.wire.finish()), p.describe())
}

// watch returns until when a process is watched that has nothing due now: watched, if everything still is as it should be.
func (p *life) watch(watched time.Time, settled func() bool) time.Time {
	switch {
	case !settled():
		return time.Time{}
	case watched.IsZero():
		if p.late {
			return p.time.Now().Add(lookInterval + afterlife)
		}
		return p.time.Now().Add(afterlife)
	}
	return watched
}

// land lets the effect that is late happen.
func (p *life) land() {
	p.t.Helper()
	if p.time.Now().Before(p.lateBy) {
		p.time.SetTime(p.lateBy)
	}
	p.wire.land()
	p.see()
}

// pass looks at one object, and lets the cache see what came of it.
func (p *life) pass(ctx context.Context, i item) {
	p.t.Helper()
	p.passes++
	delete(p.queue, i)
	result, err := p.reconcilers[i.resource].Reconcile(ctx, ctrl.Request{NamespacedName: i.NamespacedName})
	if p.wire.isEnded() {
		return
	}
	now := p.time.Now()
	switch {
	case err != nil:
		p.queue.add(i, now.Add(queueBackoff))
	case result.RequeueAfter > 0:
		p.queue.add(i, now.Add(result.RequeueAfter))
	}
	p.see()
}

// see lets the cache see what was written, and wakes whom that wakes.
func (p *life) see() {
	p.t.Helper()
	dirty, stale := p.wire.take()
	if stale != nil {
		p.queue.everything(p.cache, p.time.Now())
		p.cache.hold(stale.resource)
	}
	changes, err := p.cache.see(p.t.Context(), dirty)
	if err != nil {
		p.t.Fatal(err)
	}
	p.queue.feel(changes, p.cache, p.time.Now())
	p.checkPublished(changes)
}

func tailOf(effects []Effect) []Effect {
	const most = 12
	return effects[max(0, len(effects)-most):]
}

// discard is a recorder of events that nobody reads.
type discard struct{}

// Eventf drops an event.
func (discard) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}
