package tenancy_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// FuzzMatch compares Match with a regular expression that is built from the words of the documentation.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"*", "x"}, {"a*b*c", "a-b-b-c"}, {`\*`, "*"}, {`\\*`, `\*`}, {"ab*ba", "aba"}, {"", ""}, {`a\`, `a\`}, {"**", "\n"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(value) {
			return
		}
		// An escaped star is put aside before the others are replaced.
		const aside = "\x00"
		if strings.Contains(pattern, aside) {
			return
		}
		quoted := regexp.QuoteMeta(strings.ReplaceAll(pattern, `\*`, aside))
		quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
		quoted = strings.ReplaceAll(quoted, aside, `\*`)
		oracle, err := regexp.Compile(`(?s)^` + quoted + `$`)
		if err != nil {
			t.Skip("too much for the oracle")
		}
		if want := oracle.MatchString(value); tenancy.Match(pattern, value) != want {
			t.Errorf("Match(%q, %q) is not %v", pattern, value, want)
		}
		if literal := strings.ReplaceAll(value, "*", `\*`); !strings.Contains(value, `\`) && !tenancy.Match(literal, value) {
			t.Errorf("%q does not match itself as %q", value, literal)
		}
	})
}
