package confidentialclient_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestEverythingIsDeletedInOrderWhateverTheOrderItIsAskedIn(t *testing.T) {
	w := server.New(t, emulator.Options{})
	users, roles, applications := len(w.Tenant.Users()), len(w.Tenant.Roles()), len(w.Tenant.Applications())
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	tenant := w.IdentityTenant()

	// The tenant first, then the application: each waits for what depends on it, and says for whom.
	w.Delete(tenant)
	w.Delete(application)
	waits := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	if !strings.Contains(waits.Message, application.Namespace+"/orders") {
		t.Errorf("the tenant does not say for whom it waits: %s", waits.Message)
	}
	waits = w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	if !strings.Contains(waits.Message, consumer.Namespace+"/billing") {
		t.Errorf("the application does not say for whom it waits: %s", waits.Message)
	}
	if w.Get(tenant); tenant.Status.LoginSuffix == "" {
		t.Error("a tenant that waits has forgotten its login suffix")
	}
	w.Delete(consumer)
	w.Gone(consumer, application, tenant)

	if n := len(w.Tenant.Users()); n != users {
		t.Errorf("the tenant has %d users, not %d as before", n, users)
	}
	if n := len(w.Tenant.Roles()); n != roles {
		t.Errorf("the tenant has %d roles, not %d as before", n, roles)
	}
	if n := len(w.Tenant.Applications()); n != applications {
		t.Errorf("the tenant has %d applications, not %d as before", n, applications)
	}
	w.Gone(secretNamed(w.Namespace("operator"), "credential-"+string(consumer.UID)))
}

func TestADeletionTouchesNothingThatIsNotOurs(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	user := userOf(t, w, consumer)
	// Somebody else has taken the user over: it is theirs now.
	must(t, w.Tenant.RemoveUser(user.Name))
	id, err := w.Tenant.AddUser(emulator.SeedUser{Name: user.Name, Description: "A person"})
	must(t, err)
	w.Update(consumer, func() { consumer.Spec.Scopes = nil }) // the operator meets the new user before it deletes
	w.Quiet()
	w.Delete(consumer)
	w.Gone(consumer)
	for _, u := range w.Tenant.Users() {
		if u.ID == id {
			return
		}
	}
	t.Error("somebody else's user is gone")
}

func TestWhatIsOrphanedStaysAndIsFoundAgain(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	application.Spec.DeletionPolicy, consumer.Spec.DeletionPolicy = v1alpha1.DeletionPolicyOrphan, v1alpha1.DeletionPolicyOrphan
	w.Create(application, consumer)
	w.Ready(application, consumer)
	user, key := userOf(t, w, consumer), application.Status.ApplicationKey

	// It takes no tenant to leave something there.
	remove := w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 503})
	w.Delete(consumer)
	w.Delete(application)
	w.Gone(consumer, application, secretNamed(w.Namespace("operator"), "credential-"+string(consumer.UID)))
	remove()

	application, consumer = w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	w.Create(application, consumer)
	w.Ready(application, consumer)
	if again := userOf(t, w, consumer); again.ID != user.ID {
		t.Errorf("user %s has become %s", user.ID, again.ID)
	}
	if application.Status.ApplicationKey != key {
		t.Errorf("application %s has become %s", key, application.Status.ApplicationKey)
	}
}
