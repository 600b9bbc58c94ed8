package confidentialclient_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// deliver lists groups of keys.
func deliver(groups ...v1alpha1.Delivery) *v1alpha1.PublishedSecret {
	return &v1alpha1.PublishedSecret{Deliver: groups}
}

// delivering makes a world whose tenant allows that client secrets are delivered, with an application and a client of it.
func delivering(t *testing.T, published *v1alpha1.PublishedSecret) (*environment.World, *v1alpha1.ConfidentialClient) {
	t.Helper()
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowClientSecretDelivery = true
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	consumer.Spec.Secret = published
	w.Create(w.AdminSecret(), tenant, application, consumer)
	w.Ready(tenant, application, consumer)
	return w, consumer
}

// holding waits until a client is Ready and its Secret holds exactly the given keys.
func holding(w *environment.World, c *v1alpha1.ConfidentialClient, keys ...string) *corev1.Secret {
	w.Ready(c)
	secret := w.TokenSecret(c)
	w.Eventually("see the keys "+strings.Join(keys, ", "), func() error {
		w.Get(secret)
		if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(secret.Data))); diff != "" {
			return errors.New("keys (-want +got):\n" + diff)
		}
		return nil
	})
	return secret
}

func mints(w *environment.World) int { return w.Tenant.Calls()["OAuth2/Token/orders"] }

func tokenKeys(more ...string) []string {
	return slices.Sorted(slices.Values(append(more, "access_token", "expires_at", "scope", "token_type")))
}

func TestCredentialsAndEndpointsAreDelivered(t *testing.T) {
	w, consumer := delivering(t, deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints))
	secret := holding(w, consumer, tokenKeys("client_id", "client_secret", "token_url", "issuer", "jwks_url", "application_id", "tenant_url")...)
	for key, want := range map[string]string{
		"client_id":      userOf(t, w, consumer).Name,
		"token_url":      w.Tenant.URL() + "/oauth2/token/orders",
		"issuer":         w.Tenant.URL() + "/orders/",
		"jwks_url":       w.Tenant.URL() + "/OAuth2/Keys/orders",
		"application_id": "orders",
		"tenant_url":     w.Tenant.URL(),
	} {
		if got := string(secret.Data[key]); got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
	if n := mints(w); n != 1 {
		t.Errorf("%d tokens were requested", n)
	}
	w.Quiet()
	calls, writes, passes := w.Tenant.Calls(), w.Writes(), w.Passes()
	w.LabelNamespace("billing", "touched", "true")
	w.Settled(passes, 1)
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 || w.Writes().Since(writes).Total() != 0 {
		t.Errorf("a look with nothing to do took calls or writes: %s%s", made, w.Writes().Since(writes))
	}
}

func TestWhatIsDeliveredAndUnderWhichKeysCostsNoToken(t *testing.T) {
	w, consumer := delivering(t, nil)
	token := string(holding(w, consumer, tokenKeys()...).Data["access_token"])
	for _, tc := range []struct {
		name string
		spec *v1alpha1.PublishedSecret
		keys []string
		key  string // of the token
	}{
		{"more is delivered", deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints), tokenKeys("client_id", "client_secret", "token_url", "issuer", "jwks_url", "application_id", "tenant_url"), "access_token"},
		{
			"keys are renamed",
			&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryEndpoints}, Keys: &v1alpha1.SecretKeys{AccessToken: "token", TenantURL: "server"}},
			[]string{"application_id", "expires_at", "issuer", "jwks_url", "scope", "server", "token", "token_type", "token_url"},
			"token",
		},
		{"the credentials alone", deliver(v1alpha1.DeliveryClientCredentials), []string{"client_id", "client_secret"}, ""},
	} {
		w.Quiet()
		before, writes := mints(w), w.Writes()
		w.Update(consumer, func() { consumer.Spec.Secret = tc.spec })
		secret := holding(w, consumer, tc.keys...)
		w.Quiet()
		if n := mints(w) - before; n != 0 {
			t.Errorf("%s: %d tokens were requested", tc.name, n)
		}
		if made := w.Writes().Since(writes); made.Of("secrets") != 1 || made.Total() > 2 {
			t.Errorf("%s: other writes were made than Secret and status: %s", tc.name, made)
		}
		if tc.key != "" && string(secret.Data[tc.key]) != token {
			t.Errorf("%s: the token is another one", tc.name)
		}
	}
	if w.Get(consumer); consumer.Status.Token != nil {
		t.Errorf("the status tells of a token that is not delivered: %+v", consumer.Status.Token)
	}
	before := mints(w)
	w.Update(consumer, func() { consumer.Spec.Secret = nil })
	holding(w, consumer, tokenKeys()...)
	w.Quiet()
	if n := mints(w) - before; n != 1 {
		t.Errorf("%d tokens were requested when the token was wanted again", n)
	}
}

func TestTheTenantHasToAllowThatClientSecretsAreDelivered(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application := w.OAuthClient("orders")
	w.Ready(w.CreateTenant())
	w.Create(application)
	w.Ready(application)
	w.Quiet()
	calls := w.Tenant.Calls()
	consumer := w.ConfidentialClient("billing", "orders", "read")
	consumer.Spec.Secret = deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials)
	w.Create(consumer)
	refused := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	if !strings.Contains(refused.Message, "spec.access.allowClientSecretDelivery") {
		t.Errorf("the message does not say who decides: %s", refused.Message)
	}
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("what is refused has called the tenant:\n%s", made)
	}
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = true })
	holding(w, consumer, tokenKeys("client_id", "client_secret")...)
}

func TestAClientSecretLeavesTheSecretWhenItsDeliveryIsNotAllowedAnyMore(t *testing.T) {
	w, consumer := delivering(t, deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints))
	secret := w.TokenSecret(consumer)
	credential, token := string(secret.Data["client_secret"]), string(secret.Data["access_token"])
	w.Update(secret, func() { secret.Data["theirs"] = []byte("stays") })
	w.Quiet()
	calls := w.Tenant.Calls()
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = false })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	w.Get(secret)
	if diff := cmp.Diff(tokenKeys("token_url", "issuer", "jwks_url", "application_id", "tenant_url", "theirs"), slices.Sorted(maps.Keys(secret.Data))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if string(secret.Data["access_token"]) != token {
		t.Error("the token was touched")
	}
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery = true })
	secret = holding(w, consumer, tokenKeys("client_id", "client_secret", "token_url", "issuer", "jwks_url", "application_id", "tenant_url", "theirs")...)
	if string(secret.Data["client_secret"]) != credential {
		t.Error("the client secret is another one")
	}
	// A new name for the Secret is no way to keep the old one.
	w.Quiet()
	w.Update(tenant, func() { tenant.Spec.Access.AllowClientSecretDelivery, tenant.Spec.Access.Namespaces = false, nil })
	w.Update(consumer, func() { consumer.Spec.Secret.Name = "renamed" })
	w.Eventually("see the client secret leave the old Secret", func() error {
		if w.Get(secret); secret.Data["client_secret"] != nil {
			return errors.New("it is there")
		}
		return nil
	})
	w.Quiet()
	if n := w.Tenant.Calls().Sub(calls)["OAuth2/Token/orders"]; n != 0 {
		t.Errorf("%d tokens were requested", n)
	}
}

func TestWithoutATokenTheCredentialIsTriedOnceAndNeverRenewed(t *testing.T) {
	s := newStepper(t, 10*time.Minute, func(c *v1alpha1.ConfidentialClient) { c.Spec.Secret = deliver(v1alpha1.DeliveryEndpoints) })
	if n := s.mints(); n != 1 {
		t.Errorf("%d tokens were requested", n)
	}
	if c := s.condition(v1alpha1.ConditionTokenReady); c.Status != metav1.ConditionTrue || c.Reason != v1alpha1.ReasonNotDelivered {
		t.Errorf("TokenReady is %+v", c)
	}
	if c := s.condition(v1alpha1.ConditionCredentialValid); c.Status != metav1.ConditionTrue {
		t.Errorf("CredentialValid is %+v", c)
	}
	for range 3 {
		s.clock.Step(24 * time.Hour)
		if next := s.step(); next != 0 {
			t.Errorf("the next look is in %v", next)
		}
		if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
			t.Errorf("Ready is %+v", c)
		}
	}
	if n := s.mints(); n != 1 {
		t.Errorf("%d tokens were requested in the end", n)
	}
	// What the token would depend on is still proved.
	s.Update(s.consumer, func() { s.consumer.Spec.Scopes = nil })
	s.step()
	if n := s.mints(); n != 2 {
		t.Errorf("%d tokens were requested after a change of the scopes", n)
	}
}

// forUsersOnly starts an operator, and creates an application that issues tokens to users only, with a client whose credentials are delivered.
func forUsersOnly(t *testing.T) (*environment.World, *v1alpha1.ConfidentialClient) {
	t.Helper()
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowClientSecretDelivery = true
	application := w.OAuthClient("orders")
	application.Spec.RedirectURIs = []string{"https://orders.example.com/callback"}
	application.Spec.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}}
	consumer := w.ConfidentialClient("billing", "orders")
	consumer.Spec.Secret = deliver(v1alpha1.DeliveryClientCredentials)
	w.Create(w.AdminSecret(), tenant, application, consumer)
	return w, consumer
}

func TestAnApplicationForUsersOnlyHasItsClientsCredentialsDelivered(t *testing.T) {
	w, consumer := forUsersOnly(t)
	holding(w, consumer, "client_id", "client_secret")
	w.Condition(consumer, v1alpha1.ConditionCredentialValid, metav1.ConditionUnknown, v1alpha1.ReasonUntried)
	if n := mints(w); n != 0 {
		t.Errorf("%d tokens were asked for", n)
	}
	w.Update(consumer, func() { consumer.Spec.Secret = nil })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
}

func TestAnEditOfWhatIsDeliveredBesideTheTokenIsRepairedWithoutAMint(t *testing.T) {
	w, consumer := delivering(t, deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints))
	secret := w.TokenSecret(consumer)
	before := maps.Clone(secret.Data)
	w.Quiet()
	calls := w.Tenant.Calls()
	w.Update(secret, func() {
		secret.Data["issuer"] = []byte("https://attacker.example.com")
		delete(secret.Data, "client_secret")
	})
	w.Eventually("see the Secret repaired", func() error {
		w.Get(secret)
		if diff := len(cmp.Diff(before, secret.Data)); diff != 0 {
			return errors.New("it is not as it was")
		}
		return nil
	})
	w.Ready(consumer)
	w.Update(secret, func() { secret.Data["issuer"] = []byte("https://attacker.example.com") })
	contested := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretContested)
	if !strings.Contains(contested.Message, "somebody else") {
		t.Errorf("the message is %q", contested.Message)
	}
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the repair has called the tenant:\n%s", made)
	}
}

func TestAnIssuerThatChangesIsDelivered(t *testing.T) {
	w, consumer := delivering(t, deliver(v1alpha1.DeliveryEndpoints))
	application := w.OAuthClient("orders")
	w.Update(application, func() { application.Spec.Issuer = "https://issuer.example.com" })
	secret := w.TokenSecret(consumer)
	w.Eventually("see the new issuer", func() error {
		if w.Get(secret); string(secret.Data["issuer"]) != "https://issuer.example.com" {
			return errors.New("it is " + string(secret.Data["issuer"]))
		}
		return nil
	})
	w.Ready(consumer)
}

func TestACredentialThatUsersBringIsDeliveredWithoutTheTenantsConsent(t *testing.T) {
	w := server.New(t, external())
	w.StartOperator()
	credential := secretNamed(w.Namespace("billing"), "reports-client")
	credential.Labels = map[string]string{v1alpha1.WatchLabel: "true"}
	credential.StringData = map[string]string{"client_id": "reports@example.test", "client_secret": "Made-by-hand-0123"}
	consumer := externalClient(w)
	consumer.Spec.Secret = deliver(v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints)
	w.Create(w.AdminSecret(), w.IdentityTenant(), credential, consumer)
	secret := holding(w, consumer, "application_id", "client_id", "client_secret", "issuer", "jwks_url", "tenant_url", "token_url")
	if got := string(secret.Data["client_secret"]); got != "Made-by-hand-0123" {
		t.Error("another client secret is delivered")
	}

	// A new one is proved before it is delivered.
	w.Update(credential, func() { credential.Data["client_secret"] = []byte("Not-the-password-9") })
	w.Condition(consumer, v1alpha1.ConditionCredentialValid, metav1.ConditionFalse, v1alpha1.ReasonInvalidClient)
	if w.Get(secret); string(secret.Data["client_secret"]) != "Made-by-hand-0123" {
		t.Error("a client secret is delivered that the tenant refuses")
	}
	must(t, w.Tenant.SetUserPassword("reports@example.test", "Another-by-hand-45"))
	w.Update(credential, func() { credential.Data["client_secret"] = []byte("Another-by-hand-45") })
	w.Eventually("see the new client secret", func() error {
		if w.Get(secret); string(secret.Data["client_secret"]) != "Another-by-hand-45" {
			return errors.New("it is the old one")
		}
		return nil
	})
	w.Ready(consumer)
}
