package install_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestKubernetesTakesWhatIsInstalled sends everything to kube-apiserver, strictly, without storing it but the namespace.
func TestKubernetesTakesWhatIsInstalled(t *testing.T) {
	w := server.New(t, emulator.Options{})
	strict := client.WithFieldValidation(w.Client, metav1.FieldValidationStrict)
	objects := kustomize(t, "default")
	for _, object := range objects {
		switch object.GetNamespace() {
		case "":
		case systemNamespace:
			object.SetNamespace(w.Namespace("operator"))
		default:
			t.Errorf("%s %s is in namespace %q", object.GetKind(), object.GetName(), object.GetNamespace())
		}
		if err := strict.Create(t.Context(), object, client.DryRunAll); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

// TestThePodsAreRestricted makes a pod of the Deployment in a namespace in which the restricted Pod Security Standard is enforced.
func TestThePodsAreRestricted(t *testing.T) {
	w := server.New(t, emulator.Options{})
	objects := kustomize(t, "default")
	system := find(t, objects, "Namespace", systemNamespace)
	if system.GetLabels()["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("the operator's namespace has labels %v", system.GetLabels())
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace("operator")}}
	w.Update(namespace, func() { namespace.Labels["pod-security.kubernetes.io/enforce"] = "restricted" })
	pod := func() *unstructured.Unstructured {
		template, _, _ := unstructured.NestedMap(find(t, objects, "Deployment", account).Object, "spec", "template")
		pod := &unstructured.Unstructured{Object: template}
		pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
		pod.SetNamespace(namespace.Name)
		pod.SetName("manager")
		unstructured.RemoveNestedField(pod.Object, "spec", "serviceAccountName") // the account need not be there
		return pod
	}
	if err := w.Client.Create(t.Context(), pod(), client.DryRunAll); err != nil {
		t.Errorf("the pod is refused: %v", err)
	}
	loose := pod()
	unstructured.RemoveNestedField(loose.Object, "spec", "securityContext")
	if err := w.Client.Create(t.Context(), loose, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("nobody enforces the standard: %v", err)
	}
}

// TestWhatSelectsThePodsSelectsThem compares selectors with the labels of the pods: a wrong one selects nothing, and nobody notices.
func TestWhatSelectsThePodsSelectsThem(t *testing.T) {
	objects := kustomize(t, "default")
	labels, _, _ := unstructured.NestedStringMap(find(t, objects, "Deployment", account).Object, "spec", "template", "metadata", "labels")
	for _, selector := range []struct {
		kind, name string
		path       []string
	}{
		{"Deployment", account, []string{"spec", "selector", "matchLabels"}},
		{"Service", "oauth-operator-metrics", []string{"spec", "selector"}},
		{"NetworkPolicy", account, []string{"spec", "podSelector", "matchLabels"}},
		{"PodDisruptionBudget", account, []string{"spec", "selector", "matchLabels"}},
	} {
		selected, found, _ := unstructured.NestedStringMap(find(t, objects, selector.kind, selector.name).Object, selector.path...)
		if !found || len(selected) == 0 {
			t.Errorf("%s %s selects nothing", selector.kind, selector.name)
		}
		for key, value := range selected {
			if labels[key] != value {
				t.Errorf("%s %s selects %s=%s, and the pods have %q", selector.kind, selector.name, key, value, labels[key])
			}
		}
	}
}

func TestTheContainerHasWhatKeepsItHealthy(t *testing.T) {
	container := containerOf(t, kustomize(t, "default"))
	if container.LivenessProbe == nil || container.ReadinessProbe == nil || container.StartupProbe == nil {
		t.Error("a probe is missing")
	}
	for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if quantity := container.Resources.Requests[resource]; quantity.IsZero() {
			t.Errorf("no %s is requested", resource)
		}
	}
	if !slices.Contains(container.Args, "--leader-elect") || slices.ContainsFunc(container.Args, func(a string) bool { return strings.HasPrefix(a, "--watch") }) {
		t.Errorf("the arguments are %q", container.Args)
	}
}
