package tenant

import "testing"

func TestLimitsAreDividedAmongThoseWhoShareThem(t *testing.T) {
	for name, tc := range map[string]struct {
		settings Settings
		rate     float64
		burst    int
	}{
		"one alone has all":                {Settings{RequestsPerSecond: 9, Burst: 6}, 9, 6},
		"one of one has all":               {Settings{RequestsPerSecond: 9, Burst: 6, Sharers: 1}, 9, 6},
		"one of three has a third":         {Settings{RequestsPerSecond: 9, Burst: 6, Sharers: 3}, 3, 2},
		"the defaults are divided":         {Settings{Sharers: 4}, DefaultRequestsPerSecond / 4, DefaultBurst / 4},
		"one call can always go by itself": {Settings{RequestsPerSecond: 1, Burst: 2, Sharers: 4}, 0.25, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tc.settings.URL = "https://abc1234.id.example.com"
			got, err := tc.settings.complete()
			if err != nil {
				t.Fatal(err)
			}
			if got.RequestsPerSecond != tc.rate || got.Burst != tc.burst {
				t.Errorf("the limits are %v calls per second and %d at once", got.RequestsPerSecond, got.Burst)
			}
		})
	}
}
