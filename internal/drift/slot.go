// Package drift says when an object is to be compared with what is on the tenant.
//
// Every object has a slot in each interval, derived from its UID: the checks of a fleet are spread evenly, and are at the same moments
// after a restart. Nothing is stored for it. A restart checks nothing by itself; it waits for the next slot.
package drift

import (
	"hash/fnv"
	"sync"
	"time"
)

// DefaultInterval between two checks of an object.
const DefaultInterval = 15 * time.Minute

// Last returns the last slot of an object that is not after now.
func Last(now time.Time, interval time.Duration, uid string) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(uid))                          // never fails
	phase := time.Duration(h.Sum64() % uint64(interval)) //nolint:gosec // a positive duration
	since := time.Duration((now.UnixNano() - int64(phase)) % int64(interval))
	return now.Add(-since)
}

// Next returns the first slot of an object that is after now.
func Next(now time.Time, interval time.Duration, uid string) time.Time {
	return Last(now, interval, uid).Add(interval)
}

// Checks knows which objects were checked since their last slot. It is a cache: what it has not seen counts as checked, so that a restart
// asks the tenant nothing.
type Checks struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// NewChecks returns a Checks that has seen no object.
func NewChecks() *Checks { return &Checks{seen: map[string]time.Time{}} }

// Due says whether a slot of the object has come since it was checked, or first seen.
func (c *Checks) Due(now time.Time, interval time.Duration, uid string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, known := c.seen[uid]
	if !known {
		c.seen[uid] = now
		return false
	}
	return Last(now, interval, uid).After(seen)
}

// Done records a check.
func (c *Checks) Done(now time.Time, uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[uid] = now
}

// Forget drops an object that is gone.
func (c *Checks) Forget(uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, uid)
}
