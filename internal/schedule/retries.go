package schedule

import (
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

const (
	// backoffFirst and backoffMost bound the exponential back-off after a transient failure.
	backoffFirst = time.Second
	backoffMost  = 5 * time.Minute
	// rejectedMost and rejectedLeast bound the wait after a refusal, which a retry alone will not change.
	rejectedMost  = time.Hour
	rejectedLeast = time.Minute
	// secretMost bounds the wait for a Secret that a user has to create, to change or to delete: it is not watched unless it is labelled.
	secretMost = time.Minute
)

// Retries counts failures per object. It is a cache: after a restart the waits begin short again.
type Retries struct {
	mu      sync.Mutex
	failing map[string]*wait.Backoff
	refused map[string]refusal
}

// refusal is an attempt that is not repeated before its time.
type refusal struct {
	attempt string
	err     error
	due     time.Time
}

// NewRetries returns a Retries that knows of no failure.
func NewRetries() *Retries {
	return &Retries{failing: map[string]*wait.Backoff{}, refused: map[string]refusal{}}
}

// Succeeded forgets the failures of an object.
func (r *Retries) Succeeded(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.failing, key)
	delete(r.refused, key)
}

// Remember notes that an attempt, of which the caller gives everything it depended on, was refused and is due again at a time.
func (r *Retries) Remember(key, attempt string, err error, due time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[key] = refusal{attempt: attempt, err: err, due: due}
}

// Refusal returns when a refused attempt is due again, and why it was refused; nil when it may be made: because it is due, because something it
// depends on has changed, or because the clock was set back.
func (r *Retries) Refusal(key, attempt string, now time.Time) (due time.Time, refused error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, found := r.refused[key]
	if !found || known.attempt != attempt || !now.Before(known.due) || known.due.Sub(now) > rejectedMost {
		return time.Time{}, nil
	}
	return known.due, known.err
}

// Wait returns how long to wait after err before the object is looked at again; zero means until something wakes it.
// timeLeft is how long the object's token still lives; zero means that there is none.
//
//   - Blocked waits for the object that blocks it.
//   - Throttled obeys, and adds a little so that a fleet does not come back at once: a tenth of the wait, and of the time left.
//   - Rejected and Unauthorized wait for the lesser of an hour and a tenth of the time left, at least a minute; without a token
//     the waits grow from a minute to 51.
//   - A Secret that is missing, or in the way, is looked at again after a minute at the latest.
//   - A call that was held back because the tenant does not answer comes back when it may go, while there is time left: it has asked for
//     nothing, so there is nothing to back off from, and it may be the one to find out that the tenant is back.
//   - All else backs off exponentially from a second to five minutes with full jitter, never longer than a tenth of the time left, and, where there
//     is time, not before the error says that a call may go again.
func (r *Retries) Wait(key string, err error, timeLeft time.Duration) time.Duration {
	if report.IsBlocked(err) {
		r.Succeeded(key)
		return 0
	}
	tenth := timeLeft / 10
	class := failure.ClassOf(err)
	switch {
	case class == failure.Throttled && failure.RetryAfter(err) > 0:
		after := failure.RetryAfter(err)
		spread := after / 10
		if tenth > 0 {
			spread = min(spread, tenth)
		}
		return after + jitter(spread)
	case report.NeedsSomebody(err) && !report.IsAboutSecret(err):
		if tenth > 0 {
			return max(min(rejectedMost, tenth), rejectedLeast)
		}
		return min(rejectedMost, rejectedLeast+10*r.next(key))
	case tenth > 0 && tenant.HeldBack(err):
		return min(max(failure.RetryAfter(err), backoffFirst), max(tenth, backoffFirst))
	}
	most := r.next(key)
	if report.IsAboutSecret(err) {
		most = min(most, secretMost)
	}
	pause := max(jitter(most), backoffFirst, failure.RetryAfter(err))
	if tenth > 0 {
		pause = min(pause, max(tenth, backoffFirst))
	}
	return pause
}

// next returns the present step of an object's back-off, and makes the following one longer.
func (r *Retries) next(key string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.failing[key]
	if b == nil {
		b = &wait.Backoff{Duration: backoffFirst, Factor: 2, Steps: 32, Cap: backoffMost}
		r.failing[key] = b
	}
	return b.Step()
}

// jitter returns a random duration up to most.
func jitter(most time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(most) + 1)) //nolint:gosec // spreads load, guards nothing
}
