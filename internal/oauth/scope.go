package oauth

import (
	"slices"
	"strings"
)

// ScopeSet is a set of scope names without order or duplicates (RFC 6749 section 3.3). The zero ScopeSet is empty.
type ScopeSet struct {
	names []string // sorted, unique, none empty
}

// NewScopeSet returns the set of names. Empty names are left out.
func NewScopeSet(names ...string) ScopeSet {
	set := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	slices.Sort(set)
	return ScopeSet{names: slices.Compact(set)}
}

// ParseScopeSet reads a scope parameter, in which names are separated by blanks.
func ParseScopeSet(scope string) ScopeSet { return NewScopeSet(strings.Fields(scope)...) }

// String returns the set as a scope parameter: sorted names, separated by single blanks.
func (s ScopeSet) String() string { return strings.Join(s.names, " ") }

// Slice returns the names in alphabetical order. It is a copy.
func (s ScopeSet) Slice() []string { return slices.Clone(s.names) }

// Contains reports whether name is in the set.
func (s ScopeSet) Contains(name string) bool {
	_, found := slices.BinarySearch(s.names, name)
	return found
}

// Missing returns the names of requested that the set lacks, in alphabetical order, nil when it covers all.
func (s ScopeSet) Missing(requested ScopeSet) []string {
	var missing []string
	for _, name := range requested.names {
		if !s.Contains(name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// IsEmpty reports whether the set has no names.
func (s ScopeSet) IsEmpty() bool { return len(s.names) == 0 }

// Equal reports whether both sets have the same names.
func (s ScopeSet) Equal(other ScopeSet) bool { return slices.Equal(s.names, other.names) }
