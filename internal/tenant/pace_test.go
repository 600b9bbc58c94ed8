package tenant

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

func TestThrottlingLowersThePaceAndTimeBringsItBack(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		throttled []time.Duration // since the start
		at        time.Duration
		want      rate.Limit
	}{
		"never":                           {nil, time.Hour, 16},
		"once":                            {[]time.Duration{0}, 0, 8},
		"once, half a minute ago":         {[]time.Duration{0}, 30 * time.Second, 12},
		"once, a minute ago":              {[]time.Duration{0}, time.Minute, 16},
		"once, an hour ago":               {[]time.Duration{0}, time.Hour, 16},
		"once, under a clock set back":    {[]time.Duration{0}, -time.Hour, 8},
		"by calls that were sent before":  {[]time.Duration{0, 0, 900 * time.Millisecond}, time.Second, 8 + 8./60},
		"again, when it was halfway back": {[]time.Duration{0, 30 * time.Second}, 30 * time.Second, 6},
		"without end":                     {[]time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second, 8 * time.Second}, 8 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			for _, at := range tc.throttled {
				p = p.throttled(start.Add(at), 16)
			}
			if got := p.at(start.Add(tc.at), 16); math.Abs(float64(got-tc.want)) > 1e-9 {
				t.Errorf("%v calls per second, not %v", got, tc.want)
			}
			if got := p.at(start.Add(tc.at), 1); got > 1 {
				t.Errorf("%v calls per second are more than an admin allows", got)
			}
		})
	}
}

func TestGateSlowsDownWhenTheTenantThrottlesAndNamesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(clock.RealClock{})
		g.limit(8, 8)
		calls := func() (n int) {
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
				if err := g.admit(t.Context()); err == nil {
					n++
				} else {
					<-time.After(failure.RetryAfter(err))
				}
			}
			return n
		}
		if n := calls(); n < 80 || n > 90 { // with the burst
			t.Fatalf("%d calls went in 10 s", n)
		}
		for range 5 { // answers to calls that were under way
			g.learn(http.StatusTooManyRequests, http.Header{})
		}
		if n := calls(); n < 40 || n > 50 {
			t.Errorf("%d calls went in the 10 s after the tenant had throttled", n)
		}
		<-time.After(paceRecovery)
		if n := calls(); n < 80 || n > 90 {
			t.Errorf("%d calls went in 10 s a minute later", n)
		}
	})
}
