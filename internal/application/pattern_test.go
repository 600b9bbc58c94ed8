package application_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
)

// TestNoPatternExplodes merges REST patterns that make much of little. What they take must grow no faster than they do: the longest that a manifest may have are
// compared with those of half their length.
func TestNoPatternExplodes(t *testing.T) {
	const longest, most = 512, 4 << 20
	cut := func(repeat string, before, after string) func(n int) string {
		return func(n int) string {
			return before + strings.Repeat(repeat, (n-len(before)-len(after))/len(repeat)) + after
		}
	}
	for name, of := range map[string]func(n int) string{
		"repetitions within repetitions":        cut("(a+)+", "", "$"),
		"groups within groups":                  func(n int) string { return strings.Repeat("(", n/3) + "a" + strings.Repeat(")*", n/3) },
		"the most repetitions that may be":      cut("(a?){1000}", "", ""),
		"the most repetitions of all letters":   cut(`\pL{1000}`, "", ""),
		"the most repetitions of repetitions":   cut("((a{10}){10}){10}", "", ""),
		"all letters in any case":               cut(`[\pL\pN]`, "(?i)", ""),
		"all but a letter, in any case":         cut(`[^k]{1000}`, "(?i)", ""),
		"alternatives":                          cut("a|", "", "b"),
		"a word":                                cut("x", "", ""),
		"classes that are the same and negated": cut(`[\pL\PL]`, "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			took := func(n int) uint64 {
				o := oauthClient(v1alpha1.ApplicationTypeOAuth2Client, v1alpha1.InlineScope{Name: "all", RESTPatterns: []string{of(n)}})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				if _, err := application.Merge(o, nil, everybody); err != nil {
					t.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			took(longest) // tables are made once
			half, whole := took(longest/2), took(longest)
			t.Logf("%d and %d bytes", half, whole)
			if whole > most || whole > 4*half+16<<10 {
				t.Errorf("%d characters take %d bytes, and %d of them %d", longest/2, half, longest, whole)
			}
		})
	}
}
