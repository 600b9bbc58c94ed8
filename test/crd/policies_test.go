package crd_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	policyKind  = "ValidatingAdmissionPolicy"
	bindingKind = "ValidatingAdmissionPolicyBinding"
)

// listener is a client that keeps what kube-apiserver warns of.
type listener struct {
	client.Client

	mu    sync.Mutex
	heard []string
}

func newListener(t *testing.T, w *environment.World) *listener {
	t.Helper()
	l := &listener{}
	config := w.Config()
	config.WarningHandlerWithContext = l
	c, err := client.New(config, client.Options{Scheme: w.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	l.Client = client.WithFieldValidation(c, metav1.FieldValidationStrict)
	return l
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (l *listener) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, text)
}

// take returns the warnings since the last call.
func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := l.heard
	l.heard = nil
	return heard
}

// try sends a manifest, which must be taken, without storing it, and returns the warnings.
func (l *listener) try(t *testing.T, object *unstructured.Unstructured) []string {
	t.Helper()
	l.take()
	if err := l.Create(t.Context(), object.DeepCopy(), client.DryRunAll); err != nil {
		t.Fatalf("the manifest is refused: %v", err)
	}
	return l.take()
}

// said returns those of some warnings that come from policies of the given names, sorted, each in the words of the policy. A binding has
// the name of its policy. Others may speak, too: a policy that was deleted a moment ago can still be in force.
func said(warnings []string, policies ...string) []string {
	var ours []string
	for _, warning := range warnings {
		for _, name := range policies {
			preamble := fmt.Sprintf("Validation failed for %s '%[2]s' with binding '%[2]s': ", policyKind, name)
			if message, ok := strings.CutPrefix(warning, preamble); ok {
				ours = append(ours, message)
			}
		}
	}
	slices.Sort(ours)
	return ours
}

// policies returns the policies and bindings of config/policy.
func policies(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	_, objects := resources(t, "policy")
	return objects
}

// install creates cluster-scoped objects for the time of a test.
func install(t *testing.T, w *environment.World, objects ...*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		if err := strict(w).Create(t.Context(), object); err != nil {
			t.Fatalf("creating %s %s: %v", object.GetKind(), object.GetName(), err)
		}
		t.Cleanup(func() {
			if err := w.Client.Delete(context.WithoutCancel(t.Context()), object); err != nil {
				t.Error(err)
			}
		})
	}
}

// names returns the names of the objects of a kind, sorted.
func names(objects []*unstructured.Unstructured, kind string) []string {
	var all []string
	for _, object := range objects {
		if object.GetKind() == kind {
			all = append(all, object.GetName())
		}
	}
	slices.Sort(all)
	return all
}

// text returns the string at a path in an object, and an empty one if there is none.
func text(t *testing.T, object *unstructured.Unstructured, path ...string) string {
	t.Helper()
	s, _, err := unstructured.NestedString(object.Object, path...)
	if err != nil {
		t.Fatalf("reading %s of %s %s: %v", strings.Join(path, "."), object.GetKind(), object.GetName(), err)
	}
	return s
}

// render returns what kubectl makes of a kustomization in config. The test is skipped where there is no kubectl.
func render(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	kubectl := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl")
	if _, err := os.Stat(kubectl); err != nil {
		t.Skip("KUBEBUILDER_ASSETS has no kubectl; see hack/control-plane.sh")
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(environment.Root(), "config", directory)).Output()
	if err != nil {
		t.Fatalf("rendering config/%s: %v", directory, err)
	}
	return decode(t, directory, out)
}
