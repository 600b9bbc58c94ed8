package schedule_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

func TestPriorityGrowsAsTheTimeLeftShrinks(t *testing.T) {
	lefts := []time.Duration{-time.Hour, 45 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 5 * time.Hour, 24 * time.Hour}
	for i, left := range lefts[1:] {
		if before, now := schedule.Priority(lefts[i]), schedule.Priority(left); now >= before {
			t.Errorf("%v left has priority %d, no less than the %d of %v", left, now, before, lefts[i])
		}
	}
}

func TestPrioritiesAreFewAndAboveThatOfAnObjectWithoutAToken(t *testing.T) {
	seen := map[int]bool{}
	for left := -time.Minute; left < 9000*time.Hour; left += 17 * time.Second {
		priority := schedule.Priority(left)
		if priority < 1 {
			t.Fatalf("%v left has priority %d", left, priority)
		}
		seen[priority] = true
	}
	if len(seen) > 20 {
		t.Errorf("there are %d priorities, each with series of its own", len(seen))
	}
}
