package crd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/test/schema"
)

// rule is something that a manifest can break.
type rule struct {
	kind, path string
	// says is what kube-apiserver's message contains when it is broken.
	says string
}

// specNodes returns every place in the specs of all kinds.
func specNodes(t *testing.T) []schema.Node {
	t.Helper()
	nodes, err := schema.Specs()
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// rulesOf returns everything that a manifest can break at a place.
func rulesOf(n schema.Node) []rule {
	var out []rule
	add := func(path, format string, args ...any) {
		out = append(out, rule{n.Kind, path, fmt.Sprintf(format, args...)})
	}
	bound := func(limit *int, format string) {
		if limit != nil {
			add(n.Path, format, *limit)
		}
	}
	for _, name := range n.Required {
		add(strings.TrimPrefix(n.Path+"."+name, "."), "Required value")
	}
	for _, v := range n.Validations {
		add(n.Path, "%s", v.Message)
	}
	if n.Pattern != "" {
		add(n.Path, "should match '%s'", n.Pattern)
	}
	if len(n.Enum) > 0 {
		add(n.Path, `supported values: "%s"`, strings.Join(n.Enum, `", "`))
	}
	bound(n.MinLength, "should be at least %d chars long")
	bound(n.MaxLength, "may not be more than %d bytes")
	bound(n.MaxProps, "must have at most %d items")
	bound(n.MinItems, "should have at least %d items")
	bound(n.MaxItems, "must have at most %d items")
	bound(n.Minimum, "should be greater than or equal to %d")
	bound(n.Maximum, "should be less than or equal to %d")
	if n.ListType == "set" || n.ListType == "map" {
		add(n.Path+"[]", "Duplicate value")
	}
	return out
}
