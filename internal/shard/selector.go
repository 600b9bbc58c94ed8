// Package shard splits the objects of a cluster between several managers that work at the same time.
//
// Each of them sees all objects, because those of one shard refer to those of another, and works on those that its selector picks by their labels.
package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Selector says which objects a manager works on. The zero value picks all.
type Selector struct {
	labels labels.Selector // nil for all
	text   string
}

// Parse reads a label selector as kubectl takes it, such as "oauth-operator.dev/shard=a" or "oauth-operator.dev/shard notin (a,b)". The empty text picks
// all.
func Parse(text string) (Selector, error) {
	parsed, err := labels.Parse(text)
	if err != nil {
		return Selector{}, fmt.Errorf("reading label selector %q: %w", text, err)
	}
	if parsed.Empty() {
		return Selector{}, nil
	}
	return Selector{labels: parsed, text: canonical(parsed)}, nil
}

// All says whether the selector picks all objects.
func (s Selector) All() bool { return s.labels == nil }

// Has says whether the selector picks an object, by the labels that it has now.
func (s Selector) Has(object metav1.Object) bool {
	return s.All() || s.labels.Matches(labels.Set(object.GetLabels()))
}

// String returns the selector in one spelling: those that say the same in another order, or by another operator, have the same text. It is empty for
// all.
func (s Selector) String() string { return s.text }

// Lease returns the name of the lease that the managers of one shard compete for: base alone for all objects.
func (s Selector) Lease(base string) string {
	if s.All() {
		return base
	}
	const bytes = 5
	sum := sha256.Sum256([]byte(s.text))
	return base + "-" + hex.EncodeToString(sum[:bytes])
}

func canonical(selector labels.Selector) string {
	requirements, _ := selector.Requirements()
	texts := make([]string, 0, len(requirements))
	for i := range requirements {
		texts = append(texts, spell(&requirements[i]))
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ",")
}

// spell writes what several operators can say with one of them.
func spell(r *labels.Requirement) string {
	values := r.ValuesUnsorted()
	slices.Sort(values)
	list := "(" + strings.Join(slices.Compact(values), ",") + ")"
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals, selection.In:
		return r.Key() + " in " + list
	case selection.NotEquals, selection.NotIn:
		return r.Key() + " notin " + list
	default:
		return r.String()
	}
}
