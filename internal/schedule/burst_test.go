package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

func TestABurstIsCarriedOutOnceItIsQuiet(t *testing.T) {
	bursts, now := schedule.NewBursts(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for i := range 30 { // a change every 100 ms
		if wait := bursts.Wait("orders", fmt.Sprint(i), now); wait != time.Second {
			t.Fatalf("after change %d the wait is %v", i, wait)
		}
		now = now.Add(100 * time.Millisecond)
	}
	if wait := bursts.Wait("orders", "29", now); wait != 900*time.Millisecond {
		t.Errorf("without a change the wait goes on to %v", wait)
	}
	if wait := bursts.Wait("orders", "29", now.Add(time.Second)); wait != 0 {
		t.Errorf("after a quiet second the wait is %v", wait)
	}
	if wait := bursts.Wait("orders", "30", now.Add(time.Second)); wait != time.Second {
		t.Errorf("a new burst waits %v", wait)
	}
}

func TestABurstThatNeverEndsIsCarriedOutFromTimeToTime(t *testing.T) {
	bursts, now, carried := schedule.NewBursts(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), 0
	for i := range 600 { // a minute
		if bursts.Wait("orders", fmt.Sprint(i), now) == 0 {
			carried++
		}
		now = now.Add(100 * time.Millisecond)
	}
	if carried < 10 || carried > 12 {
		t.Errorf("it was carried out %d times in a minute", carried)
	}
	bursts.Forget("orders")
	if wait := bursts.Wait("orders", "x", now); wait != time.Second {
		t.Errorf("a forgotten burst waits %v", wait)
	}
}
