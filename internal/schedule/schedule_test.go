package schedule_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

func TestAt(t *testing.T) {
	in := noon.Add
	for name, tc := range map[string]struct {
		moments []time.Time
		want    time.Duration
	}{
		"without a moment nothing but an event wakes it":   {nil, 0},
		"zero moments do not count":                        {[]time.Time{{}, {}}, 0},
		"the earliest counts":                              {[]time.Time{in(5 * time.Minute), {}, in(3 * time.Minute), in(4 * time.Minute)}, 3 * time.Minute},
		"no wait is longer than ten minutes":               {[]time.Time{in(5 * time.Hour)}, 10 * time.Minute},
		"a moment that has passed does not make it spin":   {[]time.Time{in(-time.Hour), in(time.Minute)}, time.Second},
		"a moment that is now does not make it spin":       {[]time.Time{in(0)}, time.Second},
		"a moment that is close does not make it spin":     {[]time.Time{in(time.Millisecond)}, 50 * time.Millisecond},
		"a moment in another time zone is the same moment": {[]time.Time{in(time.Minute).In(time.FixedZone("west", -3600))}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if got := schedule.At(noon, tc.moments...); got.RequeueAfter != tc.want {
				t.Errorf("got %v instead of %v", got.RequeueAfter, tc.want)
			}
		})
	}
}

func TestInIsNoMomentWithoutAWait(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for wait, want := range map[time.Duration]time.Time{time.Minute: now.Add(time.Minute), 0: {}, -time.Second: {}} {
		if got := schedule.In(now, wait); !got.Equal(want) {
			t.Errorf("in %v: %v", wait, got)
		}
	}
}
