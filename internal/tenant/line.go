package tenant

import (
	"slices"
	"time"
)

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
// a few would be turned away again, and be so ever so often. There is one for each class but ClassToken.
//
// It reserves nothing: who comes back competes with all others.
type line struct {
	end time.Time // when the one who is turned away next may come back
}

// join returns how long to stay away, least at least. space is the time between two who come back.
func (l *line) join(now time.Time, least, space time.Duration) time.Duration {
	wait := max(l.end.Sub(now), least, soonest)
	if wait >= longestLine {
		return longestLine // and the line gets no longer
	}
	l.end = now.Add(wait + space)
	return wait
}

// absent are the calls for tokens that were turned away. They come back by expiry, and until they do, no token that expires later takes their place.
type absent []absence

// absence is one who was turned away. It counts until absenceMost after due: who has not come by then has no need to.
type absence struct {
	urgency
	due time.Time
}

// absenceMost is how long somebody is expected who does not come back in time.
const absenceMost = time.Second

// join returns how long to stay away: until those are served who expire earlier, and at most a tenth of the time left. space is the time between two who
// come back.
func (a *absent) join(now time.Time, u urgency, least, space time.Duration) time.Duration {
	a.tidy(now)
	earlier := 1
	for _, other := range *a {
		if other.before(u) {
			earlier++
		}
	}
	most := longestLine
	if !u.expiry.IsZero() {
		most = min(most, patience(now, u.expiry))
	}
	wait := min(max(time.Duration(earlier)*space, least, soonest), most)
	*a = append(*a, absence{u, now.Add(wait)})
	return wait
}

// patience returns for how long a token may be away that expires at a time: for a tenth of the time left.
func patience(now, expiry time.Time) time.Duration { return max(expiry.Sub(now)/10, time.Second) }

// arrive says whether u may be served now: not if somebody more urgent is about to come back. It takes u itself from the list.
func (a *absent) arrive(now time.Time, u urgency, interval time.Duration) bool {
	a.tidy(now)
	if i := slices.IndexFunc(*a, func(other absence) bool { return other.urgency == u }); i >= 0 {
		*a = slices.Delete(*a, i, i+1)
	}
	return !slices.ContainsFunc(*a, func(other absence) bool {
		return other.before(u) && !other.due.After(now.Add(max(interval, soonest)))
	})
}

func (a *absent) tidy(now time.Time) {
	*a = slices.DeleteFunc(*a, func(other absence) bool { return other.due.Add(absenceMost).Before(now) })
}
