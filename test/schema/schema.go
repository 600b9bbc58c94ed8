// Package schema reads what the CRDs say of their specs, so that tests can go through all of it and none of it can be added untested.
package schema

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Schema is the part of an OpenAPI schema that our CRDs use.
type Schema struct {
	Type        string             `json:"type"`
	Properties  map[string]*Schema `json:"properties"`
	Items       *Schema            `json:"items"`
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
	Validations []Validation       `json:"x-kubernetes-validations"`
	// Values of a map.
	Values *Schema `json:"additionalProperties"`
}

// Validation is a rule in CEL.
type Validation struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Node is one place in the schema of a kind.
type Node struct {
	Kind string
	// Path from the root, with [] after a list, and x for every key of a map: spec.scopes[].name.
	Path string
	*Schema
}

// Specs returns every place in the specs of all kinds. Label selectors are left out: their schema is not ours.
func Specs() ([]Node, error) {
	files, err := filepath.Glob(filepath.Join(environment.Root(), "config", "crd", "bases", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("finding CRDs: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("there are no CRDs")
	}
	var nodes []Node
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct{ OpenAPIV3Schema *Schema }
				}
			}
		}
		if err := yaml.Unmarshal(raw, &crd); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		for _, version := range crd.Spec.Versions {
			root := version.Schema.OpenAPIV3Schema
			// The root's other properties are not ours to bound, but spec may be required there.
			nodes = append(nodes, Node{crd.Spec.Names.Kind, "", &Schema{Required: root.Required}})
			nodes = appendNodes(nodes, Node{crd.Spec.Names.Kind, "spec", root.Properties["spec"]})
		}
	}
	return nodes, nil
}

func appendNodes(nodes []Node, n Node) []Node {
	nodes = append(nodes, n)
	if strings.HasSuffix(n.Path, ".selector") {
		return nodes
	}
	for name, property := range n.Properties {
		nodes = appendNodes(nodes, Node{n.Kind, n.Path + "." + name, property})
	}
	if n.Items != nil {
		nodes = appendNodes(nodes, Node{n.Kind, n.Path + "[]", n.Items})
	}
	if n.Values != nil {
		nodes = appendNodes(nodes, Node{n.Kind, n.Path + ".x", n.Values})
	}
	return nodes
}
