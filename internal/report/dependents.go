package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// namedDependents bounds how many dependents a message names.
const namedDependents = 5

// Dependents says that a deletion waits for the objects of the given names, counted by kind.
func Dependents(kinds map[string]int, names []types.NamespacedName) error {
	var counted []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if kinds[kind] > 0 {
			counted = append(counted, fmt.Sprintf("%d %s", kinds[kind], kind))
		}
	}
	var named []string
	for _, name := range names[:min(len(names), namedDependents)] {
		named = append(named, name.String())
	}
	list := strings.Join(named, ", ")
	if len(names) > namedDependents {
		list += " and others"
	}
	return &Blocked{
		Reason:  v1alpha1.ReasonDependentsExist,
		Message: fmt.Sprintf("deletion waits for %s: %s; delete them first", strings.Join(counted, " and "), list),
	}
}
