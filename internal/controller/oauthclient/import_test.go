package oauthclient_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// unconfigured counts the applications without an application ID.
func unconfigured(w *environment.World) int {
	n := 0
	for _, a := range w.Tenant.Applications() {
		if a.ServiceName == "" {
			n++
		}
	}
	return n
}

func TestAnImportWhoseAnswerWasLostIsFoundAgain(t *testing.T) {
	w := server.New(t, emulator.Options{})
	// Somebody else's unconfigured application was there before, and is never taken.
	if _, err := w.Tenant.AddApplication(map[string]any{"Name": "Half made by hand", "TemplateName": "OAuth2Server"}); err != nil {
		t.Fatal(err)
	}
	w.StartOperator()
	w.Ready(w.CreateTenant())
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 1})
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	if n := w.Tenant.Calls()["SaasManage/ImportAppFromTemplate"]; n != 1 {
		t.Errorf("the application was imported %d times", n)
	}
	if n := unconfigured(w); n != 1 {
		t.Errorf("%d unconfigured applications are left, not the one of somebody else", n)
	}
	if application.Status.ImportIntent != nil || len(application.Status.Leftovers) != 0 {
		t.Errorf("the status still tells of an import: %+v", application.Status)
	}
}

func TestWithoutProofALeftoverIsNamedAndNotTaken(t *testing.T) {
	w := server.New(t, emulator.Options{Switches: emulator.Switches{HideOwner: true}})
	w.StartOperator()
	w.Ready(w.CreateTenant())
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 1})
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	w.Condition(application, v1alpha1.ConditionLeftoverSuspected, metav1.ConditionTrue, v1alpha1.ReasonUnprovenImport)
	if len(application.Status.Leftovers) != 1 || unconfigured(w) != 1 {
		t.Errorf("leftovers are %v, and %d applications are unconfigured", application.Status.Leftovers, unconfigured(w))
	}
	if application.Status.Leftovers[0] == application.Status.ApplicationKey {
		t.Error("the leftover was taken")
	}
}

func TestALeftoverIsNamedUntilSomebodyHasSettledIt(t *testing.T) {
	for name, settle := range map[string]func(d *drifting, key string) error{
		"deleted": func(d *drifting, key string) error { return d.Tenant.RemoveApplication(key) },
		"made an application of": func(d *drifting, key string) error {
			return d.Tenant.EditApplication(key, func(raw map[string]any) { raw["ServiceName"] = "by-hand" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, emulator.Switches{HideOwner: true}, emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 1})
			d.check()
			if len(d.application.Status.Leftovers) != 1 {
				t.Fatalf("leftovers are %v", d.application.Status.Leftovers)
			}
			calls := d.Tenant.Calls()
			d.check()
			if made := d.Tenant.Calls().Sub(calls); made.Total() != 3 {
				t.Errorf("a check with a leftover is not one read more than without:\n%s", made)
			}
			if err := settle(d, d.application.Status.Leftovers[0]); err != nil {
				t.Fatal(err)
			}
			d.check()
			if left := d.application.Status.Leftovers; len(left) != 0 {
				t.Errorf("leftovers are %v", left)
			}
			if c := meta.FindStatusCondition(d.application.Status.Conditions, v1alpha1.ConditionLeftoverSuspected); c != nil {
				t.Errorf("the condition is still there: %+v", c)
			}
			calls = d.Tenant.Calls()
			d.check()
			if made := d.Tenant.Calls().Sub(calls); made.Total() != 2 {
				t.Errorf("a check without leftovers is more than two reads:\n%s", made)
			}
		})
	}
}

func TestALeftoverIsToldWhenItsObjectGoes(t *testing.T) {
	d := newDrifting(t, emulator.Switches{HideOwner: true}, emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 1})
	d.Get(d.application)
	d.Delete(d.application)
	d.Gone(d.application)
	d.event(v1alpha1.ReasonUnprovenImport, d.application.Status.Leftovers[0])
}

func TestAnImportThatWasCutOffIsUndoneByADeletion(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.Ready(w.CreateTenant())
	before := len(w.Tenant.Applications())
	// From the lost answer on nothing works, until the object is deleted.
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter})
	broken := w.Tenant.Inject(emulator.Fault{Operation: "Acl/*", Kind: emulator.FaultStatus, Status: 500})
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Delete(application)
	broken()
	w.Gone(application)
	if n := len(w.Tenant.Applications()); n != before {
		t.Errorf("there are %d applications, not %d as before", n, before)
	}
}

func TestEveryAnswerMayBeLostOnce(t *testing.T) {
	for _, operation := range []string{
		"SaasManage/ImportAppFromTemplate", "SaasManage/UpdateApplicationDE", "Roles/StoreRole", "SaasManage/SetApplicationPermissions",
		"CDirectoryService/CreateUser", "SaasManage/AddUsersAndGroupsToRole", "OAuth2/Token/orders",
	} {
		for _, kind := range []emulator.FaultKind{emulator.FaultResetBefore, emulator.FaultResetAfter} {
			t.Run(operation+" "+string(kind), func(t *testing.T) {
				w := server.New(t, emulator.Options{})
				users, roles, applications := len(w.Tenant.Users()), len(w.Tenant.Roles()), len(w.Tenant.Applications())
				w.StartOperator()
				w.Ready(w.CreateTenant())
				w.Tenant.Inject(emulator.Fault{Operation: operation, Kind: kind, Count: 1})
				application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
				w.Create(application, consumer)
				w.Ready(application, consumer)
				if len(w.Tenant.Users()) != users+1 || len(w.Tenant.Roles()) != roles+1 || len(w.Tenant.Applications()) != applications+1 {
					t.Errorf("there is more or less than one user, one role and one application: %+v %+v", w.Tenant.Users(), w.Tenant.Roles())
				}
				w.Delete(consumer)
				w.Delete(application)
				w.Gone(consumer, application)
				if len(w.Tenant.Users()) != users || len(w.Tenant.Roles()) != roles || len(w.Tenant.Applications()) != applications {
					t.Error("the deletion has left something on the tenant")
				}
			})
		}
	}
}

func TestAChangeThatWasCutOffAndTakenBackIsTakenBackOnTheTenant(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	audience := application.Spec.Audience
	// The update is made, and its answer never comes.
	remove := w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultResetAfter})
	w.Update(application, func() { application.Spec.Audience = "https://mistake.example.com" })
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	remove()
	w.Update(application, func() { application.Spec.Audience = audience })
	w.Ready(application)
	if found, _ := w.Tenant.Application("orders"); found.Profile.Audience != audience {
		t.Errorf("the tenant has the audience %q", found.Profile.Audience)
	}
}
