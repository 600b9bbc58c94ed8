package environment

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"
)

// UseCasePart is the world's namespace for the one namespace of a use case.
const UseCasePart = "shop"

// ApplyUseCase applies a directory of config/samples and waits until all of it is Ready. The operator must run. What only the test knows is
// filled in: where the tenant is, its certificate authority, its administrator's credential, and the world's own namespace.
func (w *World) ApplyUseCase(useCase string) {
	w.t.Helper()
	admin := w.AdminSecret()
	admin.Namespace = w.Namespace(UseCasePart)
	w.Create(admin)
	strict := client.WithFieldValidation(w.Client, metav1.FieldValidationStrict)
	var objects []client.Object
	for _, object := range w.readUseCase(useCase) {
		if object.GetKind() == "Namespace" {
			continue
		}
		object.SetNamespace(w.Namespace(UseCasePart))
		if object.GetKind() == "IdentityTenant" {
			w.direct(object)
		}
		if err := strict.Create(w.t.Context(), object); err != nil {
			w.t.Fatalf("creating %s %s: %v", object.GetKind(), object.GetName(), err)
		}
		typed, err := w.Client.Scheme().New(object.GroupVersionKind())
		if err != nil {
			w.t.Fatal(err)
		}
		o, ok := typed.(client.Object)
		if !ok {
			w.t.Fatalf("%T is no object", typed)
		}
		o.SetNamespace(object.GetNamespace())
		o.SetName(object.GetName())
		objects = append(objects, o)
	}
	w.Ready(objects...)
}

// direct points an IdentityTenant to the world's tenant.
func (w *World) direct(object *unstructured.Unstructured) {
	w.t.Helper()
	if id, _, _ := unstructured.NestedString(object.Object, "spec", "clusterID"); id == "" {
		w.t.Error("the sample's IdentityTenant has no clusterID: what it makes would be lost with the cluster")
	}
	for path, value := range map[string]any{
		"spec.url": w.Tenant.URL(), "spec.tls.caBundle": string(w.Tenant.CABundle()),
		"spec.limits.burst": int64(1000), "spec.limits.requestsPerSecond": int64(1000),
	} {
		if err := unstructured.SetNestedField(object.Object, value, strings.Split(path, ".")...); err != nil {
			w.t.Fatal(err)
		}
	}
}

// readUseCase returns the objects of a use case in the order of its kustomization, which must name every file.
func (w *World) readUseCase(useCase string) []*unstructured.Unstructured {
	w.t.Helper()
	directory := filepath.Join(Root(), "config", "samples", useCase)
	file := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			w.t.Fatal(err)
		}
		return raw
	}
	var kustomization struct{ Resources []string }
	if err := sigsyaml.Unmarshal(file("kustomization.yaml"), &kustomization); err != nil {
		w.t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(directory, "*.yaml")); err != nil || len(files) != len(kustomization.Resources)+1 {
		w.t.Errorf("the kustomization names %d files, and there are %d (%v)", len(kustomization.Resources), len(files)-1, err)
	}
	var objects []*unstructured.Unstructured
	for _, name := range kustomization.Resources {
		documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file(name)), 4096)
		for {
			object := &unstructured.Unstructured{}
			if err := documents.Decode(object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				w.t.Fatalf("reading %s: %v", name, err)
			}
			objects = append(objects, object)
		}
	}
	return objects
}
