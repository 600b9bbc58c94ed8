package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

func TestTheMostUrgentGoesNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, now := newGate(clock.RealClock{}), time.Now()
		g.limit(10, 1)
		if err := g.admit(t.Context()); err != nil {
			t.Fatal(err)
		}
		began, end := NewVisits(8).Begin(WithClass(t.Context(), ClassDrift), "")
		defer end()
		visitOf(began).madeCall()
		var mu sync.Mutex
		var order []string
		var waiting sync.WaitGroup
		for _, call := range []struct {
			name string
			ctx  context.Context
		}{
			{"drift", WithClass(t.Context(), ClassDrift)},
			{"drift that is underway", began},
			{"rotation", WithClass(t.Context(), ClassRotation)},
			{"first of no class", t.Context()},
			{"second of no class", t.Context()},
			{"login", WithClass(t.Context(), ClassLogin)},
			{"token without expiry", WithClass(t.Context(), ClassToken)},
			{"token of an hour", ForToken(t.Context(), now.Add(time.Hour))},
			{"token that has expired", ForToken(t.Context(), now.Add(-time.Hour))},
			{"token of a minute", ForToken(t.Context(), now.Add(time.Minute))},
		} {
			waiting.Go(func() {
				if err := g.admit(call.ctx); err != nil {
					t.Errorf("%s: %v", call.name, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, call.name)
			})
			synctest.Wait()
		}
		waiting.Wait()
		want := []string{
			"token that has expired", "token of a minute", "token of an hour", "token without expiry", "login",
			"first of no class", "second of no class", "rotation", "drift that is underway", "drift",
		}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if took := time.Since(now); took != time.Second {
			t.Errorf("ten calls took %v", took)
		}
	})
}

func TestTheReserveIsForTheUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, burst := range []int{1, 2, 3, 8, 20} {
			g := newGate(clock.RealClock{})
			g.limit(0.01, burst)
			total := 0
			for _, class := range []Class{ClassDrift, ClassRotation, ClassProvisioning, ClassLogin, ClassToken} {
				for g.admit(WithClass(t.Context(), class)) == nil {
					total++
				}
				if total != class.of(burst) {
					t.Errorf("of a burst of %d, %d are used up to class %s, want %d", burst, total, class, class.of(burst))
				}
			}
			if total != burst {
				t.Errorf("of a burst of %d, %d were sent", burst, total)
			}
		}
	})
}

func TestWhoIsOvertakenIsSentAwayAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(clock.RealClock{})
		g.limit(1, 1)
		if err := g.admit(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var overtaken error
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if overtaken = g.admit(WithClass(t.Context(), ClassDrift)); time.Since(start) != time.Second/4 {
				t.Errorf("it waited %v", time.Since(start))
			}
		})
		<-time.After(time.Second / 4)
		waiting.Go(func() {
			if err := g.admit(t.Context()); err != nil || time.Since(start) != time.Second {
				t.Errorf("the more urgent one went after %v, error %v", time.Since(start), err)
			}
		})
		waiting.Wait()
		if failure.RetryAfter(overtaken) != 1750*time.Millisecond {
			t.Errorf("error is %v, retry after %v", overtaken, failure.RetryAfter(overtaken))
		}
	})
}

func TestThoseWhoAreSentAwayComeBackOneAfterTheOther(t *testing.T) {
	const space = 400 * time.Millisecond
	now := time.Now()
	var l line
	for i := range 800 {
		want := min(time.Second+time.Duration(i)*space, longestLine)
		if got := l.join(now, time.Second, space); got != want {
			t.Fatalf("number %d stays away for %v, want %v", i, got, want)
		}
	}
}

func TestTokensThatAreSentAwayComeBackByExpiry(t *testing.T) {
	const interval = 200 * time.Millisecond
	now := time.Now()
	expiring := func(in time.Duration) urgency { return urgency{class: ClassToken, expiry: now.Add(in)} }
	var a absent
	for _, step := range []struct {
		in, want time.Duration
	}{
		{time.Hour, interval},
		{2 * time.Hour, 2 * interval},
		{time.Minute, interval}, // before all others
		{3 * time.Hour, 4 * interval},
		{-time.Hour, interval},
	} {
		if got := a.join(now, expiring(step.in), 0, interval); got != step.want {
			t.Errorf("what expires in %v stays away for %v, want %v", step.in, got, step.want)
		}
	}
	for range 100 {
		a.join(now, expiring(-time.Hour), 0, interval)
	}
	if got := a.join(now, expiring(50*time.Second), 0, interval); got != 5*time.Second {
		t.Errorf("it stays away for %v, which is more than a tenth of the time left", got)
	}
	if a.arrive(now, expiring(3*time.Hour), interval) {
		t.Error("one that expires late takes the place of those before it")
	}
	if !a.arrive(now, expiring(-2*time.Hour), interval) {
		t.Error("the most urgent one of all is turned away")
	}
	later := now.Add(longestLine)
	if !a.arrive(later, expiring(3*time.Hour), interval) || len(a) != 0 {
		t.Errorf("%d are expected for ever", len(a))
	}
}

func TestATenantHoldsHalfOfTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, other := limitedGate(), limitedGate()
		visits, elsewhere := NewVisits(8), NewVisits(8)
		// begin takes places until there are none, and returns how many it got.
		begin := func(visits *Visits, g *gate, class Class) (places int) {
			for places < 100 {
				ctx, end := visits.Begin(WithClass(t.Context(), class), "")
				err := g.enter(ctx)
				if err != nil {
					end()
					if failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) <= 0 {
						t.Errorf("error is %v, retry after %v", err, failure.RetryAfter(err))
					}
					return places
				}
				if err := g.enter(ctx); err != nil {
					t.Errorf("a pass that has a place has error %v", err)
				}
				places++
				t.Cleanup(end)
			}
			return places
		}
		for _, step := range []struct {
			name   string
			visits *Visits
			gate   *gate
			class  Class
			want   int
		}{
			{"drift checks", visits, g, ClassDrift, 2},
			{"new objects beside them", visits, g, ClassProvisioning, 1},
			{"rotations beside both", visits, g, ClassRotation, 0},
			{"tokens beside them all", visits, g, ClassToken, 1},
			{"a login", visits, g, ClassLogin, 0},
			{"another tenant", visits, other, ClassDrift, 2},
			{"another controller", elsewhere, g, ClassToken, 4},
			{"a controller with one worker", NewVisits(1), g, ClassDrift, 1},
		} {
			if got := begin(step.visits, step.gate, step.class); got != step.want {
				t.Errorf("%s get %d places, want %d", step.name, got, step.want)
			}
		}
		if err := g.enter(t.Context()); err != nil {
			t.Errorf("a call of no pass has error %v", err)
		}
	})
}

func TestAPassGivesItsPlaceBack(t *testing.T) {
	g, visits := limitedGate(), NewVisits(2)
	var last context.Context
	for range 3 {
		ctx, end := visits.Begin(t.Context(), "")
		if err := g.enter(ctx); err != nil {
			t.Fatal(err)
		}
		end()
		last = ctx
	}
	if err := g.enter(last); err != nil || len(visits.rooms) != 0 {
		t.Errorf("a login that outlives its pass holds places in %d rooms, error %v", len(visits.rooms), err)
	}
	var none *Visits
	ctx, end := none.Begin(t.Context(), "")
	defer end()
	if err := g.enter(ctx); err != nil || visitOf(ctx) != nil {
		t.Errorf("without a bound the error is %v", err)
	}
}

// TestFewCallsGoBeforeWhatIsUrgent simulates a controller with 8 workers for 2,000 drift checks of two calls each, on a tenant that is held to 5
// calls a second and answers in a tenth. Then a token is due, in another controller, and a new object, which takes ten calls.
func TestFewCallsGoBeforeWhatIsUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 5, 20)
		f.drift(2000)
		<-time.After(30 * time.Second)

		before := f.sent()
		token := f.alone(func(ctx context.Context) context.Context { return ForToken(ctx, time.Now().Add(30*time.Second)) }, 1)
		if others := f.sent() - before - 1; others > 15 || token > time.Second {
			t.Errorf("%d other calls were sent before the token, after %v", others, token)
		}
		before = f.sent()
		provisioned := f.withinFleet(ClassProvisioning, 10)
		if others := f.sent() - before - 10; others > 50 || provisioned > 6*time.Second {
			t.Errorf("%d other calls were sent before the new object was there, after %v", others, provisioned)
		}
		checked := f.sent() / 2
		<-time.After(time.Minute)
		if made := f.sent()/2 - checked; made < 140 || made > 151 {
			t.Errorf("in a quiet minute %d objects were checked", made)
		}
		if f.attempts > 10*f.sent() {
			t.Errorf("%d attempts were made for %d calls", f.attempts, f.sent())
		}
		f.stop()
	})
}

// fleet is the workers of a controller, whose queue is as controller-runtime's: by priority, then by when an object is due.
type fleet struct {
	t       *testing.T
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	gate    *gate
	visits  *Visits

	mu       sync.Mutex
	queue    []job
	calls    int
	attempts int
}

type job struct {
	name  string
	class Class
	calls int // to make
	due   time.Time
	done  chan struct{}
}

func newFleet(t *testing.T, limit float64, burst int) *fleet {
	f := &fleet{t: t, gate: newGate(clock.RealClock{}), visits: NewVisits(8)}
	f.ctx, f.cancel = context.WithCancel(t.Context())
	f.gate.limit(limit, burst)
	f.visits.OnTurn(f.turn)
	for range 8 {
		f.workers.Go(f.work)
	}
	return f
}

func (f *fleet) stop() {
	f.cancel()
	f.workers.Wait()
}

func (f *fleet) drift(objects int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range objects {
		f.queue = append(f.queue, job{name: fmt.Sprint("application-", i), class: ClassDrift, calls: 2, due: time.Now()})
	}
}

// turn lets a job come at once, as wake.Turn does.
func (f *fleet) turn(turn Turn) {
	go func() { // it must not block, and the jobs are locked while one begins
		f.mu.Lock()
		defer f.mu.Unlock()
		for i := range f.queue {
			if f.queue[i].name == turn.Object {
				f.queue[i].due = time.Now().Add(turn.Wait)
			}
		}
	}()
}

func (f *fleet) sent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// next takes the most urgent job that is due.
func (f *fleet) next() (job, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	best, now := -1, time.Now()
	for i, j := range f.queue {
		if j.due.After(now) {
			continue
		}
		if best < 0 || j.class < f.queue[best].class || j.class == f.queue[best].class && j.due.Before(f.queue[best].due) {
			best = i
		}
	}
	if best < 0 {
		return job{}, false
	}
	j := f.queue[best]
	f.queue = slices.Delete(f.queue, best, best+1)
	f.attempts++
	return j, true
}

func (f *fleet) work() {
	for f.ctx.Err() == nil {
		j, found := f.next()
		if !found {
			<-time.After(10 * time.Millisecond)
			continue
		}
		<-time.After(time.Millisecond)
		err := f.pass(WithClass(f.ctx, j.class), j.name, j.calls)
		switch {
		case err == nil && j.done != nil:
			close(j.done)
		case err != nil:
			f.mu.Lock()
			j.due = time.Now().Add(failure.RetryAfter(err))
			f.queue = append(f.queue, j)
			f.mu.Unlock()
		}
	}
}

func (f *fleet) pass(ctx context.Context, object string, calls int) error {
	ctx, end := f.visits.Begin(ctx, object)
	defer end()
	for range calls {
		if err := f.call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// call is what gatedTransport does.
func (f *fleet) call(ctx context.Context) error {
	if err := f.gate.enter(ctx); err != nil {
		return err
	}
	if err := f.gate.admit(ctx); err != nil {
		return err
	}
	visitOf(ctx).madeCall()
	f.mu.Lock()
	f.calls++
	f.mu.Unlock()
	<-time.After(time.Second / 10)
	return nil
}

// alone makes calls in a controller of their own, and returns how long that took.
func (f *fleet) alone(urgent func(context.Context) context.Context, calls int) time.Duration {
	start := time.Now()
	ctx, end := NewVisits(8).Begin(urgent(f.ctx), "alone")
	defer end()
	for range calls {
		for f.call(ctx) != nil {
			<-time.After(time.Second)
		}
	}
	return time.Since(start)
}

// withinFleet puts a job into the queue of the fleet, and returns how long it took.
func (f *fleet) withinFleet(class Class, calls int) time.Duration {
	j := job{name: "new", class: class, calls: calls, due: time.Now(), done: make(chan struct{})}
	f.mu.Lock()
	f.queue = append(f.queue, j)
	f.mu.Unlock()
	<-j.done
	return time.Since(j.due)
}

func TestACallThatIsGivenUpLeavesTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limitedGate()
		for range 2 {
			_ = g.admit(t.Context())
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/4, cancel)
		if err := g.admit(ctx); !errors.Is(err, context.Canceled) || len(g.waiters) != 0 {
			t.Errorf("%d wait, error %v", len(g.waiters), err)
		}
	})
}
