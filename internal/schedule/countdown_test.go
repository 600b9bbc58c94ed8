package schedule_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

func TestCountdownsNoticeThatTheClockWasSetBack(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		passed, shown, want time.Duration
	}{
		"a clock that goes as it should":    {time.Minute, time.Minute, 0},
		"a clock that is a little slow":     {time.Minute, time.Minute - time.Second/2, 0},
		"a clock that was set back":         {time.Minute, -9 * time.Minute, 10 * time.Minute},
		"a clock that was set forward":      {time.Minute, 11 * time.Minute, 0},
		"a clock that stood still":          {time.Hour, 0, time.Hour},
		"a clock that was set before birth": {time.Minute, -100 * time.Hour, 100*time.Hour + time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			uptime := 5 * time.Hour
			c := schedule.NewCountdowns(func() time.Duration { return uptime })
			if back := c.SetBack("a", "1", start); back != 0 {
				t.Errorf("at first sight it was set back by %v", back)
			}
			uptime += tc.passed
			if back := c.SetBack("a", "1", start.Add(tc.shown)); back != tc.want {
				t.Errorf("it was set back by %v", back)
			}
			for what, key := range map[string][2]string{"another object": {"b", "1"}, "a new token": {"a", "2"}} {
				if back := c.SetBack(key[0], key[1], start.Add(tc.shown)); back != 0 {
					t.Errorf("for %s it was set back by %v", what, back)
				}
			}
			c.Forget("a")
			if back := c.SetBack("a", "2", start.Add(-time.Hour)); back != 0 {
				t.Errorf("for a forgotten object it was set back by %v", back)
			}
		})
	}
}
