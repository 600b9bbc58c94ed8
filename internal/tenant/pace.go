package tenant

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// paceLeast is the part of the ceiling below which throttling answers do not bring the rate of calls: what is renewed must be renewed.
	paceLeast = 8
	// paceRecovery is how long after the last throttling answer the rate is back at its ceiling.
	paceRecovery = time.Minute
	// paceOnce is how long nothing is sent after a throttling answer that names no time, and further ones say nothing new: the calls that they
	// answer were sent before.
	paceOnce = time.Second
)

// pace is the rate of calls that a tenant bears: the ceiling that its admin has set, and less after a throttling answer (429), which halves it.
// From there it grows evenly. The zero value has not heard of any.
type pace struct {
	lowered rate.Limit
	since   time.Time
}

// at returns the rate at a moment.
func (p pace) at(now time.Time, ceiling rate.Limit) rate.Limit {
	if p.since.IsZero() || p.lowered >= ceiling {
		return ceiling
	}
	passed := float64(now.Sub(p.since)) / float64(paceRecovery)
	return p.lowered + (ceiling-p.lowered)*rate.Limit(min(max(passed, 0), 1))
}

// throttled returns the pace after a throttling answer.
func (p pace) throttled(now time.Time, ceiling rate.Limit) pace {
	if !p.since.IsZero() && now.Sub(p.since).Abs() < paceOnce {
		return p
	}
	return pace{lowered: max(p.at(now, ceiling)/2, ceiling/paceLeast), since: now}
}
