package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAccountsAreLockedAndUnlocked(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	locked := func() any {
		return s.must(t, s.token, "UserMgmt/IsUserCloudLocked?user=svc@example.test", nil)
	}
	check(t, any(false), locked())
	s.must(t, s.token, "CDirectoryService/SetUserState", object{"ID": s.user, "state": "Locked, Disabled"})
	check(t, any(true), locked())
	s.must(t, s.token, "CDirectoryService/ChangeUserState", object{"uuid": s.user, "state": "true"})
	check(t, any(false), locked())
	u, _ := s.User("svc@example.test")
	check(t, "None", u.State)
	s.must(t, s.token, "CDirectoryService/ChangeUserState", object{"uuid": s.user, "state": false})
	u, _ = s.User("svc@example.test")
	check(t, "Disabled", u.State)
	admin, _ := s.User("oauth-operator@example.test")
	check(t, refused(), s.ask(t, "CDirectoryService/ChangeUserState", object{"uuid": admin.ID, "state": false}))
}

func TestCallersChangeTheirOwnPassword(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	id, secret := s.AdminCredential()
	for name, body := range map[string]object{
		"a wrong old password":        {"oldPassword": "wrong", "newPassword": goodPassword},
		"no old password":             {"newPassword": goodPassword},
		"a weak new password":         {"oldPassword": secret, "newPassword": "weak"},
		"a confirmation that differs": {"oldPassword": secret, "newPassword": goodPassword, "confirmPassword": "other"},
	} {
		if r := s.call(t, s.token, "UserMgmt/ChangeUserPassword", body); r.success() {
			t.Errorf("%s was accepted", name)
		}
	}
	s.must(t, s.token, "UserMgmt/ChangeUserPassword", object{"oldPassword": secret, "newPassword": goodPassword})
	check(t, 401, s.requestToken(t, "operator-admin", id, secret, "all").status)
	check(t, 200, s.requestToken(t, "operator-admin", id, goodPassword, "all").status)
}

func TestGeneratedPasswordsMeetThePolicy(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	for _, length := range []any{0, 8, "64", 65, "x"} {
		password, _ := s.must(t, s.token, "Core/GeneratePassword", object{"passwordLength": length}).(string)
		s.must(t, s.token, "UserMgmt/ResetUserPassword", object{"ID": s.user, "newPassword": password})
		switch {
		case length == 8 && len(password) != 8, length == "64" && len(password) != 64:
			t.Errorf("asked for %v, got %d characters", length, len(password))
		}
	}
}

func TestLoginSuffixesAreStoredOnce(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	check(t, succeeded(object{"State": 0.0}), s.ask(t, "Core/StoreAlias", object{"alias": "New.Test"}))
	check(t, succeeded(object{"State": 1.0}), s.ask(t, "Core/StoreAlias", object{"alias": "new.test"}))
	check(t, refused(), s.ask(t, "Core/StoreAlias", object{"alias": "a b"}))
	s.must(t, s.token, "CDirectoryService/CreateUser", object{"Name": "a@new.test", "Password": goodPassword})
}

func TestTheCatalogueHasTheTemplates(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	result, _ := s.must(t, s.token, "SaasManage/GetPaginatedTemplates", object{"Args": object{
		"FilterBy": []string{"DisplayName", "Name", "WebAppType"}, "FilterValue": "oauth2serverclient",
	}}).(object)
	found := rows(t, result["AppTemplates"])
	check(t, 1, len(found))
	check(t, any("OAuth2ServerClient"), found[0]["ID"])
	for _, column := range []string{
		"ID", "Name", "DisplayName", "AppTypeDisplayName", "Description", "AppType", "WebAppTypeDisplayName",
	} {
		if _, ok := found[0][column].(string); !ok {
			t.Errorf("column %s is %v, want text", column, found[0][column])
		}
	}
	custom, _ := s.must(t, s.token, "SaasManage/GetCustomWebAppTemplates", object{}).(object)
	check(t, any([]any{}), custom["Results"])
	categories, _ := s.must(t, s.token, "SaasManage/GetCategories", object{}).(object)
	check(t, any([]any{"_I18N_AppCategory_Other"}), categories["Categories"])
}

func TestRightsAreListed(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	all := rows(t, s.must(t, s.token, "Redrock/query", object{"Script": "@/lib/get_superrights.js(excludeRight:'')"}))
	check(t, 16, len(all))
	const path = "/lib/rights/mfaunlock.json"
	s.must(t, s.token, "Roles/AssignSuperRights", []object{{"Role": s.role, "Path": path}})
	check(t, []object{{"Description": "MFA Unlock", "Path": path, "ServiceName": "Cloud"}},
		rows(t, s.must(t, s.token, "Core/GetAssignedAdministrativeRights", object{"role": s.role})))
	check(t, []object{}, rows(t, s.must(t, s.token, "SaasManage/GetRoleApps?role="+s.role, nil)))
	s.grant(t, "View")
	granted := rows(t, s.must(t, s.token, "SaasManage/GetRoleApps?role="+s.role, nil))
	check(t, 1, len(granted))
	check(t, any("orders"), granted[0]["ServiceName"])
}

func TestScriptsChooseMembersOfARole(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	s.must(t, s.token, "Roles/SetDynamicRoleScript", object{"ID": s.role, "Script": "return true"})
	r, _ := s.must(t, s.token, "SaasManage/GetRole", object{"Name": s.role}).(object)
	check(t, any("Script"), r["RoleType"])
	check(t, refused(), s.ask(t, "Roles/SetDynamicRoleScript", object{"ID": "sysadmin", "Script": "x"}))
}

func TestTheTenantDescribesItself(t *testing.T) {
	tn := start(t, emulator.Options{})
	description := tn.send(t, http.MethodGet, "/vfslow/lib/api/swagger.json", "", nil)
	check(t, any("2.0"), description.fields["swagger"])
	paths, _ := description.fields["paths"].(object)
	if _, ok := paths["/SaasManage/GetApplication"]; !ok || len(paths) < 50 {
		t.Errorf("%d paths are described", len(paths))
	}
	if about := tn.send(t, http.MethodGet, "/SysInfo/About", "", nil); !strings.Contains(about.text, "not for production") {
		t.Errorf("it says of itself %s", about.text)
	}
}
