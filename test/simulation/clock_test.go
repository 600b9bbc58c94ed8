package simulation_test

import (
	"sync/atomic"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// wallClock is the operator's clock: the true time, and what somebody has set it forward or back by. Its timers go by the true time, as those of
// a process do.
type wallClock struct {
	*clocktesting.FakeClock
	set atomic.Int64
}

// Now returns what the clock on the wall shows.
func (c *wallClock) Now() time.Time { return c.FakeClock.Now().Add(time.Duration(c.set.Load())) }

// Since returns the time since t by the clock on the wall.
func (c *wallClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// step sets the clock forward or back.
func (c *wallClock) step(by time.Duration) { c.set.Add(int64(by)) }
