package confidentialclient_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// external is a tenant with an application and a client that people made by hand.
func external() emulator.Options {
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "Reporters"})
	seed.Users = append(seed.Users, emulator.SeedUser{
		Name: "reports@example.test", Password: "Made-by-hand-0123", OauthClient: true, ServiceUser: true, Roles: []string{"Reporters"},
	})
	seed.Applications = append(seed.Applications, emulator.SeedApplication{
		ServiceName: "reports", Scopes: []emulator.SeedScope{{Scope: "report"}}, Grants: []emulator.SeedGrant{{Role: "Reporters"}},
	})
	return emulator.Options{Seed: seed}
}

func externalClient(w *environment.World) *v1alpha1.ConfidentialClient {
	return &v1alpha1.ConfidentialClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("billing"), Name: "reports"},
		Spec: v1alpha1.ConfidentialClientSpec{
			Application: &v1alpha1.ExternalApplication{
				TenantRef:     v1alpha1.IdentityTenantReference{Namespace: w.Namespace("identity"), Name: "corp"},
				ApplicationID: "reports",
			},
			Scopes:     []string{"report"},
			Identity:   &v1alpha1.ClientIdentity{Provisioning: v1alpha1.IdentityProvisioningExternal},
			Credential: &v1alpha1.ClientCredential{SecretRef: &v1alpha1.SecretReference{Name: "reports-client"}},
		},
	}
}

func TestATokenIsKeptForAnApplicationThatNobodyManagesHere(t *testing.T) {
	w := server.New(t, external())
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Credentials = nil // such a tenant needs no admin credential
	credential := secretNamed(w.Namespace("billing"), "reports-client")
	credential.StringData = map[string]string{"client_id": "reports@example.test", "client_secret": "Made-by-hand-0123\n"}
	consumer := externalClient(w)
	calls := w.Tenant.Calls()
	w.Create(tenant, credential, consumer)
	w.Ready(tenant, consumer)
	if made := w.Tenant.Calls().Sub(calls); made[readKeys] != 1 || made.Total() != 2 {
		t.Errorf("more was asked of the tenant than the one token, and the keys to check it with:\n%s", made)
	}
	if got := string(w.TokenSecret(consumer).Data["scope"]); got != "report" {
		t.Errorf("scope is %q", got)
	}
	w.Delete(consumer)
	w.Gone(consumer)
	if len(w.Tenant.Users()) != 2 || w.Tenant.Calls().Sub(calls).Total() != 2 {
		t.Errorf("the deletion of an external client called the tenant:\n%s", w.Tenant.Calls().Sub(calls))
	}
}

func TestAWrongExternalCredentialIsSaidAndMendedByALabelledSecret(t *testing.T) {
	w := server.New(t, external())
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Credentials = nil
	credential := secretNamed(w.Namespace("billing"), "reports-client")
	credential.Labels = map[string]string{v1alpha1.WatchLabel: "true"}
	credential.StringData = map[string]string{"client_id": "reports@example.test", "client_secret": "wrong"}
	consumer := externalClient(w)
	w.Create(tenant, consumer)
	missing := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if !strings.Contains(missing.Message, "reports-client") {
		t.Errorf("the message does not name the Secret: %s", missing.Message)
	}
	w.Create(credential)
	w.Condition(consumer, v1alpha1.ConditionCredentialValid, metav1.ConditionFalse, v1alpha1.ReasonInvalidClient)
	w.Update(credential, func() { credential.Data = map[string][]byte{"client_id": []byte("reports@example.test")} })
	incomplete := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretIncomplete)
	if !strings.Contains(incomplete.Message, "client_secret") {
		t.Errorf("the message does not name the key: %s", incomplete.Message)
	}
	w.Update(credential, func() { credential.Data["client_secret"] = []byte("Made-by-hand-0123") })
	w.Ready(consumer)
	w.Condition(consumer, v1alpha1.ConditionCredentialValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}
