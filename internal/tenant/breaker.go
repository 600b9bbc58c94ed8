package tenant

import "time"

const (
	// breakerThreshold is how many calls in a row have to fail until no more are sent.
	breakerThreshold = 5
	// breakerFirst and breakerMost bound the pause before a probe. Each probe that fails doubles it.
	breakerFirst = 5 * time.Second
	breakerMost  = time.Minute
	// urgentPart and urgentLeast bound for how long a token is sent away: a tenth of the time that it has left, and a second.
	urgentPart  = 10
	urgentLeast = time.Second
	// urgentPause is the longest pause before a probe that is for a token. One call every five seconds is no burden for any tenant.
	urgentPause = breakerFirst
	// probeTurn is how long a call is sent away for while a probe is under way.
	probeTurn = time.Second
)

// outcome is what a call says about the way to the tenant.
type outcome int

const (
	// unknown: nothing, as when the caller gave up, or the tenant asked for a pause.
	unknown outcome = iota
	// answered: the tenant answered, be it with a refusal.
	answered
	// failed: there was no answer, or one of a server that fails (5xx).
	failed
)

// breaker decides whether calls may go to a tenant that may not answer. It opens after breakerThreshold failures in a row; then one call at a
// time, the probe, finds out after ever longer pauses whether the tenant is back. Any answer closes it.
//
// It is a state machine: it reads no clock, and is not safe for concurrent use.
type breaker struct {
	// spread shortens a pause at random, so that several operators do not probe a tenant at one moment.
	spread func(time.Duration) time.Duration

	failures  int           // in a row
	openTime  time.Time     // when it opened; zero while closed
	closeTime time.Time     // when it was last closed; zero if it never opened
	pause     time.Duration // before the next probe, not spread
	probeTime time.Time     // from which the next probe may go
	failTime  time.Time     // when the way was last found to be broken: it opened, or a probe failed
	probe     int           // the probe under way; 0 for none
	probes    int           // so far, which numbers them
}

// admit returns whether a call may go at now, and which probe it is: 0 for an ordinary call. A call that may not go can come back after wait.
//
// expiry is that of the token that the call replaces, zero for other calls. A token that is to be renewed does not sit out a long pause: whoever comes for
// one may be the probe a few seconds after the last one failed, or when the token would have been told to come back. Those who are sent away come
// back more rarely than that, because there may be thousands of them, of which one is enough.
func (b *breaker) admit(now, expiry time.Time) (probe int, wait time.Duration, ok bool) {
	back := b.back(expiry)
	switch {
	case b.openTime.IsZero():
		return 0, 0, true
	case now.Before(back) && (expiry.IsZero() || now.Before(b.failTime.Add(urgentPause))):
		return 0, back.Sub(now), false
	case b.probe != 0:
		return 0, max(probeTurn, back.Sub(now)), false
	}
	b.probes++
	b.probe = b.probes
	return b.probe, 0, true
}

// back returns when a call that is sent away can come back, if it is for a token that expires at a time.
func (b *breaker) back(expiry time.Time) time.Time {
	if expiry.IsZero() {
		return b.probeTime
	}
	early := b.failTime.Add(max(expiry.Sub(b.failTime)/urgentPart, urgentLeast))
	if early.Before(b.probeTime) {
		return early
	}
	return b.probeTime
}

// note takes the outcome of a call that was admitted as the given probe, or as an ordinary call, and returns whether the breaker has opened or
// closed by it.
func (b *breaker) note(now time.Time, probe int, o outcome) (changed bool) {
	isProbe := probe != 0 && probe == b.probe
	if isProbe {
		b.probe = 0
	}
	open := !b.openTime.IsZero()
	switch {
	case o == answered:
		b.failures = 0
		if open {
			b.openTime, b.closeTime, b.probeTime, b.probe = time.Time{}, now, time.Time{}, 0
		}
		return open
	case o == failed && isProbe:
		b.failures++
		b.delay(now, min(2*b.pause, breakerMost))
	case o == failed && !open:
		b.failures++
		if b.failures >= breakerThreshold {
			b.open(now)
			return true
		}
	}
	// A call that was sent before the breaker opened, and fails after it, tells nothing new.
	return false
}

// open begins with a short pause, but goes on where it was if the tenant answered for a moment only.
func (b *breaker) open(now time.Time) {
	b.openTime = now
	pause := breakerFirst
	if !b.closeTime.IsZero() && now.Sub(b.closeTime) < breakerMost {
		pause = min(2*b.pause, breakerMost)
	}
	b.delay(now, pause)
}

func (b *breaker) delay(now time.Time, pause time.Duration) {
	b.pause = pause
	b.failTime = now
	b.probeTime = now.Add(b.spread(pause))
}
