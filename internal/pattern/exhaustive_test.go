package pattern_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/pattern"
)

// TestMatchAgreesWithARegularExpression compares Match, for all short patterns and values of the characters that matter, with a regular
// expression that is built from the words of the documentation.
func TestMatchAgreesWithARegularExpression(t *testing.T) {
	words := words(`ab*\`, 4)
	for _, p := range words {
		// An escaped star is put aside before the others are replaced.
		const aside = "\x00"
		quoted := regexp.QuoteMeta(strings.ReplaceAll(p, `\*`, aside))
		quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
		quoted = strings.ReplaceAll(quoted, aside, `\*`)
		oracle := regexp.MustCompile(`(?s)^` + quoted + `$`)
		for _, value := range words {
			if want := oracle.MatchString(value); pattern.Match(p, value) != want {
				t.Errorf("Match(%q, %q) is not %v", p, value, want)
			}
		}
	}
}

// words returns all words of up to length characters of an alphabet.
func words(alphabet string, length int) []string {
	all, longest := []string{""}, []string{""}
	for range length {
		var longer []string
		for _, word := range longest {
			for _, character := range alphabet {
				longer = append(longer, word+string(character))
			}
		}
		all, longest = append(all, longer...), longer
	}
	return all
}
