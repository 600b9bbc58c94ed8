package emulator_test

import (
	"net/http"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestImportOfAWrongShapeSucceedsAndCreatesNothing(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	got := tn.must(t, token, "SaasManage/ImportAppFromTemplate", object{"ID": "OAuth2Server"})
	check(t, any([]any{}), got)
	if n := len(tn.Applications()); n != 1 {
		t.Errorf("%d applications, want the seeded one", n)
	}
}

func TestGetApplicationHoldsNothingThatTheSDKCanNotRead(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	tn.must(t, token, "SaasManage/UpdateApplicationDE", object{
		"_RowKey": key, "Description": nil, "AuthRules": nil,
		"OAuthProfile": object{"AllowedAuth": nil, "AllowedClients": nil, "ClientIdType": 1},
	})
	app, _ := tn.must(t, token, "saasmanage/getapplication/", object{"_rowkey": key}).(object)
	profile, ok := app["OAuthProfile"].(object)
	if !ok {
		t.Fatalf("OAuthProfile is %v", app["OAuthProfile"])
	}
	check(t, object{"ClientIDType": 1.0}, profile)
	if rules, ok := app["AuthRules"]; ok {
		t.Errorf("AuthRules is %v, want it absent", rules)
	}
	check(t, any("Active"), app["State"])
	check(t, any(key), app["_RowKey"])
}

func TestUpdateMergesTheTopLevelAndReplacesTheProfile(t *testing.T) {
	cases := map[string]struct {
		switches emulator.Switches
		want     object
	}{
		"replace": {emulator.Switches{}, object{"Audience": "b"}},
		"merge":   {emulator.Switches{MergeProfile: true}, object{"Audience": "b", "Issuer": "i", "Future": "x"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{Switches: tc.switches})
			token := tn.login(t)
			key := tn.importApplication(t, token, "OAuth2Server", "orders",
				object{"Audience": "a", "Issuer": "i", "Future": "x"})
			tn.must(t, token, "SaasManage/UpdateApplicationDE", object{"_RowKey": key, "FutureTop": object{"a": []int{1}}})
			tn.must(t, token, "SaasManage/UpdateApplicationDE",
				object{"_RowKey": key, "Description": "d", "OAuthProfile": object{"Audience": "b"}})
			app, _ := tn.must(t, token, "SaasManage/GetApplication", object{"_RowKey": key}).(object)
			profile, _ := app["OAuthProfile"].(object)
			for _, field := range []string{"Audience", "Issuer", "Future"} {
				check(t, tc.want[field], profile[field])
			}
			check(t, object{"orders": "d"}, object{app["ServiceName"].(string): app["Description"]})
			check(t, any(object{"a": []any{1.0}}), app["FutureTop"])
		})
	}
}

func TestUpdateNeedsTheRowKey(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	r := tn.call(t, token, "SaasManage/UpdateApplicationDE", object{"ID": key, "Name": "x"})
	check(t, http.StatusOK, r.status)
	check(t, false, r.success())
	check(t, any("The provided RowKey  is not valid."), r.fields["Message"])
	check(t, any("_I18N_System.ArgumentException"), r.fields["MessageID"])
	tn.must(t, token, "SaasManage/UpdateApplicationDE?_RowKey="+key, object{"Name": "x"})
}

func TestServiceNamesAreUnique(t *testing.T) {
	cases := map[string]struct {
		switches    emulator.Switches
		wantSuccess bool
		wantResult  any
	}{
		"as a failure": {emulator.Switches{}, false, nil},
		"as a state":   {emulator.Switches{DuplicateAsState: true}, true, object{"State": 1.0}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{Switches: tc.switches})
			token := tn.login(t)
			tn.importApplication(t, token, "OAuth2Server", "orders", nil)
			key := tn.importApplication(t, token, "OAuth2Server", "other", nil)
			r := tn.call(t, token, "SaasManage/UpdateApplicationDE", object{"_RowKey": key, "ServiceName": "ORDERS"})
			check(t, tc.wantSuccess, r.success())
			check(t, tc.wantResult, r.fields["Result"])
			if _, ok := tn.Application("other"); !ok {
				t.Error("the refused update took effect")
			}
		})
	}
}

func TestMissingApplicationsAreReported(t *testing.T) {
	for name, tc := range map[string]struct {
		switches emulator.Switches
		want     bool
	}{
		"as a failure": {emulator.Switches{}, false},
		"as null":      {emulator.Switches{NullForMissingApplication: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{Switches: tc.switches})
			token := tn.login(t)
			for path, body := range map[string]object{
				"SaasManage/GetApplication":         {"_RowKey": "nobody"},
				"SaasManage/GetAppIDByServiceName":  {"Name": "nobody"},
				"SaasManage/GetAppIDByServiceName/": {"Name": ""},
			} {
				r := tn.call(t, token, path, body)
				check(t, tc.want, r.success())
				check(t, nil, r.fields["Result"])
			}
			rows := rows(t, tn.must(t, token, "Redrock/query",
				object{"Script": "SELECT ID FROM Application WHERE ServiceName='nobody'"}))
			check(t, []object{}, rows)
		})
	}
}

func TestDeleteApplicationTakesBothForms(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	first := tn.importApplication(t, token, "OAuth2Server", "one", nil)
	second := tn.importApplication(t, token, "OAuth2Server", "two", nil)
	tn.must(t, token, "SaasManage/DeleteApplication", object{"_RowKey": []string{first}})
	tn.must(t, token, "SaasManage/DeleteApplication", object{"ID": second})
	if r := tn.call(t, token, "SaasManage/DeleteApplication", object{"ID": second}); r.success() {
		t.Error("deleting twice succeeded")
	}
	check(t, 1, len(tn.Applications()))
}

func TestGrantsAreSetPerPrincipal(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	role, err := tn.AddRole(emulator.SeedRole{Name: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	set := func(grants ...object) reply {
		return tn.call(t, token, "SaasManage/SetApplicationPermissions", object{"ID": key, "PVID": key, "Grants": grants})
	}
	byName := object{"PType": "Role", "Principal": "ops", "SystemName": "ops", "Rights": "View,Execute", "Type": "Role"}
	everybody := object{"PType": "Role", "PrincipalId": "Everybody", "Rights": "View"}
	if r := set(byName, everybody); !r.success() {
		t.Fatal(r.text)
	}
	list, _ := tn.must(t, token, "Acl/GetRowAces",
		object{"RowKey": key, "Table": "Application", "ReduceSysadmin": true}).([]any)
	got := map[string]any{}
	for _, item := range list {
		entry, _ := item.(object)
		got[entry["PrincipalName"].(string)] = []any{entry["PrincipalType"], entry["Grant"], entry["Inherited"]}
	}
	check(t, map[string]any{
		"ops":                         []any{"Role", 132.0, false},
		"Everybody":                   []any{"Role", 4.0, false},
		"oauth-operator@example.test": []any{"User", 93.0, false},
		"System Administrator":        []any{"Role", 2147483869.0, true},
	}, got)

	if r := set(object{"PType": "Role", "PrincipalId": role, "Rights": "None"}); !r.success() {
		t.Fatal(r.text)
	}
	app, _ := tn.Application("orders")
	check(t, []emulator.Grant{{
		PrincipalType: "Role", PrincipalID: "Everybody", PrincipalName: "Everybody", Rights: []string{"View"},
	}}, app.Grants)
	for name, bad := range map[string]object{
		"an unknown role":  {"PType": "Role", "PrincipalId": "nobody", "Rights": "View"},
		"an unknown right": {"PType": "Role", "Principal": "ops", "Rights": "Fly"},
		"a group":          {"PType": "Group", "Principal": "ops", "Rights": "View"},
	} {
		if r := set(everybody, bad); r.success() {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTheCreatorMayBeHidden(t *testing.T) {
	tn := start(t, emulator.Options{Switches: emulator.Switches{HideOwner: true}})
	token := tn.login(t)
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	list, _ := tn.must(t, token, "Acl/GetRowAces", object{"RowKey": key, "Table": "Application"}).([]any)
	check(t, 1, len(list))
}

func TestSpellingsOfTheServerAreSwitchable(t *testing.T) {
	tn := start(t, emulator.Options{
		PublicURL: "https://tenant.example.test/",
		Switches:  emulator.Switches{SpacedLists: true, NormalizeDurations: true, TenantIssuer: true},
	})
	token := tn.login(t)
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	app, _ := tn.must(t, token, "SaasManage/GetApplication", object{"_RowKey": key}).(object)
	profile, _ := app["OAuthProfile"].(object)
	check(t, any("https://tenant.example.test"), profile["Issuer"])
	check(t, any("AuthorizationCode, Implicit, ClientCreds, ResourceCreds"), profile["AllowedAuth"])
	check(t, any("05:00:00"), profile["TokenLifetime"])
}
