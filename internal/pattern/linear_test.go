package pattern_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/pattern"
)

// TestTimeGrowsWithLength gives patterns that are poison for what tries again and again, and compares the time for a text with that for one of sixty-four
// times its length: in the same run, since only the quotient says something. What tries again and again would take 4096 times as long at least.
func TestTimeGrowsWithLength(t *testing.T) {
	const short, times, most = 2 << 10, 64, 16 * 64
	for name, of := range map[string]func(n int) (pattern, value string){
		"stars between letters, and a text that fits almost": func(n int) (string, string) {
			return strings.Repeat("*a", n/2) + "*b", strings.Repeat("a", n)
		},
		"stars only":                         func(n int) (string, string) { return strings.Repeat("*", n), strings.Repeat("a", n) },
		"a long word that is there almost":   func(n int) (string, string) { return "*" + strings.Repeat("a", n/2) + "b*", strings.Repeat("a", n) },
		"escapes":                            func(n int) (string, string) { return strings.Repeat(`\*`, n), strings.Repeat("*", n) },
		"backslashes":                        func(n int) (string, string) { return strings.Repeat(`\`, n) + "*", strings.Repeat(`\`, n) },
		"pairs that overlap with each other": func(n int) (string, string) { return strings.Repeat("*aab", n/4) + "*c", strings.Repeat("aaab", n/4) },
	} {
		t.Run(name, func(t *testing.T) {
			took := func(n int) time.Duration {
				p, value := of(n)
				least := time.Hour
				for range 7 {
					start := clock.RealClock{}.Now()
					pattern.Match(p, value)
					least = min(least, clock.RealClock{}.Since(start))
				}
				return least
			}
			one, many := max(took(short), time.Microsecond), took(times*short)
			if many > most*one {
				t.Errorf("%d characters take %v, and %d times as many %v", short, one, times, many)
			}
		})
	}
}
