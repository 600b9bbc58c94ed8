package tenant

import (
	"context"
	"sync"
	"time"
)

// Visits bounds how many workers of one controller a tenant may hold at once: half of them, so that one that is slow, or dead, delays no object
// of another. Classes after the first use fewer. The nil Visits bounds nothing.
type Visits struct {
	places int

	mu   sync.Mutex
	held map[*gate]int
}

// NewVisits returns the Visits of a controller that works on so many objects at once.
func NewVisits(workers int) *Visits {
	return &Visits{places: max(workers/2, 1), held: map[*gate]int{}}
}

// visit is one pass. It takes a place at a tenant with its first call there, and has it until it ends.
type visit struct {
	visits *Visits

	mu    sync.Mutex
	since map[*gate]time.Time // when it took its place at each
	made  bool                // a call
	ended bool
}

type visitKey struct{}

// Begin returns a context for the calls of one pass over one object. The pass ends with end.
func (v *Visits) Begin(ctx context.Context) (visiting context.Context, end func()) {
	if v == nil {
		return ctx, func() {}
	}
	pass := &visit{visits: v, since: map[*gate]time.Time{}}
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

// enter takes a place at g, where the pass has none yet, and returns whether there was one for calls of the class.
func (v *visit) enter(g *gate, class Class, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.visits.take(g, class) {
		return false
	}
	v.since[g] = now
	return true
}

func (v *visit) end() {
	v.mu.Lock()
	held := v.since
	v.since, v.ended = map[*gate]time.Time{}, true
	v.mu.Unlock()
	for g, since := range held {
		v.visits.giveBack(g)
		g.left(since)
	}
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

func (v *Visits) take(g *gate, class Class) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[g] >= class.of(v.places) {
		return false
	}
	v.held[g]++
	return true
}

func (v *Visits) giveBack(g *gate) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[g]--; v.held[g] == 0 {
		delete(v.held, g)
	}
}
