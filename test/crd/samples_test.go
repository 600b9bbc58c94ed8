package crd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// TestSamplesAreTakenAsTheyAre creates config/samples in the order of its kustomization.
func TestSamplesAreTakenAsTheyAre(t *testing.T) {
	w := newWorld(t)
	for _, object := range samples(t) {
		err := strict(w).Create(t.Context(), object)
		if object.GetKind() == "Namespace" {
			// Nobody removes namespaces here, so they stay for the next run.
			if err != nil && !apierrors.IsAlreadyExists(err) {
				t.Fatalf("creating Namespace %s: %v", object.GetName(), err)
			}
			continue
		}
		if err != nil {
			t.Errorf("creating %s %s: %v", object.GetKind(), environment.Key(object), err)
			continue
		}
		t.Cleanup(func() {
			if err := w.Client.Delete(context.WithoutCancel(t.Context()), object); err != nil {
				t.Error(err)
			}
		})
	}
}

// samples returns the objects of config/samples.
func samples(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(environment.Root(), "config", "samples", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	named, objects := resources(t, "samples")
	if len(files) != named+1 {
		t.Errorf("the kustomization names %d of %d files", named, len(files)-1)
	}
	return objects
}

// resources returns the number of files that the kustomization of a directory in config names as its resources, and the objects in them,
// as they are there.
func resources(t *testing.T, directory string) (int, []*unstructured.Unstructured) {
	t.Helper()
	directory = filepath.Join(environment.Root(), "config", directory)
	var kustomization struct{ Resources []string }
	if err := sigsyaml.Unmarshal(read(t, filepath.Join(directory, "kustomization.yaml")), &kustomization); err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for _, file := range kustomization.Resources {
		objects = append(objects, decode(t, file, read(t, filepath.Join(directory, file)))...)
	}
	return len(kustomization.Resources), objects
}

// decode returns the objects of a YAML stream.
func decode(t *testing.T, name string, stream []byte) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := documents.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		objects = append(objects, object)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
