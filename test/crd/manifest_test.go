package crd_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Kinds, as the tables name them.
const (
	identityTenant     = "IdentityTenant"
	oauthClient        = "OAuthClient"
	scope              = "Scope"
	confidentialClient = "ConfidentialClient"
)

// strict returns the world's client, with a typing error in a manifest as an error instead of a warning.
func strict(w *environment.World) client.Client {
	return client.WithFieldValidation(w.Client, metav1.FieldValidationStrict)
}

// manifest returns an object of a kind with the given YAML as spec; an empty one leaves the spec out.
func manifest(t *testing.T, namespace, kind, spec string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	object.SetNamespace(namespace)
	object.SetName("test")
	setSpec(t, object, spec)
	return object
}

func setSpec(t *testing.T, object *unstructured.Unstructured, spec string) {
	t.Helper()
	if spec == "" {
		return
	}
	var parsed map[string]any
	if err := yaml.UnmarshalStrict([]byte(spec), &parsed); err != nil {
		t.Fatalf("reading the manifest: %v\n%s", err, spec)
	}
	object.Object["spec"] = parsed
}

// letters returns a word of n letters.
func letters(n int) string { return strings.Repeat("a", n) }

// list returns n different items as a YAML list; format has the place for a number.
func list(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(items, ", ") + "]"
}
