package confidentialclient_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// templated asks for the token and for one further key.
func templated(text string) *v1alpha1.PublishedSecret {
	return &v1alpha1.PublishedSecret{Template: &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateText{"auth.header": v1alpha1.TemplateText(text)}}}
}

func TestATemplateFollowsTheTokenAndCostsNone(t *testing.T) {
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) { c.Spec.Secret = templated("Bearer {{ .accessToken }}") })
	expect := func(prefix string) {
		t.Helper()
		if secret := s.TokenSecret(s.consumer); string(secret.Data["auth.header"]) != prefix+string(secret.Data["access_token"]) {
			t.Errorf("the header does not say %q before the token", prefix)
		}
	}
	expect("Bearer ")
	token := string(s.TokenSecret(s.consumer).Data["access_token"])
	s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
	s.step()
	if string(s.TokenSecret(s.consumer).Data["access_token"]) == token {
		t.Fatal("the token was not renewed")
	}
	expect("Bearer ")
	mints := s.mints()
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = templated("Authorization: Bearer {{ .accessToken }}") })
	s.step()
	expect("Authorization: Bearer ")
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = nil })
	s.step()
	secret := s.TokenSecret(s.consumer)
	if _, is := secret.Data["auth.header"]; is {
		t.Error("the key of a template that is gone is still there")
	}
	s.step()
	if again := s.TokenSecret(s.consumer); again.ResourceVersion != secret.ResourceVersion {
		t.Error("a look with nothing to do has written the Secret")
	}
	if n := s.mints() - mints; n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}

// TestWhatReloaderLooksForStaysWithEachToken whether the manifest asks for it or somebody has put it there.
func TestWhatReloaderLooksForStaysWithEachToken(t *testing.T) {
	const match, ignore = "reloader.stakater.com/match", "reloader.stakater.com/ignore"
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) {
		c.Spec.Secret = &v1alpha1.PublishedSecret{Template: &v1alpha1.SecretTemplate{
			Metadata: &v1alpha1.SecretTemplateMetadata{Annotations: map[string]v1alpha1.AnnotationText{match: "true"}},
		}}
	})
	secret := s.TokenSecret(s.consumer)
	s.Update(secret, func() { secret.Annotations[ignore] = "false" })
	mints := s.mints()
	for range 2 {
		s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
		s.step()
		if now := s.TokenSecret(s.consumer).Annotations; now[match] != "true" || now[ignore] != "false" {
			t.Errorf("after a renewal the annotations are %v", now)
		}
	}
	if s.mints() != mints+2 {
		t.Errorf("%d tokens were requested at two renewals", s.mints()-mints)
	}
}

func TestLabelsAndAnnotationsOfATemplateComeAndGo(t *testing.T) {
	s := newStepper(t, 5*time.Hour, nil)
	mints := s.mints()
	secret := s.TokenSecret(s.consumer)
	s.Update(secret, func() { secret.Labels["theirs"] = "stays" })
	expect := func(doing string, labels, annotations map[string]string) {
		t.Helper()
		s.step()
		s.Get(secret)
		maps.Copy(labels, map[string]string{"theirs": "stays", v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue})
		if diff := cmp.Diff(labels, secret.Labels); diff != "" {
			t.Errorf("%s: labels (-want +got):\n%s", doing, diff)
		}
		got := maps.Clone(secret.Annotations)
		maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasPrefix(name, v1alpha1.Group+"/") })
		if diff := cmp.Diff(annotations, got); diff != "" {
			t.Errorf("%s: annotations (-want +got):\n%s", doing, diff)
		}
	}
	template := &v1alpha1.SecretTemplate{Metadata: &v1alpha1.SecretTemplateMetadata{
		Labels: map[string]v1alpha1.LabelText{"team": "billing", "tier": "one"}, Annotations: map[string]v1alpha1.AnnotationText{"example.com/note": "any text"},
	}}
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = &v1alpha1.PublishedSecret{Template: template} })
	expect("set", map[string]string{"team": "billing", "tier": "one"}, map[string]string{"example.com/note": "any text"})
	s.Update(secret, func() { delete(secret.Labels, "team") })
	expect("taken off by somebody", map[string]string{"team": "billing", "tier": "one"}, map[string]string{"example.com/note": "any text"})

	// A value that the spec changes is no contest, and a label that somebody takes off again and again is.
	s.Update(s.consumer, func() {
		s.consumer.Spec.Secret.Template.Metadata = &v1alpha1.SecretTemplateMetadata{Labels: map[string]v1alpha1.LabelText{"team": "invoices"}}
	})
	expect("changed", map[string]string{"team": "invoices"}, map[string]string{})
	s.Update(secret, func() { delete(secret.Labels, "team") })
	expect("taken off again", map[string]string{}, map[string]string{})
	if c := s.condition(v1alpha1.ConditionDegraded); c.Reason != v1alpha1.ReasonSecretContested {
		t.Errorf("Degraded is %+v", c)
	}
	s.clock.Step(2 * time.Minute)
	expect("taken off, after a pause", map[string]string{"team": "invoices"}, map[string]string{})
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = nil })
	expect("unset", map[string]string{}, map[string]string{})
	if n := s.mints() - mints; n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}

func TestATemplateThatFailsIsNamedAndTheOldSecretStays(t *testing.T) {
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) { c.Spec.Secret = templated("Bearer {{ .accessToken }}") })
	before := s.TokenSecret(s.consumer)
	calls := s.Tenant.Calls()
	for text, says := range map[string]string{
		"{{ .clientSecret }}":      `template "auth.header" fails at line 1, column 3, at <.clientSecret>: there is no such value`,
		"{{ .accessToken | now }}": `template "auth.header" fails at line 1: function "now" not defined`,
	} {
		s.Update(s.consumer, func() { s.consumer.Spec.Secret = templated(text) })
		s.clock.Step(time.Second)
		s.step()
		if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonInvalidSpec || !strings.Contains(c.Message, says) {
			t.Errorf("Ready is %+v", c)
		}
	}
	after := s.TokenSecret(s.consumer)
	if after.ResourceVersion != before.ResourceVersion {
		t.Error("the Secret was written")
	}
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the tenant was called:\n%s", made)
	}
	s.Update(s.consumer, func() { s.consumer.Spec.Secret = templated("ok") })
	s.step()
	if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
		t.Errorf("Ready is %+v", c)
	}
}

func TestATemplateIsNoWayAroundTheConsentToDeliverClientSecrets(t *testing.T) {
	published := deliver(v1alpha1.DeliveryClientCredentials)
	published.Template = &v1alpha1.SecretTemplate{Type: string(corev1.SecretTypeBasicAuth), Data: map[string]v1alpha1.TemplateText{"username": "{{ .clientID }}", "password": "{{ .clientSecret }}", "note": "x"}}
	w, consumer := delivering(t, published)
	secret := holding(w, consumer, "client_id", "client_secret", "note", "password", "username")
	if secret.Type != corev1.SecretTypeBasicAuth || string(secret.Data["password"]) != string(secret.Data["client_secret"]) || string(secret.Data["username"]) != userOf(t, w, consumer).Name {
		t.Errorf("the Secret is of type %s", secret.Type)
	}
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = false })
	// A Secret of this type cannot be without these keys.
	w.Gone(secret)
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = true })
	holding(w, consumer, "client_id", "client_secret", "note", "password", "username")

	other := w.ConfidentialClient("other", "orders", "read")
	other.Spec.Secret = deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials)
	other.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateText{"basic": "{{ .clientSecret | b64enc }}"}}
	w.Create(other)
	kept := holding(w, other, tokenKeys("basic", "client_id", "client_secret")...)
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = false })
	w.Eventually("see the token alone", func() error {
		if w.Get(kept); len(kept.Data) != len(tokenKeys()) {
			return fmt.Errorf("there are %d keys", len(kept.Data))
		}
		return nil
	})
}

func TestASecretThatKubernetesDoesNotTakeIsSaidAndCostsNoTokenEachTime(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	consumer := s.ConfidentialClient("tls", "orders", "read")
	consumer.Spec.Secret = &v1alpha1.PublishedSecret{Template: &v1alpha1.SecretTemplate{Type: string(corev1.SecretTypeTLS)}}
	s.Create(consumer)
	s.consumer = consumer
	s.step()
	mints := s.mints()
	for range 3 {
		s.clock.Step(time.Second)
		if next := s.step(); next < time.Second {
			t.Errorf("the next look is in %v", next)
		}
		if c := s.condition(v1alpha1.ConditionReady); c.Reason != v1alpha1.ReasonInvalidSpec || !strings.Contains(c.Message, "data[tls.crt]") {
			t.Errorf("Ready is %+v", c)
		}
	}
	if n := s.mints() - mints; n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}
