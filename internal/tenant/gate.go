package tenant

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// maxWait is the longest that a call waits for its permit. Who would wait longer comes back later, so that no
// worker stands in line.
const maxWait = time.Second

// GateError reports a call that was not sent, because it is not its turn.
type GateError struct {
	// Asked tells who holds the call back: true for the tenant, which asked for a pause, false for our own limit.
	Asked bool

	crowded bool // as many passes as may be are at work on the tenant
	wait    time.Duration
}

// Error implements error. It names no time, so that it is the same at each attempt.
func (e *GateError) Error() string {
	if e.Asked {
		return "tenant asked for a pause in calls"
	}
	if e.crowded {
		return "many objects of the tenant are worked on at once"
	}
	return "limit of calls per second to the tenant is reached"
}

// FailureClass returns failure.Throttled.
func (e *GateError) FailureClass() failure.Class { return failure.Throttled }

// RetryAfter returns when a call may go at the earliest.
func (e *GateError) RetryAfter() time.Duration { return e.wait }

// HeldBack says whether a call failed without having been sent: it was not its turn, or the tenant does not answer.
func HeldBack(err error) bool {
	var gate *GateError
	var circuit *CircuitError
	return errors.As(err, &gate) || errors.As(err, &circuit)
}

// gate decides who calls a tenant URL next. All Sessions of the URL share it.
//
// Permits come at the rate of the limit, and a burst of them is kept for when they are wanted. Of those who wait, the most urgent one gets the next.
// The less urgent classes leave a part of the burst to the others, so that a token does not have to wait for what drift checks have used up.
type gate struct {
	clock  clock.Clock
	offset clockOffset
	turn   chan struct{} // holds a value while somebody has the lock of Session.Serialize

	mu          sync.Mutex
	limiter     *rate.Limiter // at the ceiling, or below it while pace says so
	ceiling     rate.Limit
	pace        pace
	closedUntil time.Time
	waiters     []*waiter
	arrivals    int           // so far, which numbers the waiters
	changed     chan struct{} // closed when a waiter has reason to look again
	lines       [classes]line
	absent      absent
}

// waiter is a call that waits for its permit.
type waiter struct {
	urgency
	// underway says that it belongs to a pass that has made a call already. Of equals these go first: what is begun is brought to its end.
	underway bool
	number   int
	until    time.Time // when it is sent away
}

func (w *waiter) before(other *waiter) bool {
	switch {
	case w.urgency.before(other.urgency):
		return true
	case other.urgency.before(w.urgency):
		return false
	case w.underway != other.underway:
		return w.underway
	}
	return w.number < other.number
}

// newGate returns a gate that needs a limit before its first call.
func newGate(clock clock.Clock) *gate {
	return &gate{clock: clock, turn: make(chan struct{}, 1), changed: make(chan struct{})}
}

// limit sets the ceiling for calls. The first time it gives a full burst, later it keeps what is used up.
func (g *gate) limit(requestsPerSecond float64, burst int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ceiling = rate.Limit(requestsPerSecond)
	if g.limiter == nil {
		g.limiter = rate.NewLimiter(g.ceiling, burst)
		return
	}
	now := g.clock.Now()
	g.keepPace(now)
	g.limiter.SetBurstAt(now, burst)
	g.stir()
}

// enter returns *GateError when the pass that a call belongs to has no place at the tenant, and there is none left for calls of its class.
func (g *gate) enter(ctx context.Context) error {
	u, v := urgencyOf(ctx), visitOf(ctx)
	if v == nil || v.has(g) {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if u.class == ClassToken && !g.absent.arrive(now, u, g.interval()) {
		return &GateError{crowded: true, wait: g.turnAway(now, u, 0)}
	}
	if wait, entered := v.enter(g, u, now); !entered {
		return &GateError{crowded: true, wait: wait}
	}
	return nil
}

// admit returns nil when the call may go, after a wait of at most maxWait. It returns *GateError, and takes no permit, as soon as it is
// clear that the wait would be longer.
//
// Every call to a tenant passes here and nowhere else.
func (g *gate) admit(ctx context.Context) error {
	w := g.arrive(ctx)
	for {
		granted, again, wait, err := g.ask(w)
		if granted || err != nil {
			return err
		}
		if err := g.await(ctx, again, wait); err != nil {
			g.leave(w)
			return err
		}
	}
}

func (g *gate) arrive(ctx context.Context) *waiter {
	v := visitOf(ctx)
	w := &waiter{urgency: urgencyOf(ctx), underway: v != nil && v.underway()}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrivals++
	w.number, w.until = g.arrivals, g.clock.Now().Add(maxWait)
	g.waiters = append(g.waiters, w)
	g.stir()
	return w
}

// ask gives w its permit, if it is its turn and there is one. Otherwise w is to ask again after wait, or as soon as again is closed.
// With a permit or an error, w waits no more.
func (g *gate) ask(w *waiter) (granted bool, again <-chan struct{}, wait time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if left := g.closedUntil.Sub(now); left > 0 {
		g.drop(w)
		return false, nil, 0, &GateError{Asked: true, wait: left}
	}
	g.keepPace(now)
	ahead := g.ahead(w)
	due := g.due(now, w.class, ahead)
	switch left := w.until.Sub(now); {
	case ahead == 0 && due == 0:
		g.limiter.ReserveN(now, 1)
		g.drop(w)
		return true, nil, 0, nil
	case due > left:
		g.drop(w)
		return false, nil, 0, &GateError{wait: g.turnAway(now, w.urgency, due)}
	case ahead == 0:
		wait = due
	default:
		wait = left // those before it leave earlier
	}
	return false, g.changed, wait, nil
}

func (g *gate) await(ctx context.Context, again <-chan struct{}, wait time.Duration) error {
	timer := g.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-again:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// turnAway returns when somebody comes back for whom there is no permit before least. Those who come back are at least space apart, but for tokens: they
// hold back whoever expires later, who must not wait for longer than it takes. It is called under the lock.
func (g *gate) turnAway(now time.Time, u urgency, least time.Duration) time.Duration {
	if u.class == ClassToken {
		return g.absent.join(now, u, least, max(g.interval(), leastSpace))
	}
	return g.lines[u.class].join(now, least, max(callsPerPass*g.interval(), leastSpace))
}

// leave ends the wait of a call that was given up.
func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(w)
}

// drop is called under the lock, as are all that follow.
func (g *gate) drop(w *waiter) {
	g.waiters = slices.DeleteFunc(g.waiters, func(other *waiter) bool { return other == w })
	g.stir()
}

// stir lets all who wait look again.
func (g *gate) stir() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// ahead counts those who go before w.
func (g *gate) ahead(w *waiter) int {
	n := 0
	for _, other := range g.waiters {
		if other != w && other.before(w) {
			n++
		}
	}
	return n
}

// due returns in what time there is a permit for a call of a class with so many before it.
func (g *gate) due(now time.Time, class Class, ahead int) time.Duration {
	burst := g.limiter.Burst()
	needed := float64(burst-class.of(burst)) + 1 + float64(ahead)
	missing := needed - g.limiter.TokensAt(now)
	if missing <= 1e-6 { // the limiter counts in floating point
		return 0
	}
	return time.Duration(math.Ceil(missing/float64(g.limiter.Limit())*1e6)) * time.Microsecond
}

// interval returns the time between two permits.
func (g *gate) interval() time.Duration {
	return time.Duration(float64(time.Second) / float64(g.limiter.Limit()))
}

// keepPace brings the limiter to the rate of the moment.
func (g *gate) keepPace(now time.Time) {
	if limit := g.pace.at(now, g.ceiling); limit != g.limiter.Limit() {
		g.limiter.SetLimitAt(now, limit)
	}
}

// learn slows down after an answer that throttles, and closes the gate for as long as it asks, at most exchange.MaxRetryAfter. An answer never
// shortens the pause that another one asked for.
func (g *gate) learn(status int, header http.Header) {
	class, wait := exchange.Answer{Status: status, Header: header}.Outage()
	if class != failure.Throttled {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if status == http.StatusTooManyRequests {
		g.pace = g.pace.throttled(now, g.ceiling)
		wait = max(wait, paceOnce)
	}
	if until := now.Add(wait); until.After(g.closedUntil) {
		g.closedUntil = until
		g.stir()
	}
}
