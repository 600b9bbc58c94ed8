package confidentialclient_test

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// withdrawals are the ways in which a tenant takes back what it allowed, and how it is given again.
func withdrawals() map[string]func(w *environment.World, give bool) {
	access := func(withdraw func(*v1alpha1.TenantAccess)) func(*environment.World, bool) {
		return func(w *environment.World, give bool) {
			tenant, open := w.IdentityTenant(), openAccess(w)
			w.Update(tenant, func() {
				if tenant.Spec.Access = open; !give {
					withdraw(tenant.Spec.Access)
				}
			})
		}
	}
	label := func(part string) func(*environment.World, bool) {
		return func(w *environment.World, give bool) {
			selected := w.IdentityTenant().Spec.Access.Namespaces.Selector.MatchLabels["test-tenant"]
			if !give {
				selected = ""
			}
			w.LabelNamespace(part, "test-tenant", selected)
		}
	}
	return map[string]func(*environment.World, bool){
		"namespaces: its own only": access(func(a *v1alpha1.TenantAccess) {
			a.Namespaces = &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromSame}
		}),
		"namespaces: others": access(func(a *v1alpha1.TenantAccess) {
			a.Namespaces.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"test-tenant": "other"}}
		}),
		"the label of the client's namespace":      label("billing"),
		"the label of the application's namespace": label("shop"),
		"allowedScopes": access(func(a *v1alpha1.TenantAccess) { a.AllowedScopes = []string{"write*"} }),
		"allowedRoles":  access(func(a *v1alpha1.TenantAccess) { a.AllowedRoles = nil }),
		"allowedApplicationTypes": access(func(a *v1alpha1.TenantAccess) {
			a.AllowedApplicationTypes = []v1alpha1.ApplicationType{v1alpha1.ApplicationTypeOAuth2Client}
		}),
		"maxTokenLifetime": access(func(a *v1alpha1.TenantAccess) { a.MaxTokenLifetime = &metav1.Duration{Duration: 5 * time.Minute} }),
	}
}

// openAccess allows everything that the tests of this file use.
func openAccess(w *environment.World) *v1alpha1.TenantAccess {
	access := w.IdentityTenant().Spec.Access
	access.AllowedScopes = []string{"read", "write"}
	access.AllowedRoles = []string{"Auditors"}
	access.MaxTokenLifetime = &metav1.Duration{Duration: time.Hour}
	return access
}

// withRole is a tenant with the role that the clients of these tests are in.
func withRole() emulator.Options {
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "Auditors"})
	return emulator.Options{Seed: seed}
}

func TestAccessThatIsWithdrawnStopsRenewalAndIsGivenAgain(t *testing.T) {
	for name, change := range withdrawals() {
		t.Run(name, func(t *testing.T) {
			const lifetime = 10 * time.Minute
			s := newStepperOn(t, withRole(), lifetime, func(w *environment.World, tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
				tenant.Spec.Access = openAccess(w)
				c.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}}
			})
			users, applications := len(s.Tenant.Users()), len(s.Tenant.Applications())
			mints, calls := s.mints(), s.Tenant.Calls()
			expires := s.consumer.Status.Token.ExpirationTime.Time
			change(s.World, false)
			s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
			s.step()
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("while the token is good Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			if degraded := s.condition(v1alpha1.ConditionDegraded); degraded.Reason != v1alpha1.ReasonNotAdmitted {
				t.Errorf("Degraded is %+v", degraded)
			}
			s.clock.SetTime(expires)
			s.step()
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonNotAdmitted {
				t.Errorf("after expiry Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			if s.mints() != mints || s.Tenant.Calls().Sub(calls).Total() != 0 {
				t.Errorf("the tenant was called:\n%s", s.Tenant.Calls().Sub(calls))
			}
			if len(s.TokenSecret(s.consumer).Data) == 0 || len(s.Tenant.Users()) != users || len(s.Tenant.Applications()) != applications {
				t.Error("something was taken away")
			}
			change(s.World, true)
			s.step()
			if ready := s.condition(v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("with access again Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			if s.mints() != mints+1 {
				t.Errorf("with access again %d tokens were minted", s.mints()-mints)
			}
		})
	}
}

func TestAccessIsFeltAtOnceWhenItGoesAndWhenItComesBack(t *testing.T) {
	w := server.New(t, withRole())
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access = openAccess(w)
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	application.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: 30 * time.Minute}}
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Auditors"}}
	w.Create(w.AdminSecret(), tenant, application, consumer)
	w.Ready(tenant, application, consumer)
	for name, change := range withdrawals() {
		t.Run(name, func(t *testing.T) {
			mints := w.Tenant.Calls()["OAuth2/Token/orders"]
			change(w, false)
			w.Condition(consumer, v1alpha1.ConditionDegraded, metav1.ConditionTrue, v1alpha1.ReasonNotAdmitted)
			w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
			change(w, true)
			w.Eventually("see that nothing fails any more", func() error {
				if w.Get(consumer); meta.IsStatusConditionTrue(consumer.Status.Conditions, v1alpha1.ConditionDegraded) {
					return fmt.Errorf("the conditions are %+v", consumer.Status.Conditions)
				}
				return nil
			})
			w.Ready(application, consumer)
			if n := w.Tenant.Calls()["OAuth2/Token/orders"]; n != mints {
				t.Errorf("%d tokens were minted although one was good", n-mints)
			}
		})
	}
}
