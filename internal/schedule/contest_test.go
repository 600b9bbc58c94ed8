package schedule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/schedule"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestRepairSlowsDownAgainstSomebodyWhoNeverStops lets somebody change an object as soon as it is repaired, for a day.
func TestRepairSlowsDownAgainstSomebodyWhoNeverStops(t *testing.T) {
	contests := schedule.NewContests()
	var pauses []time.Duration
	last := noon
	for now := noon; now.Before(noon.Add(24 * time.Hour)); {
		if pause := contests.Wait("a", now); pause != 0 {
			if pause < 0 || pause > time.Hour {
				t.Fatalf("after %v it is to wait %v", now.Sub(noon), pause)
			}
			now = now.Add(pause)
			continue
		}
		contests.Repaired("a", now)
		pauses = append(pauses, now.Sub(last))
		last = now
	}
	want := []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute}
	for len(want) < len(pauses) {
		want = append(want, time.Hour)
	}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Errorf("pauses between repairs (-want +got):\n%s", diff)
	}
	if len(pauses) > 30 {
		t.Errorf("%d repairs in a day", len(pauses))
	}
}

func TestContests(t *testing.T) {
	type step struct {
		after time.Duration
		key   string
		// wait is what is left to wait; the object is repaired when it is zero.
		wait time.Duration
	}
	for name, steps := range map[string][]step{
		"the first change is repaired at once":         {{0, "a", 0}},
		"the second waits for the rest of the minute":  {{0, "a", 0}, {20 * time.Second, "a", 40 * time.Second}},
		"asking often does not make the wait longer":   {{0, "a", 0}, {time.Second, "a", 59 * time.Second}, {time.Second, "a", 58 * time.Second}, {58 * time.Second, "a", 0}},
		"objects do not wait for each other":           {{0, "a", 0}, {0, "b", 0}},
		"a change after two quiet hours is the first":  {{0, "a", 0}, {time.Minute, "a", 0}, {2*time.Hour + time.Second, "a", 0}, {time.Minute, "a", 0}},
		"a change within two hours is not":             {{0, "a", 0}, {time.Minute, "a", 0}, {2 * time.Hour, "a", 0}, {time.Minute, "a", 3 * time.Minute}},
		"a clock that was set back does not wait long": {{0, "a", 0}, {-time.Second, "a", 61 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			contests, now := schedule.NewContests(), noon
			for i, s := range steps {
				now = now.Add(s.after)
				wait := contests.Wait(s.key, now)
				if wait != s.wait {
					t.Errorf("step %d: it waits %v", i, wait)
				}
				if wait == 0 {
					contests.Repaired(s.key, now)
				}
			}
		})
	}
}

func TestForgetMakesTheNextChangeTheFirst(t *testing.T) {
	contests := schedule.NewContests()
	contests.Repaired("a", noon)
	contests.Forget("a")
	if wait := contests.Wait("a", noon); wait != 0 {
		t.Errorf("it waits %v", wait)
	}
}
