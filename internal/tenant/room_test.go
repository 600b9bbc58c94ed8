package tenant

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// waiting is a controller with two places at a tenant, both of which are held.
type waiting struct {
	t      *testing.T
	clock  *clocktesting.FakeClock
	gate   *gate
	visits *Visits
	called []string
	ends   []func()
}

func newWaiting(t *testing.T) *waiting {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Now())
	w := &waiting{t: t, clock: clock, gate: newGate(clock), visits: NewVisits(4)}
	w.gate.limit(1000, 1)
	w.visits.OnTurn(func(turn Turn) { w.called = append(w.called, turn.Object) })
	for _, object := range []string{"shop/first", "shop/second"} {
		end, err := w.begin(t.Context(), object)
		if err != nil {
			t.Fatal(err)
		}
		w.ends = append(w.ends, end)
	}
	return w
}

// begin begins a pass that wants a place. One that finds none has ended when begin returns.
func (w *waiting) begin(ctx context.Context, object string) (end func(), err error) {
	w.t.Helper()
	ctx, end = w.visits.Begin(ctx, object)
	if err := w.gate.enter(ctx); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

func (w *waiting) token(object string, left time.Duration) (end func(), err error) {
	return w.begin(ForToken(w.t.Context(), w.clock.Now().Add(left)), object)
}

// expectCalls says who was called since the last time.
func (w *waiting) expectCalls(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.called); diff != "" {
		w.t.Errorf("who was called (-want +got):\n%s", diff)
	}
	w.called = nil
}

func (w *waiting) turnedAway(_ func(), err error) time.Duration {
	w.t.Helper()
	if failure.ClassOf(err) != failure.Throttled || !HeldBack(err) {
		w.t.Fatalf("error is %v", err)
	}
	return failure.RetryAfter(err)
}

// goOn lets a pass that was called take its place, and returns its end.
func (w *waiting) goOn(end func(), err error) func() {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return end
}

func TestWhoFindsNoPlaceIsCalledByUrgencyWhenOneBecomesFree(t *testing.T) {
	w := newWaiting(t)
	w.turnedAway(w.begin(WithClass(t.Context(), ClassDrift), "shop/drift"))
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.turnedAway(w.token("shop/hour", time.Hour))
	w.turnedAway(w.token("shop/minute", time.Minute))
	w.turnedAway(w.begin(t.Context(), "shop/newer"))
	w.expectCalls()
	order := []string{"shop/minute", "shop/hour", "shop/new", "shop/newer", "shop/drift"}
	w.ends[0]()
	w.expectCalls(order[0])
	end := w.goOn(w.token("shop/minute", time.Minute))
	w.ends[1]()
	w.expectCalls(order[1])
	last := w.goOn(w.token("shop/hour", time.Hour))
	end()
	w.expectCalls(order[2])
	end = w.goOn(w.begin(t.Context(), "shop/new"))
	last() // new objects use both places, drift checks one
	w.expectCalls(order[3])
	last = w.goOn(w.begin(t.Context(), "shop/newer"))
	end()
	w.expectCalls()
	last()
	w.expectCalls(order[4])
}

func TestAPlaceIsKeptForWhoIsCalled(t *testing.T) {
	w := newWaiting(t)
	w.turnedAway(w.token("shop/hour", time.Hour))
	w.ends[0]()
	w.expectCalls("shop/hour")
	w.turnedAway(w.token("shop/later", 2*time.Hour))
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.goOn(w.token("shop/sooner", time.Minute)) // who is more urgent waits for nobody
	w.turnedAway(w.token("shop/hour", time.Hour))
	w.ends[1]()
	w.expectCalls("shop/hour")
	w.goOn(w.token("shop/hour", time.Hour))
}

func TestWhoDoesNotComeLosesThePlaceToTheNext(t *testing.T) {
	for name, tc := range map[string]struct{ happens func(*waiting) }{
		"because the object is gone and another pass begins": {func(w *waiting) {
			w.clock.Step(callMost + time.Millisecond)
			w.turnedAway(w.begin(t.Context(), "shop/third"))
		}},
		"because the pass makes no call": {func(w *waiting) {
			_, end := w.visits.Begin(t.Context(), "shop/new")
			end()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWaiting(t)
			w.turnedAway(w.begin(t.Context(), "shop/new"))
			w.turnedAway(w.begin(t.Context(), "shop/newer"))
			w.ends[0]()
			w.expectCalls("shop/new")
			tc.happens(w)
			w.expectCalls("shop/newer")
			w.goOn(w.begin(t.Context(), "shop/newer"))
		})
	}
}

func TestWhoComesInVainAgainKeepsItsTurn(t *testing.T) {
	w := newWaiting(t)
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.turnedAway(w.begin(t.Context(), "shop/newer"))
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.ends[0]()
	w.ends[1]()
	w.expectCalls("shop/new", "shop/newer")
}

func TestWhoIsNotCalledComesBackAllTheSame(t *testing.T) {
	w := newWaiting(t)
	if wait := w.turnedAway(w.begin(t.Context(), "shop/new")); wait != leastAway {
		t.Errorf("it comes back after %v, want %v", wait, leastAway)
	}
	if wait := w.turnedAway(w.token("shop/urgent", 20*time.Second)); wait != 2*time.Second {
		t.Errorf("a token that lives for 20 seconds comes back after %v", wait)
	}
	const stay = 400 * time.Millisecond
	w.visits.rooms[w.gate].stay = stay
	var waits []time.Duration
	for i := range 3000 {
		waits = append(waits, w.turnedAway(w.begin(t.Context(), "shop/"+string(rune('a'+i)))))
	}
	if !slices.IsSorted(waits) || waits[99] != (100+2)*stay/2*3/2 || waits[2999] != longestLine {
		t.Errorf("number 100 comes back after %v, number 3,000 after %v", waits[99], waits[2999])
	}
}

func TestNobodyWaitsForeverInARoom(t *testing.T) {
	w := newWaiting(t)
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.ends[0]()
	w.ends[1]()
	w.expectCalls("shop/new")
	w.goOn(w.begin(t.Context(), "shop/new"))()
	if len(w.visits.rooms) != 0 {
		t.Errorf("%d rooms are kept though nobody is there", len(w.visits.rooms))
	}
}

func TestAPlaceStaysEmptyForAMomentAfterAPassThatStoodInLineForAPermit(t *testing.T) {
	w := newWaiting(t)
	var waits []time.Duration
	w.visits.OnTurn(func(turn Turn) { waits = append(waits, turn.Wait) })
	ctx, end := w.visits.Begin(t.Context(), "shop/patient")
	w.ends[0]()
	if err := w.gate.enter(ctx); err != nil {
		t.Fatal(err)
	}
	visitOf(ctx).stoodInLine()
	w.turnedAway(w.begin(t.Context(), "shop/new"))
	w.turnedAway(w.begin(t.Context(), "shop/newer"))
	end()
	w.ends[1]()
	if want := []time.Duration{breather, 0}; !slices.Equal(waits, want) {
		t.Errorf("they come after %v, want %v", waits, want)
	}
}
