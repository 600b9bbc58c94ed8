package samples_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// useCases are the directories of config/samples with their tests.
func useCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"api-access": apiAccess, "single-page-application": singlePageApplication,
		"web-application": webApplication, "third-party-integration": thirdPartyIntegration,
	}
}

func TestUseCases(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(environment.Root(), "config", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	known := useCases()
	for _, entry := range entries {
		if entry.IsDir() && known[entry.Name()] == nil {
			t.Errorf("nothing checks config/samples/%s", entry.Name())
		}
	}
	for name, check := range known {
		t.Run(name, check)
	}
}

// apiAccess: an application calls the tenant's own APIs with the client credentials grant.
func apiAccess(t *testing.T) {
	w := apply(t, "api-access", emulator.SeedRole{Name: "User Provisioning", Rights: []string{"/lib/rights/dsman.json"}})
	application := profile(t, w, "accounts")
	want := emulator.Profile{
		TargetIsUs: true, ClientIDType: 1, MustBeOauthClient: true, TokenType: "JwtRS256", AllowedAuth: []string{"ClientCreds"}, TokenLifetime: 5 * time.Hour,
		KnownScopes: []emulator.ProfileScope{{Scope: "Accounts", Description: "Make users", AllowedRest: []string{"^/?CDirectoryService/CreateUser$"}}},
	}
	check(t, w, want, application, "OAuth2ServerClient", "accounts clients: View,Execute")
	token := string(secretOf(w, "accounts")[v1alpha1.AccessTokenKey])
	person := map[string]any{"Name": "john@example.test", "Mail": "john@example.test", "Password": "Aa1-" + strings.Repeat("x", 20)}
	if !call(t, w, w.Tenant.URL(), "/cdirectoryservice/createuser", token, person) {
		t.Error("the token does not let the client make a user")
	}
	if _, made := w.Tenant.User("john@example.test"); !made {
		t.Error("the user was not made")
	}
	if call(t, w, w.Tenant.URL(), "/CDirectoryService/DeleteUser", token, map[string]any{"ID": "john@example.test"}) {
		t.Error("the token lets the client do what its scope does not name")
	}
}

// singlePageApplication: a public client with PKCE; the vendor wants the client ID type List.
func singlePageApplication(t *testing.T) {
	w := apply(t, "single-page-application")
	application := profile(t, w, "storefront")
	want := emulator.Profile{
		AllowPublic: true, AllowedClients: []string{"storefront-spa"}, TokenType: "JwtRS256", AllowedAuth: []string{"AuthorizationCode"},
		Redirects: []string{"http://localhost:5000/callback", "https://storefront.example.com/callback"},
		Audience:  "https://api.storefront.example.com", TokenLifetime: time.Hour, Confirm: true,
		KnownScopes: []emulator.ProfileScope{{Scope: "orders:read", Description: "See your orders"}, {Scope: "orders:write", Description: "Place orders"}},
	}
	check(t, w, want, application, "OAuth2Server", "Storefront customers: View,Execute")
	if n := len(w.Tenant.Users()); n != 1 {
		t.Errorf("the tenant has %d users: a public client has none behind it", n)
	}
}

// webApplication: a confidential client that logs users in, with refresh tokens.
func webApplication(t *testing.T) {
	w := apply(t, "web-application")
	application := profile(t, w, "banking")
	want := emulator.Profile{
		ClientIDType: 1, MustBeOauthClient: true, TokenType: "JwtRS256", AllowedAuth: []string{"AuthorizationCode"},
		Redirects: []string{"https://banking.example.com/oauth/callback"}, Audience: "https://api.banking.example.com",
		TokenLifetime: 30 * time.Minute, AllowRefresh: true, RefreshLifetime: 720 * time.Hour, Confirm: true, AllowScopeSelect: true,
		KnownScopes: []emulator.ProfileScope{{Scope: "accounts:read", Description: "See balances and movements"}, {Scope: "payments:write", Description: "Make payments"}},
	}
	check(t, w, want, application, "OAuth2Server", "Banking customers: View,Execute", "banking clients: View,Execute")
	secret := secretOf(w, "banking")
	expectKeys(t, secret, "application_id", "client_id", "client_secret", "issuer", "jwks_url", "tenant_url", "token_url")
	// The tenant knows the client by these credentials; that it issues no token for the client itself is as it should be.
	_, err := requestToken(t, w, string(secret["token_url"]), string(secret["client_id"]), string(secret["client_secret"]), "accounts:read")
	if err == nil || !strings.Contains(err.Error(), "unauthorized_client") {
		t.Errorf("asking for a token for the client itself: %v", err)
	}
	if user, found := w.Tenant.User(string(secret["client_id"])); !found || !user.OauthClient {
		t.Error("the client ID is no confidential client on the tenant")
	}
}

// thirdPartyIntegration: somebody else's service asks for application ID, client ID, client secret and server.
func thirdPartyIntegration(t *testing.T) {
	w := apply(t, "third-party-integration", emulator.SeedRole{Name: "Security Monitoring", Rights: []string{"/lib/rights/dsman.json"}})
	application := profile(t, w, "workbench")
	want := emulator.Profile{
		TargetIsUs: true, ClientIDType: 1, MustBeOauthClient: true, TokenType: "JwtRS256", AllowedAuth: []string{"ClientCreds"}, TokenLifetime: 5 * time.Hour,
		KnownScopes: []emulator.ProfileScope{{Scope: "redrock", Description: "Query the tenant", AllowedRest: []string{"Redrock/*"}}},
	}
	check(t, w, want, application, "OAuth2ServerClient", "workbench clients: View,Execute")
	secret := secretOf(w, "workbench")
	expectKeys(t, secret, "application_id", "issuer", "jwks_url", "password", "server", "token_url", "username")

	// From here on nothing is known but the four values of the form.
	server := string(secret["server"])
	token, err := requestToken(t, w, server+"/oauth2/token/"+string(secret["application_id"]), string(secret["username"]), string(secret["password"]), "redrock")
	if err != nil {
		t.Fatal(err)
	}
	if !call(t, w, server, "/Redrock/query", token, map[string]any{"Script": "SELECT ID FROM Role"}) {
		t.Error("the token does not let the third party query")
	}
	if call(t, w, server, "/security/whoami", token, map[string]any{}) {
		t.Error("the token lets the third party do more than query")
	}
}

// check compares an application with what the vendor's page asks for, and its grants, given as "principal: rights".
func check(t *testing.T, w *environment.World, want emulator.Profile, application emulator.Application, template string, grants ...string) {
	t.Helper()
	if diff := cmp.Diff(want, application.Profile); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if application.TemplateName != template {
		t.Errorf("it was made from the template %s, not %s", application.TemplateName, template)
	}
	var got []string
	for _, grant := range application.Grants {
		got = append(got, grant.PrincipalName+": "+strings.Join(grant.Rights, ","))
	}
	slices.Sort(got)
	if diff := cmp.Diff(grants, got); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if n := len(w.Tenant.Applications()); n != 2 {
		t.Errorf("the tenant has %d applications, not this one and the operator's", n)
	}
}

func expectKeys(t *testing.T, secret map[string][]byte, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(secret))); diff != "" {
		t.Errorf("keys of the Secret (-want +got):\n%s", diff)
	}
	for key, value := range secret {
		if len(value) == 0 {
			t.Errorf("key %s is empty", key)
		}
	}
}
