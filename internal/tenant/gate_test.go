package tenant

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// limitedGate is a gate of 2 calls per second with a burst of 2, under the clock of a synctest bubble.
func limitedGate() *gate {
	g := newGate(clock.RealClock{})
	g.limit(2, 2)
	return g
}

func TestGateSpreadsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, start := limitedGate(), time.Now()
		for i, want := range []time.Duration{0, 0, 500 * time.Millisecond, time.Second} {
			if err := g.admit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got != want {
				t.Errorf("call %d went after %v, want %v", i, got, want)
			}
		}
	})
}

func TestGateSendsAwayWhoWouldWaitLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limitedGate()
		var waiting sync.WaitGroup
		for range 4 { // Two go at once, two wait 0.5 s and 1 s.
			waiting.Go(func() {
				if err := g.admit(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		for i := range 3 { // None of them takes a permit. They come back one after the other.
			want := 1500*time.Millisecond + time.Duration(i*callsPerPass)*500*time.Millisecond
			if err := g.admit(t.Context()); failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) != want {
				t.Errorf("error is %v, retry after %v, want %v", err, failure.RetryAfter(err), want)
			}
		}
		if time.Since(start) != 0 {
			t.Error("a call that is sent away has waited")
		}
		waiting.Wait()
	})
}

func TestGateTakesBackPermitsOfCanceledCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limitedGate()
		for range 2 {
			_ = g.admit(t.Context())
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.admit(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		start := time.Now()
		if err := g.admit(t.Context()); err != nil || time.Since(start) != 500*time.Millisecond {
			t.Errorf("the next call went after %v, error %v", time.Since(start), err)
		}
	})
}

func TestGateClosesWhenTheTenantAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limitedGate()
		for range 2 {
			_ = g.admit(t.Context())
		}
		waiting := make(chan error)
		go func() { waiting <- g.admit(t.Context()) }()
		synctest.Wait()

		g.learn(http.StatusTooManyRequests, http.Header{"Retry-After": {"30"}})
		g.learn(http.StatusServiceUnavailable, http.Header{"Retry-After": {"10"}}) // Shortens nothing.
		g.learn(http.StatusServiceUnavailable, http.Header{})
		err := g.admit(t.Context())
		if failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) != 30*time.Second {
			t.Errorf("error is %v, retry after %v", err, failure.RetryAfter(err))
		}
		if err := <-waiting; failure.RetryAfter(err) != 30*time.Second {
			t.Errorf("the call that waited has error %v, retry after %v", err, failure.RetryAfter(err))
		}
		<-time.After(30 * time.Second)
		if err := g.admit(t.Context()); err != nil {
			t.Errorf("after the pause the error is %v", err)
		}
	})
}

func TestGateIsClosedForAnHourAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limitedGate()
		g.learn(http.StatusTooManyRequests, http.Header{"Retry-After": {"999999"}})
		if got := failure.RetryAfter(g.admit(t.Context())); got != time.Hour {
			t.Errorf("closed for %v", got)
		}
	})
}

func TestClockOffset(t *testing.T) {
	sent := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		dateAhead, roundTrip, want time.Duration
	}{
		"equal clocks":                        {0, 200 * time.Millisecond, 0},
		"less than a second can't be told":    {time.Second, 800 * time.Millisecond, 0},
		"a tenant that is ahead":              {90 * time.Second, 200 * time.Millisecond, 90 * time.Second},
		"a tenant that is behind":             {-90 * time.Second, 200 * time.Millisecond, -90 * time.Second},
		"the middle of the round trip counts": {10 * time.Second, 2 * time.Second, 10 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var o clockOffset
			if _, known := o.get(); known {
				t.Error("it is known before the first answer")
			}
			o.note(sent, sent.Add(tc.roundTrip), sent.Add(tc.dateAhead))
			got, known := o.get()
			if !known || (got-tc.want).Abs() > time.Second || got%time.Second != 0 {
				t.Errorf("offset is %v, want %v", got, tc.want)
			}
		})
	}
	t.Run("a slow exchange does not replace what is known", func(t *testing.T) {
		var o clockOffset
		o.note(sent, sent.Add(3*time.Second), sent.Add(60*time.Second))
		o.note(sent, sent.Add(time.Second), sent.Add(30*time.Second))
		o.note(sent, sent.Add(15*time.Second), sent.Add(90*time.Second))
		if got, _ := o.get(); got != 30*time.Second {
			t.Errorf("offset is %v", got)
		}
	})
}

func TestOperationsAreFew(t *testing.T) {
	for path, want := range map[string]string{
		"/oauth2/token/orders":                     "OAuth2/Token",
		"/OAuth2/Keys/orders":                      "OAuth2/Keys",
		"/orders/.well-known/openid-configuration": "Discovery",
		"/SaasManage/GetApplication":               "SaasManage/GetApplication",
		"/":                                        "Unknown",
		"/oauth2//x":                               "Unknown",
	} {
		if got := operationOf(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
