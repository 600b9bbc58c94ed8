package oauthclient_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// writing are the calls that change something on the tenant.
var writing = []string{
	"SaasManage/ImportAppFromTemplate", "SaasManage/UpdateApplicationDE", "SaasManage/DeleteApplication", "SaasManage/ResetAppScript",
	"SaasManage/SetApplicationPermissions", "Roles/StoreRole", "SaasManage/DeleteRole",
}

func expectNoWrites(t *testing.T, made emulator.Counters) {
	t.Helper()
	for operation, n := range made {
		if n > 0 && slices.Contains(writing, operation) {
			t.Errorf("%d calls of %s", n, operation)
		}
	}
}

// byHand adds an application that somebody made at the portal.
func byHand(t *testing.T, tenant *emulator.Emulator, fields map[string]any) string {
	t.Helper()
	raw := map[string]any{"ServiceName": "legacy", "Name": "Legacy", "Description": "made by hand", "Icon": "/vfslow/legacy"}
	maps.Copy(raw, fields)
	key, err := tenant.AddApplication(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// profileByHand is what somebody set up for confidential clients, with a type of scope that the operator does not know.
func profileByHand() map[string]any {
	return map[string]any{
		"ClientIDType": 1, "AllowPublic": false, "MustBeOauthClient": true, "TokenType": "JwtRS256", "AllowedAuth": "ClientCreds",
		"TokenLifetimeString": "05:00:00", "Audience": "https://legacy.example.com",
		"KnownScopes": []any{map[string]any{"Scope": "read", "Description": "Read", "Type": "portal"}},
	}
}

func TestWhatIsObservedIsComparedAndNeverWrittenTo(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, switches)
			d.Delete(d.application)
			d.Gone(d.application)
			key := byHand(t, d.Tenant, map[string]any{"OAuthProfile": profileByHand()})
			before, _ := d.Tenant.Application("legacy")
			calls := d.Tenant.Calls()
			legacy := d.OAuthClient("legacy")
			legacy.Spec.ManagementPolicy = v1alpha1.ManagementPolicyObserve
			d.Create(legacy)
			d.application = legacy

			// What applying it would change is told by field.
			d.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDrifted)
			d.Condition(legacy, v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonDrifted)
			want := []string{"spec.displayName", "spec.description", "spec.clientRole"}
			if diff := cmp.Diff(want, legacy.Status.Drift); diff != "" {
				t.Errorf("status.drift (-want +got):\n%s", diff)
			}
			if change := legacy.Status.Changes[0]; change.Kind != v1alpha1.ChangeDrifted || !cmp.Equal(change.Fields, want) {
				t.Errorf("the status tells of %+v", change)
			}
			if legacy.Status.ApplicationKey != key || legacy.Status.ApplicationOrigin != v1alpha1.ApplicationObserved {
				t.Errorf("the application is %s, %s", legacy.Status.ApplicationKey, legacy.Status.ApplicationOrigin)
			}

			// A manifest that says what is there is Ready.
			d.Update(legacy, func() {
				legacy.Spec.DisplayName, legacy.Spec.Description, legacy.Spec.ClientRole = "Legacy", "made by hand", v1alpha1.ClientRoleNone
			})
			d.Ready(legacy)
			d.Condition(legacy, v1alpha1.ConditionDrifted, metav1.ConditionFalse, v1alpha1.ReasonAsDeclared)

			// A check is two reads, and writes only what it finds.
			d.Quiet()
			checked, writes := d.Tenant.Calls(), d.Writes()
			d.check()
			if made := d.Tenant.Calls().Sub(checked); made.Total() != 2 {
				t.Errorf("the check took other calls than two reads:\n%s", made)
			}
			if made := d.Writes().Since(writes); made.Total() != 0 {
				t.Errorf("a check that found nothing made writes: %s", made)
			}
			edit(t, d.Tenant, key, "Audience", "https://changed.example.com")
			d.check()
			d.Condition(legacy, v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonDrifted)
			d.event("Drifted", "spec.audience")
			d.check()
			if n := len(legacy.Status.Changes); n != 2 {
				t.Errorf("one change is told %d times: %+v", n-1, legacy.Status.Changes)
			}
			edit(t, d.Tenant, key, "Audience", "https://legacy.example.com")
			d.check()
			d.Ready(legacy)

			d.Delete(legacy)
			d.Gone(legacy)
			expectNoWrites(t, d.Tenant.Calls().Sub(calls))
			after, _ := d.Tenant.Application("legacy")
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the application was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestWhatWasOnlyObservedIsNotTakenOverByAChangeOfThePolicy(t *testing.T) {
	w := server.New(t, emulator.Options{})
	byHand(t, w.Tenant, nil)
	w.StartOperator()
	w.CreateTenant()
	legacy := w.OAuthClient("legacy")
	legacy.Spec.ManagementPolicy = v1alpha1.ManagementPolicyObserve
	w.Create(legacy)
	w.Condition(legacy, v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonDrifted)
	calls := w.Tenant.Calls()
	w.Update(legacy, func() { legacy.Spec.ManagementPolicy = v1alpha1.ManagementPolicyFull })
	w.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	w.Delete(legacy)
	w.Gone(legacy)
	expectNoWrites(t, w.Tenant.Calls().Sub(calls))
	if _, found := w.Tenant.Application("legacy"); !found {
		t.Error("somebody else's application was deleted")
	}
}

func TestAnApplicationOfOursThatIsOnlyObservedIsLeftAloneEvenWhenItsObjectGoes(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	d.Update(d.application, func() { d.application.Spec.ManagementPolicy = v1alpha1.ManagementPolicyObserve })
	d.Condition(d.application, v1alpha1.ConditionDrifted, metav1.ConditionFalse, v1alpha1.ReasonAsDeclared)
	if origin := d.application.Status.ApplicationOrigin; origin != v1alpha1.ApplicationCreated {
		t.Errorf("its origin is %s", origin)
	}
	edit(t, d.Tenant, d.application.Status.ApplicationKey, "Audience", "https://changed.example.com")
	calls := d.Tenant.Calls()
	d.check()
	d.Condition(d.application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDrifted)
	expectNoWrites(t, d.Tenant.Calls().Sub(calls))

	// Under Full it is brought back.
	d.Update(d.application, func() { d.application.Spec.ManagementPolicy = "" })
	d.Ready(d.application)
	if found, _ := d.Tenant.Application("orders"); found.Profile.Audience != "https://orders.example.com" {
		t.Errorf("the audience is %s", found.Profile.Audience)
	}
	if d.application.Status.Drift != nil {
		t.Errorf("status.drift is left: %v", d.application.Status.Drift)
	}
	d.Update(d.application, func() { d.application.Spec.ManagementPolicy = v1alpha1.ManagementPolicyObserve })
	d.Ready(d.application)
	d.Delete(d.application)
	d.Gone(d.application)
	if _, found := d.Tenant.Application("orders"); !found {
		t.Error("an application that was only observed was deleted")
	}
}

func TestAnObservedApplicationThatIsNotThereIsToldAndFoundLater(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	legacy := d.OAuthClient("legacy")
	legacy.Spec.ManagementPolicy, legacy.Spec.ClientRole = v1alpha1.ManagementPolicyObserve, v1alpha1.ClientRoleNone
	legacy.Spec.DisplayName, legacy.Spec.Description = "Legacy", "made by hand"
	d.Create(legacy)
	d.application = legacy
	d.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonApplicationNotFound)
	d.Condition(legacy, v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonApplicationNotFound)
	key := byHand(t, d.Tenant, map[string]any{"OAuthProfile": profileByHand()})
	d.look()
	d.Ready(legacy)
	if err := d.Tenant.RemoveApplication(key); err != nil {
		t.Fatal(err)
	}
	d.check()
	d.Condition(legacy, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonApplicationNotFound)
	if legacy.Status.ApplicationKey != "" || legacy.Status.TokenHash != "" {
		t.Errorf("the status still knows of the application: %+v", legacy.Status)
	}
}

func TestClientsOfAnObservedApplicationGetTokens(t *testing.T) {
	w := server.New(t, emulator.Options{})
	if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: "Legacy users"}); err != nil {
		t.Fatal(err)
	}
	key := byHand(t, w.Tenant, map[string]any{"OAuthProfile": profileByHand()})
	if err := w.Tenant.AddGrant(key, emulator.SeedGrant{Role: "Legacy users"}); err != nil {
		t.Fatal(err)
	}
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowedRoles = []string{"Legacy users"}
	legacy := w.OAuthClient("legacy")
	legacy.Spec.ManagementPolicy = v1alpha1.ManagementPolicyObserve
	consumer := w.ConfidentialClient("billing", "legacy", "read")
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Legacy users"}}
	w.Create(w.AdminSecret(), tenant, legacy, consumer)
	w.Ready(consumer)
}
