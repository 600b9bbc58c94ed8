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
// takes a quarter of an hour.
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

// seed returns the seed of what happens. The first hours of the usual one have all of it, for either tenant: outages of seconds and of half an hour,
// throttling, lost answers, restarts and clocks that are set back, also during an outage.
func seed(t *testing.T) uint64 {
	t.Helper()
	asked := os.Getenv("SIMULATION_SEED")
	if asked == "" {
		return 2933
	}
	n, err := strconv.ParseUint(asked, 10, 64)
	if err != nil {
		t.Fatalf("SIMULATION_SEED must be a number, not %q", asked)
	}
	return n
}

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
			s := &simulation{operation: o.in(t), random: rand.New(rand.NewPCG(seed(t), uint64(i))), happened: map[string]int{}}
			s.run(hours(t))
		})
	}
}

// simulation is an operation to which things happen.
type simulation struct {
	*operation
	random *rand.Rand
	// absences of the tenant, in order; the last one may not be over.
	absences []absence
	passes   int
	happened map[string]int
	excused  int
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
	s.next = s.now().Add(s.between(5*time.Minute, time.Hour))
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
	s.t.Logf("%v: %d passes, %d tokens, %v; the tenant was away %d times, and %d looks met a token that was too old for it",
		length, s.passes, mints, s.happened, len(s.absences), s.excused)
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
	s.next = s.now().Add(s.between(5*time.Minute, time.Hour))
	switch s.random.IntN(6) {
	case 0, 1:
		s.happened["outages"]++
		s.trouble(s.between(10*time.Second, time.Hour), 0, emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	case 2: // the tenant asks for a pause, again and again
		s.happened["throttlings"]++
		pause := time.Duration(1+s.random.IntN(30)) * time.Second
		s.trouble(pause, pause, emulator.Fault{Operation: "OAuth2/*", Kind: emulator.FaultStatus, Status: 429, RetryAfter: fmt.Sprint(pause.Seconds())})
	case 3:
		s.happened["losses of answers"]++
		s.trouble(s.between(5*time.Second, 5*time.Minute), 0, emulator.Fault{Operation: "OAuth2/*", Kind: emulator.FaultResetAfter})
	case 4:
		s.happened["restarts"]++
		s.restart()
	case 5:
		s.happened["steps of the clock"]++
		s.clock.step(time.Duration(s.random.Int64N(int64(20*time.Minute))) - 10*time.Minute)
	}
}

// trouble lets the tenant issue no token for a time, and forget its last trouble. Who asks at its end is told to come back after a pause.
func (s *simulation) trouble(length, pause time.Duration, fault emulator.Fault) {
	now := s.now()
	s.Tenant.ClearFaults()
	s.Tenant.Inject(fault)
	s.healed = now.Add(length)
	s.absences = also(s.absences, absence{now, s.healed.Add(pause)})
}

// judge looks at a token at its oldest: right before the operator can replace it. It must have time left, unless the tenant is away, and was so
// already when the token fell due; then the status must have said so before the token was too old.
func (s *simulation) judge(h *holder) {
	now := s.now()
	if !now.After(h.expires.Add(-h.least())) {
		return
	}
	left := h.expires.Sub(now)
	if !slices.ContainsFunc(s.absences, func(a absence) bool { return a.excuses(now, h.renewal, s.seemsToExpire(h)) }) {
		s.t.Errorf("at %s client %s held a token of %v with %v left, and the tenant was not away: it fell due at %s",
			clockTime(now), h.object.Name, h.lifetime, left, clockTime(h.renewal))
		for _, c := range append(h.object.Status.Conditions, s.tenant.Status.Conditions...) {
			s.t.Logf("   %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
		}
		for _, a := range s.absences[max(len(s.absences)-2, 0):] {
			s.t.Logf("   away from %s to %s", clockTime(a.from), clockTime(a.to))
		}
		s.t.Fatalf("   wall set by %v; token %+v", s.clock.isSetBy(), h.object.Status.Token)
	}
	s.excused++
	if !h.degraded {
		s.t.Errorf("at %s client %s held a token of %v with %v left, and its status did not say so", clockTime(now), h.object.Name, h.lifetime, left)
	}
}

// seemsToExpire returns when a token expires by the operator's clocks, in true time: a clock that was set forward makes it seem older than it is.
func (s *simulation) seemsToExpire(h *holder) time.Time {
	byWall := h.object.Status.Token.ExpirationTime.Add(-s.clock.isSetBy())
	if byWall.Before(h.expires) {
		return byWall
	}
	return h.expires
}

func clockTime(t time.Time) string { return t.UTC().Format("02 15:04:05") }
