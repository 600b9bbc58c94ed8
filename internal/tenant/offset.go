package tenant

import (
	"sync"
	"time"
)

// slowExchange is a round trip too long to tell the tenant's clock well: the Date header may stem from any moment
// of it.
const slowExchange = 2 * time.Second

// clockOffset is by how much the tenant's clock is ahead of ours, as of the last answer that told it well.
type clockOffset struct {
	mu    sync.Mutex
	known bool
	value time.Duration
}

// note takes the Date of an answer to a request that was sent and answered at these moments of the local clock.
// A Date stands for the second that it begins, and the answer for the middle of the round trip.
func (o *clockOffset) note(sent, answered, date time.Time) {
	roundTrip := answered.Sub(sent)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known && roundTrip > slowExchange {
		return
	}
	// Round strips the monotonic clock, which a step of the wall clock would leave behind.
	middle := sent.Round(0).Add(roundTrip / 2)
	offset := date.Add(time.Second / 2).Sub(middle)
	if offset.Abs() < time.Second {
		offset = 0
	}
	o.known, o.value = true, offset.Round(time.Second)
}

func (o *clockOffset) get() (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value, o.known
}
