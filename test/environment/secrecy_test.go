package environment

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASecretIsFoundWhereverItStands(t *testing.T) {
	long := strings.Repeat("a", 30) + "signature-of-long"
	const odd = "a \"quoted\" & spaced secret"
	secrets := map[string]string{
		"odd":  odd,
		"long": long, "other beginning": "b" + long[1:], "short": "short", "exactly a tail": "0123456789abcdef", "same tail": "9-0123456789abcdef", "none": "is-not-there-at-all",
	}
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing is in an empty text":                 {text: ""},
		"nothing is in a text that has only tails":    {text: "x " + long[1:]},
		"one is the text":                             {text: long, want: []string{"long"}},
		"one is at the beginning":                     {text: long + " x", want: []string{"long"}},
		"one is at the end":                           {text: "x " + long, want: []string{"long"}},
		"one is found after another of the same tail": {text: long + secrets["other beginning"], want: []string{"long", "other beginning"}},
		"one that holds another shows both":           {text: "9-0123456789abcdef", want: []string{"exactly a tail", "same tail"}},
		"a short one is found":                        {text: "a short text", want: []string{"short"}},
		"one that is there twice is told once":        {text: long + long, want: []string{"long"}},
		"one is found as Base64":                      {text: "x" + base64.StdEncoding.EncodeToString([]byte(long)), want: []string{"long"}},
		"one is found in a URL":                       {text: "?q=" + url.QueryEscape(odd), want: []string{"odd"}},
		"one is found in JSON":                        {text: `{"a":"` + strings.ReplaceAll(strings.ReplaceAll(odd, `"`, `\"`), "&", `\u0026`) + `"}`, want: []string{"odd"}},
		"one is found in a line of a log":             {text: fmt.Sprintf("%q", odd), want: []string{"odd"}},
	}
	for before := range 2 * tail {
		tests[fmt.Sprint("one is found after ", before, " letters")] = struct {
			text string
			want []string
		}{strings.Repeat("x", before) + secrets["same tail"] + "x", []string{"exactly a tail", "same tail"}}
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, shown(tc.text, secrets)); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEachCanaryIsLookedFor plants canaries in every way there is, in the world itself and in that of a subtest, and shows one at a time.
func TestEachCanaryIsLookedFor(t *testing.T) {
	w := &World{t: t, forbidden: &texts{name: "canary"}, seen: &texts{}}
	canaries := []string{w.Canary(), w.Canary(), w.In(t).Canary(), "forbidden-word-of-some-length", "short"}
	w.Forbid(canaries[3])
	w.In(t).Forbid(canaries[4])
	for i, canary := range canaries {
		public := map[string]string{"the log": "nothing", "the metrics": "a line\nwith " + canary + " in it", "the profile": ""}
		want := []string{fmt.Sprintf("the metrics shows canary %d", i+1)}
		if diff := cmp.Diff(want, exposures(public, w.forbidden.named())); diff != "" {
			t.Errorf("exposures (-want +got):\n%s", diff)
		}
	}
	w.In(t).Saw("the log of a program", canaries[0])
	w.Saw("the log of a program", canaries[1])
	if got := exposures(w.seen.named(), w.forbidden.named()); len(got) != 2 {
		t.Errorf("of what a test has seen these are exposures: %q", got)
	}
	if got := exposures(map[string]string{"the log": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.x"}, nil); len(got) != 1 {
		t.Errorf("a token of another world is not noticed: %q", got)
	}
}
