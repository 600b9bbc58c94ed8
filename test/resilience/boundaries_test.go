package resilience_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/oauth-operator/oauth-operator/test/resilience"
)

const (
	// defaultSeed is what `make test` goes by, so that it always tries the same.
	defaultSeed resilience.Seed = 7
	// sampled is how many points of each fault a scenario has in the short form.
	sampled = 1
	// least is how many points there are at least.
	least = 200
)

// seed returns what RESILIENCE_SEED says.
func seed(t *testing.T) resilience.Seed {
	t.Helper()
	text := os.Getenv("RESILIENCE_SEED")
	if text == "" {
		return defaultSeed
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("RESILIENCE_SEED is %q: %v", text, err)
	}
	return resilience.Seed(n)
}

// long says whether everything is tried, instead of a sample.
func long() bool { return os.Getenv("RESILIENCE_LONG") != "" }

// TestAnOperatorThatIsBrokenAtAnyBoundaryEndsAsIfItHadNotBeen is the harness: in its short form it tries a sample of the points, by its seed.
func TestAnOperatorThatIsBrokenAtAnyBoundaryEndsAsIfItHadNotBeen(t *testing.T) {
	seed, table := seed(t), &resilience.Table{}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range resilience.Scenarios() {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				rehearsal := s.Rehearse(resilience.NewWorld(t, server, s.Switches))
				table.Add(s.Name, len(rehearsal.Effects))
				points := seed.Points(s, rehearsal)
				if !long() {
					points = seed.Sample(points, sampled)
				}
				for _, p := range points {
					t.Run(p.String(), func(t *testing.T) {
						s.Run(resilience.NewWorld(t, server, s.Switches), p.Break, rehearsal)
						table.Count(p, t.Failed())
					})
				}
			})
		}
	})
	t.Logf("Seed %d:\n%s", seed, table)
	if n := table.Points(); n < least {
		t.Errorf("only %d points were tried, not %d", n, least)
	}
}
