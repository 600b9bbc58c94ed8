package pattern_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/pattern"
)

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		pattern, value string
		want           bool
	}{
		{"read", "read", true},
		{"read", "reads", false},
		{"read", "Read", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"orders:*", "orders:read", true},
		{"orders:*", "orders:", true},
		{"orders:*", "billing:read", false},
		{"*:read", "orders:read", true},
		{"*:read", "orders:readonly", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"ab*ba", "aba", false},
		{"ab*ba", "abba", true},
		{`\*`, "*", true},
		{`\*`, "x", false},
		{`Redrock/\*`, "Redrock/*", true},
		{`Redrock/\*`, "Redrock/query", false},
		{"a.c", "abc", false},
		{"[a-z]", "b", false},
		{"ü*", "über", true},
		{"", "", true},
		{"", "x", false},
	} {
		if got := pattern.Match(tc.pattern, tc.value); got != tc.want {
			t.Errorf("Match(%q, %q) = %v", tc.pattern, tc.value, got)
		}
	}
}
