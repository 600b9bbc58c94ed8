package simulation_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// hours is how long the operator lives in the simulation: short for every run of the tests, and two days for SIMULATED_HOURS=48, which
// takes ten minutes.
func hours(t *testing.T) time.Duration {
	t.Helper()
	asked := os.Getenv("SIMULATED_HOURS")
	if asked == "" {
		return 3 * time.Hour
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 {
		t.Fatalf("SIMULATED_HOURS must be a number of hours, not %q", asked)
	}
	return time.Duration(n) * time.Hour
}

// trouble is a time in which the tenant issues no token, or does so only after a pause that it asks for.
type trouble struct{ from, to time.Time }

// TestNoReaderEverHoldsATokenThatIsAboutToExpire lives through two days of outages, throttling, restarts and stepped clocks, and looks at every
// moment at which a token is at its oldest. Random, but the same each time.
func TestNoReaderEverHoldsATokenThatIsAboutToExpire(t *testing.T) {
	all := logScale(24, 2*time.Minute, 24*time.Hour)
	for i, offset := range []time.Duration{7 * time.Minute, -7 * time.Minute} {
		var lifetimes []time.Duration
		for j, lifetime := range all {
			if j%2 == i {
				lifetimes = append(lifetimes, lifetime)
			}
		}
		// The operator that provisions is alone on the cluster, so this is done one after the other.
		o := newOperation(t, lifetimes, offset)
		t.Run(fmt.Sprintf("a tenant whose clock is off by %v", offset), func(t *testing.T) {
			t.Parallel()
			s := &simulation{operation: o.in(t), random: rand.New(rand.NewPCG(2026, uint64(i)))}
			s.run(hours(t))
		})
	}
}

// simulation is an operation to which things happen.
type simulation struct {
	*operation
	random   *rand.Rand
	troubles []trouble
	passes   int
	restarts int
	steps    int
	// next is when the next thing happens, and healed when the present trouble ends; zero for never.
	next, healed time.Time
}

func (s *simulation) now() time.Time { return s.clock.FakeClock.Now() }

// between returns a random duration, evenly on a logarithmic scale.
func (s *simulation) between(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), s.random.Float64()))
}

func (s *simulation) run(length time.Duration) {
	end := s.now().Add(length)
	s.next = s.now().Add(s.between(10*time.Minute, 2*time.Hour))
	for s.now().Before(end) {
		s.clock.SetTime(s.soonest(end))
		now := s.now()
		switch {
		case !s.healed.IsZero() && !now.Before(s.healed):
			s.Tenant.ClearFaults()
			s.healed = time.Time{}
		case !now.Before(s.next):
			s.happen()
		case !s.tenantDue.IsZero() && !now.Before(s.tenantDue):
			s.passTenant()
			s.passes++
		default:
			h := s.first()
			s.judge(h)
			s.pass(h)
			s.passes++
		}
	}
	mints := 0
	for _, h := range s.holders {
		s.judge(h)
		mints += h.mints
		if most := int(length/(h.lifetime/10)) + 1; h.mints > most {
			s.t.Errorf("client %s had %d tokens of %v, more than one for each tenth of a lifetime", h.object.Name, h.mints, h.lifetime)
		}
	}
	s.t.Logf("%v: %d passes, %d tokens, %d troubles, %d restarts, %d stepped clocks", length, s.passes, mints, len(s.troubles), s.restarts, s.steps)
}

// first returns the client that is due first.
func (s *simulation) first() *holder {
	return slices.MinFunc(s.holders, func(a, b *holder) int { return a.due.Compare(b.due) })
}

// soonest returns the next moment at which something is to be done; never before now.
func (s *simulation) soonest(end time.Time) time.Time {
	moment := end
	for _, candidate := range []time.Time{s.first().due, s.tenantDue, s.next, s.healed} {
		if !candidate.IsZero() && candidate.Before(moment) {
			moment = candidate
		}
	}
	if now := s.now(); moment.Before(now) {
		return now
	}
	return moment
}

// happen lets something happen.
func (s *simulation) happen() {
	now := s.now()
	s.next = now.Add(s.between(10*time.Minute, 2*time.Hour))
	switch s.random.IntN(6) {
	case 0, 1: // an outage
		s.trouble(s.between(10*time.Second, time.Hour), emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	case 2: // the tenant asks for a pause, again and again
		pause := 1 + s.random.IntN(30)
		s.trouble(time.Duration(pause)*time.Second, emulator.Fault{Operation: "OAuth2/*", Kind: emulator.FaultStatus, Status: 429, RetryAfter: fmt.Sprint(pause)})
	case 3: // answers are lost
		s.trouble(s.between(5*time.Second, 5*time.Minute), emulator.Fault{Operation: "OAuth2/*", Kind: emulator.FaultResetAfter})
	case 4:
		s.restarts++
		s.restart()
	case 5:
		s.steps++
		s.clock.step(time.Duration(s.random.Int64N(int64(20*time.Minute))) - 10*time.Minute)
	}
}

func (s *simulation) trouble(length time.Duration, fault emulator.Fault) {
	now := s.now()
	s.Tenant.ClearFaults()
	s.Tenant.Inject(fault)
	s.healed = now.Add(length)
	s.troubles = append(s.troubles, trouble{now, s.healed})
}

// judge looks at a token at its oldest: right before the operator can replace it. It must have time left, unless the tenant was away from before
// it was due until it was too late, and then the status must have said so.
func (s *simulation) judge(h *holder) {
	now := s.now()
	late := h.expires.Add(-h.least())
	if !now.After(late) {
		return
	}
	if !s.awayUntil(late) {
		s.t.Errorf("at %v client %s held a token of %v with %v left, and the tenant was not away", now.UTC().Format(time.TimeOnly), h.object.Name, h.lifetime, h.expires.Sub(now))
		for _, c := range append(h.object.Status.Conditions, s.tenant.Status.Conditions...) {
			s.t.Logf("   %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
		}
		if n := len(s.troubles); n > 0 {
			s.t.Logf("   last trouble %v to %v; wall set by %v; token %+v", s.troubles[n-1].from.UTC().Format(time.TimeOnly), s.troubles[n-1].to.UTC().Format(time.TimeOnly), time.Duration(s.clock.set.Load()), h.object.Status.Token)
		}
		s.t.FailNow()
		return
	}
	if !h.degraded {
		s.t.Errorf("at %v client %s held a token of %v with %v left, and its status did not say so", now.UTC().Format(time.TimeOnly), h.object.Name, h.lifetime, h.expires.Sub(now))
	}
}

// recovery is how long it may take until an end of trouble is noticed: a token that is about to expire probes at least every tenth of the time it has
// left.
const recovery = 20 * time.Second

// awayUntil says whether the tenant was in trouble when a token became too old.
func (s *simulation) awayUntil(late time.Time) bool {
	return slices.ContainsFunc(s.troubles, func(t trouble) bool {
		return t.from.Before(late) && !t.to.Add(recovery).Before(late)
	})
}
