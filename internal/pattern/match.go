// Package pattern matches the patterns of allow-lists, such as access.allowedScopes of an IdentityTenant.
package pattern

import (
	"slices"
	"strings"
)

// Match says whether value fits pattern: * stands for any run of characters, \* for a literal one, and nothing else is
// special. A pattern fits the whole value.
func Match(pattern, value string) bool {
	literals := segments(pattern)
	if len(literals) == 1 {
		return value == literals[0]
	}
	first, last := literals[0], literals[len(literals)-1]
	if !strings.HasPrefix(value, first) {
		return false
	}
	value = value[len(first):]
	for _, literal := range literals[1 : len(literals)-1] {
		at := strings.Index(value, literal)
		if at < 0 {
			return false
		}
		value = value[at+len(literal):]
	}
	return len(value) >= len(last) && strings.HasSuffix(value, last)
}

// MatchAny says whether value fits one of the patterns.
func MatchAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return Match(pattern, value) })
}

// segments splits a pattern at its unescaped stars, and takes the escapes away.
func segments(pattern string) []string {
	var out []string
	var literal strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern) && pattern[i+1] == '*':
			i++
			literal.WriteByte('*')
		case pattern[i] == '*':
			out = append(out, literal.String())
			literal.Reset()
		default:
			literal.WriteByte(pattern[i])
		}
	}
	return append(out, literal.String())
}
