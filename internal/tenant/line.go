package tenant

import "time"

const (
	// soonest is the shortest time after which somebody who was turned away comes back.
	soonest = 100 * time.Millisecond
	// longestLine is the longest that somebody is turned away for, whose place in the line is further away still.
	longestLine = 5 * time.Minute
	// callsPerPass is how many calls a pass is taken to make, other than one that renews a token, which makes one.
	callsPerPass = 2
	// leastSpace is the least time between two who come back, however high the limit: a pass takes some time, too.
	leastSpace = 10 * time.Millisecond
)

// line tells those who are turned away when to come back, one after the other at the rate at which calls go: if all came back at once, all but
// a few would be turned away again, and be so ever so often. There is one for each class.
//
// It reserves nothing: who comes back competes with all others.
type line struct {
	end time.Time // when the one who is turned away next may come back
}

// join returns how long to stay away. interval is the time between two calls.
func (l *line) join(now time.Time, u urgency, least, interval time.Duration) time.Duration {
	most, space := longestLine, callsPerPass*interval
	if u.class == ClassToken {
		space = interval
		if !u.expiry.IsZero() {
			most = min(most, max(u.expiry.Sub(now)/10, time.Second))
		}
	}
	wait := max(l.end.Sub(now), least, soonest)
	if wait >= most {
		return most // and the line gets no longer
	}
	l.end = now.Add(wait + max(space, leastSpace))
	return wait
}
