package schedule

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	contestFirst = time.Minute
	contestMost  = time.Hour
	// contestOver is how long it has to be quiet until a change by somebody else counts as the first again.
	contestOver = 2 * time.Hour
)

// Contests slows down the repair of what somebody else keeps changing: at once the first time, then with pauses from a minute to an
// hour.
type Contests struct {
	mu        sync.Mutex
	contested map[string]*contest
}

type contest struct {
	backoff  wait.Backoff
	repaired time.Time
	pause    time.Duration
}

// NewContests returns a Contests that knows of none.
func NewContests() *Contests { return &Contests{contested: map[string]*contest{}} }

// Wait returns how long to leave an object as somebody else made it; zero means to repair it now.
func (c *Contests) Wait(key string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.contested[key]
	if known == nil || now.Sub(known.repaired) > contestOver {
		return 0
	}
	return max(known.repaired.Add(known.pause).Sub(now), 0)
}

// Repaired counts a repair.
func (c *Contests) Repaired(key string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.contested[key]
	if known == nil || now.Sub(known.repaired) > contestOver {
		known = &contest{backoff: wait.Backoff{Duration: contestFirst, Factor: 2, Steps: 32, Cap: contestMost}}
		c.contested[key] = known
	}
	known.repaired = now
	known.pause = known.backoff.Step()
}

// Forget drops an object that is gone.
func (c *Contests) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.contested, key)
}
