package confidentialclient_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestFirstProvisioningStaysWithinItsBudget(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.Ready(w.CreateTenant())
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	for _, role := range []string{"Auditors", "Readers"} {
		if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: role}); err != nil {
			t.Fatal(err)
		}
	}
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.Access.AllowedRoles = []string{"Auditors", "Read*"} })
	w.Ready(tenant)

	consumer := w.ConfidentialClient("billing", "orders", "read")
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors", "Readers"}}
	calls, writes := w.Tenant.Calls(), w.Writes()
	w.Create(consumer)
	w.Ready(consumer)
	if made := w.Tenant.Calls().Sub(calls); made.Total() > 5+2+1 {
		t.Errorf("the first ConfidentialClient took %d calls, more than 5, one for each of its 2 roles and one for the keys of the application:\n%s", made.Total(), made)
	}
	if made := w.Writes().Since(writes); made.Total() > 4 {
		t.Errorf("the first ConfidentialClient took %d writes, more than 4: %s", made.Total(), made)
	}
}

func TestTheSecretHoldsATokenAndAllThatIsKnownOfIt(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")

	secret := w.TokenSecret(consumer)
	if got := string(secret.Data[v1alpha1.TokenTypeKey]); !strings.EqualFold(got, "Bearer") {
		t.Errorf("token_type is %q", got)
	}
	if got := string(secret.Data[v1alpha1.ScopeKey]); got != "read" {
		t.Errorf("scope is %q", got)
	}
	expires, err := time.Parse(time.RFC3339, string(secret.Data[v1alpha1.ExpiresAtKey]))
	if err != nil {
		t.Fatalf("expires_at: %v", err)
	}
	if left := time.Until(expires); left < 4*time.Hour || left > 5*time.Hour {
		t.Errorf("the token lives %v, not about 5h", left)
	}
	if !metav1.IsControlledBy(secret, consumer) {
		t.Errorf("the Secret would outlive its owner: %v", secret.OwnerReferences)
	}
	claims := claimsOf(t, secret)
	if diff := cmp.Diff("https://orders.example.com", claims["aud"]); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	w.Get(consumer)
	if consumer.Status.Token.KeyID == "" || !consumer.Status.Token.ExpirationTime.Equal(&metav1.Time{Time: expires}) {
		t.Errorf("the status does not tell the token's key and expiry: %+v", consumer.Status.Token)
	}
}

func TestAManagedIdentityIsAConfidentialClientAndNothingElse(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")

	user := userOf(t, w, consumer)
	want := emulator.User{
		ID: user.ID, Name: user.Name, Mail: user.Name, RoleIDs: user.RoleIDs, Description: user.Description,
		DisplayName: consumer.Namespace + "/billing", ServiceUser: true, OauthClient: true, PasswordNeverExpire: true, State: "None",
	}
	if diff := cmp.Diff(want, user); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(user.Description, "ConfidentialClient/"+consumer.Namespace+"/billing") {
		t.Errorf("the user does not carry our mark: %q", user.Description)
	}
	roles := w.Tenant.Roles()
	at := slices.IndexFunc(roles, func(r emulator.Role) bool { return r.Name == "orders clients" })
	if at < 0 || !slices.Equal(roles[at].Members, []string{user.ID}) {
		t.Errorf("the user is not the one member of the role of the application's clients: %+v", roles)
	}
}

func TestObjectsMayBeAppliedInEveryOrder(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	permute([]int{0, 1, 2, 3, 4}, func(order []int) {
		if t.Failed() || (order[0] != 4 && order[1] != 4) { // the Secret first or second: later ones only wait for a poll
			return
		}
		name := "o" + strings.Trim(strings.ReplaceAll(strings.Join(strings.Fields(ints(order)), ""), ",", ""), "[]")
		objects := setNamed(w, name)
		for _, i := range order {
			w.Create(objects[i])
		}
		w.Ready(objects[0], objects[1], objects[2], objects[3])
	})
	if n := len(w.Tenant.Applications()); n != 48+1 {
		t.Errorf("there are %d applications, not one for each of 48 orders and the administrator's", n)
	}
}

// setNamed returns a tenant, an application, a scope, a client that requests it, and the admin Secret, all under one name.
func setNamed(w *environment.World, name string) []client.Object {
	secret := w.AdminSecret()
	secret.Name = name
	tenant := w.IdentityTenant()
	tenant.Name, tenant.Spec.Credentials.SecretRef.Name = name, name
	application := w.OAuthClient(name)
	application.Spec.TenantRef.Name = name
	scope := w.Scope(name, name, "write")
	consumer := w.ConfidentialClient(name, name, "read", "write")
	return []client.Object{tenant, application, scope, consumer, secret}
}

func TestAMissingAdminSecretIsFoundWithoutALabel(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	w.Create(tenant)
	missing := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if !strings.Contains(missing.Message, tenant.Namespace+"/corp-admin") {
		t.Errorf("the message does not name the Secret: %s", missing.Message)
	}
	secret := w.AdminSecret()
	w.Create(secret)
	w.Ready(tenant)
}

// userOf returns the directory user behind a client.
func userOf(t *testing.T, w *environment.World, c *v1alpha1.ConfidentialClient) emulator.User {
	t.Helper()
	w.Get(c)
	for _, user := range w.Tenant.Users() {
		if c.Status.ActiveIdentity() != nil && user.ID == c.Status.ActiveIdentity().UserID {
			return user
		}
	}
	t.Fatalf("the tenant has no user of %s: %+v", environment.Key(c), w.Tenant.Users())
	return emulator.User{}
}

func secretNamed(namespace, name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}
