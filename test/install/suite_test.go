// Package install_test holds what is installed, from config/ or by the Helm chart, to what it promises: both are the same, kube-apiserver takes them,
// and the operator needs every permission that they give it and no other.
package install_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

// tools finds each of the tools of go.install.mod once.
var tools = map[string]func() (string, error){
	"helm":      sync.OnceValues(func() (string, error) { return locate("helm") }),
	"kustomize": sync.OnceValues(func() (string, error) { return locate("kustomize") }),
}

// locate returns where Go keeps a tool, which it builds first if it has to.
func locate(name string) (string, error) {
	out, err := run("go", "tool", "-n", "-modfile=go.install.mod", name)
	return strings.TrimSpace(string(out)), err
}

// tool runs one of the tools of go.install.mod in the root of the checkout, and returns what it prints.
func tool(t *testing.T, name string, args ...string) ([]byte, error) {
	t.Helper()
	path, err := tools[name]()
	if err != nil {
		t.Fatal(err)
	}
	return run(path, args...)
}

func run(program string, args ...string) ([]byte, error) {
	command := exec.Command(program, args...) //nolint:noctx // it ends by itself
	command.Dir = environment.Root()
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("running %s %s: %w\n%s%s", filepath.Base(program), strings.Join(args, " "), err, &out, &problems)
	}
	return out.Bytes(), nil
}

// kustomize renders a directory of config/.
func kustomize(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	out, err := tool(t, "kustomize", "build", filepath.Join("config", directory))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

// decode reads manifests.
func decode(t *testing.T, manifests []byte) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("reading manifests: %v", err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// find returns the only object of a kind and name among some.
func find(t *testing.T, objects []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() == kind && object.GetName() == name {
			return object
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}
