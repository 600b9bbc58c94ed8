package tenant

import (
	"context"
	"net/http"
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

// maxUnderWay is how many calls to a tenant URL may be under way at once. It is half of the workers that a controller has by default: a tenant that
// does not answer holds no more of them until the circuit opens.
const maxUnderWay = 4

// GateError reports a call that was not sent, because it is not its turn.
type GateError struct {
	// Asked tells who holds the call back: true for the tenant, which asked for a pause, false for our own limit.
	Asked bool

	crowded bool // as many calls as may be are under way
	wait    time.Duration
}

// Error implements error. It names no time, so that it is the same at each attempt.
func (e *GateError) Error() string {
	if e.Asked {
		return "tenant asked for a pause in calls"
	}
	if e.crowded {
		return "too many calls to the tenant are under way"
	}
	return "limit of calls per second to the tenant is reached"
}

// FailureClass returns failure.Throttled.
func (e *GateError) FailureClass() failure.Class { return failure.Throttled }

// RetryAfter returns when a call may go at the earliest.
func (e *GateError) RetryAfter() time.Duration { return e.wait }

// gate decides who calls a tenant URL next. All Sessions of the URL share it.
type gate struct {
	clock  clock.Clock
	offset clockOffset
	turn   chan struct{} // holds a value while somebody has the lock of Session.Serialize
	places chan struct{} // holds a value for each call that is under way

	mu          sync.Mutex
	limiter     *rate.Limiter
	closedUntil time.Time
}

// newGate returns a gate that needs a limit before its first call.
func newGate(clock clock.Clock) *gate {
	return &gate{clock: clock, turn: make(chan struct{}, 1), places: make(chan struct{}, maxUnderWay)}
}

// limit sets the ceiling for calls. The first time it gives a full burst, later it keeps what is used up.
func (g *gate) limit(requestsPerSecond float64, burst int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limiter == nil {
		g.limiter = rate.NewLimiter(rate.Limit(requestsPerSecond), burst)
		return
	}
	now := g.clock.Now()
	g.limiter.SetLimitAt(now, rate.Limit(requestsPerSecond))
	g.limiter.SetBurstAt(now, burst)
}

// admit returns nil when the call may go, after a wait of at most maxWait. It returns *GateError at once, and takes
// no permit, when the wait would be longer.
//
// Every call to a tenant passes here and nowhere else. This is the place for whatever else decides about it, such
// as the class of a call.
func (g *gate) admit(ctx context.Context) error {
	permit, wait, err := g.reserve()
	if err != nil {
		return err
	}
	if wait > 0 {
		if err := g.sleep(ctx, wait); err != nil {
			g.giveBack(permit)
			return err
		}
	}
	return g.refuseWhileClosed(permit)
}

// occupy returns when less than maxUnderWay calls are under way, and the caller's is among them until it calls leave. After maxWait it returns
// *GateError.
func (g *gate) occupy(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.places }
	select {
	case g.places <- struct{}{}:
		return leave, nil
	default:
	}
	timer := g.clock.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case g.places <- struct{}{}:
		return leave, nil
	case <-timer.C():
		return nil, &GateError{crowded: true, wait: maxWait}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reserve takes a permit that is good after wait.
func (g *gate) reserve() (permit *rate.Reservation, wait time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if left := g.closedUntil.Sub(now); left > 0 {
		return nil, 0, &GateError{Asked: true, wait: left}
	}
	permit = g.limiter.ReserveN(now, 1)
	if wait = permit.DelayFrom(now); wait > maxWait {
		permit.CancelAt(now)
		return nil, 0, &GateError{wait: wait}
	}
	return permit, wait, nil
}

// refuseWhileClosed is for calls that have waited: the tenant may have asked for a pause meanwhile.
func (g *gate) refuseWhileClosed(permit *rate.Reservation) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if left := g.closedUntil.Sub(now); left > 0 {
		permit.CancelAt(now)
		return &GateError{Asked: true, wait: left}
	}
	return nil
}

func (g *gate) giveBack(permit *rate.Reservation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	permit.CancelAt(g.clock.Now())
}

func (g *gate) sleep(ctx context.Context, wait time.Duration) error {
	timer := g.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// learn closes the gate for as long as an answer asks, at most exchange.MaxRetryAfter. An answer never shortens the
// pause that another one asked for.
func (g *gate) learn(status int, header http.Header) {
	class, wait := exchange.Answer{Status: status, Header: header}.Outage()
	if class != failure.Throttled || wait <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.clock.Now().Add(wait); until.After(g.closedUntil) {
		g.closedUntil = until
	}
}
