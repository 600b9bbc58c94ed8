package template_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/template"
)

// TestATemplateCannotFillTheMemory: the operator renders what any team writes, eight at once, and has 256 MiB or so. Each of these makes as much as it may
// of what multiplies its input most.
func TestATemplateCannotFillTheMemory(t *testing.T) {
	const most = 64 << 20
	for name, of := range map[string]func(doublings int) string{
		"single letters":           func(n int) string { return doubled("aaaaaaaa", n) + `{{ splitList "" $x | join "" | len }}` },
		"letters, again and again": func(n int) string { return doubled("aaaaaaaa", n) + strings.Repeat(`{{ splitList "" $x | len }}`, 100) },
		"letters as JSON":          func(n int) string { return doubled("aaaaaaaa", n) + `{{ splitList "" $x | toJson | len }}` },
		"replacements": func(n int) string {
			return doubled("aaaaaaaa", n) + strings.Repeat(`{{ $x = $x | replace "a" "aaaaaaaa" }}`, 9)
		},
		"escapes of JSON":              func(n int) string { return doubled("<<<<<<<<", n) + `{{ toJson $x | len }}` },
		"escapes of JavaScript":        func(n int) string { return doubled("<<<<<<<<", n) + `{{ js $x | len }}` },
		"escapes of quotes":            func(n int) string { return doubled(`\x00\x00\x00\x00`, n) + `{{ printf "%q" $x | len }}` },
		"quotes of quotes":             func(n int) string { return doubled(`'`, n) + strings.Repeat(`{{ $x = $x | quote | quote }}`, 200) },
		"a format that is nothing but": func(n int) string { return doubled("%%%%%%%%", n) + `{{ printf $x | len }}` },
		"the same, printed often":      func(n int) string { return doubled("aaaaaaaa", n) + strings.Repeat(`{{ $x }}`, 400) },
		"parentheses": func(n int) string {
			return "{{ " + strings.Repeat("(", 100*n) + ".accessToken" + strings.Repeat(")", 100*n) + " }}"
		},
		"conditions within conditions": func(n int) string { return strings.Repeat(`{{ if true }}`, 40*n) + strings.Repeat(`{{ end }}`, 40*n) },
	} {
		t.Run(name, func(t *testing.T) {
			for n := 8; n <= 21; n++ {
				text := of(n)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				started := time.Now()
				out, err := template.Render(map[string]string{"key": text}, values())
				took := time.Since(started)
				runtime.ReadMemStats(&after)
				allocated := after.TotalAlloc - before.TotalAlloc
				if allocated > most && !raced {
					t.Errorf("%d MiB were allocated for %d bytes, %v", allocated>>20, len(out["key"]), err)
				}
				if took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			}
		})
	}
}

// doubled makes the variable $x of a text, and doubles it so often.
func doubled(text string, doublings int) string {
	return `{{ $x := "` + text + `" }}` + strings.Repeat(`{{ $x = printf "%s%s" $x $x }}`, doublings)
}
