package emulator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

const goodPassword = "Correct-Horse-7"

func TestDefaultsOfUsersAreWrongForMachines(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	cases := map[string]struct {
		body object
		want emulator.User
	}{
		"a bare user": {
			object{"Name": "Bare@Example.Test", "Password": goodPassword},
			emulator.User{
				Name: "bare@example.test", InEverybodyRole: true, ForcePasswordChangeNext: true, State: "None",
				RoleIDs: []string{"Everybody"},
			},
		},
		"text instead of booleans": {
			object{
				"Name": "svc@example.test", "Password": goodPassword, "DisplayName": "Svc", "Mail": "svc@example.test",
				"InEverybodyRole": "false", "ForcePasswordChangeNext": "false", "PasswordNeverExpire": "true",
				"SendEmailInvite": "false", "ServiceUser": true, "OauthClient": true, "Description": "mark",
			},
			emulator.User{
				Name: "svc@example.test", DisplayName: "Svc", Mail: "svc@example.test", Description: "mark",
				ServiceUser: true, OauthClient: true, PasswordNeverExpire: true, State: "None",
			},
		},
		"a service user is not everybody": {
			object{"Name": "quiet@example.test", "Password": goodPassword, "ServiceUser": "true"},
			emulator.User{Name: "quiet@example.test", ServiceUser: true, ForcePasswordChangeNext: true, State: "None"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			id, _ := tn.must(t, token, "cdirectoryservice/createuser", tc.body).(string)
			got, ok := tn.User(tc.want.Name)
			if !ok || got.ID != id || id == "" {
				t.Fatalf("user %v has ID %q, CreateUser answered %q", ok, got.ID, id)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(emulator.User{}, "ID")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateUserRefuses(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	cases := map[string]object{
		"a name that exists in another case": {"Name": "OAuth-Operator@example.test", "Password": goodPassword},
		"a name without suffix":              {"Name": "svc", "Password": goodPassword},
		"a suffix of somebody else":          {"Name": "svc@else.test", "Password": goodPassword},
		"a colon in the name":                {"Name": "a:b@example.test", "Password": goodPassword},
		"a short password":                   {"Name": "svc@example.test", "Password": "Abc1"},
		"a long password":                    {"Name": "svc@example.test", "Password": "Aa1" + strings.Repeat("x", 62)},
		"a password without digit":           {"Name": "svc@example.test", "Password": "Abcdefghij"},
		"a password without capital":         {"Name": "svc@example.test", "Password": "abcdefghij1"},
		"a confirmation that differs": {
			"Name": "svc@example.test", "Password": goodPassword, "confirmPassword": "x",
		},
		"an unknown state": {"Name": "svc@example.test", "Password": goodPassword, "state": "Asleep"},
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			r := tn.call(t, token, "CDirectoryService/CreateUser", body)
			check(t, 200, r.status)
			check(t, false, r.success())
			if password, _ := body["Password"].(string); strings.Contains(r.text, password) {
				t.Error("the answer holds the password")
			}
		})
	}
	check(t, 1, len(tn.Users()))
}

func TestUsersAreChangedReadAndRemoved(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	id, _ := tn.must(t, token, "CDirectoryService/CreateUser",
		object{"Name": "svc@example.test", "Password": goodPassword, "OauthClient": true, "OfficeNumber": "7"}).(string)
	tn.must(t, token, "CDirectoryService/ChangeUser", object{"ID": id, "Description": "mark", "Name": "SVC2@example.test"})
	tn.must(t, token, "CDirectoryService/SetUserState", object{"ID": id, "state": "disabled,Locked"})

	attributes, _ := tn.must(t, token, "UserMgmt/GetUserAttributes", object{"ID": id}).(object)
	byName, _ := tn.must(t, token, "CDirectoryService/GetUserByName", object{"username": "svc2@EXAMPLE.test"}).(object)
	check(t, attributes, byName)
	for name, want := range map[string]any{
		"Name": "svc2@example.test", "Description": "mark", "State": "Disabled, Locked", "OauthClient": true,
		"OfficeNumber": "7", "InEverybodyRole": true, "ForcePasswordChangeNext": "True", "Version": "2", "Alias": "example.test",
	} {
		if attributes[name] != want {
			t.Errorf("%s is %v, want %v", name, attributes[name], want)
		}
	}
	got := rows(t, tn.must(t, token, "Redrock/query", object{
		"Script": "Select ID, Username, DisplayName, Email, MobileNumber, LastLogin from User WHERE Username='svc2@example.test'",
	}))
	check(t, []object{{
		"ID": id, "Username": "svc2@example.test", "DisplayName": "", "Email": "", "MobileNumber": "", "LastLogin": nil,
	}}, got)

	admin, _ := tn.User("oauth-operator@example.test")
	if r := tn.call(t, token, "UserMgmt/RemoveUsers", object{"Users": []string{id, admin.ID}}); r.success() {
		t.Error("the caller removed itself")
	}
	tn.must(t, token, "CDirectoryService/DeleteUser", object{"ID": "svc2@example.test"})
	check(t, 1, len(tn.Users()))
	r := tn.call(t, token, "UserMgmt/GetUserAttributes", object{"ID": id})
	check(t, false, r.success())
}

func TestSeveralSuffixesAreListed(t *testing.T) {
	tn := start(t, emulator.Options{Seed: emulator.Seed{Suffixes: []string{"Corp.example"}}})
	got := rows(t, tn.must(t, tn.login(t), "Core/GetCdsAliasesForTenant", nil))
	check(t, []object{
		{"ID": "corp.example", "CdsAlias": true, "ReplaceDomain": nil},
		{"ID": "example.test", "CdsAlias": true, "ReplaceDomain": nil},
	}, got)
}
