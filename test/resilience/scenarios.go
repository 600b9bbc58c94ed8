package resilience

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Scenarios returns all scenarios, in the order in which tables show them.
func Scenarios() []Scenario {
	return slices.Concat(tenantScenarios(), applicationScenarios(), scopeScenarios(), clientScenarios(), rotationScenarios())
}

// declare creates objects.
func declare(describe ...func(w *World) client.Object) func(*World) {
	return func(w *World) {
		for _, object := range describe {
			w.Create(object(w))
		}
	}
}

// withdraw deletes objects.
func withdraw(describe ...func(w *World) client.Object) func(*World) {
	return func(w *World) {
		for _, object := range describe {
			w.Delete(object(w))
		}
	}
}

func theTenant(w *World) client.Object { return w.IdentityTenant() }

func adminSecret(w *World) client.Object { return w.AdminSecret() }

// orders is an OAuthClient with a permission and a claims script.
func orders(w *World) client.Object {
	o := w.OAuthClient("orders")
	o.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors"}}
	o.Spec.ClaimsScript = "setClaim('Department', 'orders')"
	return o
}

// writing is a Scope of orders.
func writing(w *World) client.Object { return w.Scope("write", "orders", "write") }

// billing is a client of orders that is in a further role, and delivers its credential.
func billing(w *World) client.Object {
	c := w.ConfidentialClient("billing", "orders", "read")
	c.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}}
	c.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}}
	return c
}

// inTurns is billing with two users that take turns.
func inTurns(w *World) client.Object {
	c := billing(w).(*v1alpha1.ConfidentialClient)
	c.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &v1alpha1.CredentialRotation{
		Strategy: v1alpha1.RotationStrategyDualIdentity, Overlap: &metav1.Duration{Duration: overlap},
	}}
	return c
}

// What there is before a scenario: a tenant, with an application, with a client, with a Scope.

func aTenant(w *World) { declare(adminSecret, theTenant)(w) }

func anApplication(w *World) { declare(adminSecret, theTenant, orders)(w) }

func aClient(w *World) { declare(adminSecret, theTenant, orders, billing)(w) }

func aClientInTurns(w *World) { declare(adminSecret, theTenant, orders, inTurns)(w) }

func aScope(w *World) { declare(adminSecret, theTenant, orders, writing, billing)(w) }

// changeTenant changes the spec of the tenant.
func changeTenant(change func(spec *v1alpha1.IdentityTenantSpec)) func(*World) {
	return func(w *World) {
		t := w.IdentityTenant()
		w.Update(t, func() { change(&t.Spec) })
	}
}

// changeApplication changes the spec of orders.
func changeApplication(change func(spec *v1alpha1.OAuthClientSpec)) func(*World) {
	return func(w *World) {
		o := w.OAuthClient("orders")
		w.Update(o, func() { change(&o.Spec) })
	}
}

// changeClient changes billing.
func changeClient(change func(c *v1alpha1.ConfidentialClient)) func(*World) {
	return func(w *World) {
		c := w.ConfidentialClient("billing", "orders")
		w.Update(c, func() { change(c) })
	}
}

// theClient returns billing as the operator sees it; nil if there is none.
func theClient(w *World) *v1alpha1.ConfidentialClient {
	for _, o := range w.cache.all(clients) {
		return o.(*v1alpha1.ConfidentialClient)
	}
	return nil
}

// renewalTime moves the clock to when the token of billing is to be replaced.
func renewalTime(w *World) { w.time.SetTime(theClient(w).Status.Token.RenewalTime.Time) }

// overlapPasses moves the clock to the end of an overlap.
func overlapPasses(w *World) { w.Step(overlap + time.Second) }
