package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// entries reads an audit log.
func entries(t *testing.T, text string) []object {
	t.Helper()
	var list []object
	for line := range strings.Lines(text) {
		var entry object
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		list = append(list, entry)
	}
	return list
}

func TestTheAuditLogTellsOfEveryCall(t *testing.T) {
	var log syncBuffer
	tn := start(t, emulator.Options{Audit: &log, Clock: testingclock.NewFakePassiveClock(startTime)})
	token := tn.login(t)
	tn.must(t, token, "roles/STOREROLE/", object{"Name": "ops", "Users": []string{"oauth-operator@example.test"}})
	tn.call(t, token, "Roles/StoreRole", object{"Name": "ops"})
	tn.call(t, token, "Redrock/query?x=1", object{"Script": "SELECT ID FROM Role", "Args": object{"Limit": 1}})
	tn.must(t, token, "SaasManage/AssignSuperRights", []object{{"Role": "Everybody", "Path": "/lib/rights/monitor.json"}})
	tn.call(t, token, "No/Such", nil)
	tn.requestToken(t, "operator-admin", "nobody@example.test", "x", "all")
	tn.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultResetBefore})
	_, _ = tn.try(t, http.MethodPost, "/Security/WhoAmI", "", nil)

	const admin, noon = "oauth-operator@example.test", "2026-03-01T12:00:00Z"
	form := func() object {
		return object{"grant_type": []any{"client_credentials"}, "scope": []any{"all"}}
	}
	want := []object{
		{"time": noon, "operation": "OAuth2/Token/operator-admin", "method": "POST", "caller": admin, "arguments": form(), "status": 200.0, "success": true},
		{"time": noon, "operation": "Roles/StoreRole", "method": "POST", "caller": admin, "arguments": object{"Name": "ops", "Users": []any{admin}}, "status": 200.0, "success": true},
		{"time": noon, "operation": "Roles/StoreRole", "method": "POST", "caller": admin, "arguments": object{"Name": "ops"}, "status": 200.0, "success": false},
		{"time": noon, "operation": "Redrock/query", "method": "POST", "caller": admin, "arguments": object{"[others]": 1.0, "Script": "SELECT ID FROM Role", "Args": object{"Limit": 1.0}}, "status": 200.0, "success": true},
		{"time": noon, "operation": "SaasManage/AssignSuperRights", "method": "POST", "caller": admin, "arguments": []any{object{"Role": "Everybody", "Path": "/lib/rights/monitor.json"}}, "status": 200.0, "success": true},
		{"time": noon, "operation": "Unknown", "method": "POST", "path": "/No/Such", "status": 404.0, "success": false},
		{"time": noon, "operation": "OAuth2/Token/operator-admin", "method": "POST", "caller": "nobody@example.test", "arguments": form(), "status": 401.0, "success": false, "error": "invalid_client"},
		{"time": noon, "operation": "Security/WhoAmI", "method": "POST", "status": 0.0, "success": false, "fault": "ResetBefore"},
	}
	got := entries(t, log.String())
	// A client may repeat a call whose connection was reset.
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNeitherLogHoldsASecret(t *testing.T) {
	var log syncBuffer
	tn := start(t, emulator.Options{Audit: &log})
	token := tn.login(t)
	_, secret := tn.AdminCredential()
	canary := func(name string) string { return "Canary-1-" + name }
	planted := []string{token, secret}
	plant := func(name string) string {
		planted = append(planted, canary(name))
		return canary(name)
	}
	key := tn.importApplication(t, token, "OAuth2Server", "orders", nil)
	for path, body := range map[string]any{
		"CDirectoryService/CreateUser":   object{"Name": "a@example.test", "Password": plant("created"), "confirmPassword": canary("created")},
		"CDirectoryService/ChangeUser":   object{"ID": "oauth-operator@example.test", "PASSWORD": plant("weak"), "Future": plant("future")},
		"UserMgmt/ResetUserPassword":     object{"ID": "a@example.test", "newPassword": plant("reset")},
		"UserMgmt/ChangeUserPassword":    object{"oldPassword": plant("old"), "newPassword": plant("new")},
		"SaasManage/UpdateApplicationDE": object{"_RowKey": key, "Script": plant("script"), "OAuthProfile": object{"Key": plant("key")}},
		"Security/AdvanceAuthentication": object{"SessionId": plant("session"), "Answer": plant("answer")},
		"Roles/UpdateRole":               object{"Name": "ops", "Users": object{plant("map"): plant("value")}},
		"Security/WhoAmI?token=" + plant("query") + "&Password=" + canary("query"): nil,
	} {
		tn.call(t, token, path, body)
	}
	for path, form := range map[string]url.Values{
		"Token/orders": {
			"grant_type": {"client_credentials"}, "client_id": {"a@example.test"}, "client_secret": {plant("form")}, "code": {plant("code")},
			"code_verifier": {plant("verifier")}, "refresh_token": {plant("refresh")}, "password": {plant("owner")}, "assertion": {plant("assertion")},
		},
		"Introspect/orders": {"token": {plant("introspected")}},
		"Revoke/orders":     {"token": {plant("revoked")}},
		"Token/orders?client_secret=" + plant("url"): {"grant_type": {"client_credentials"}},
	} {
		tn.send(t, http.MethodPost, "/OAuth2/"+path, form.Encode(), map[string]string{
			"Content-Type": "application/x-www-form-urlencoded", "Cookie": ".ASPXAUTH=" + plant("cookie"),
		})
	}
	tn.requestToken(t, "orders", "a@example.test", plant("basic"), "")
	text := log.String()
	if len(entries(t, text)) < 14 {
		t.Errorf("the audit log has %d entries", len(entries(t, text)))
	}
	for _, secret := range planted {
		if strings.Contains(text, secret) {
			t.Errorf("the audit log holds %s", secret)
		}
	}
}
