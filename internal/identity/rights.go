package identity

import (
	"fmt"
	"strings"
)

// RightSet is a set of rights on an application, in the tenant's bits.
type RightSet uint32

// Rights on an application. ViewDetail and Admin include the lesser rights that the tenant counts to them.
const (
	// None is no right at all.
	None RightSet = 0
	// RightGrant lets its holder grant rights; the creator of an application has it.
	RightGrant RightSet = 1 << 0
	// RightView shows the application.
	RightView RightSet = 1 << 2
	// RightViewDetail shows the application's settings.
	RightViewDetail RightSet = RightView | bitList
	// RightAdmin changes the application's settings.
	RightAdmin RightSet = RightView | bitWrite | bitList
	// RightDelete deletes the application.
	RightDelete RightSet = 1 << 6
	// RightExecute uses the application ("Run" in the portal). With RightView it lets a client obtain tokens.
	RightExecute RightSet = 1 << 7
	// RightAutomatic deploys the application to its users.
	RightAutomatic RightSet = 1 << 31

	bitWrite RightSet = 1 << 3
	bitList  RightSet = 1 << 4
)

// namedRight is a right and its name on the wire.
type namedRight struct {
	name  string
	right RightSet
}

// namedRights are in the order in which they are written.
func namedRights() []namedRight {
	return []namedRight{
		{"Grant", RightGrant},
		{"View", RightView},
		{"ViewDetail", RightViewDetail},
		{"Admin", RightAdmin},
		{"Delete", RightDelete},
		{"Execute", RightExecute},
		{"Automatic", RightAutomatic},
	}
}

// ParseRightSet returns the set of the named rights. The name None stands for no right.
func ParseRightSet(names ...string) (RightSet, error) {
	set := None
	for _, name := range names {
		right, known := rightNamed(name)
		if !known {
			return None, fmt.Errorf("unknown right %q", name)
		}
		set |= right
	}
	return set, nil
}

// Contains reports whether the set has all rights of other.
func (s RightSet) Contains(other RightSet) bool { return s&other == other }

// Names returns the names of all rights in the set, those included by greater ones too. It is nil for None.
func (s RightSet) Names() []string {
	var names []string
	for _, r := range namedRights() {
		if s.Contains(r.right) {
			names = append(names, r.name)
		}
	}
	return names
}

// String returns the set as the tenant reads it: names separated by commas, such as "View,Execute", or "None".
func (s RightSet) String() string {
	if names := s.Names(); len(names) > 0 {
		return strings.Join(names, ",")
	}
	return "None"
}

func rightNamed(name string) (RightSet, bool) {
	if name == "None" {
		return None, true
	}
	for _, r := range namedRights() {
		if r.name == name {
			return r.right, true
		}
	}
	return None, false
}

// rightsFromBits decodes the number of an access control entry. Tenants differ in whether an entry for Admin or
// ViewDetail carries the lesser bits, so the single bits 8 and 16 decide and bring the others with them.
func rightsFromBits(bits int64) RightSet {
	set := RightSet(uint64(bits) & 0xffffffff) //nolint:gosec // The mask keeps it in 32 bits, negative or not.
	if set.Contains(bitWrite) {
		set |= RightAdmin
	}
	if set.Contains(bitList) {
		set |= RightViewDetail
	}
	return set
}
