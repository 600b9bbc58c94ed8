package tenant

import (
	"cmp"
	"slices"
	"time"
)

const (
	// callMost is how long a place is kept for a pass that was called. Who has not come by then may never do: its object may be gone.
	callMost = time.Second
	// leastAway is after what time somebody comes back for a place who was not called: as rarely as possible, because to come in vain is of no use, and
	// as often as it takes not to miss a place that a call got lost for.
	leastAway = 5 * time.Second
	// breather is for how long a place stays empty after a pass that stood in line for a permit. Nothing is lost, because it is permits that are short; and
	// the worker is free for others meanwhile: two tenants with long lines could hold all workers for as long as they have some.
	breather = 100 * time.Millisecond
	// usualStay is for how long a pass is taken to have its place while none has shown it.
	usualStay = 100 * time.Millisecond
)

// room is what a tenant has for the passes of one controller: places, and a line of those who have found none. A place that becomes free
// is kept for the first in the line, who is called.
type room struct {
	places int
	held   int
	stay   time.Duration // for which a pass has its place, on the average of the last ones
	line   []absentee    // the most urgent first
	called []call
	number int // of absentees so far
}

func newRoom(places int) *room { return &room{places: places, stay: usualStay} }

// absentee is an object whose pass has found no place.
type absentee struct {
	urgency
	object string
	number int // who came first goes first among equals
}

// compare says who of two absentees is called first.
func (a absentee) compare(b absentee) int {
	switch {
	case a.before(b.urgency):
		return -1
	case b.before(a.urgency):
		return 1
	}
	return cmp.Compare(a.number, b.number)
}

// call is a place that is kept for an object.
type call struct {
	absentee
	until time.Time
}

// enter takes a place for a pass, if there is one that is neither held nor kept for somebody at least as urgent.
func (r *room) enter(u urgency, object string) bool {
	if r.free(u, object) <= 0 {
		return false
	}
	r.leave(object)
	r.held++
	return true
}

// free returns how many places there are for an object.
func (r *room) free(u urgency, object string) int {
	free := u.class.of(r.places) - r.held
	for _, c := range r.called {
		if !u.before(c.urgency) && (object == "" || c.object != object) {
			free--
		}
	}
	return free
}

// join puts an object into the line, where it keeps its turn if it was there already, and returns when to come back for it that is not called by then.
func (r *room) join(now time.Time, u urgency, object string) time.Duration {
	a := absentee{urgency: u, object: object, number: r.number}
	if i := slices.IndexFunc(r.line, func(other absentee) bool { return other.object == object }); i >= 0 {
		a.number = r.line[i].number
	} else {
		r.number++
	}
	r.leave(object)
	ahead, _ := slices.BinarySearchFunc(r.line, a, absentee.compare)
	if object != "" {
		r.line = slices.Insert(r.line, ahead, a)
	}
	wait := r.stay * time.Duration(ahead+1) / time.Duration(u.class.of(r.places)) * 3 / 2
	wait = min(max(wait, leastAway), longestLine)
	if u.class == ClassToken && !u.expiry.IsZero() {
		wait = min(wait, patience(now, u.expiry))
	}
	return wait
}

// leave forgets that an object waits for a place, or was called.
func (r *room) leave(object string) {
	if object == "" {
		return
	}
	r.line = slices.DeleteFunc(r.line, func(a absentee) bool { return a.object == object })
	r.called = slices.DeleteFunc(r.called, func(c call) bool { return c.object == object })
}

// giveBack takes note of a pass that gives back the place that it had for a while.
func (r *room) giveBack(stay time.Duration) {
	const last = 8 // passes, which the average is of
	r.stay += (stay - r.stay) / last
	r.held--
}

// call returns the objects whose turn it is now. Places are kept for them, and not any more for those who were called and have not come.
func (r *room) call(now time.Time) []absentee {
	r.called = slices.DeleteFunc(r.called, func(c call) bool { return c.until.Before(now) })
	var called []absentee
	for len(r.line) > 0 && r.free(r.line[0].urgency, "") > 0 {
		r.called = append(r.called, call{absentee: r.line[0], until: now.Add(callMost)})
		called = append(called, r.line[0])
		r.line = r.line[1:]
	}
	return called
}

func (r *room) empty() bool { return r.held == 0 && len(r.line) == 0 && len(r.called) == 0 }
