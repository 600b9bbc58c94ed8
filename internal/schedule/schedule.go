// Package schedule decides when an object is looked at again.
//
// A pass that failed comes back after a wait that depends on the class of the failure; a pass that succeeded comes back at the
// next moment that matters to it. Failures of the tenant never go through the work queue's own back-off, because that knows neither
// Retry-After nor how long a token still lives.
package schedule

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
)

const (
	// longestWait bounds any wait for a moment, so that a stepped clock is noticed.
	longestWait = 10 * time.Minute
	// shortestWait bounds it, too: who comes a moment too early has come in vain.
	shortestWait = 50 * time.Millisecond
)

// At returns the result that brings an object back at the earliest of the given moments, ignoring zero ones; without any, nothing
// but an event brings it back. A moment that has passed brings it back in a second: a pass that did not act on it must not spin.
func At(now time.Time, moments ...time.Time) ctrl.Result {
	var wait time.Duration
	for _, moment := range moments {
		if moment.IsZero() {
			continue
		}
		left := max(moment.Sub(now), shortestWait)
		if !moment.After(now) {
			left = time.Second
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return ctrl.Result{RequeueAfter: min(wait, longestWait)}
}

// In returns the moment at which a wait ends; the zero moment for none.
func In(now time.Time, wait time.Duration) time.Time {
	if wait <= 0 {
		return time.Time{}
	}
	return now.Add(wait)
}
