package tenant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// Circuit is the state of the way to a tenant.
type Circuit struct {
	// Open says that calls are not sent, because the last ones in a row were not answered.
	Open bool
	// OpenTime is when it opened; zero while closed.
	OpenTime time.Time
	// ProbeTime is from when one call may go, to find out whether the tenant is back; zero while closed.
	ProbeTime time.Time
	// Answered says that the tenant answered the last call. It is false, too, before the first call of this process.
	Answered bool
	// Err is why the last call failed, in fixed words; nil unless it did.
	Err error
}

// Refusal returns the *CircuitError with which calls are sent away at now, nil if they are sent.
func (c Circuit) Refusal(now time.Time) error {
	if !c.Open {
		return nil
	}
	return &CircuitError{cause: c.Err, wait: max(c.ProbeTime.Sub(now), 0)}
}

// CircuitError reports a call that was not sent, because the tenant does not answer.
type CircuitError struct {
	cause error
	wait  time.Duration
}

// Error implements error. It names no time, so that it is the same at each attempt.
func (e *CircuitError) Error() string {
	return fmt.Sprintf("calls are held back until the tenant answers again: %v", e.cause)
}

// Unwrap returns why the calls failed that opened the circuit.
func (e *CircuitError) Unwrap() error { return e.cause }

// FailureClass returns failure.Transient.
func (e *CircuitError) FailureClass() failure.Class { return failure.Transient }

// RetryAfter returns when a call may go at the earliest.
func (e *CircuitError) RetryAfter() time.Duration { return e.wait }

// circuit keeps the breaker of one way to a tenant. All Sessions that take the same way share it.
type circuit struct {
	clock clock.PassiveClock
	// changed is called after the circuit has opened or closed, without its lock.
	changed func()

	mu       sync.Mutex
	breaker  breaker
	answered bool
	err      error
}

func newCircuit(clock clock.PassiveClock) *circuit {
	return &circuit{clock: clock, changed: func() {}, breaker: breaker{spread: upToAFifthLess}}
}

// upToAFifthLess returns d less a random part.
func upToAFifthLess(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/5+1)) //nolint:gosec // spreads load, guards nothing
}

// enter returns *CircuitError at once when a call may not go. Otherwise the caller makes it, and tells how it went. expiry is that of the token
// that the call replaces; zero for other calls.
func (c *circuit) enter(expiry time.Time) (tell func(outcome, error), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	probe, wait, ok := c.breaker.admit(c.clock.Now(), expiry)
	if !ok {
		return nil, &CircuitError{cause: c.err, wait: wait}
	}
	return func(o outcome, cause error) { c.hear(probe, o, cause) }, nil
}

func (c *circuit) hear(probe int, o outcome, cause error) {
	if c.note(probe, o, cause) {
		c.changed()
	}
}

func (c *circuit) note(probe int, o outcome, cause error) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o != unknown {
		c.answered, c.err = o == answered, cause
	}
	return c.breaker.note(c.clock.Now(), probe, o)
}

func (c *circuit) state() Circuit {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.breaker
	return Circuit{Open: !b.openTime.IsZero(), OpenTime: b.openTime, ProbeTime: b.probeTime, Answered: c.answered, Err: c.err}
}

// outcomeOf says what an answer, or the lack of one, means for the circuit, and why it is a failure. The tenant that asks for a pause, and the
// caller that gives up, say nothing about it: the gate obeys the one, and the other may have been impatient.
func outcomeOf(resp *http.Response, err error) (outcome, error) {
	if errors.Is(err, context.Canceled) {
		return unknown, nil
	}
	if err != nil {
		return failed, failure.Connection(err)
	}
	class, wait := exchange.Answer{Status: resp.StatusCode, Header: resp.Header}.Outage()
	switch {
	case class == failure.Throttled && wait > 0 && resp.StatusCode != http.StatusTooManyRequests:
		return unknown, nil
	case resp.StatusCode >= http.StatusInternalServerError:
		return failed, fmt.Errorf("tenant answers with status %d", resp.StatusCode)
	}
	return answered, nil
}
