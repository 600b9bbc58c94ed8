package controlplane_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// TestControlPlane holds the promises that the demo and the end-to-end tests build on. They share one control plane, since
// each takes seconds to start.
func TestControlPlane(t *testing.T) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if _, err := os.Stat(filepath.Join(assets, "kube-controller-manager")); err != nil {
		t.Skip("KUBEBUILDER_ASSETS has no kube-controller-manager; see hack/control-plane.sh")
	}
	guard, err := process.NewGuard(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	plane, err := controlplane.Start(t.Context(), guard, controlplane.Options{
		Assets: assets, Directory: t.TempDir(), CRDs: []string{"../../config/crd/bases"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	}()
	clients, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}

	t.Run("dependents go with their owner", func(t *testing.T) {
		maps := clients.CoreV1().ConfigMaps("default")
		owner, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		reference := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}
		dependent := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dependent", OwnerReferences: []metav1.OwnerReference{reference}}}
		if _, err := maps.Create(t.Context(), dependent, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := maps.Delete(t.Context(), owner.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the dependent goes", func() bool {
			_, err := maps.Get(t.Context(), dependent.Name, metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		})
	})

	t.Run("a ServiceAccount is itself and has no more permissions than it was given", func(t *testing.T) {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "visitor"}}
		if _, err := clients.CoreV1().ServiceAccounts("default").Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		kubeconfig, err := plane.ServiceAccountKubeconfig(t.Context(), "default", "visitor")
		if err != nil {
			t.Fatal(err)
		}
		config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
		if err != nil {
			t.Fatal(err)
		}
		visitor, err := kubernetes.NewForConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := visitor.Discovery().ServerVersion(); err != nil {
			t.Errorf("asking for the version: %v", err)
		}
		if _, err := visitor.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("listing Secrets gives %v, want a refusal", err)
		}
	})

	install(t, plane)
	t.Run("the built-in roles are about our kinds", func(t *testing.T) { aggregatesRolesForTeams(t, clients) })
	t.Run("the policies' expressions fit the kinds", func(t *testing.T) { findsNoMistakeInPolicies(t, clients) })
	t.Run("kubectl shows the warnings", func(t *testing.T) { kubectlWarns(t, plane) })
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within 30s", what)
		}
	}
}
