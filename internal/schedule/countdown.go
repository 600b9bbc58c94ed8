package schedule

import (
	"sync"
	"time"
)

// tolerance is how far the wall clock and the process's own may drift apart before the wall clock counts as stepped.
const tolerance = time.Second

// Countdowns notice that the wall clock was set back while a token lives: by the wall clock it would then seem to live longer than it does.
// They go by the process's own clock, which is never set. It is a cache: after a restart the wall clock is believed again.
type Countdowns struct {
	uptime func() time.Duration

	mu   sync.Mutex
	seen map[string]sight
}

// sight is when a token was first seen, by both clocks.
type sight struct {
	token  string
	wall   time.Time
	uptime time.Duration
}

// NewCountdowns returns Countdowns by a clock that tells how long the process has been running, whatever happens to the wall clock.
func NewCountdowns(uptime func() time.Duration) *Countdowns {
	return &Countdowns{uptime: uptime, seen: map[string]sight{}}
}

// SetBack returns by how much the wall clock was set back since the token of an object was first seen; zero if it was not, or was set
// forward: then the token seems older than it is, which does no harm. token tells the tokens of one object apart.
func (c *Countdowns) SetBack(key, token string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	uptime := c.uptime()
	first, found := c.seen[key]
	if !found || first.token != token {
		c.seen[key] = sight{token: token, wall: now.Round(0), uptime: uptime}
		return 0
	}
	back := (uptime - first.uptime) - now.Round(0).Sub(first.wall)
	if back <= tolerance {
		return 0
	}
	return back
}

// Forget drops an object that is gone.
func (c *Countdowns) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, key)
}
