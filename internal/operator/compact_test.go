package operator

import (
	"encoding/json"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/packed"
)

// decoded returns an object as a decoder makes it, with texts of its own.
func decoded[T any](t *testing.T, from T) *T {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	object := new(T)
	if err := json.Unmarshal(text, object); err != nil {
		t.Fatal(err)
	}
	return object
}

func compacted[T client.Object](t *testing.T, object T) T {
	t.Helper()
	small, err := compact(object)
	if err != nil {
		t.Fatal(err)
	}
	return small.(T)
}

func TestCompactChangesNothingButTheManagedFields(t *testing.T) {
	metadata := metav1.ObjectMeta{
		Name: "orders", Namespace: "shop", Labels: map[string]string{"app": "orders"}, Annotations: map[string]string{"issued": "now"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "oauth-operator.dev/v1alpha1", Kind: "ConfidentialClient", Name: "orders", UID: "1"}},
		Finalizers:      []string{v1alpha1.Finalizer},
		ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "somebody"}},
	}
	configMap := corev1.ConfigMap{ObjectMeta: metadata, Data: map[string]string{"ca.crt": "x"}}
	small := compacted(t, decoded(t, configMap))
	configMap.ManagedFields = nil
	if diff := cmp.Diff(&configMap, small); diff != "" {
		t.Errorf("it differs (-was +is):\n%s", diff)
	}
	secret := corev1.Secret{ObjectMeta: metadata, Data: map[string][]byte{"access_token": []byte("x")}, Type: corev1.SecretTypeOpaque}
	inCache, err := compact(decoded(t, secret))
	if err != nil {
		t.Fatal(err)
	}
	secret.ManagedFields = nil
	if diff := cmp.Diff(any(&secret), any(inCache.(*packed.Secret).DeepCopyObject())); diff != "" {
		t.Errorf("a Secret differs (-was +is):\n%s", diff)
	}
	if again, err := compact(inCache); err != nil || again != inCache {
		t.Errorf("when a cache asks again, a Secret becomes %v, %v", again, err)
	}
	bare := compacted(t, &v1alpha1.Scope{})
	if diff := cmp.Diff(&v1alpha1.Scope{}, bare); diff != "" {
		t.Errorf("one without anything differs (-was +is):\n%s", diff)
	}
	missed := cache.DeletedFinalStateUnknown{Key: "shop/orders"}
	if kept, err := compact(missed); err != nil || kept != any(missed) {
		t.Errorf("the note of a deletion becomes %v, %v", kept, err)
	}
}

func TestCompactLetsObjectsShareTexts(t *testing.T) {
	from := v1alpha1.ConfidentialClient{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Labels: map[string]string{"app.kubernetes.io/part-of": "orders"}, Finalizers: []string{v1alpha1.Finalizer}}}
	from.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Available", Message: "Secret \"orders\" holds a token"}}
	texts := func(c *v1alpha1.ConfidentialClient) map[string]string {
		found := map[string]string{
			"namespace": c.Namespace, "finalizer": c.Finalizers[0], "reason": c.Status.Conditions[0].Reason, "type": c.Status.Conditions[0].Type,
		}
		for key := range c.Labels {
			found["key"] = key
		}
		return found
	}
	one, other := texts(compacted(t, decoded(t, from))), texts(compacted(t, decoded(t, from)))
	for what, text := range one {
		if unsafe.StringData(text) != unsafe.StringData(other[what]) {
			t.Errorf("each has a %s of its own", what)
		}
	}
}
