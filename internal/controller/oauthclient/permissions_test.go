package oauthclient_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// grantsOf returns the grants on an application by the names of their principals, without that of the role of its clients.
func grantsOf(w *environment.World, application string) map[string]string {
	found, _ := w.Tenant.Application(application)
	grants := map[string]string{}
	for _, g := range found.Grants {
		if g.PrincipalName != application+" clients" {
			grants[g.PrincipalType+" "+g.PrincipalName] = strings.Join(g.Rights, ",")
		}
	}
	return grants
}

func TestPermissionsAreGrantedChangedAndRevokedAndThoseOfOthersStay(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			for _, role := range []string{"Shop assistants", "Auditors", "Others"} {
				if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: role}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Tenant.AddUser(emulator.SeedUser{Name: "anna@example.test"}); err != nil {
				t.Fatal(err)
			}
			w.StartOperator()
			w.CreateTenant()
			application := w.OAuthClient("orders")
			application.Spec.Permissions = []v1alpha1.Permission{
				{Role: "Shop assistants"},
				{Role: "Auditors", Rights: []v1alpha1.ApplicationRight{"View"}},
				{User: "Anna@example.test"},
				{Role: "New ones", CreateRole: true},
			}
			w.Create(application)
			w.Ready(application)
			want := map[string]string{
				"Role Shop assistants": "View,Execute", "Role Auditors": "View", "User anna@example.test": "View,Execute", "Role New ones": "View,Execute",
			}
			if diff := cmp.Diff(want, grantsOf(w, "orders")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}

			// Somebody else grants too, and the manifest changes its mind.
			if err := w.Tenant.AddGrant(application.Status.ApplicationKey, emulator.SeedGrant{Role: "Others"}); err != nil {
				t.Fatal(err)
			}
			w.Update(application, func() {
				application.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors", Rights: []v1alpha1.ApplicationRight{"View", "Execute", "Admin"}}, {Role: "Others"}}
			})
			w.Ready(application)
			want = map[string]string{"Role Auditors": "View,Admin,ViewDetail,Execute", "Role Others": "View,Execute"}
			if diff := cmp.Diff(want, grantsOf(w, "orders")); diff != "" {
				t.Errorf("after a change (-want +got):\n%s", diff)
			}
			if _, found := w.Tenant.Role("New ones"); !found {
				t.Error("a role was deleted together with its permission")
			}

			// What others granted is not ours to revoke, also if the manifest had named it.
			w.Update(application, func() { application.Spec.Permissions = nil })
			w.Ready(application)
			if diff := cmp.Diff(map[string]string{"Role Others": "View,Execute"}, grantsOf(w, "orders")); diff != "" || len(application.Status.Grants) != 0 {
				t.Errorf("after the end (-want +got):\n%s\nthe status has %+v", diff, application.Status.Grants)
			}
		})
	}
}

func TestAPermissionForNobodySaysWho(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	for name, tc := range map[string]struct {
		permission       v1alpha1.Permission
		reason, contains string
	}{
		"role": {v1alpha1.Permission{Role: "Nobody's"}, v1alpha1.ReasonRoleNotFound, `"Nobody's"`},
		"user": {v1alpha1.Permission{User: "nobody@example.test"}, v1alpha1.ReasonUserNotFound, "nobody@example.test"},
		"ours": {v1alpha1.Permission{Role: "ours clients"}, v1alpha1.ReasonInvalidSpec, "spec.clientRole"},
	} {
		application := w.OAuthClient(name)
		application.Spec.Permissions = []v1alpha1.Permission{tc.permission}
		w.Create(application)
		c := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, tc.reason)
		if !strings.Contains(c.Message, tc.contains) {
			t.Errorf("the message does not name %s: %s", tc.contains, c.Message)
		}
	}
}

func TestAGrantThatWasCutOffIsRevokedWithItsPermission(t *testing.T) {
	w := server.New(t, emulator.Options{})
	if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"}); err != nil {
		t.Fatal(err)
	}
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	// The grant is made, and its answer never comes.
	remove := w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/SetApplicationPermissions", Kind: emulator.FaultResetAfter})
	w.Update(application, func() { application.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors"}} })
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	remove()
	w.Update(application, func() { application.Spec.Permissions = nil })
	w.Ready(application)
	if grants := grantsOf(w, "orders"); len(grants) != 0 {
		t.Errorf("a grant that nobody asks for is left: %v", grants)
	}
}

func TestAPermissionThatSomebodyRevokedIsGrantedAgain(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	if _, err := d.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"}); err != nil {
		t.Fatal(err)
	}
	d.Update(d.application, func() { d.application.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors"}} })
	d.Ready(d.application)
	d.Quiet()
	calls := d.Tenant.Calls()
	d.check()
	if made := d.Tenant.Calls().Sub(calls); made.Total() != 2 {
		t.Errorf("a check with a permission that is as it should be took other calls than two reads:\n%s", made)
	}
	if err := d.Tenant.AddGrant(d.application.Status.ApplicationKey, emulator.SeedGrant{Role: "Auditors", Rights: "None"}); err != nil {
		t.Fatal(err)
	}
	d.check()
	if diff := cmp.Diff(map[string]string{"Role Auditors": "View,Execute"}, grantsOf(d.World, "orders")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if change := d.application.Status.Changes[0]; change.Kind != v1alpha1.ChangeRepaired || !slices.Contains(change.Fields, "spec.permissions") {
		t.Errorf("the status tells of %+v", change)
	}
}
