package tenant

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// newBreaker returns a breaker without spread, and the moment at which its story begins.
func newBreaker() (*breaker, time.Time) {
	return &breaker{spread: func(d time.Duration) time.Duration { return d }}, time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
}

// fail lets n calls fail one after the other.
func fail(t *testing.T, b *breaker, now time.Time, n int) {
	t.Helper()
	for range n {
		probe, _, ok := b.admit(now, time.Time{})
		if !ok {
			t.Fatal("a call is not admitted")
		}
		b.note(now, probe, failed)
	}
}

func TestBreakerOpensAfterFailuresInARow(t *testing.T) {
	for name, tc := range map[string]struct {
		outcomes []outcome
		opens    bool
	}{
		"five failures":                         {[]outcome{failed, failed, failed, failed, failed}, true},
		"four failures":                         {[]outcome{failed, failed, failed, failed}, false},
		"an answer among failures":              {[]outcome{failed, failed, failed, failed, answered, failed}, false},
		"what says nothing does not count":      {[]outcome{failed, failed, unknown, failed, unknown, failed, unknown}, false},
		"what says nothing does not begin anew": {[]outcome{failed, failed, unknown, failed, unknown, failed, failed}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b, now := newBreaker()
			changed := false
			for _, o := range tc.outcomes {
				if changed {
					t.Fatal("it opened too early")
				}
				now = now.Add(time.Minute)
				probe, _, ok := b.admit(now, time.Time{})
				if !ok || probe != 0 {
					t.Fatalf("a call is admitted: %v, as probe %d", ok, probe)
				}
				changed = b.note(now, probe, o)
			}
			if _, wait, ok := b.admit(now, time.Time{}); ok == tc.opens || changed != tc.opens || tc.opens && wait != breakerFirst {
				t.Errorf("the next call is admitted: %v, after %v; told: %v", ok, wait, changed)
			}
		})
	}
}

func TestBreakerLetsATokenProbeBeforeItExpires(t *testing.T) {
	b, opened := newBreaker()
	fail(t, b, opened, breakerThreshold)
	for range 4 { // the pause is a minute now
		opened = opened.Add(breakerMost)
		fail(t, b, opened, 1)
	}
	for name, tc := range map[string]struct {
		left, wait time.Duration
	}{
		"one that lives for hours waits as all do":       {5 * time.Hour, breakerMost},
		"one with ten minutes left waits as all do":      {10 * time.Minute, breakerMost},
		"one with two minutes left may probe earlier":    {2 * time.Minute, 12 * time.Second},
		"one with five seconds left waits for a second":  {5 * time.Second, time.Second},
		"one that has expired waits for a second, not 0": {-time.Hour, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if _, wait, ok := b.admit(opened, opened.Add(tc.left)); ok || wait != tc.wait {
				t.Errorf("it is admitted: %v, after %v", ok, wait)
			}
		})
	}
	for name, tc := range map[string]struct {
		left     time.Duration
		admitted bool
	}{
		"one that lives for hours may probe after five seconds":      {5 * time.Hour, true},
		"one with two minutes left may probe after five seconds too": {2 * time.Minute, true},
		"another call may not": {0, false},
	} {
		t.Run(name, func(t *testing.T) {
			one, at, expiry := *b, opened.Add(urgentPause), time.Time{}
			if tc.left != 0 {
				expiry = opened.Add(tc.left)
			}
			if _, _, ok := one.admit(at.Add(-time.Nanosecond), expiry); ok {
				t.Error("it is admitted too early")
			}
			if _, _, ok := one.admit(at, expiry); ok != tc.admitted {
				t.Errorf("it is admitted: %v", ok)
			}
		})
	}
	// Each of them that fails makes the next one wait.
	expiry, now := opened.Add(10*time.Second), opened.Add(time.Second)
	probe, _, ok := b.admit(now, expiry)
	if !ok {
		t.Fatal("the probe for a token is not admitted")
	}
	b.note(now, probe, failed)
	if _, wait, ok := b.admit(now, expiry); ok || wait != time.Second {
		t.Errorf("after it failed the next is admitted: %v, after %v", ok, wait)
	}
	if _, wait, ok := b.admit(now, time.Time{}); ok || wait != breakerMost {
		t.Errorf("after it failed any other is admitted: %v, after %v", ok, wait)
	}
}

func TestBreakerProbesEverMoreRarely(t *testing.T) {
	b, now := newBreaker()
	fail(t, b, now, breakerThreshold)
	for i, pause := range []time.Duration{5, 10, 20, 40, 60, 60} {
		pause *= time.Second
		if _, wait, ok := b.admit(now.Add(pause-time.Nanosecond), time.Time{}); ok || wait != time.Nanosecond {
			t.Fatalf("probe %d is admitted before %v: %v, wait %v", i+1, pause, ok, wait)
		}
		now = now.Add(pause)
		probe, _, ok := b.admit(now, time.Time{})
		if !ok || probe == 0 {
			t.Fatalf("probe %d is not admitted after %v", i+1, pause)
		}
		if _, wait, ok := b.admit(now.Add(time.Hour), time.Time{}); ok || wait != probeTurn {
			t.Fatalf("beside probe %d another call is admitted: %v, wait %v", i+1, ok, wait)
		}
		if b.note(now, probe, failed) {
			t.Fatal("a probe that fails is told as a change")
		}
	}
}

func TestBreakerClosesAtOnceWhenTheTenantAnswers(t *testing.T) {
	b, now := newBreaker()
	fail(t, b, now, breakerThreshold)
	now = now.Add(breakerFirst)
	probe, _, _ := b.admit(now, time.Time{})
	if !b.note(now, probe, answered) {
		t.Error("the end of the outage is not told")
	}
	for range 10 {
		if probe, _, ok := b.admit(now, time.Time{}); !ok || probe != 0 {
			t.Fatalf("a call is admitted: %v, as probe %d", ok, probe)
		}
	}
}

func TestBreakerTakesTheAnswerOfACallThatWasSentBeforeItOpened(t *testing.T) {
	b, now := newBreaker()
	early, _, _ := b.admit(now, time.Time{})
	fail(t, b, now, breakerThreshold)
	if b.note(now, early, failed) || b.probeTime != now.Add(breakerFirst) {
		t.Error("a late failure changes something")
	}
	if !b.note(now, early, answered) {
		t.Error("a late answer does not close it")
	}
}

func TestBreakerLetsAnotherProbeGoWhenOneTellsNothing(t *testing.T) {
	b, now := newBreaker()
	fail(t, b, now, breakerThreshold)
	now = now.Add(breakerFirst)
	first, _, _ := b.admit(now, time.Time{})
	b.note(now, first, unknown)
	second, _, ok := b.admit(now, time.Time{})
	if !ok || second == first {
		t.Fatalf("another probe is admitted: %v, %d", ok, second)
	}
	if b.note(now, first, failed); b.probe != second {
		t.Error("the first probe ended the second one")
	}
}

func TestBreakerDoesNotBeginAnewWhenTheTenantComesBackForAMoment(t *testing.T) {
	for back, want := range map[time.Duration]time.Duration{time.Second: 20 * time.Second, 2 * time.Minute: 5 * time.Second} {
		t.Run(back.String(), func(t *testing.T) {
			b, now := newBreaker()
			fail(t, b, now, breakerThreshold)
			for _, o := range []outcome{failed, answered} { // pauses of 5 and 10 seconds
				now = b.probeTime
				probe, _, _ := b.admit(now, time.Time{})
				b.note(now, probe, o)
			}
			now = now.Add(back)
			fail(t, b, now, breakerThreshold)
			if got := b.probeTime.Sub(now); got != want {
				t.Errorf("the pause is %v, want %v", got, want)
			}
		})
	}
}

// story is a random sequence of calls that overlap.
type story struct {
	t      *testing.T
	random *rand.Rand
	b      *breaker
	now    time.Time
	// underway are the probes, 0 for ordinary calls, that have not ended.
	underway []int
	inARow   int
}

func TestBreakerKeepsItsPromises(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b, now := newBreaker()
			b.spread = upToAFifthLess
			s := &story{t: t, random: rand.New(rand.NewPCG(seed, 1)), b: b, now: now}
			for range 400 {
				s.now = s.now.Add(time.Duration(s.random.Int64N(int64(4 * time.Second))))
				if len(s.underway) > 0 && s.random.IntN(2) == 0 {
					s.end(s.random.IntN(len(s.underway)))
				} else {
					s.begin()
				}
			}
		})
	}
}

// end ends a call that is under way. Most fail, or nothing would ever open.
func (s *story) end(at int) {
	o := []outcome{unknown, answered, failed, failed, failed, failed, failed, failed}[s.random.IntN(8)]
	wasOpen := !s.b.openTime.IsZero()
	changed := s.b.note(s.now, s.underway[at], o)
	s.underway = append(s.underway[:at:at], s.underway[at+1:]...)
	open := !s.b.openTime.IsZero()
	switch o {
	case answered:
		s.inARow = 0
	case failed:
		s.inARow++
	case unknown:
	}
	if changed != (open != wasOpen) {
		s.t.Fatalf("told of a change: %v, was open: %v, is open: %v", changed, wasOpen, open)
	}
	if open && o == answered {
		s.t.Fatal("it is open although the tenant answers")
	}
	if open && !wasOpen && s.inARow < breakerThreshold {
		s.t.Fatalf("it opened after %d failures in a row", s.inARow)
	}
}

// begin asks for a call.
func (s *story) begin() {
	probe, wait, ok := s.b.admit(s.now, time.Time{})
	open := !s.b.openTime.IsZero()
	switch {
	case ok != (wait == 0) || wait > breakerMost:
		s.t.Fatalf("a call is admitted: %v, wait %v", ok, wait)
	case !ok && s.b.probe == 0 && !s.now.Before(s.b.probeTime):
		s.t.Fatal("a probe that is due does not go")
	case !ok:
		return
	case open != (probe != 0):
		s.t.Fatalf("a call is admitted as probe %d while open: %v", probe, open)
	case open && s.now.Before(s.b.probeTime):
		s.t.Fatal("a probe goes too early")
	}
	s.underway = append(s.underway, probe)
	live := 0
	for _, number := range s.underway {
		if number != 0 && number == s.b.probe {
			live++
		}
	}
	if live > 1 {
		s.t.Fatalf("%d probes are under way", live)
	}
}
