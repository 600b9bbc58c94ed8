package packed_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/internal/packed"
)

// full is a Secret in which everything is set that kube-apiserver keeps of one.
func full() *corev1.Secret {
	at := metav1.NewTime(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC).Local())
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: "orders", GenerateName: "ord", Namespace: "shop", UID: "1", ResourceVersion: "42", Generation: 3,
			CreationTimestamp: at, DeletionTimestamp: &at, DeletionGracePeriodSeconds: new(int64(5)),
			Labels: map[string]string{"app": "orders", "empty": ""}, Annotations: map[string]string{"issued": "now"},
			OwnerReferences: []metav1.OwnerReference{
				{APIVersion: "oauth-operator.dev/v1alpha1", Kind: "ConfidentialClient", Name: "orders", UID: "1", Controller: new(true), BlockOwnerDeletion: new(false)},
			},
			Finalizers:    []string{"one", "two"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "somebody", Operation: metav1.ManagedFieldsOperationApply, Time: &at, FieldsV1: metav1.NewFieldsV1("{}")}},
		},
		Immutable: new(true),
		Data:      map[string][]byte{"access_token": []byte("x"), "binary": {0, 255}, "empty": {}},
		Type:      corev1.SecretTypeOpaque,
	}
}

func TestACopyOfAPackedSecretIsTheSecret(t *testing.T) {
	for name, secret := range map[string]*corev1.Secret{"with everything": full(), "with nothing": {}} {
		t.Run(name, func(t *testing.T) {
			small, err := packed.Pack(secret)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(any(secret), any(small.DeepCopyObject())); diff != "" {
				t.Errorf("it differs (-was +is):\n%s", diff)
			}
			small.DeepCopyObject().(*corev1.Secret).Labels = nil
			if diff := cmp.Diff(any(secret), any(small.DeepCopyObject())); diff != "" {
				t.Errorf("a copy is no copy (-was +is):\n%s", diff)
			}
		})
	}
}

// TestFullSecretIsFull keeps the other tests true when Kubernetes gives Secrets another field.
func TestFullSecretIsFull(t *testing.T) {
	for _, of := range []reflect.Value{reflect.ValueOf(full()).Elem(), reflect.ValueOf(full().ObjectMeta)} {
		for i := range of.NumField() {
			name := of.Type().Field(i).Name
			if of.Field(i).IsZero() && name != "TypeMeta" && name != "StringData" && name != "SelfLink" { // kube-apiserver stores none of these
				t.Errorf("%s is not set", name)
			}
		}
	}
}

func TestAPackedSecretAnswersAsTheSecret(t *testing.T) {
	secret := full()
	small, err := packed.Pack(secret)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for method := range reflect.TypeFor[metav1.Object]().Methods() {
		getter := method.Name
		if !strings.HasPrefix(getter, "Get") {
			continue
		}
		asked++
		want := reflect.ValueOf(secret).MethodByName(getter).Call(nil)[0].Interface()
		got := reflect.ValueOf(small).MethodByName(getter).Call(nil)[0].Interface()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differs (-was +is):\n%s", getter, diff)
		}
	}
	if asked == 0 {
		t.Error("metav1.Object has no getters")
	}
}

func TestAPackedSecretCannotBeChanged(t *testing.T) {
	small, err := packed.Pack(full())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("what is in a cache was changed")
		}
	}()
	small.SetLabels(nil)
}
