package confidentialclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

const existing = "legacy@example.test"

// madeByHand is a user that may be adopted.
func madeByHand() emulator.SeedUser {
	return emulator.SeedUser{
		Name: existing, DisplayName: "Legacy", Description: "Ask Kim", Password: "Made-by-hand-0123", OauthClient: true, ServiceUser: true, Roles: []string{"Readers"},
	}
}

// adopting makes a world with a user that somebody made by hand, and a client that wants it. change may take something back.
func adopting(t *testing.T, change func(*v1alpha1.IdentityTenant, *v1alpha1.ConfidentialClient, *emulator.SeedUser)) (*environment.World, *v1alpha1.ConfidentialClient) {
	t.Helper()
	w := server.New(t, emulator.Options{})
	for _, role := range []string{"Readers", "Auditors"} {
		_, err := w.Tenant.AddRole(emulator.SeedRole{Name: role})
		must(t, err)
	}
	tenant, application, consumer, user := w.IdentityTenant(), w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read"), madeByHand()
	tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableConfidentialClient}
	tenant.Spec.Access.AllowedRoles = []string{"Read*"}
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{Username: existing}
	consumer.Spec.AdoptionPolicy = v1alpha1.AdoptionPolicyAdopt
	if change != nil {
		change(tenant, consumer, &user)
	}
	_, err := w.Tenant.AddUser(user)
	must(t, err)
	w.Create(w.AdminSecret(), tenant, application, consumer)
	return w, consumer
}

func legacy(t *testing.T, w *environment.World) emulator.User {
	t.Helper()
	user, found := w.Tenant.User(existing)
	if !found {
		t.Fatal("the user is gone")
	}
	return user
}

func TestAUserThatNobodyOwnsIsAdoptedAndOrphaned(t *testing.T) {
	w, consumer := adopting(t, nil)
	before := legacy(t, w)
	w.StartOperator()
	w.Ready(consumer)
	after := legacy(t, w)
	if w.Get(consumer); consumer.Status.ActiveIdentity().UserID != before.ID || !consumer.Status.ActiveIdentity().Adopted {
		t.Errorf("the status tells of %+v", consumer.Status.ActiveIdentity())
	}
	if after.DisplayName != "Legacy" || !strings.HasPrefix(after.Description, "Ask Kim [oauth-operator ") || !after.PasswordNeverExpire || len(after.RoleIDs) != 2 {
		t.Errorf("the user is %+v", after)
	}
	// A name that the spec gives, and the roles; and what it was described by before, however often it is written.
	w.Update(consumer, func() { consumer.Spec.Identity.DisplayName = "Billing" })
	w.Ready(consumer)
	if again := legacy(t, w); again.DisplayName != "Billing" || again.Description != after.Description {
		t.Errorf("the user is %+v", again)
	}
	w.Delete(consumer)
	w.Gone(consumer, secretNamed(w.Namespace("operator"), "credential-"+string(consumer.UID)))
	if left := legacy(t, w); left.ID != before.ID {
		t.Errorf("the user is %+v", left)
	}

	// Its mark tells who it was, also to an object that never saw it: it stays when that one goes, unless the manifest says Delete.
	for _, policy := range []v1alpha1.DeletionPolicy{"", v1alpha1.DeletionPolicyDelete} {
		again := w.ConfidentialClient("billing", "orders", "read")
		again.Spec.Identity, again.Spec.DeletionPolicy = &v1alpha1.ClientIdentity{Username: existing}, policy
		w.Create(again)
		w.Ready(again)
		if w.Get(again); !again.Status.ActiveIdentity().Adopted {
			t.Errorf("the status tells of %+v", again.Status.ActiveIdentity())
		}
		w.Delete(again)
		w.Gone(again)
		if _, found := w.Tenant.User(existing); found != (policy == "") {
			t.Errorf("with deletionPolicy %q the user is there: %v", policy, found)
		}
	}
}

func TestAUserIsNotAdoptedWhileSomethingIsMissing(t *testing.T) {
	type change = func(*v1alpha1.IdentityTenant, *v1alpha1.ConfidentialClient, *emulator.SeedUser)
	for name, tc := range map[string]struct {
		change change
		says   string
		// unasked says that the tenant is not even asked for the user.
		unasked bool
	}{
		"the client does not ask for it": {
			func(_ *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient, _ *emulator.SeedUser) {
				c.Spec.AdoptionPolicy = ""
			},
			"was not made by this operator", false,
		},
		"the client says Never": {
			func(_ *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient, _ *emulator.SeedUser) {
				c.Spec.AdoptionPolicy = v1alpha1.AdoptionPolicyNever
			}, "was not made by this operator", false,
		},
		"the tenant does not allow it": {
			func(t *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, _ *emulator.SeedUser) {
				t.Spec.Access.AllowAdoption = nil
			},
			"its spec.access.allowAdoption decides", true,
		},
		"the tenant allows it to applications": {
			func(t *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, _ *emulator.SeedUser) {
				t.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient}
			}, "its spec.access.allowAdoption decides", true,
		},
		"the user is a person's account": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.OauthClient, u.ServiceUser, u.InEverybodyRole = false, false, true
			}, "has not the flag of an OAuth confidential client", false,
		},
		"the user is a client and no service user": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.ServiceUser = false
			},
			"is not a service user", false,
		},
		"the user is a service user and no client": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.OauthClient = false
			},
			"has not the flag of an OAuth confidential client", false,
		},
		"the user is in a role that clients may not have": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.Roles = append(u.Roles, "Auditors")
			}, `it is in role "Auditors"`, false,
		},
		"the user is an administrator": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.Roles = []string{"sysadmin"}
			}, `it is in role "`, false,
		},
		"the user is another cluster's": {
			func(_ *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient, u *emulator.SeedUser) {
				u.Description = "[oauth-operator cluster=other owner=ConfidentialClient/billing/billing uid=1]"
			}, `belongs to ConfidentialClient billing/billing of cluster "other"`, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, consumer := adopting(t, tc.change)
			before := legacy(t, w)
			w.StartOperator()
			reason, names := v1alpha1.ReasonConflict, existing
			if tc.unasked {
				reason, names = v1alpha1.ReasonNotAdmitted, "ConfidentialClients adopt"
			}
			refused := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, reason)
			if !strings.Contains(refused.Message, tc.says) || !strings.Contains(refused.Message, names) {
				t.Errorf("the message does not say what is missing: %s", refused.Message)
			}
			w.Quiet()
			if after := legacy(t, w); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("the user was %+v and is %+v", before, after)
			}
			for _, call := range []string{
				"CDirectoryService/ChangeUser", "CDirectoryService/CreateUser", "UserMgmt/ResetUserPassword", "SaasManage/AddUsersAndGroupsToRole",
			} {
				if n := w.Tenant.Calls()[call]; n != 0 {
					t.Errorf("%s was called %d times", call, n)
				}
			}
			w.Delete(consumer)
			w.Gone(consumer)
			if after := legacy(t, w); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("after the deletion the user is %+v", after)
			}
		})
	}
}

func TestTheOperatorsOwnUserIsNeverAdopted(t *testing.T) {
	w, consumer := adopting(t, func(tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient, _ *emulator.SeedUser) {
		tenant.Spec.Access.AllowedRoles = []string{"*"}
		c.Spec.Identity.Username = "oauth-operator@example.test"
	})
	w.StartOperator()
	conflict := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(conflict.Message, "it is the operator's own") {
		t.Errorf("the message does not say why: %s", conflict.Message)
	}
	if n := w.Tenant.Calls()["UserMgmt/ResetUserPassword"] + w.Tenant.Calls()["CDirectoryService/ChangeUser"]; n != 0 {
		t.Errorf("the operator's user was written %d times", n)
	}
}

func TestAnAdoptionThatIsCutOffAnywhereIsFinishedAndNeverDeletesTheUser(t *testing.T) {
	for _, operation := range []string{
		"UserMgmt/GetUserAttributes", "UserMgmt/GetUsersRolesAndAdministrativeRights", "UserMgmt/ResetUserPassword",
		"CDirectoryService/ChangeUser", "SaasManage/AddUsersAndGroupsToRole", "OAuth2/Token/orders",
	} {
		for _, kind := range []emulator.FaultKind{emulator.FaultResetBefore, emulator.FaultResetAfter} {
			for _, ends := range []string{"goes on", "is deleted"} {
				t.Run(fmt.Sprintf("%s at %s, and %s", kind, operation, ends), func(t *testing.T) {
					w, consumer := adopting(t, nil)
					remove := w.Tenant.Inject(emulator.Fault{Operation: operation, Kind: kind})
					stop := w.StartOperator()
					w.Eventually("see the call", func() error {
						if w.Tenant.Calls()[operation] == 0 {
							return errors.New("it was not made")
						}
						return nil
					})
					stop()
					remove()
					w.StartOperator()
					if ends == "goes on" {
						w.Ready(consumer)
						if w.Get(consumer); !consumer.Status.ActiveIdentity().Adopted {
							t.Errorf("the status tells of %+v", consumer.Status.ActiveIdentity())
						}
					}
					w.Delete(consumer)
					w.Gone(consumer)
					legacy(t, w)
				})
			}
		}
	}
}
