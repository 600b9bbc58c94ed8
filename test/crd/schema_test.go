package crd_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// schema is the part of an OpenAPI schema that our CRDs use.
type schema struct {
	Type        string             `json:"type"`
	Properties  map[string]*schema `json:"properties"`
	Items       *schema            `json:"items"`
	Required    []string           `json:"required"`
	Enum        []string           `json:"enum"`
	Pattern     string             `json:"pattern"`
	MinLength   *int               `json:"minLength"`
	MaxLength   *int               `json:"maxLength"`
	MaxProps    *int               `json:"maxProperties"`
	MinItems    *int               `json:"minItems"`
	MaxItems    *int               `json:"maxItems"`
	Minimum     *int               `json:"minimum"`
	Maximum     *int               `json:"maximum"`
	ListType    string             `json:"x-kubernetes-list-type"`
	Validations []validation       `json:"x-kubernetes-validations"`
	// Values of a map.
	Values *schema `json:"additionalProperties"`
}

// validation is a rule in CEL.
type validation struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// node is one place in the schema of a kind.
type node struct {
	kind string
	// path from the root, with [] after a list, and x for every key of a map: spec.scopes[].name.
	path string
	*schema
}

// rule is something that a manifest can break.
type rule struct {
	kind, path string
	// says is what kube-apiserver's message contains when it is broken.
	says string
}

// specNodes returns every place in the specs of all kinds. Label selectors are left out: their schema is not ours.
func specNodes(t *testing.T) []node {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(environment.Root(), "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no CRDs found: %v", err)
	}
	var nodes []node
	for _, file := range files {
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct{ OpenAPIV3Schema *schema }
				}
			}
		}
		if err := yaml.Unmarshal(read(t, file), &crd); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		for _, version := range crd.Spec.Versions {
			root := version.Schema.OpenAPIV3Schema
			// The root's other properties are not ours to bound, but spec may be required there.
			nodes = append(nodes, node{crd.Spec.Names.Kind, "", &schema{Required: root.Required}})
			nodes = appendNodes(nodes, node{crd.Spec.Names.Kind, "spec", root.Properties["spec"]})
		}
	}
	return nodes
}

func appendNodes(nodes []node, n node) []node {
	nodes = append(nodes, n)
	if strings.HasSuffix(n.path, ".selector") {
		return nodes
	}
	for name, property := range n.Properties {
		nodes = appendNodes(nodes, node{n.kind, n.path + "." + name, property})
	}
	if n.Items != nil {
		nodes = appendNodes(nodes, node{n.kind, n.path + "[]", n.Items})
	}
	if n.Values != nil {
		nodes = appendNodes(nodes, node{n.kind, n.path + ".x", n.Values})
	}
	return nodes
}

// rules returns everything that a manifest can break at a place.
func (n node) rules() []rule {
	var out []rule
	add := func(path, format string, args ...any) {
		out = append(out, rule{n.kind, path, fmt.Sprintf(format, args...)})
	}
	bound := func(limit *int, format string) {
		if limit != nil {
			add(n.path, format, *limit)
		}
	}
	for _, name := range n.Required {
		add(strings.TrimPrefix(n.path+"."+name, "."), "Required value")
	}
	for _, v := range n.Validations {
		add(n.path, "%s", v.Message)
	}
	if n.Pattern != "" {
		add(n.path, "should match '%s'", n.Pattern)
	}
	if len(n.Enum) > 0 {
		add(n.path, `supported values: "%s"`, strings.Join(n.Enum, `", "`))
	}
	bound(n.MinLength, "should be at least %d chars long")
	bound(n.MaxLength, "may not be more than %d bytes")
	bound(n.MaxProps, "must have at most %d items")
	bound(n.MinItems, "should have at least %d items")
	bound(n.MaxItems, "must have at most %d items")
	bound(n.Minimum, "should be greater than or equal to %d")
	bound(n.Maximum, "should be less than or equal to %d")
	if n.ListType == "set" || n.ListType == "map" {
		add(n.path+"[]", "Duplicate value")
	}
	return out
}
