package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestRolesLiveThroughTheirCalls(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	stored, _ := tn.must(t, token, "Roles/StoreRole",
		object{"Name": "Orders clients", "RoleType": "PrincipalList", "Description": "mark"}).(object)
	id, _ := stored["_RowKey"].(string)
	if r := tn.call(t, token, "SaasManage/StoreRole", object{"Name": "orders CLIENTS"}); r.success() {
		t.Error("a second role of the name was stored")
	}
	user, err := tn.AddUser(emulator.SeedUser{Name: "svc@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	join := object{"Name": id, "Users": []string{"SVC@example.test"}, "Roles": []string{"OAuth Operators"}}
	tn.must(t, token, "SaasManage/AddUsersAndGroupsToRole", join)
	tn.must(t, token, "SaasManage/AddUsersAndGroupsToRole", join)
	nested, _ := tn.Role("OAuth Operators")
	check(t, []object{
		{"Guid": user, "Name": "svc@example.test", "Type": "User"},
		{"Guid": nested.ID, "Name": "OAuth Operators", "Type": "Role"},
	}, rows(t, tn.must(t, token, "Roles/GetRoleMembers", object{"Name": id})))
	admin, _ := tn.User("oauth-operator@example.test")
	check(t, []string{nested.ID, id}, admin.RoleIDs)

	tn.must(t, token, "SaasManage/RemoveUsersAndGroupsFromRole", object{"Name": id, "Users": []string{user}})
	tn.must(t, token, "Roles/UpdateRole", object{
		"Name": id, "NewName": "Renamed", "Roles": object{"Delete": []string{nested.ID}},
		"Users": object{"Add": []string{user}},
	})
	role, _ := tn.must(t, token, "SaasManage/GetRole", object{"name": id, "suppressPrincipalsList": true}).(object)
	check(t, object{"Name": "Renamed", "_RowKey": id, "Description": "mark"},
		object{"Name": role["Name"], "_RowKey": role["_RowKey"], "Description": role["Description"]})
	got, _ := tn.Role("renamed")
	check(t, []string{user}, got.Members)
	check(t, any(id), tn.must(t, token, "SaasManage/GetRoleIdFromName?roleName=Renamed", nil))

	tn.must(t, token, "SaasManage/AssignSuperRights", []object{{"Role": id, "Path": "/lib/rights/monitor.json"}})
	got, _ = tn.Role("renamed")
	check(t, []string{"/lib/rights/monitor.json"}, got.Rights)
	tn.must(t, token, "Roles/UnAssignSuperRights", []object{{"Role": id, "Path": "/lib/rights/monitor.json"}})

	tn.must(t, token, "SaasManage/DeleteRole", object{"Name": id})
	if r := tn.call(t, token, "SaasManage/DeleteRole", object{"Name": "sysadmin"}); r.success() {
		t.Error("a built-in role was deleted")
	}
	if _, ok := tn.Role("Renamed"); ok {
		t.Error("the deleted role is there")
	}
}

func TestDirectoryQueriesFindExactMatchesFirst(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	for _, name := range []string{"devops", "ops"} {
		if _, err := tn.AddRole(emulator.SeedRole{Name: name, ID: "id-" + name}); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		filter string
		limit  int
		want   []string
	}{
		"equal name or ID":         {`{"_or":[{"Name":{"_eq":"id-ops"}},{"_ID":{"_eq":"id-ops"}}]}`, 1, []string{"ops"}},
		"nothing matches":          {`{"_or":[{"Name":{"_eq":"nobody"}},{"_ID":{"_eq":"nobody"}}]}`, 1, nil},
		"similar, the exact first": {`{"Name":{"_like":{"value":"OPS","ignoreCase":true}}}`, 1, []string{"ops"}},
		"similar, all":             {`{"Name":{"_like":"ops"}}`, 0, []string{"ops", "devops"}},
		"several conditions":       {`{"_and":[{"Name":{"_like":"ops"}},{"_ID":{"_eq":"id-devops"}}]}`, 0, []string{"devops"}},
		"no filter at all":         {``, 0, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body := object{
				"directoryServices": []string{"09B9A9B0-6CE8-465F-AB03-65766D33B05E"}, "user": "{}", "group": "{}",
				"Args": object{"Limit": tc.limit},
			}
			if tc.filter != "" {
				body["roles"] = tc.filter
			}
			result, _ := tn.must(t, token, "UserMgmt/DirectoryServiceQuery", body).(object)
			var names []string
			for _, r := range rows(t, result["Roles"]) {
				names = append(names, r["Name"].(string))
			}
			check(t, tc.want, names)
			check(t, 1, len(rows(t, result["User"])))
			check(t, 0, len(rows(t, result["Group"])))
		})
	}
}

func TestReadsOfTheSDKAreAnswered(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	bearer := map[string]string{"Authorization": "Bearer " + token}
	services := tn.send(t, http.MethodGet, "/Core/GetDirectoryServices", "", bearer)
	check(t, any("CDS"), rows(t, services.fields["Result"])[0]["Service"])
	attributes := tn.send(t, http.MethodGet, "/RoleAttributes/GetRoleAttributes?roleId=sysadmin", "", bearer)
	check(t, "[]", strings.TrimSpace(attributes.text))
	apps := rows(t, tn.must(t, token, "Redrock/query", object{
		"Script": "@@Web Applications PLV8", "Args": object{"FilterBy": []string{"Name"}, "FilterValue": "ADMIN"},
	}))
	check(t, 1, len(apps))
	for _, column := range []string{
		"ID", "Name", "DisplayName", "Description", "WebAppType", "WebAppTypeDisplayName", "AppTypeDisplayName",
		"TemplateName", "State",
	} {
		if _, ok := apps[0][column].(string); !ok {
			t.Errorf("column %s is %v, want text", column, apps[0][column])
		}
	}
	granted := rows(t, tn.must(t, token, "UserMgmt/GetUsersRolesAndAdministrativeRights", nil))
	check(t, any("OAuth Operators"), granted[0]["Name"])
	check(t, any(object{}), tn.must(t, token, "ExtData/GetColumns", object{"Table": "users", "ID": "oauth-operator@example.test"}))
}
