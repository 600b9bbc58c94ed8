package schedule

import (
	"sync"
	"time"
)

const (
	// burstQuiet is how long it has to be quiet before a burst of changes is carried out.
	burstQuiet = time.Second
	// burstMost is how long a burst may hold the first of its changes back.
	burstMost = 5 * time.Second
)

// Bursts holds work back while what it depends on keeps changing, so that many changes cost one update.
type Bursts struct {
	mu    sync.Mutex
	known map[string]burst
}

type burst struct {
	state       string
	first, last time.Time
}

// NewBursts returns a Bursts that knows of none.
func NewBursts() *Bursts { return &Bursts{known: map[string]burst{}} }

// Wait returns how long to wait before the state of an object is carried out; zero means now, and ends the burst.
func (b *Bursts) Wait(key, state string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, found := b.known[key]
	if !found {
		known = burst{first: now}
	}
	if known.state != state {
		known.state, known.last = state, now
	}
	left := min(known.last.Add(burstQuiet).Sub(now), known.first.Add(burstMost).Sub(now))
	if left <= 0 {
		delete(b.known, key)
		return 0
	}
	b.known[key] = known
	return left
}

// Forget drops an object that is gone.
func (b *Bursts) Forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.known, key)
}
