package emulator

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// RateLimit bounds how many calls the tenant serves, of all clients and operations together. What goes beyond is answered
// HTTP 429 and has no effect. The zero value is no limit. The service publishes no numbers of its own.
type RateLimit struct {
	// PerSecond is how many calls a second are served in the long run, by the tenant's clock; zero for no limit.
	PerSecond float64 `json:"perSecond,omitempty"`
	// Burst is how many calls are served at once after a pause; PerSecond rounded up when zero.
	Burst int `json:"burst,omitempty"`
	// WithoutRetryAfter leaves out the Retry-After header, which otherwise says in whole seconds when a call is served.
	WithoutRetryAfter bool `json:"withoutRetryAfter,omitempty"`
}

func (l RateLimit) validate() error {
	if l.PerSecond < 0 || l.Burst < 0 || math.IsNaN(l.PerSecond) || math.IsInf(l.PerSecond, 0) {
		return errors.New("the rate limit must not be negative")
	}
	return nil
}

// limiter is a rate limit at work.
type limiter struct {
	limit  RateLimit
	bucket *rate.Limiter // nil without a limit
}

func newLimiter(limit RateLimit) limiter {
	if limit.PerSecond == 0 {
		return limiter{limit: limit}
	}
	if limit.Burst == 0 {
		limit.Burst = int(math.Ceil(limit.PerSecond))
	}
	return limiter{limit: limit, bucket: rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst)}
}

// refuse returns the answer to a call at now that goes beyond the limit.
func (l limiter) refuse(now time.Time) (answer, bool) {
	if l.bucket == nil || l.bucket.AllowN(now, 1) {
		return answer{}, false
	}
	a := htmlAnswer(http.StatusTooManyRequests, "Too many requests")
	if l.limit.WithoutRetryAfter {
		return a, true
	}
	missing := 1 - l.bucket.TokensAt(now)
	seconds := max(1, int(math.Ceil(missing/l.limit.PerSecond)))
	return a.withHeader("Retry-After", strconv.Itoa(seconds)), true
}

// RateLimit returns the limit that is in force.
func (e *Emulator) RateLimit() RateLimit { return e.limiter.Load().limit }

// SetRateLimit puts another limit in force, with a full bucket.
func (e *Emulator) SetRateLimit(limit RateLimit) error {
	if err := limit.validate(); err != nil {
		return err
	}
	l := newLimiter(limit)
	e.limiter.Store(&l)
	return nil
}
