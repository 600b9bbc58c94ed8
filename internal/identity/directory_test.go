package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

const (
	createUser = "CDirectoryService/CreateUser"
	changeUser = "CDirectoryService/ChangeUser"
	getUser    = "UserMgmt/GetUserAttributes"
	resetUser  = "UserMgmt/ResetUserPassword"
)

func TestCreateUserSendsAllFlagsOfAMachine(t *testing.T) {
	s := newStub(t).on(createUser, result(`"u-1"`))
	id, err := s.client.CreateUser(t.Context(), identity.NewUser{
		Username: "Billing@Corp.example", DisplayName: "Billing", Mail: "b@corp.example", Description: "mark",
		Password: oauth.NewSecret(canary),
	})
	if err != nil || id != "u-1" {
		t.Fatalf("id %q, error %v", id, err)
	}
	want := map[string]any{
		"Name": "billing@corp.example", "DisplayName": "Billing", "Mail": "b@corp.example", "Description": "mark",
		"Password": canary, "confirmPassword": canary,
		"OauthClient": true, "ServiceUser": true, "PasswordNeverExpire": true,
		"InEverybodyRole": false, "InSysAdminRole": false, "ForcePasswordChangeNext": false,
		"SendEmailInvite": false, "SendSmsInvite": false,
	}
	if diff := cmp.Diff(want, s.arguments(0)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestCreateUserFails(t *testing.T) {
	s := newStub(t).on(createUser, refuse(), result(`{"`+canary+`":1}`), result(`null`))
	user := identity.NewUser{Username: "a@b", Password: oauth.NewSecret(canary)}
	for _, want := range []struct {
		class failure.Class
		text  string
	}{
		{failure.Rejected, createUser + " answered 200 with a refusal (_I18N_System.InvalidOperationException)"},
		{failure.Unexpected, createUser + " answered 200 with a result of another shape"},
		{failure.Unexpected, createUser + " answered 200 with no key of the new user"},
	} {
		_, err := s.client.CreateUser(t.Context(), user)
		expectText(t, err, want.text)
		if got := failure.ClassOf(err); got != want.class {
			t.Errorf("class is %s, want %s", got, want.class)
		}
	}
}

// TestUserRolesTakesNoSilenceForNoRoles: whoever has no roles that are read passes for harmless.
func TestUserRolesTakesNoSilenceForNoRoles(t *testing.T) {
	const userRoles = "UserMgmt/GetUsersRolesAndAdministrativeRights"
	s := newStub(t).on(userRoles, result(`null`), result(`{}`), result(`{"FullCount":2,"Results":[{"Row":{"ID":"r","Name":"R"}}]}`), result(`{"Results":[{"Row":{"ID":"r"}}]}`), refuse())
	for range 5 {
		if roles, err := s.client.UserRoles(t.Context(), "u-1"); err == nil {
			t.Errorf("it returns %v", roles)
		}
	}
}

func TestChangeUserSendsOnlyChanges(t *testing.T) {
	name := "New name"
	cases := map[string]struct {
		changes identity.UserChanges
		want    map[string]any
	}{
		"one field": {identity.UserChanges{DisplayName: &name}, map[string]any{"ID": "u-1", "DisplayName": "New name"}},
		"the flags": {identity.UserChanges{ClientFlags: true}, map[string]any{
			"ID": "u-1", "OauthClient": true, "ServiceUser": true, "PasswordNeverExpire": true,
			"InEverybodyRole": false, "InSysAdminRole": false, "ForcePasswordChangeNext": false,
			"SendEmailInvite": false, "SendSmsInvite": false,
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(changeUser, result(`null`))
			if err := s.client.ChangeUser(t.Context(), "u-1", tc.changes); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, s.arguments(0)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGetUser(t *testing.T) {
	client := identity.User{
		ID: "u-1", Name: "billing@corp.example", DisplayName: "Billing", Mail: "m", Description: "mark",
		State: "None", OAuthClient: true,
	}
	locked := client
	locked.State, locked.OAuthClient, locked.InEverybodyRole = "Locked, Disabled", false, true
	cases := map[string]struct {
		raw    string
		want   identity.User
		active bool
	}{
		"a client": {
			`{"Uuid":"u-1","Name":"billing@corp.example","DisplayName":"Billing","Mail":"m","Description":"mark",
			"State":"None","OauthClient":true,"InEverybodyRole":false,"ForcePasswordChangeNext":"False","Version":"1"}`, client, true,
		},
		"a locked person, with flags spelled as texts": {
			`{"Uuid":"U-1","Name":"billing@corp.example","DisplayName":"Billing","Mail":"m","Description":"mark",
			"State":"Locked, Disabled","InEverybodyRole":"True","OrgPath":null}`, locked, false,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(getUser, result(tc.raw))
			got, found, err := s.client.GetUser(t.Context(), "u-1")
			if diff := cmp.Diff(tc.want, got); diff != "" || !found || err != nil || got.IsActive() != tc.active {
				t.Errorf("found %v, error %v (-want +got):\n%s", found, err, diff)
			}
		})
	}
	t.Run("a refusal and no row prove absence", func(t *testing.T) {
		s := newStub(t).on(getUser, refuse()).on(query, rows())
		if _, found, err := s.client.GetUser(t.Context(), "u-1"); found || err != nil {
			t.Errorf("found %v, error %v", found, err)
		}
	})
	t.Run("another user is not taken", func(t *testing.T) {
		s := newStub(t).on(getUser, result(`{"Uuid":"u-2","Name":"x@y"}`))
		_, _, err := s.client.GetUser(t.Context(), "u-1")
		expectText(t, err, getUser+" answered 200 with another user")
	})
}

func TestFindUserAsksInLowerCase(t *testing.T) {
	s := newStub(t).on(query, rows(row(`{"ID":"u-1","Username":"Billing@corp.example"}`)))
	got, found, err := s.client.FindUser(t.Context(), "BILLING@corp.example")
	want := identity.UserSummary{ID: "u-1", Username: "Billing@corp.example"}
	if diff := cmp.Diff(want, got); diff != "" || !found || err != nil {
		t.Errorf("found %v, error %v (-want +got):\n%s", found, err, diff)
	}
	if script := s.arguments(0)["Script"]; script != "SELECT ID, Username FROM User WHERE Username='billing@corp.example'" {
		t.Errorf("script is %s", script)
	}
}

func TestResetPassword(t *testing.T) {
	s := newStub(t).on(resetUser, result(`null`), result(`true`), result(`false`), refuse())
	for _, text := range []string{
		"", "", resetUser + " answered 200 with a refusal",
		resetUser + " answered 200 with a refusal (_I18N_System.InvalidOperationException)",
	} {
		expectText(t, s.client.ResetPassword(t.Context(), "u-1", oauth.NewSecret(canary)), text)
	}
	if diff := cmp.Diff(map[string]any{"ID": "u-1", "newPassword": canary}, s.arguments(0)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestReadRole(t *testing.T) {
	cases := map[string]func(*identity.Client) (identity.Role, bool, error){
		"by name": func(c *identity.Client) (identity.Role, bool, error) { return c.FindRole(t.Context(), "ops") },
		"by key":  func(c *identity.Client) (identity.Role, bool, error) { return c.GetRole(t.Context(), "r-1") },
	}
	for name, read := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on(query, rows(row(`{"ID":"r-1","Name":"Ops","Description":null}`)), rows())
			got, found, err := read(s.client)
			if diff := cmp.Diff(identity.Role{ID: "r-1", Name: "Ops"}, got); diff != "" || !found || err != nil {
				t.Errorf("found %v, error %v (-want +got):\n%s", found, err, diff)
			}
			if _, found, err := read(s.client); found || err != nil {
				t.Errorf("an absent role is found %v, error %v", found, err)
			}
		})
	}
}

func TestStoreRole(t *testing.T) {
	s := newStub(t).on("Roles/StoreRole", result(`{"_RowKey":"r-2"}`), result(`{"State":1}`), result(`{}`))
	for _, want := range []struct{ id, text string }{
		{"r-2", ""},
		{"", "Roles/StoreRole answered 200 with a result state that is not zero (1)"},
		{"", "Roles/StoreRole answered 200 with no key of the new role"},
	} {
		id, err := s.client.StoreRole(t.Context(), "orders clients", "mark")
		expectText(t, err, want.text)
		if id != want.id {
			t.Errorf("key is %q", id)
		}
	}
	want := map[string]any{"Name": "orders clients", "Description": "mark", "RoleType": "PrincipalList"}
	if diff := cmp.Diff(want, s.arguments(0)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestRoleMembers(t *testing.T) {
	s := newStub(t).
		on("SaasManage/AddUsersAndGroupsToRole", result(`null`)).
		on("SaasManage/RemoveUsersAndGroupsFromRole", result(`null`)).
		on("Roles/GetRoleMembers", result(`{"Results":[{"Row":{"Guid":"u-1","Name":"a@b","Type":"User"}}]}`), result(`null`))
	expectNil(t, s.client.AddRoleMembers(t.Context(), "r-2", "u-1", "u-2"))
	expectNil(t, s.client.RemoveRoleMembers(t.Context(), "r-2", "u-1", "u-2"))
	want := map[string]any{"Name": "r-2", "Users": []any{"u-1", "u-2"}, "Groups": []any{}, "Roles": []any{}}
	for i := range 2 {
		if diff := cmp.Diff(want, s.arguments(i)); diff != "" {
			t.Errorf("arguments of call %d (-want +got):\n%s", i, diff)
		}
	}
	for _, want := range [][]identity.RoleMember{{{ID: "u-1", Name: "a@b", Type: identity.PrincipalUser}}, {}} {
		members, err := s.client.RoleMembers(t.Context(), "r-2")
		if diff := cmp.Diff(want, members); diff != "" || err != nil {
			t.Errorf("error %v (-want +got):\n%s", err, diff)
		}
	}
}
