package upgrade_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// lasting returns what of an object is to be the same.
func lasting(object *unstructured.Unstructured) map[string]any {
	copied := object.DeepCopy()
	copied.SetResourceVersion("")
	copied.SetManagedFields(nil)
	return copied.Object
}

// difference collects paths.
type difference struct {
	lost  []string // what is gone or has another value
	added []string
}

// compare compares two values of JSON.
func (d *difference) compare(path string, was, is any) {
	switch was := was.(type) {
	case map[string]any:
		is, ok := is.(map[string]any)
		if !ok {
			d.lost = append(d.lost, path)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(was)) {
			d.compare(path+"."+key, was[key], is[key])
		}
		for _, key := range slices.Sorted(maps.Keys(is)) {
			if _, known := was[key]; !known {
				d.addOrLose(path, key)
			}
		}
	case []any:
		is, ok := is.([]any)
		if path == ".status.conditions" && ok {
			d.compare(path, byType(was), byType(is))
			return
		}
		if !ok || len(was) != len(is) {
			d.lost = append(d.lost, path)
			return
		}
		for i := range was {
			d.compare(fmt.Sprintf("%s[%d]", path, i), was[i], is[i])
		}
	default:
		if was == is {
			return
		}
		if strings.HasPrefix(path, ".status.conditions.") && strings.HasSuffix(path, ".message") {
			d.added = append(d.added, path)
			return
		}
		d.lost = append(d.lost, path)
	}
}

// addOrLose notes what is new. In the data of a Secret nothing may be.
func (d *difference) addOrLose(path, key string) {
	if path == ".data" {
		d.lost = append(d.lost, path+"."+key)
		return
	}
	d.added = append(d.added, path+"."+key)
}

// byType makes a map of a list of conditions.
func byType(conditions []any) map[string]any {
	out := map[string]any{}
	for _, condition := range conditions {
		if condition, ok := condition.(map[string]any); ok {
			out[fmt.Sprint(condition["type"])] = condition
		}
	}
	return out
}

func TestADifferenceIsAnAdditionOrALoss(t *testing.T) {
	const earlier = `{spec: {scopes: [read]}, data: {token: a}, metadata: {annotations: {hash: x}}, status: {identities: [{slot: A}],
		conditions: [{type: Ready, status: "True", message: Fine.}]}}`
	for name, tc := range map[string]struct {
		later       string
		lost, added []string
	}{
		"nothing is different": {later: earlier},
		"a status and the metadata have more": {
			later: `{spec: {scopes: [read]}, data: {token: a}, metadata: {annotations: {hash: x, new: y}}, status: {new: 1, identities: [{slot: A, new: 1}],
				conditions: [{type: New, status: "True"}, {type: Ready, status: "True", message: Fine.}]}}`,
			added: []string{".metadata.annotations.new", ".status.conditions.New", ".status.identities[0].new", ".status.new"},
		},
		"a condition is told in other words": {
			later: `{spec: {scopes: [read]}, data: {token: a}, metadata: {annotations: {hash: x}}, status: {identities: [{slot: A}],
				conditions: [{type: Ready, status: "True", message: All is well.}]}}`,
			added: []string{".status.conditions.Ready.message"},
		},
		"a condition is another": {
			later: `{spec: {scopes: [read]}, data: {token: a}, metadata: {annotations: {hash: x}}, status: {identities: [{slot: A}],
				conditions: [{type: Ready, status: "False", message: Fine.}]}}`,
			lost: []string{".status.conditions.Ready.status"},
		},
		"a hash is another": {
			later: `{spec: {scopes: [read]}, data: {token: a}, metadata: {annotations: {hash: y}}, status: {identities: [{slot: A}],
				conditions: [{type: Ready, status: "True", message: Fine.}]}}`,
			lost: []string{".metadata.annotations.hash"},
		},
		"a Secret has more": {
			later: `{spec: {scopes: [read]}, data: {token: a, new: b}, metadata: {annotations: {hash: x}}, status: {identities: [{slot: A}],
				conditions: [{type: Ready, status: "True", message: Fine.}]}}`,
			lost: []string{".data.new"},
		},
		"lists have more, and something is gone": {
			later: `{spec: {scopes: [read, write]}, data: {token: a}, status: {identities: [], conditions: []}}`,
			lost:  []string{".metadata", ".spec.scopes", ".status.conditions.Ready", ".status.identities"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var was, is map[string]any
			if err := yaml.Unmarshal([]byte(earlier), &was); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(tc.later), &is); err != nil {
				t.Fatal(err)
			}
			d := &difference{}
			d.compare("", was, is)
			slices.Sort(d.lost)
			slices.Sort(d.added)
			if !cmp.Equal(d.lost, tc.lost) || !cmp.Equal(d.added, tc.added) {
				t.Errorf("lost are %v and added %v, not %v and %v", d.lost, d.added, tc.lost, tc.added)
			}
		})
	}
}
