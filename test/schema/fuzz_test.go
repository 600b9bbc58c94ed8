package schema_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/test/schema"
)

// bounds of a duration, as rules have them.
var bounds = regexp.MustCompile(`duration\(self\) (>=|<=) duration\('([^']+)'\)`)

// duration is a field of our specs that takes one.
type duration struct {
	path        string
	pattern     *regexp.Regexp
	longest     int
	least, most time.Duration
}

// durations returns all of them, by what the CRDs say.
func durations(f *testing.F) []duration {
	f.Helper()
	nodes, err := schema.Specs()
	if err != nil {
		f.Fatal(err)
	}
	var out []duration
	for _, n := range nodes {
		if !strings.Contains(n.Pattern, "ms|s|m|h") {
			continue
		}
		d := duration{path: n.Kind + " " + n.Path, pattern: regexp.MustCompile(n.Pattern), longest: *n.MaxLength}
		for _, v := range n.Validations {
			for _, bound := range bounds.FindAllStringSubmatch(v.Rule, -1) {
				limit, err := time.ParseDuration(bound[2])
				if err != nil {
					f.Fatal(err)
				}
				if bound[1] == ">=" {
					d.least = limit
				} else {
					d.most = limit
				}
			}
		}
		if d.least == 0 || d.most == 0 {
			f.Fatalf("%s has no bounds on both sides", d.path)
		}
		out = append(out, d)
	}
	if len(out) < 10 {
		f.Fatalf("there are %d durations only", len(out))
	}
	return out
}

// takes says whether kube-apiserver takes a text. duration() of CEL is time.ParseDuration, and a rule that cannot be evaluated refuses.
func (d duration) takes(text string) bool {
	value, err := time.ParseDuration(text)
	return utf8.RuneCountInString(text) <= d.longest && d.pattern.MatchString(text) && err == nil && value >= d.least && value <= d.most
}

// FuzzDuration: what a CRD takes, everybody can read who lists the kind, as the same; and it takes what they write back.
func FuzzDuration(f *testing.F) {
	all := durations(f)
	for _, seed := range []string{"90s", "1h30m", "0.025h", "8760h", "1.123456789012345678901234567h", "99999999999999999h", "1m0.000001s", "9223372036854775808ms", "5us", "", "1h\n", "٣h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range all {
			if !d.takes(text) {
				continue
			}
			raw, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			var read metav1.Duration
			if err := json.Unmarshal(raw, &read); err != nil {
				t.Fatalf("%s takes %q, and nobody can read it: %v", d.path, text, err)
			}
			if read.Duration < d.least || read.Duration > d.most {
				t.Errorf("%s takes %q, which is read as %v", d.path, text, read.Duration)
			}
			if again := read.Duration.String(); !d.takes(again) {
				t.Errorf("%s takes %q, and not %q, as it is written back", d.path, text, again)
			}
		}
	})
}
