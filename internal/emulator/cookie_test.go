package emulator_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// openSession logs a user in by StartAuthentication and AdvanceAuthentication, and returns its cookie.
func (tn *tenant) openSession(t *testing.T, name, password string) string {
	t.Helper()
	native := map[string]string{"X-IDAP-NATIVE-CLIENT": "true", "Content-Type": "application/json"}
	begun := tn.send(t, http.MethodPost, "/Security/StartAuthentication", `{"User":"`+name+`","Version":"1.0"}`, native)
	result, _ := begun.fields["Result"].(object)
	challenges, _ := result["Challenges"].([]any)
	if len(challenges) == 0 {
		t.Fatalf("no challenge: %s", begun.text)
	}
	first, _ := challenges[0].(object)
	mechanisms, _ := first["Mechanisms"].([]any)
	mechanism, _ := mechanisms[0].(object)
	session, _ := result["SessionId"].(string)
	id, _ := mechanism["MechanismId"].(string)
	answered := tn.send(t, http.MethodPost, "/Security/AdvanceAuthentication",
		`{"SessionId":"`+session+`","MechanismId":"`+id+`","Action":"Answer","Answer":"`+password+`"}`, native)
	for _, cookie := range (&http.Response{Header: answered.header}).Cookies() {
		if cookie.Name == ".ASPXAUTH" {
			return cookie.Name + "=" + cookie.Value
		}
	}
	t.Fatalf("no cookie: %s", answered.text)
	return ""
}

func TestSessionsByCookieNeedTheNativeClientHeader(t *testing.T) {
	clock := testingclock.NewFakePassiveClock(startTime)
	seed := emulator.DefaultSeed()
	seed.Users = append(seed.Users,
		emulator.SeedUser{Name: "alice@example.test", Password: goodPassword, Roles: []string{"OAuth Operators"}},
		emulator.SeedUser{Name: "bob@example.test", Password: goodPassword})
	tn := start(t, emulator.Options{Seed: seed, Clock: clock})
	alice, bob := tn.openSession(t, "alice@example.test", goodPassword), tn.openSession(t, "bob@example.test", goodPassword)
	call := func(cookie string, header map[string]string) []any {
		all := map[string]string{"Cookie": cookie, "Content-Type": "application/json"}
		maps.Copy(all, header)
		r := tn.send(t, http.MethodPost, "/Redrock/query", `{"Script":"SELECT ID FROM User"}`, all)
		return []any{r.status, r.success()}
	}
	check(t, []any{200, true}, call(alice, map[string]string{"X-IDAP-NATIVE-CLIENT": "1"}))
	check(t, []any{200, true}, call(alice, map[string]string{"x-centrify-native-client": "Yes"}))
	check(t, []any{401, false}, call(alice, nil))
	check(t, []any{200, false}, call(bob, map[string]string{"X-IDAP-NATIVE-CLIENT": "1"})) // he has no right
	check(t, []any{401, false}, call(".ASPXAUTH=forged", map[string]string{"X-IDAP-NATIVE-CLIENT": "1"}))
	// A token that is sent counts, not the cookie beside it.
	check(t, []any{401, false}, call(alice, map[string]string{"X-IDAP-NATIVE-CLIENT": "1", "Authorization": "Bearer forged"}))
	check(t, []any{200, true}, call("", map[string]string{"Authorization": "Bearer " + tn.login(t)}))

	if err := tn.SetUserState("alice@example.test", "Disabled"); err != nil {
		t.Fatal(err)
	}
	check(t, []any{401, false}, call(alice, map[string]string{"X-IDAP-NATIVE-CLIENT": "1"}))
	if err := tn.SetUserState("alice@example.test", "None"); err != nil {
		t.Fatal(err)
	}
	clock.SetTime(startTime.Add(24 * time.Hour))
	check(t, []any{401, false}, call(alice, map[string]string{"X-IDAP-NATIVE-CLIENT": "1"}))
}
