package simulation_test

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	clocktesting "k8s.io/utils/clock/testing"
)

// wallClock is the operator's clock: the true time, and what somebody has set it forward or back by. Like those of time.Now, its times carry the
// reading of a second clock that nobody can set; times that were read from it go by that among themselves, as do its timers.
type wallClock struct {
	*clocktesting.FakeClock
	set atomic.Int64 // in seconds
}

// newFakeClock returns a clock at a whole second whose times have that second reading.
func newFakeClock() *clocktesting.FakeClock {
	now := time.Now()
	return clocktesting.NewFakeClock(now.Add(-time.Duration(now.Nanosecond())))
}

// hasReading is the bit of the first word of a time.Time that says that it has the second reading. The other bits are what the wall shows: 33 for
// seconds, then 30 for nanoseconds.
const (
	hasReading  = 1 << 63
	nanosecBits = 30
)

// Now returns what the clock on the wall shows. Package time has no way to set that alone, so the word is written; a test guards its meaning.
func (c *wallClock) Now() time.Time {
	now := c.FakeClock.Now()
	wall := (*uint64)(unsafe.Pointer(&now))
	if *wall&hasReading == 0 {
		panic("the time has no monotonic reading")
	}
	*wall += uint64(c.set.Load()) << nanosecBits // a negative number wraps around, as does the sum
	return now
}

// Since returns the time since t; by the clock that nobody sets, if t was read from it, else by the one on the wall.
func (c *wallClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// step sets the clock forward or back by whole seconds.
func (c *wallClock) step(by time.Duration) { c.set.Add(int64(by / time.Second)) }

// isSetBy returns what the clock on the wall is ahead of the true time.
func (c *wallClock) isSetBy() time.Duration { return time.Duration(c.set.Load()) * time.Second }

func TestAClockThatIsSetMovesTheWallAlone(t *testing.T) {
	c := &wallClock{FakeClock: newFakeClock()}
	before := c.Now()
	for _, by := range []time.Duration{10 * time.Minute, -25 * time.Minute, 15 * time.Minute} {
		c.step(by)
		c.Step(time.Second)
		if now := c.Now(); now.Round(0).Sub(before.Round(0)) != by+time.Second || now.Sub(before) != time.Second {
			t.Errorf("set by %v: the wall shows %v more, the other clock %v", by, now.Round(0).Sub(before.Round(0)), now.Sub(before))
		}
		before = c.Now()
	}
	if !before.Round(0).Equal(c.FakeClock.Now().Round(0)) || c.isSetBy() != 0 {
		t.Errorf("set back to where it was, it shows %v instead of %v", before, c.FakeClock.Now())
	}
}
