package drift_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/drift"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestEveryObjectHasOneSlotInEachInterval(t *testing.T) {
	for _, interval := range []time.Duration{time.Minute, 15 * time.Minute, 7 * time.Hour} {
		for i := range 100 {
			uid := fmt.Sprint(i)
			last, next := drift.Last(noon, interval, uid), drift.Next(noon, interval, uid)
			if last.After(noon) || !next.After(noon) || next.Sub(last) != interval {
				t.Fatalf("interval %v, object %s: slots at %v and %v around %v", interval, uid, last, next, noon)
			}
			if again := drift.Last(next, interval, uid); !again.Equal(next) {
				t.Fatalf("at its slot %v the last one is %v", next, again)
			}
			if before := drift.Last(next.Add(-time.Nanosecond), interval, uid); !before.Equal(last) {
				t.Fatalf("just before its slot the last one is %v, not %v", before, last)
			}
		}
	}
}

func TestSlotsAreSpreadOverTheInterval(t *testing.T) {
	const interval = 15 * time.Minute
	minutes := map[int]int{}
	for i := range 3000 {
		minutes[int(drift.Next(noon, interval, fmt.Sprintf("uid-%d", i)).Sub(noon)/time.Minute)]++
	}
	for minute := range 15 {
		if n := minutes[minute]; n < 140 || n > 260 {
			t.Errorf("minute %d of 15 has %d of 3000 checks", minute, n)
		}
	}
}

func TestAnObjectIsDueOncePerSlotAndNotAfterARestart(t *testing.T) {
	const interval, uid = time.Minute, "3f8a"
	now, checks, due := noon, drift.NewChecks(), 0
	if checks.Due(now, interval, uid) {
		t.Fatal("an object that was never seen is due")
	}
	for range 600 {
		now = now.Add(time.Second)
		if checks.Due(now, interval, uid) {
			checks.Done(now, uid)
			due++
		}
	}
	if due != 10 {
		t.Errorf("it was due %d times in 10 intervals", due)
	}
	if drift.NewChecks().Due(now.Add(interval), interval, uid) {
		t.Error("it is due right after a restart")
	}
}
