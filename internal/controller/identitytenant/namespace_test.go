package identitytenant_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// adminCopy is the Secret that keeps the credential of a tenant.
func adminCopy(w *environment.World, tenant *v1alpha1.IdentityTenant) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("operator"), Name: "admin-" + string(tenant.UID)}}
}

// TestANamespaceThatHoldsTenantAndCredentialsCanGo deletes what is in a namespace as the namespace's own deletion does: all at once, and what
// has no finalizer first.
func TestANamespaceThatHoldsTenantAndCredentialsCanGo(t *testing.T) {
	for name, restart := range map[string]bool{"while the operator works": false, "while the operator restarts": true} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			users, roles, applications := len(w.Tenant.Users()), len(w.Tenant.Roles()), len(w.Tenant.Applications())
			stop := w.StartOperator()
			tenant := w.IdentityTenant()
			// All in one namespace, and with the label that makes a change of the Secret felt at once.
			secret := w.AdminSecret()
			secret.Labels = map[string]string{v1alpha1.WatchLabel: "true"}
			application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
			application.Namespace, consumer.Namespace = tenant.Namespace, tenant.Namespace
			consumer.Spec.OAuthClientRef.Namespace = tenant.Namespace
			w.Create(secret, tenant, application, consumer)
			w.Ready(tenant, application, consumer)
			w.Get(adminCopy(w, tenant))

			if restart {
				stop()
			}
			w.Delete(secret)
			if !restart {
				w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
			}
			w.Tenant.RevokeTokens() // and the operator's own is gone, too
			w.Delete(tenant)
			w.Delete(application)
			w.Delete(consumer)
			if restart {
				w.StartOperator()
			}
			w.Gone(consumer, application, tenant)
			w.Gone(adminCopy(w, tenant))
			if u, r, a := len(w.Tenant.Users()), len(w.Tenant.Roles()), len(w.Tenant.Applications()); u != users || r != roles || a != applications {
				t.Errorf("the tenant has %d users, %d roles and %d applications, not %d, %d and %d as before", u, r, a, users, roles, applications)
			}
		})
	}
}

func TestTheCredentialThatWorkedIsKeptAndNotUsedWithoutNeed(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.CreateTenant()
	w.Ready(tenant)
	kept := adminCopy(w, tenant)
	w.Get(kept)
	if string(kept.Data[v1alpha1.ClientIDKey]) == "" || kept.Annotations["oauth-operator.dev/source"] != tenant.Namespace+"/corp-admin" {
		t.Errorf("what is kept is from %v", kept.Annotations)
	}

	// A Secret that is taken away from a tenant that stays is access withdrawn.
	w.Delete(w.AdminSecret())
	w.Update(tenant, func() { tenant.Spec.Timeout = nil; tenant.Spec.LoginSuffix = "example.test" })
	w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	w.Delete(tenant)
	w.Gone(tenant, kept)
}

func TestADeletionThatWaitsKeepsTellingOfTheTenant(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	tenant := w.IdentityTenant()
	w.Delete(tenant)
	w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	w.Quiet()
	writes, passes := w.Writes(), w.Passes()
	w.LabelNamespace("identity", "look", "1")
	w.Update(tenant, func() {
		tenant.Annotations = map[string]string{v1alpha1.ReconcileRequestAnnotation: "1"}
	})
	w.Settled(passes, 1)
	if made := w.Writes().Since(writes); made.Total() != 0 {
		t.Errorf("looking at it again made writes: %s", made)
	}
	w.Delete(application)
	w.Delete(consumer)
	w.Gone(consumer, application, tenant)
}
