package tenant

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// TestThoseWhoFindNoPlaceComeBackAsPlacesBecomeFree lets passes have one of two places for a while, and then counts how far apart those come back who
// find none.
func TestThoseWhoFindNoPlaceComeBackAsPlacesBecomeFree(t *testing.T) {
	const places = 2
	for name, tc := range map[string]struct{ stay, space time.Duration }{
		"nobody has been there yet":       {0, leastSpace},
		"passes are over in no time":      {time.Millisecond, leastSpace},
		"passes take their time":          {90 * time.Millisecond, 30 * time.Millisecond},
		"the tenant takes long to answer": {10 * time.Second, 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(time.Now())
			g := newGate(clock)
			g.limit(1000, 1)
			visits := NewVisits(2 * places)
			for range 100 {
				if tc.stay == 0 {
					break
				}
				ctx, end := visits.Begin(t.Context())
				if err := g.enter(ctx); err != nil {
					t.Fatal(err)
				}
				clock.Step(tc.stay)
				end()
			}
			for range places {
				ctx, end := visits.Begin(t.Context())
				if err := g.enter(ctx); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(end)
			}
			var last time.Duration
			for i := range 10 {
				ctx, end := visits.Begin(t.Context())
				wait := failure.RetryAfter(g.enter(ctx))
				end()
				if gap := wait - last; i > 0 && (gap < tc.space-time.Millisecond || gap > tc.space+time.Millisecond) {
					t.Errorf("number %d comes back %v after the one before, want %v", i, gap, tc.space)
				}
				last = wait
			}
		})
	}
}
