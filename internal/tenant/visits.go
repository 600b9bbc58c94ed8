package tenant

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Visits bounds how many workers of one controller a tenant may hold at once: half of them, so that one that is slow, or dead, delays no object
// of another. Classes after the first use fewer. Who finds no place waits outside, and is called when it is its turn. The nil Visits bounds nothing.
type Visits struct {
	places int

	mu    sync.Mutex
	rooms map[*gate]*room
	again func(Turn)
}

// Turn says that there is a place by now for the next pass of an object.
type Turn struct {
	// Object has the name that Begin was given.
	Object string
	// Class of the call that the object waits with.
	Class Class
	// Wait is how long the object is to wait before it comes.
	Wait time.Duration
}

// NewVisits returns the Visits of a controller that works on so many objects at once.
func NewVisits(workers int) *Visits {
	return &Visits{places: max(workers/2, 1), rooms: map[*gate]*room{}}
}

// OnTurn lets again know whose turn it is. It must not block. Without it objects come back by the time that a GateError tells.
func (v *Visits) OnTurn(again func(Turn)) {
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.again = again
}

// visit is one pass. It takes a place at a tenant with its first call there, and has it until it ends.
type visit struct {
	visits *Visits
	object string

	mu    sync.Mutex
	since map[*gate]time.Time // when it took its place at each
	away  []*gate             // where it has found none
	made  bool                // a call
	stood bool                // in line for a permit
	ended bool
}

type visitKey struct{}

// Begin returns a context for the calls of one pass over one object, whose name is unique within the controller. The pass ends with end.
func (v *Visits) Begin(ctx context.Context, object string) (visiting context.Context, end func()) {
	if v == nil {
		return ctx, func() {}
	}
	pass := &visit{visits: v, object: object, since: map[*gate]time.Time{}}
	return context.WithValue(ctx, visitKey{}, pass), pass.end
}

// visitOf returns the pass that a call belongs to; nil for none.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// has says whether the pass has a place at g. One that has ended holds no worker any more, and needs none: a login that it began may go on.
func (v *visit) has(g *gate) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, held := v.since[g]
	return v.ended || held
}

// enter takes a place at g, where the pass has none yet. If there is none for its calls it returns when to come back.
func (v *visit) enter(g *gate, u urgency, now time.Time) (wait time.Duration, entered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if wait, entered = v.visits.take(g, now, u, v.object); !entered {
		v.away = append(v.away, g)
		return wait, false
	}
	v.since[g] = now
	return 0, true
}

// end gives back the places of the pass. Where it waits for none, the object does not wait any more.
func (v *visit) end() {
	v.mu.Lock()
	held, away, stood := v.since, v.away, v.stood
	v.since, v.ended = map[*gate]time.Time{}, true
	v.mu.Unlock()
	var pause time.Duration
	if stood {
		pause = breather
	}
	v.visits.end(v.object, held, away, pause)
}

// underway says whether the pass has made a call already.
func (v *visit) underway() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.made
}

func (v *visit) madeCall() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.made = true
}

// stoodInLine notes that a call of the pass had to wait for its permit.
func (v *visit) stoodInLine() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stood = true
}

// take takes a place at g for the pass of an object, or returns when it should come back.
func (v *Visits) take(g *gate, now time.Time, u urgency, object string) (wait time.Duration, taken bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.rooms[g]
	if r == nil {
		r = newRoom(v.places)
		v.rooms[g] = r
	}
	v.call(r, now, 0)
	if r.enter(u, object) {
		return 0, true
	}
	return r.join(now, u, object), false
}

// end ends the pass of an object, which held places since a time, and found none elsewhere. pause is for how long its places stay empty.
func (v *Visits) end(object string, held map[*gate]time.Time, away []*gate, pause time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for g, r := range v.rooms {
		now := g.clock.Now()
		if since, is := held[g]; is {
			r.giveBack(now.Sub(since))
		}
		if !slices.Contains(away, g) {
			r.leave(object)
		}
		v.call(r, now, pause)
		if r.empty() {
			delete(v.rooms, g)
		}
	}
}

// call lets those know whose turn it is. It is called under the lock.
func (v *Visits) call(r *room, now time.Time, wait time.Duration) {
	if v.again == nil {
		return
	}
	for _, called := range r.call(now.Add(wait)) {
		v.again(Turn{Object: called.object, Class: called.class, Wait: wait})
	}
}
