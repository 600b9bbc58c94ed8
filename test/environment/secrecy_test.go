package environment

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASecretIsFoundWhereverItStands(t *testing.T) {
	long := strings.Repeat("a", 30) + "signature-of-long"
	secrets := map[string]string{
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
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := shown(tc.text, secrets)
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		})
	}
}
