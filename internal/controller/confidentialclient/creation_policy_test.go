package confidentialclient_test

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// publishing makes a world with an application, and returns a client of it that is not created yet.
func publishing(t *testing.T, policy v1alpha1.CreationPolicy) (*environment.World, *v1alpha1.ConfidentialClient) {
	t.Helper()
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.Provisioned("orders", "other")
	consumer := w.ConfidentialClient("billing", "orders", "read")
	consumer.Spec.Secret = &v1alpha1.PublishedSecret{Name: "settings", CreationPolicy: policy}
	return w, consumer
}

// settings is the Secret that somebody else makes; the label makes a change of it felt at once.
func settings(w *environment.World) *corev1.Secret {
	s := secretNamed(w.Namespace("billing"), "settings")
	s.Labels = map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: "Helm"}
	s.Data = map[string][]byte{"database": []byte("theirs")}
	return s
}

func TestATokenIsAddedToASecretOfSomebodyElse(t *testing.T) {
	w, consumer := publishing(t, v1alpha1.CreationPolicyMerge)
	mints := mints(w)
	w.Create(consumer)
	missing := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if !strings.Contains(missing.Message, "Secret "+w.Namespace("billing")+"/settings does not exist; create it") {
		t.Errorf("the message does not say what to do: %s", missing.Message)
	}
	w.Quiet()
	if n := w.Tenant.Calls()["OAuth2/Token/orders"] - mints; n != 0 {
		t.Errorf("%d tokens were requested that have no place", n)
	}

	theirs := settings(w)
	w.Create(theirs)
	holding(w, consumer, tokenKeys("database")...)

	w.Delete(theirs)
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	theirs = settings(w)
	theirs.Data[v1alpha1.ScopeKey] = []byte("theirs")
	w.Create(theirs)
	taken := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretConflict)
	if !strings.Contains(taken.Message, "has values under scope that this object did not write") {
		t.Errorf("the message does not name the key: %s", taken.Message)
	}
	w.Update(theirs, func() { delete(theirs.Data, v1alpha1.ScopeKey) })
	holding(w, consumer, tokenKeys("database")...)

	w.Delete(consumer)
	w.Gone(consumer)
	w.Get(theirs)
	if len(theirs.Data) != 1 || len(theirs.Annotations) != 0 || theirs.Labels[v1alpha1.ManagedByLabel] != "Helm" {
		t.Errorf("something of ours is left: labels %v, annotations %v, %d keys", theirs.Labels, theirs.Annotations, len(theirs.Data))
	}
}

func TestAnEditOfATokenInASecretOfSomebodyElseIsRepairedAndFoughtOverRarely(t *testing.T) {
	w, consumer := publishing(t, v1alpha1.CreationPolicyMerge)
	theirs := settings(w)
	w.Create(theirs, consumer)
	holding(w, consumer, tokenKeys("database")...)
	mints := mints(w)
	edit := func() {
		w.Update(theirs, func() {
			theirs.Data = map[string][]byte{"database": []byte("theirs")} // as a tool does that replaces the whole
			theirs.Annotations, theirs.Labels = nil, settings(w).Labels
		})
	}
	edit()
	holding(w, consumer, tokenKeys("database")...)
	edit()
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretContested)
	if n := w.Tenant.Calls()["OAuth2/Token/orders"] - mints; n != 1 {
		t.Errorf("%d tokens were requested, not 1 for the first repair", n)
	}
}

func TestASecretStaysAndIsTakenOverByTheClientOfItsName(t *testing.T) {
	w, consumer := publishing(t, v1alpha1.CreationPolicyOrphan)
	w.Create(consumer)
	secret := holding(w, consumer, tokenKeys()...)
	uid := secret.UID

	w.Delete(secret) // no owner reference leads back to the client
	w.Eventually("see the Secret again", func() error {
		if err := w.Client.Get(w.Context(), environment.Key(secret), secret); err != nil {
			return err
		}
		if secret.UID == uid {
			return errors.New("the Secret is not gone yet")
		}
		return nil
	})
	uid = secret.UID
	w.Quiet()

	user := userOf(t, w, consumer)
	w.Delete(consumer)
	w.Gone(consumer)
	w.Get(secret)
	token := string(secret.Data[v1alpha1.AccessTokenKey])
	if _, found := w.Tenant.User(user.Name); found || secret.UID != uid || token == "" {
		t.Errorf("the user is still there: %v; the Secret is another: %v", found, secret.UID != uid)
	}

	again := w.ConfidentialClient("billing", "orders", "read")
	again.Spec.Secret = consumer.Spec.Secret
	w.Create(again)
	w.Ready(again)
	if taken := w.TokenSecret(again); taken.UID != uid || string(taken.Data[v1alpha1.AccessTokenKey]) == token {
		t.Errorf("the Secret was made again: %v; or holds the token of the user that is gone", taken.UID != uid)
	}
}

func TestAChangeOfTheCreationPolicyCostsNoToken(t *testing.T) {
	w, consumer := publishing(t, v1alpha1.CreationPolicyOwner)
	w.Create(consumer)
	secret := holding(w, consumer, tokenKeys()...)
	mints := mints(w)
	for _, policy := range []v1alpha1.CreationPolicy{v1alpha1.CreationPolicyOrphan, v1alpha1.CreationPolicyOwner, v1alpha1.CreationPolicyOrphan} {
		w.Update(consumer, func() { consumer.Spec.Secret.CreationPolicy = policy })
		w.Eventually("see the owner that "+string(policy)+" means", func() error {
			if w.Get(secret); metav1.IsControlledBy(secret, consumer) != (policy == v1alpha1.CreationPolicyOwner) {
				return errors.New("the owner references are as before")
			}
			return nil
		})
	}
	w.Ready(consumer)
	w.Delete(consumer)
	w.Gone(consumer)
	w.Get(secret)
	if n := w.Tenant.Calls()["OAuth2/Token/orders"] - mints; n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}
