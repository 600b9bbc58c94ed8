package rotation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/rotation"
)

var rotated = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const interval = 720 * time.Hour

func TestDecide(t *testing.T) {
	next := rotation.Next(rotated, interval, "uid")
	input := func(change func(*rotation.Input)) rotation.Input {
		in := rotation.Input{UID: "uid", RotatedTime: rotated, Interval: interval}
		change(&in)
		return in
	}
	for name, tc := range map[string]struct {
		now  time.Time
		in   rotation.Input
		want rotation.Decision
	}{
		"a young credential is kept":                {rotated, input(func(*rotation.Input) {}), rotation.Decision{NextTime: next}},
		"a second before its time it is kept":       {next.Add(-time.Second), input(func(*rotation.Input) {}), rotation.Decision{NextTime: next}},
		"at its time it is replaced":                {next, input(func(*rotation.Input) {}), rotation.Decision{Reason: rotation.IntervalPassed, NextTime: next}},
		"without an interval it is kept for ever":   {rotated.AddDate(50, 0, 0), rotation.Input{UID: "uid", RotatedTime: rotated}, rotation.Decision{}},
		"a request replaces it":                     {rotated, input(func(in *rotation.Input) { in.Request = "now" }), rotation.Decision{Reason: rotation.Requested, NextTime: next}},
		"a request needs no interval":               {rotated, rotation.Input{RotatedTime: rotated, Request: "now"}, rotation.Decision{Reason: rotation.Requested}},
		"a request that was handled keeps it":       {rotated, input(func(in *rotation.Input) { in.Request, in.Handled = "now", "now" }), rotation.Decision{NextTime: next}},
		"another request replaces it again":         {rotated, input(func(in *rotation.Input) { in.Request, in.Handled = "again", "now" }), rotation.Decision{Reason: rotation.Requested, NextTime: next}},
		"a request that was taken back asks nobody": {rotated, input(func(in *rotation.Input) { in.Handled = "now" }), rotation.Decision{NextTime: next}},
		"what was begun goes on":                    {rotated, input(func(in *rotation.Input) { in.Pending = true }), rotation.Decision{Reason: rotation.Unfinished, NextTime: next}},
		"what was begun goes on without an interval": {
			rotated, rotation.Input{RotatedTime: rotated, Pending: true}, rotation.Decision{Reason: rotation.Unfinished},
		},
		"what was begun goes on although it is held": {
			rotated, input(func(in *rotation.Input) { in.Pending, in.Held = true, true }), rotation.Decision{Reason: rotation.Unfinished, NextTime: next},
		},
		"a request waits while it is held":     {rotated, input(func(in *rotation.Input) { in.Request, in.Held = "now", true }), rotation.Decision{NextTime: next}},
		"the interval waits while it is held":  {next, input(func(in *rotation.Input) { in.Held = true }), rotation.Decision{NextTime: next}},
		"a clock that was set back keeps it":   {rotated.Add(-time.Hour), input(func(*rotation.Input) {}), rotation.Decision{NextTime: next}},
		"a request comes before the interval":  {next, input(func(in *rotation.Input) { in.Request = "now" }), rotation.Decision{Reason: rotation.Requested, NextTime: next}},
		"an interval of an hour is no trouble": {rotated.Add(time.Hour), rotation.Input{RotatedTime: rotated, Interval: time.Hour}, rotation.Decision{Reason: rotation.IntervalPassed, NextTime: rotation.Next(rotated, time.Hour, "")}},
	} {
		t.Run(name, func(t *testing.T) {
			got := rotation.Decide(tc.now, tc.in)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Rotate() != (tc.want.Reason != "") {
				t.Errorf("Rotate is %v", got.Rotate())
			}
		})
	}
}

func TestAFleetIsSpreadOverATenthOfTheInterval(t *testing.T) {
	const fleet, parts = 2000, 10
	var count [parts]int
	for i := range fleet {
		uid := fmt.Sprintf("0b5e7c0a-%04d-4d6f", i)
		next := rotation.Next(rotated, interval, uid)
		if next != rotation.Next(rotated, interval, uid) || next != next.Truncate(time.Second) {
			t.Fatalf("%s rotates at %v, and another time", uid, next)
		}
		early := rotated.Add(interval).Sub(next)
		if early < 0 || early > interval/10 {
			t.Fatalf("%s rotates %v early", uid, early)
		}
		count[min(int(early*10*parts/interval), parts-1)]++
	}
	for part, n := range count {
		if n < fleet/parts/2 || n > fleet/parts*3/2 {
			t.Errorf("%d of %d rotate in part %d of %d", n, fleet, part, parts)
		}
	}
}

func TestAPasswordIsSetAgainOnceAnHour(t *testing.T) {
	for name, tc := range map[string]struct {
		last time.Time
		want bool
	}{
		"never before":                        {time.Time{}, true},
		"a moment ago":                        {rotated.Add(-time.Second), false},
		"just under an hour ago":              {rotated.Add(-time.Hour + time.Second), false},
		"an hour ago":                         {rotated.Add(-time.Hour), true},
		"a little ahead, by another clock":    {rotated.Add(time.Minute), false},
		"a day ahead, by a clock that was so": {rotated.Add(24 * time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rotation.MayReset(rotated, tc.last); got != tc.want {
				t.Errorf("it may be set again: %v", got)
			}
		})
	}
}

func TestTwoUsersTakeTurns(t *testing.T) {
	for first, second := range map[string]string{
		"billing@corp.example":         "billing-b@corp.example",
		"billing-b@corp.example":       "billing-b-b@corp.example",
		"a.b.0123456789@corp.example":  "a.b.0123456789-b@corp.example",
		"b@b-b.example":                "b-b@b-b.example",
		"billing+nightly@corp.example": "billing+nightly-b@corp.example",
	} {
		if got := rotation.Second(first); got != second {
			t.Errorf("the second after %s is %s, not %s", first, got, second)
		}
		if got := rotation.First(second); got != first {
			t.Errorf("the first before %s is %s, not %s", second, got, first)
		}
	}
}

func TestOverlap(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct{ declared, interval, want time.Duration }{
		"as declared":                               {time.Hour, interval, time.Hour},
		"as declared, without an interval":          {time.Hour, 0, time.Hour},
		"a day":                                     {0, interval, day},
		"a day without an interval":                 {0, 0, day},
		"half of an interval that leaves no day":    {0, 12 * time.Hour, 6 * time.Hour},
		"half of an interval that is the day twice": {0, 2 * day, day},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rotation.Overlap(tc.declared, day, tc.interval); got != tc.want {
				t.Errorf("the overlap is %v, not %v", got, tc.want)
			}
		})
	}
}

func TestAUserRetiresAfterTheOverlapAndNeverBeforeItsSuccessorIsPublished(t *testing.T) {
	for name, tc := range map[string]struct {
		now, replaced time.Time
		want          bool
	}{
		"its successor is not published":      {rotated.AddDate(1, 0, 0), time.Time{}, false},
		"within the overlap":                  {rotated.Add(time.Hour - time.Second), rotated, false},
		"at the end of the overlap":           {rotated.Add(time.Hour), rotated, true},
		"long after it":                       {rotated.Add(48 * time.Hour), rotated, true},
		"replaced by a clock that was set on": {rotated, rotated.Add(time.Minute), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rotation.MayRetire(tc.now, tc.replaced, time.Hour); got != tc.want {
				t.Errorf("it may retire: %v", got)
			}
		})
	}
}
