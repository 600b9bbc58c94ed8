package confidentialclient_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// restored returns a Secret as a backup brings it back: without its owner, under a name.
func restored(s *corev1.Secret, name string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: name, Labels: s.Labels, Annotations: s.Annotations}, Type: s.Type, Data: s.Data,
	}
}

func TestASecretThatABackupBroughtBackIsTakenBack(t *testing.T) {
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	published := w.TokenSecret(consumer)
	w.Quiet()
	stop()
	w.Delete(published)
	back := restored(published, published.Name)
	back.Data["theirs"] = []byte("kept")
	w.Create(back)
	calls, writes := w.Tenant.Calls(), w.Writes()

	w.StartOperator()
	w.Eventually("see the Secret taken back", func() error {
		if w.Get(back); !metav1.IsControlledBy(back, consumer) {
			return errors.New("it has no owner")
		}
		return nil
	})
	w.Quiet()
	w.Ready(consumer)
	if diff := cmp.Diff(restored(published, published.Name).Annotations, back.Annotations); diff != "" {
		t.Errorf("its annotations have changed (-was +is):\n%s", diff)
	}
	if string(back.Data["theirs"]) != "kept" || string(back.Data[v1alpha1.AccessTokenKey]) != string(published.Data[v1alpha1.AccessTokenKey]) {
		t.Error("what it holds has changed")
	}
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("calls were made:\n%s", made)
	}
	if made := w.Writes().Since(writes); made.Total() != 1 || made.Of("secrets") != 1 {
		t.Errorf("other writes were made than that of the Secret: %s", made)
	}
}

func TestASecretThatWasNotPublishedForAClientIsNotTakenForItsOwn(t *testing.T) {
	for name, tc := range map[string]struct {
		source string // the client whose Secret it was
		change func(copied *corev1.Secret, billing *v1alpha1.ConfidentialClient)
	}{
		"that of another client": {"other", func(*corev1.Secret, *v1alpha1.ConfidentialClient) {}},
		"one that was edited": {"billing", func(copied *corev1.Secret, _ *v1alpha1.ConfidentialClient) {
			copied.Data[v1alpha1.ScopeKey] = []byte("read write")
		}},
		"one whose spec has changed": {"billing", func(_ *corev1.Secret, billing *v1alpha1.ConfidentialClient) { billing.Spec.Scopes = nil }},
		"one that has an owner of old": {"billing", func(copied *corev1.Secret, billing *v1alpha1.ConfidentialClient) {
			copied.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "ConfidentialClient", Name: billing.Name, UID: "4b1d0000-0000-4000-8000-000000000000", Controller: new(true),
			}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.StartOperator()
			_, source := w.Provisioned("orders", tc.source)
			copied, billing := restored(w.TokenSecret(source), "billing"), w.ConfidentialClient("billing", "orders", "read")
			w.Delete(source)
			w.Gone(source)
			tc.change(copied, billing)
			w.Create(copied)
			before := copied.DeepCopy()
			w.Create(billing)
			w.Condition(billing, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretConflict)
			w.Quiet()
			if w.Get(copied); cmp.Diff(before, copied) != "" {
				t.Errorf("Secret %s has changed", environment.Key(copied))
			}
		})
	}
}
