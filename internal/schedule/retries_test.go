package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// failed is an error of a class.
type failed struct {
	class failure.Class
	after time.Duration
}

func (f failed) Error() string               { return "it failed" }
func (f failed) FailureClass() failure.Class { return f.class }
func (f failed) RetryAfter() time.Duration   { return f.after }

// manyTimes is how often a random wait is looked at.
const manyTimes = 300

func TestWaitIsWithinItsBounds(t *testing.T) {
	missing := types.NamespacedName{Namespace: "shop", Name: "mine"}
	errs := map[string]error{
		"an outage":                     failed{class: failure.Transient},
		"an answer without a meaning":   failed{class: failure.Unexpected},
		"throttled without a wait":      failed{class: failure.Throttled},
		"an error that nobody classed":  errors.New("what"),
		"a timeout":                     fmt.Errorf("requesting a token: %w", context.DeadlineExceeded),
		"a closed connection":           http.ErrServerClosed,
		"a Secret that does not exist":  &secret.NotFoundError{Secret: missing},
		"a Secret that lacks a key":     &secret.MissingKeyError{Secret: missing, Key: "client_id"},
		"a user that is made again":     &report.Refused{Reason: v1alpha1.ReasonRoleNotFound},
		"a refusal":                     failed{class: failure.Rejected},
		"a refused login":               failed{class: failure.Unauthorized},
		"a conflict on the tenant":      &report.Refused{Reason: v1alpha1.ReasonConflict},
		"a conflict in the cluster":     &secret.NotOwnedError{Secret: missing},
		"a refusal below other reasons": fmt.Errorf("a: %w", fmt.Errorf("b: %w", failed{class: failure.Rejected})),
	}
	for name, err := range errs {
		for _, left := range []time.Duration{-time.Hour, 0, time.Nanosecond, time.Second, 9 * time.Second, 45 * time.Second, 10 * time.Minute, 5 * time.Hour, 8760 * time.Hour} {
			t.Run(fmt.Sprintf("%s with %s left", name, left), func(t *testing.T) {
				least, most := bounds(err, left)
				retries := schedule.NewRetries()
				for i := range manyTimes {
					if wait := retries.Wait("a", err, left); wait < least || wait > most {
						t.Fatalf("wait %d is %v, not between %v and %v", i, wait, least, most)
					}
				}
			})
		}
	}
}

// bounds returns the least and the longest wait that the promises of Wait allow.
func bounds(err error, left time.Duration) (least, most time.Duration) {
	tenth := left / 10
	about := report.IsAboutSecret(err)
	if report.NeedsSomebody(err) && !about {
		if tenth > 0 {
			fixed := max(min(tenth, time.Hour), time.Minute)
			return fixed, fixed
		}
		return time.Minute, time.Hour
	}
	most = 5 * time.Minute
	if about {
		most = time.Minute
	}
	if tenth > 0 {
		most = min(most, max(tenth, time.Second))
	}
	return time.Second, most
}

func TestWaitObeysTheTenant(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, time.Second, 30 * time.Second, time.Hour} {
		for _, left := range []time.Duration{0, time.Minute, 5 * time.Hour} {
			t.Run(fmt.Sprintf("%s with %s left", after, left), func(t *testing.T) {
				retries, different := schedule.NewRetries(), map[time.Duration]bool{}
				for range manyTimes {
					wait := retries.Wait("a", fmt.Errorf("asking: %w", failed{failure.Throttled, after}), left)
					if wait < after || wait > after+after/10 {
						t.Fatalf("asked to wait %v, and waits %v", after, wait)
					}
					different[wait] = true
				}
				if len(different) < manyTimes/10 {
					t.Errorf("a fleet comes back at %d moments only", len(different))
				}
			})
		}
	}
}

func TestWaitSpreadsAFleetByNoMoreThanATenthOfTheTimeLeft(t *testing.T) {
	retries := schedule.NewRetries()
	for range manyTimes {
		if wait := retries.Wait("a", failed{failure.Throttled, 30 * time.Second}, 10*time.Second); wait < 30*time.Second || wait > 31*time.Second {
			t.Fatalf("with 10s left and asked to wait 30s, it waits %v", wait)
		}
	}
}

func TestWaitEndsWhenACallThatWasHeldBackMayGo(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		probe, left, want time.Duration
	}{
		"the next probe is soon":                   {probe: 8 * time.Second, left: 3 * time.Minute, want: 8 * time.Second},
		"a tenth of the time left is sooner":       {probe: 40 * time.Second, left: 3 * time.Minute, want: 18 * time.Second},
		"the next probe may go now":                {left: 3 * time.Minute, want: time.Second},
		"the token is about to expire":             {probe: 40 * time.Second, left: 4 * time.Second, want: time.Second},
		"the next probe is sooner than any jitter": {probe: time.Second, left: 24 * time.Hour, want: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			circuit := tenant.Circuit{Open: true, ProbeTime: now.Add(tc.probe), Err: errors.New("no answer")}
			retries := schedule.NewRetries()
			for range manyTimes {
				if wait := retries.Wait("a", fmt.Errorf("asking: %w", circuit.Refusal(now)), tc.left); wait != tc.want {
					t.Fatalf("it waits %v, not %v", wait, tc.want)
				}
			}
		})
	}
}

func TestWaitGrowsUntilTheObjectSucceeds(t *testing.T) {
	retries := schedule.NewRetries()
	outage := failed{class: failure.Transient}
	longest := func(n int) (most time.Duration) {
		for range n {
			most = max(most, retries.Wait("a", outage, 0))
		}
		return most
	}
	// The first three steps end at 1s, 2s and 4s.
	if most := longest(3); most > 4*time.Second {
		t.Errorf("one of the first three waits is %v", most)
	}
	if most := longest(manyTimes); most < 2*time.Minute {
		t.Errorf("after a long outage the longest wait is %v", most)
	}
	if wait := retries.Wait("b", outage, 0); wait > time.Second {
		t.Errorf("the failures of another object count: the first wait is %v", wait)
	}
	retries.Succeeded("a")
	if wait := retries.Wait("a", outage, 0); wait > time.Second {
		t.Errorf("after a success the first wait is %v", wait)
	}
}

func TestWaitsAfterARefusalGrowWithoutAToken(t *testing.T) {
	retries := schedule.NewRetries()
	var last time.Duration
	for i := range 20 {
		wait := retries.Wait("a", failed{class: failure.Rejected}, 0)
		if wait < last {
			t.Fatalf("wait %d is %v after %v", i, wait, last)
		}
		last = wait
	}
	if last < 50*time.Minute || last > time.Hour {
		t.Errorf("the last wait is %v", last)
	}
}

func TestWhatIsBlockedWaitsForTheObjectThatBlocksIt(t *testing.T) {
	retries := schedule.NewRetries()
	for range 10 {
		retries.Wait("a", failed{class: failure.Transient}, 0)
	}
	blocked := fmt.Errorf("pass: %w", &report.Blocked{Reason: v1alpha1.ReasonTenantNotReady, Message: "no"})
	for _, left := range []time.Duration{0, time.Hour} {
		if wait := retries.Wait("a", blocked, left); wait != 0 {
			t.Errorf("it waits %v", wait)
		}
	}
	if wait := retries.Wait("a", failed{class: failure.Transient}, 0); wait > time.Second {
		t.Errorf("once it is free, the first wait is %v", wait)
	}
}

func TestARefusedAttemptIsPendingUntilItIsDueOrAnotherOne(t *testing.T) {
	now, refused := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), errors.New("no")
	due := now.Add(time.Hour)
	for name, tc := range map[string]struct {
		attempt string
		now     time.Time
		forget  bool
		pending bool
	}{
		"the same, at once":            {attempt: "a", now: now, pending: true},
		"the same, just before":        {attempt: "a", now: due.Add(-time.Nanosecond), pending: true},
		"the same, when it is due":     {attempt: "a", now: due},
		"another one":                  {attempt: "b", now: now},
		"after the clock was set back": {attempt: "a", now: now.Add(-time.Minute)},
		"after a success":              {attempt: "a", now: now, forget: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := schedule.NewRetries()
			r.Remember("key", "a", refused, due)
			if tc.forget {
				r.Succeeded("key")
			}
			at, err := r.Refusal("key", tc.attempt, tc.now)
			if tc.pending != (err != nil) || tc.pending != at.Equal(due) {
				t.Errorf("due at %v, refused because %v", at, err)
			}
			if _, err := r.Refusal("other", tc.attempt, tc.now); err != nil {
				t.Errorf("another object is refused, too: %v", err)
			}
		})
	}
}
