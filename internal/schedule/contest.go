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

// Repair says whether to repair an object now; if so, it is counted. Otherwise wait is how long to leave it.
func (c *Contests) Repair(key string, now time.Time) (repair bool, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.contested[key]
	if known == nil || now.Sub(known.repaired) > contestOver {
		known = &contest{backoff: wait.Backoff{Duration: contestFirst, Factor: 2, Steps: 32, Cap: contestMost}}
		c.contested[key] = known
	} else if left := known.repaired.Add(known.pause).Sub(now); left > 0 {
		return false, left
	}
	known.repaired = now
	known.pause = known.backoff.Step()
	return true, 0
}

// Forget drops an object that is gone.
func (c *Contests) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.contested, key)
}
