package oauthclient_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// adopting creates a tenant that lets OAuthClients adopt, and returns one that asks for it.
func adopting(w *environment.World) *v1alpha1.OAuthClient {
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient}
	w.Create(w.AdminSecret(), tenant)
	return adopter(w)
}

func adopter(w *environment.World) *v1alpha1.OAuthClient {
	legacy := w.OAuthClient("legacy")
	legacy.Spec.Description, legacy.Spec.AdoptionPolicy = "made by hand", v1alpha1.AdoptionPolicyAdopt
	return legacy
}

func TestAnUnownedApplicationIsAdoptedAndStaysWhenItsObjectGoes(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			key := byHand(t, w.Tenant, map[string]any{"OAuthProfile": profileByHand()})
			w.StartOperator()
			legacy := adopting(w)
			w.Create(legacy)
			w.Ready(legacy)
			if legacy.Status.ApplicationKey != key || legacy.Status.ApplicationOrigin != v1alpha1.ApplicationAdopted {
				t.Errorf("the application is %s, %s, not %s, Adopted", legacy.Status.ApplicationKey, legacy.Status.ApplicationOrigin, key)
			}
			change := legacy.Status.Changes[0]
			if diff := cmp.Diff([]string{"spec.displayName", "spec.description", "spec.clientRole"}, change.Fields); change.Kind != v1alpha1.ChangeAdopted || diff != "" {
				t.Errorf("the status tells of %s (-want +got):\n%s", change.Kind, diff)
			}
			event(w, legacy.Namespace, "Adopted", "spec.displayName")
			found, _ := w.Tenant.Application("legacy")
			if mark, marked := ownership.Find(found.Description); !marked || !mark.Adopted || !strings.HasPrefix(found.Description, "made by hand ") {
				t.Errorf("its description is %q", found.Description)
			}
			if found.Raw["Icon"] != "/vfslow/legacy" {
				t.Errorf("a field that the operator does not know is %v now", found.Raw["Icon"])
			}
			scope := found.Raw["OAuthProfile"].(map[string]any)["KnownScopes"].([]any)[0].(map[string]any)
			if scope["Type"] != "portal" {
				t.Errorf("the type of a scope, which the operator does not know, is %v now", scope["Type"])
			}

			// It stays by default, and remembers that it was adopted when it is found again by its mark, without a policy and without consent.
			for range 2 {
				w.Delete(legacy)
				w.Gone(legacy)
				if _, found := w.Tenant.Application("legacy"); !found {
					t.Fatal("an adopted application was deleted")
				}
				legacy = w.OAuthClient("legacy")
				w.Create(legacy)
				w.Ready(legacy)
				if origin := legacy.Status.ApplicationOrigin; origin != v1alpha1.ApplicationAdopted {
					t.Errorf("found by its mark, its origin is %s", origin)
				}
			}
			w.Update(legacy, func() { legacy.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
			w.Delete(legacy)
			w.Gone(legacy)
			if _, found := w.Tenant.Application("legacy"); found {
				t.Error("deletionPolicy Delete left it")
			}
		})
	}
}

func TestNothingIsAdoptedByAccident(t *testing.T) {
	other := ownership.Mark{ClusterID: "elsewhere", Kind: "OAuthClient", Namespace: "shop", Name: "legacy", UID: "1"}
	for name, tc := range map[string]struct {
		application map[string]any
		change      func(*v1alpha1.OAuthClient)
		says        string
	}{
		"without asking for it":        {nil, func(o *v1alpha1.OAuthClient) { o.Spec.AdoptionPolicy = "" }, "spec.adoptionPolicy Adopt"},
		"with the word Never":          {nil, func(o *v1alpha1.OAuthClient) { o.Spec.AdoptionPolicy = v1alpha1.AdoptionPolicyNever }, "spec.adoptionPolicy Adopt"},
		"one of the other type":        {map[string]any{"TemplateName": "OAuth2ServerClient"}, func(*v1alpha1.OAuthClient) {}, "template OAuth2ServerClient"},
		"one that has an owner's mark": {map[string]any{"Description": other.Describe("x")}, func(*v1alpha1.OAuthClient) {}, `OAuthClient shop/legacy of cluster "elsewhere"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			byHand(t, w.Tenant, tc.application)
			before, _ := w.Tenant.Application("legacy")
			w.StartOperator()
			legacy := adopting(w)
			tc.change(legacy)
			calls := w.Tenant.Calls()
			w.Create(legacy)
			c := w.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
			if !strings.Contains(c.Message, tc.says) {
				t.Errorf("the message does not say %q: %s", tc.says, c.Message)
			}
			w.Delete(legacy)
			w.Gone(legacy)
			expectNoWrites(t, w.Tenant.Calls().Sub(calls))
			if after, _ := w.Tenant.Application("legacy"); !cmp.Equal(before, after) {
				t.Errorf("the application was changed:\n%s", cmp.Diff(before, after))
			}
		})
	}
}

func TestAdoptionNeedsTheTenantsConsentOnceAndBeforeAnyCall(t *testing.T) {
	w := server.New(t, emulator.Options{})
	byHand(t, w.Tenant, nil)
	w.StartOperator()
	tenant := w.CreateTenant()
	w.Ready(tenant)
	w.Quiet()
	calls := w.Tenant.Calls()
	legacy := adopter(w)
	w.Create(legacy)
	c := w.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	if !strings.Contains(c.Message, "spec.access.allowAdoption") {
		t.Errorf("the message does not name the field: %s", c.Message)
	}
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the tenant was asked:\n%s", made)
	}
	w.Update(tenant, func() { tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient} })
	w.Ready(legacy)
	// What was adopted with consent is kept without it.
	w.Update(tenant, func() { tenant.Spec.Access.AllowAdoption = nil })
	w.Update(legacy, func() { legacy.Spec.Audience = "https://other.example.com" })
	w.Ready(legacy)
}

func TestAnAdoptionThatWasCutOffAnywhereIsMadeAgain(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"before the update":                 {Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultResetBefore, Count: 1},
		"the answer to the update is lost":  {Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultResetAfter, Count: 1},
		"the answer to reading it is lost":  {Operation: "SaasManage/GetApplication", Kind: emulator.FaultResetAfter, Count: 2},
		"the answer to the role is lost":    {Operation: "Roles/StoreRole", Kind: emulator.FaultResetAfter, Count: 1},
		"the answer to the grant is lost":   {Operation: "SaasManage/SetApplicationPermissions", Kind: emulator.FaultResetAfter, Count: 1},
		"reading the grants fails a moment": {Operation: "Acl/GetRowAces", Kind: emulator.FaultStatus, Status: 503, Count: 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			key := byHand(t, w.Tenant, nil)
			w.Tenant.Inject(fault)
			stop := w.StartOperator()
			legacy := adopting(w)
			w.Create(legacy)
			w.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
			stop()
			w.StartOperator()
			w.Ready(legacy)
			if legacy.Status.ApplicationKey != key || legacy.Status.ApplicationOrigin != v1alpha1.ApplicationAdopted {
				t.Errorf("the application is %s, %s", legacy.Status.ApplicationKey, legacy.Status.ApplicationOrigin)
			}
			if n := len(w.Tenant.Applications()); n != 2 {
				t.Errorf("the tenant has %d applications, not the admin's and this one", n)
			}
		})
	}
}
