package emulator_test

import (
	"net/http"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// restrictedSeed is the default tenant with one more administrator, who has one right, and an application whose scopes
// open parts of the API.
func restrictedSeed(right string) emulator.Seed {
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "limited", Rights: []string{"/lib/rights/" + right + ".json"}})
	seed.Users = append(seed.Users, emulator.SeedUser{
		Name: "limited@example.test", Password: goodPassword, OauthClient: true, ServiceUser: true, Roles: []string{"limited"},
	})
	seed.Applications = append(seed.Applications, emulator.SeedApplication{
		ServiceName: "api", Template: emulator.TemplateOAuth2ServerClient,
		Scopes: []emulator.SeedScope{
			{Scope: "everything", AllowedRest: []string{".*"}},
			{Scope: "whoami", AllowedRest: []string{"security/whoami"}},
			{Scope: "users", AllowedRest: []string{"/UserMgmt/.*", "/CDirectoryService/.*"}},
		},
		Grants: []emulator.SeedGrant{{Role: "limited"}},
	}, emulator.SeedApplication{
		ServiceName: "orders", Scopes: []emulator.SeedScope{{Scope: "read", AllowedRest: []string{".*"}}},
		Grants: []emulator.SeedGrant{{Role: "limited"}},
	})
	return seed
}

func TestScopesAndRightsOpenTheAPI(t *testing.T) {
	const (
		whoAmI     = "Security/WhoAmI"
		createUser = "CDirectoryService/CreateUser"
		importApp  = "SaasManage/ImportAppFromTemplate"
		storeRole  = "Roles/StoreRole"
		query      = "Redrock/query"
	)
	newUser := object{"Name": "new@example.test", "Password": goodPassword}
	cases := map[string]struct {
		app, scope, right string
		switches          emulator.Switches
		path              string
		body              object
		status            int
		success           bool
	}{
		"whoami needs its scope alone":      {"api", "whoami", "none", emulator.Switches{}, whoAmI, nil, 200, true},
		"its scope does not open users":     {"api", "whoami", "dsman", emulator.Switches{}, createUser, newUser, 403, false},
		"no scope opens nothing":            {"api", "", "dsman", emulator.Switches{}, whoAmI, nil, 403, false},
		"users with scope and right":        {"api", "users", "dsman", emulator.Switches{}, createUser, newUser, 200, true},
		"users without right":               {"api", "users", "appman", emulator.Switches{}, createUser, newUser, 200, false},
		"one scope of several is enough":    {"api", "whoami users", "dsman", emulator.Switches{}, createUser, newUser, 200, true},
		"applications with right":           {"api", "everything", "appman", emulator.Switches{}, importApp, object{"ID": []string{"OAuth2Server"}}, 200, true},
		"applications without right":        {"api", "everything", "dsman", emulator.Switches{}, importApp, object{"ID": []string{"OAuth2Server"}}, 200, false},
		"roles without right":               {"api", "everything", "dsman", emulator.Switches{}, storeRole, object{"Name": "x"}, 200, false},
		"queries with any right":            {"api", "everything", "roleman", emulator.Switches{}, query, object{"Script": "SELECT * FROM Role"}, 200, true},
		"queries without right":             {"api", "everything", "none", emulator.Switches{}, query, object{"Script": "SELECT * FROM Role"}, 200, false},
		"tokens for other APIs":             {"orders", "read", "dsman", emulator.Switches{}, whoAmI, nil, 401, false},
		"an uncovered call, as 401":         {"api", "whoami", "dsman", emulator.Switches{OutOfScope: emulator.RefusalUnauthorized}, createUser, newUser, 401, false},
		"an uncovered call, as a failure":   {"api", "whoami", "dsman", emulator.Switches{OutOfScope: emulator.RefusalFailure}, createUser, newUser, 200, false},
		"a missing right, as 403":           {"api", "users", "appman", emulator.Switches{MissingRight: emulator.RefusalForbidden}, createUser, newUser, 403, false},
		"a controller that does not exist":  {"api", "everything", "appman", emulator.Switches{}, "Nothing/Here", nil, 404, false},
		"the scope sees the path as called": {"api", "users", "dsman", emulator.Switches{}, "cdirectoryservice/CREATEUSER/", newUser, 200, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{Seed: restrictedSeed(tc.right), Switches: tc.switches})
			token, _ := tn.requestToken(t, tc.app, "limited@example.test", goodPassword, tc.scope).fields["access_token"].(string)
			r := tn.call(t, token, tc.path, tc.body)
			check(t, tc.status, r.status)
			check(t, tc.success, r.success())
		})
	}
}

func TestTokensStopOpeningTheAPI(t *testing.T) {
	const admin = "oauth-operator@example.test"
	cases := map[string]struct {
		act  func(*tenant) error
		want int
	}{
		"when nothing happens they do not": {func(*tenant) error { return nil }, 200},
		"when they are revoked":            {func(tn *tenant) error { tn.RevokeTokens(); return nil }, 401},
		"when the user is disabled":        {func(tn *tenant) error { return tn.SetUserState(admin, "Disabled") }, 401},
		"when the user is removed":         {func(tn *tenant) error { return tn.RemoveUser(admin) }, 401},
		"when they have expired":           {func(tn *tenant) error { tn.SetClockOffset(5 * time.Hour); return nil }, 401},
		"not one second earlier":           {func(tn *tenant) error { tn.SetClockOffset(5*time.Hour - time.Second); return nil }, 200},
		"not when the password changes":    {func(tn *tenant) error { return tn.SetUserPassword(admin, "x") }, 200},
		"when the application is removed": {func(tn *tenant) error {
			app, _ := tn.Application("operator-admin")
			return tn.RemoveApplication(app.Key)
		}, 401},
		"when the scope is redefined": {func(tn *tenant) error {
			app, _ := tn.Application("operator-admin")
			return tn.EditApplication(app.Key, func(raw map[string]any) {
				profile, _ := raw["OAuthProfile"].(map[string]any)
				profile["KnownScopes"] = []any{map[string]any{"Scope": "all", "AllowedRest": []any{"/Roles/.*"}}}
			})
		}, 403},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{Clock: testingclock.NewFakePassiveClock(startTime)})
			token := tn.login(t)
			if err := tc.act(tn); err != nil {
				t.Fatal(err)
			}
			check(t, tc.want, tn.call(t, token, "security/whoami", nil).status)
		})
	}
}

func TestTheVersionNeedsNoToken(t *testing.T) {
	tn := start(t, emulator.Options{})
	check(t, true, tn.send(t, http.MethodGet, "/sysinfo/version", "", nil).success())
	check(t, http.StatusUnauthorized, tn.send(t, http.MethodPost, "/security/whoami", "", nil).status)
	check(t, http.StatusUnauthorized, tn.call(t, "forged", "security/whoami", nil).status)
}
