package emulator_test

import (
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// A stage is a tenant with an application "orders", a user "svc@example.test" and a role "ops".
type stage struct {
	*tenant
	token, key, user, role string
}

func newStage(t *testing.T, switches emulator.Switches) *stage {
	t.Helper()
	s := &stage{tenant: start(t, emulator.Options{Switches: switches})}
	s.token = s.login(t)
	s.key = s.importApplication(t, s.token, "OAuth2Server", "orders", object{"AllowedAuth": "ClientCreds", "ClientIDType": 1})
	s.user, _ = s.must(t, s.token, "CDirectoryService/CreateUser",
		object{"Name": "svc@example.test", "Password": goodPassword, "OauthClient": true, "ServiceUser": true}).(string)
	stored, _ := s.must(t, s.token, "Roles/StoreRole", object{"Name": "ops"}).(object)
	s.role, _ = stored["_RowKey"].(string)
	return s
}

// ask makes a call and says in short how it went: its status, whether it succeeded, and its result.
func (s *stage) ask(t *testing.T, path string, body any) []any {
	t.Helper()
	r := s.call(t, s.token, path, body)
	return []any{r.status, r.success(), r.fields["Result"]}
}

// grants returns the Grant of each entry that is neither the creator's nor inherited.
func (s *stage) grants(t *testing.T) []any {
	t.Helper()
	list, _ := s.must(t, s.token, "Acl/GetRowAces", object{"RowKey": s.key, "Table": "Application"}).([]any)
	found := []any{}
	for _, item := range list {
		entry, _ := item.(object)
		if entry["Inherited"] == false && entry["Principal"] == s.role {
			found = append(found, entry["Grant"])
		}
	}
	return found
}

func (s *stage) grant(t *testing.T, rights string) {
	t.Helper()
	s.must(t, s.token, "SaasManage/SetApplicationPermissions", object{"ID": s.key, "Grants": []object{
		{"PType": "Role", "PrincipalId": s.role, "Principal": "ops", "Rights": rights},
	}})
}

func (s *stage) script(t *testing.T) any {
	t.Helper()
	app, _ := s.must(t, s.token, "SaasManage/GetApplication", object{"_RowKey": s.key}).(object)
	return app["OpenIDConnectScript"]
}

// readings shows a switch in its default and in its other position.
type reading struct {
	flipped     emulator.Switches
	act         func(*testing.T, *stage) any
	want, other any
}

func refused() []any { return []any{200, false, nil} }

func succeeded(result any) []any { return []any{200, true, result} }

// readings has a row for each switch; those of other files are named in readElsewhere.
func readings() map[string]reading {
	return map[string]reading{
		"ScriptField: Script": {
			emulator.Switches{ScriptField: emulator.ScriptFieldScript},
			func(t *testing.T, s *stage) any {
				s.must(t, s.token, "SaasManage/UpdateApplicationDE", object{"_RowKey": s.key, "OpenIDConnectScript": "read"})
				first := s.script(t)
				s.must(t, s.token, "SaasManage/UpdateApplicationDE", object{"_RowKey": s.key, "Script": "written"})
				return []any{first, s.script(t)}
			},
			[]any{"read", "written"},
			[]any{"@oauth2", "written"},
		},
		"ScriptField: OpenIDConnectScript": {
			emulator.Switches{ScriptField: emulator.ScriptFieldOpenIDConnectScript},
			func(t *testing.T, s *stage) any {
				s.must(t, s.token, "SaasManage/UpdateApplicationDE", object{"_RowKey": s.key, "Script": "written"})
				first := s.script(t)
				s.must(t, s.token, "SaasManage/UpdateApplicationDE", object{"_RowKey": s.key, "OpenIDConnectScript": "read"})
				return []any{first, s.script(t)}
			},
			[]any{"written", "read"},
			[]any{"@oauth2", "read"},
		},
		"FixedServiceName": {
			emulator.Switches{FixedServiceName: true},
			func(t *testing.T, s *stage) any {
				return s.ask(t, "SaasManage/UpdateApplicationDE", object{"_RowKey": s.key, "ServiceName": "other"})
			},
			succeeded(object{"State": 0.0}),
			refused(),
		},
		"DuplicateAsState, of a user": {
			emulator.Switches{DuplicateAsState: true},
			func(t *testing.T, s *stage) any {
				return s.ask(t, "CDirectoryService/CreateUser", object{"Name": "SVC@example.test", "Password": goodPassword})
			},
			refused(),
			succeeded(object{"State": 1.0}),
		},
		"DuplicateAsState, of a role": {
			emulator.Switches{DuplicateAsState: true},
			func(t *testing.T, s *stage) any { return s.ask(t, "Roles/StoreRole", object{"Name": "OPS"}) },
			refused(),
			succeeded(object{"State": 1.0}),
		},
		"NullForMissingPrincipal, of a user": {
			emulator.Switches{NullForMissingPrincipal: true},
			func(t *testing.T, s *stage) any {
				return []any{
					s.ask(t, "CDirectoryService/GetUserByName", object{"username": "nobody@example.test"}),
					s.ask(t, "UserMgmt/GetUserAttributes", object{"ID": "nobody"}),
				}
			},
			[]any{refused(), refused()},
			[]any{succeeded(nil), succeeded(nil)},
		},
		"NullForMissingPrincipal, of a role": {
			emulator.Switches{NullForMissingPrincipal: true},
			func(t *testing.T, s *stage) any {
				return []any{
					s.ask(t, "SaasManage/GetRole", object{"Name": "nothing"}),
					s.ask(t, "SaasManage/GetRoleIdFromName", object{"roleName": "nothing"}),
				}
			},
			[]any{refused(), refused()},
			[]any{succeeded(nil), succeeded(nil)},
		},
		"MissingDeleteSucceeds": {
			emulator.Switches{MissingDeleteSucceeds: true},
			func(t *testing.T, s *stage) any {
				return []any{
					s.ask(t, "CDirectoryService/DeleteUser", object{"ID": "nobody"}),
					s.ask(t, "UserMgmt/RemoveUsers", object{"Users": []string{"nobody"}}),
					s.ask(t, "SaasManage/DeleteRole", object{"Name": "nothing"}),
					s.call(t, s.token, "SaasManage/DeleteApplication", object{"_RowKey": []string{"nothing"}}).success(),
				}
			},
			[]any{refused(), refused(), refused(), false},
			[]any{succeeded(nil), succeeded(nil), succeeded(nil), true},
		},
		"KeepRevokedEntries": {
			emulator.Switches{KeepRevokedEntries: true},
			func(t *testing.T, s *stage) any {
				s.grant(t, "View,Execute")
				first := s.grants(t)
				s.grant(t, "None")
				return []any{first, s.grants(t)}
			},
			[]any{[]any{132.0}, []any{}},
			[]any{[]any{132.0}, []any{0.0}},
		},
		"GrantsNeedPrincipalID": {
			emulator.Switches{GrantsNeedPrincipalID: true},
			func(t *testing.T, s *stage) any {
				return s.ask(t, "SaasManage/SetApplicationPermissions", object{"ID": s.key, "Grants": []object{
					{"PType": "Role", "Principal": "ops", "SystemName": "ops", "Rights": "View"},
				}})
			},
			succeeded(nil),
			refused(),
		},
		"BasicRightBits": {
			emulator.Switches{BasicRightBits: true},
			func(t *testing.T, s *stage) any {
				s.grant(t, "Admin")
				first := s.grants(t)
				s.grant(t, "ViewDetail")
				return append(first, s.grants(t)...)
			},
			[]any{28.0, 20.0},
			[]any{8.0, 16.0},
		},
		"ViewSuffices": {
			emulator.Switches{ViewSuffices: true},
			func(t *testing.T, s *stage) any {
				s.must(t, s.token, "SaasManage/AddUsersAndGroupsToRole", object{"Name": s.role, "Users": []string{s.user}})
				s.grant(t, "View")
				return s.requestToken(t, "orders", "svc@example.test", goodPassword, "").status
			},
			400,
			200,
		},
		"NativeHeaderForBearer": {
			emulator.Switches{},
			func(t *testing.T, s *stage) any {
				before := s.call(t, s.token, "Security/WhoAmI", nil).status
				if err := s.SetSwitches(emulator.Switches{NativeHeaderForBearer: true}); err != nil {
					t.Fatal(err)
				}
				answers := []any{before, s.call(t, s.token, "Security/WhoAmI", nil).status}
				for _, header := range []string{"X-IDAP-NATIVE-CLIENT", "X-CENTRIFY-NATIVE-CLIENT"} {
					answers = append(answers, s.send(t, http.MethodPost, "/Security/WhoAmI", "",
						map[string]string{"Authorization": "Bearer " + s.token, header: "Web"}).status)
				}
				return answers
			},
			[]any{200, 401, 200, 200},
			[]any{200, 401, 200, 200},
		},
		"FoldQueryCase": {
			emulator.Switches{FoldQueryCase: true},
			func(t *testing.T, s *stage) any {
				return len(rows(t, s.must(t, s.token, "Redrock/query",
					object{"Script": "SELECT ID FROM User WHERE Username='SVC@example.test'"})))
			},
			0,
			1,
		},
		"PasswordResetRevokes": {
			emulator.Switches{PasswordResetRevokes: true},
			func(t *testing.T, s *stage) any {
				admin, _ := s.User("oauth-operator@example.test")
				s.must(t, s.token, "UserMgmt/ResetUserPassword", object{"ID": admin.ID, "newPassword": goodPassword})
				return s.call(t, s.token, "Security/WhoAmI", nil).status
			},
			200,
			401,
		},
	}
}

// readElsewhere names the switches whose readings are compared in the tests of their subject.
func readElsewhere() []string {
	return []string{
		"MergeProfile", "NullForMissingApplication", "HideOwner", "KeysAbsent", "DiscoveryAbsent", "OutOfScope", "MissingRight",
		"NarrowScopes", "SpacedLists", "NormalizeDurations", "TenantIssuer", "UngrantedAsUnauthorized",
		"UnknownApplicationNotFound", "PasswordChangeBlocks", "DecodeBasic", "AllScopesByDefault", "ClientGrantOptional",
		"IDTokenAlways", "RefreshNeedsOfflineAccess", "RotateRefreshTokens", "RememberConsent", "ServiceUsersLogIn",
	}
}

func TestSwitchesChooseBetweenReadings(t *testing.T) {
	for name, r := range readings() {
		t.Run(name, func(t *testing.T) {
			check(t, r.want, r.act(t, newStage(t, emulator.Switches{})))
			check(t, r.other, r.act(t, newStage(t, r.flipped)))
		})
	}
}

func TestEverySwitchIsRead(t *testing.T) {
	shown := readElsewhere()
	for name := range readings() {
		first, _, _ := strings.Cut(name, ",")
		first, _, _ = strings.Cut(first, ":")
		shown = append(shown, first)
	}
	for field := range reflect.TypeFor[emulator.Switches]().Fields() {
		found := false
		for _, name := range shown {
			found = found || name == field.Name
		}
		if !found {
			t.Errorf("no test compares the readings of %s", field.Name)
		}
	}
}

func TestSwitchesAreFlippedWhileTheTenantRuns(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	missing := object{"_RowKey": "nobody"}
	check(t, refused(), s.ask(t, "SaasManage/GetApplication", missing))
	if err := s.SetSwitches(emulator.Switches{NullForMissingApplication: true}); err != nil {
		t.Fatal(err)
	}
	check(t, succeeded(nil), s.ask(t, "SaasManage/GetApplication", missing))
	if err := s.SetSwitches(emulator.Switches{OutOfScope: "Maybe"}); err == nil {
		t.Error("an unknown reading was accepted")
	}
	check(t, emulator.Switches{NullForMissingApplication: true}, s.Switches())
}

func TestEverySwitchIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for field := range reflect.TypeFor[emulator.Switches]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !strings.Contains(string(text), "\n| `"+name+"` | ") {
			t.Errorf("docs/emulator.md has no row for %s", name)
		}
	}
}

func TestEveryFaultIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []emulator.FaultKind{
		emulator.FaultLatency, emulator.FaultStatus, emulator.FaultBusinessFailure, emulator.FaultHTML, emulator.FaultResetBefore,
		emulator.FaultResetAfter, emulator.FaultTruncatedJSON, emulator.FaultSlowBody,
	} {
		if !strings.Contains(string(text), "`"+string(kind)+"`") {
			t.Errorf("docs/emulator.md does not know %s", kind)
		}
	}
}
