package flows_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// useCase applies a directory of config/samples and takes the stage with its application.
func useCase(t *testing.T, name, application string, roles ...emulator.SeedRole) *stage {
	t.Helper()
	w := server.New(t, emulator.Options{})
	for _, role := range roles {
		if _, err := w.Tenant.AddRole(role); err != nil {
			t.Fatal(err)
		}
	}
	w.StartOperator()
	w.ApplyUseCase(name)
	return newStage(t, w, w.Namespace(environment.UseCasePart), application)
}

// TestASinglePageApplicationLogsUsersInWithPKCE: the vendor's public client, which has no secret and no identity of its own.
func TestASinglePageApplicationLogsUsersInWithPKCE(t *testing.T) {
	s := useCase(t, "single-page-application", "storefront")
	customer := s.person("customer", "Storefront customers")
	s.person("passer-by")
	const redirect = "http://localhost:5000/callback"
	config := s.config("storefront-spa", "", redirect, "openid", "orders:read", "orders:write")
	verifier := oauth2.GenerateVerifier()
	address := config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", "nonce-1"))

	page := s.logIn(address, customer.Name)
	for _, words := range []string{"Allow storefront-spa to use Storefront?", "See your orders (orders:read)", "Place orders (orders:write)", "localhost:5000"} {
		if !strings.Contains(page.Text(), words) {
			t.Errorf("the consent page does not say %q: %s", words, page.Text())
		}
	}
	code := s.returned(s.submit(page, nil, "Allow"), redirect, "state-1").Get("code")

	// A code is of no use to who does not have the verifier.
	_, err := config.Exchange(s.ctx, code, oauth2.VerifierOption(oauth2.GenerateVerifier()))
	wantError(t, err, "invalid_grant")
	_, err = config.Exchange(s.ctx, code)
	wantError(t, err, "invalid_grant")

	token, err := config.Exchange(s.ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if subject := s.verifyIdentity(token, "storefront-spa", "nonce-1").Subject; subject != customer.ID {
		t.Errorf("the ID token is of %s", subject)
	}
	access := s.verifyAccess(token.AccessToken, "https://api.storefront.example.com")
	if access != (accessClaims{Subject: customer.ID, UniqueName: customer.Name, Scope: "openid orders:read orders:write"}) {
		t.Errorf("the access token says %+v", access)
	}
	if left := time.Until(token.Expiry); left < 58*time.Minute || left > time.Hour {
		t.Errorf("the token lives for %s", left)
	}
	if token.RefreshToken != "" {
		t.Error("there is a refresh token that nobody declared")
	}
	info, err := s.provider.UserInfo(s.ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != customer.ID {
		t.Errorf("user info: %v, %v", info, err)
	}

	// A code works once, and using it again ends what it brought.
	_, err = config.Exchange(s.ctx, code, oauth2.VerifierOption(verifier))
	wantError(t, err, "invalid_grant")
	if _, err := s.provider.UserInfo(s.ctx, oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the token is good after its code was used again")
	}

	s.refusesOthers(t, config, verifier)
}

// refusesOthers: whoever is not a customer is told, and so is the client; without a challenge, or with another redirect URI, nobody gets that far.
func (s *stage) refusesOthers(t *testing.T, config *oauth2.Config, verifier string) {
	t.Helper()
	redirect := config.RedirectURL
	address := config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier))
	refused := s.returned(s.logIn(address, "passer-by@example.test"), redirect, "state-1")
	if refused.Get("error") != "access_denied" {
		t.Errorf("a passer-by got %v", refused)
	}
	bare, err := s.visitor().Open(t.Context(), config.AuthCodeURL("state-2"))
	if err != nil {
		t.Fatal(err)
	}
	if refused := s.returned(bare, redirect, "state-2"); refused.Get("error") != "invalid_request" {
		t.Errorf("without a challenge the client got %v", refused)
	}
	config.RedirectURL = "https://evil.example.com/callback"
	if page, err := s.visitor().Open(t.Context(), config.AuthCodeURL("x", oauth2.S256ChallengeOption(verifier))); err != nil || page.Left != nil {
		t.Errorf("with another redirect URI the browser goes to %v (%v)", page, err)
	}
}

// TestAWebApplicationStaysLoggedIn: the vendor's confidential client, with the credentials and endpoints of its Secret alone.
func TestAWebApplicationStaysLoggedIn(t *testing.T) {
	s := useCase(t, "web-application", "banking")
	customer := s.person("customer", "Banking customers")
	const redirect = "https://banking.example.com/oauth/callback"
	secret := secretOf(s.World, "banking")
	clientID := string(secret["client_id"])
	config := s.config(clientID, string(secret["client_secret"]), redirect, "openid", "accounts:read", "payments:write")
	config.Endpoint.TokenURL = string(secret["token_url"])
	address := config.AuthCodeURL("state", oauth2.SetAuthURLParam("nonce", "nonce"))

	// The customer does not let it make payments.
	page := s.logIn(address, customer.Name)
	code := s.returned(s.submit(page, url.Values{"scope": {"accounts:read"}}, "Allow"), redirect, "state").Get("code")
	impostor := *config
	impostor.ClientSecret = "Not-The-Secret-1"
	_, err := impostor.Exchange(s.ctx, code)
	wantError(t, err, "invalid_client")
	token, err := config.Exchange(s.ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	s.verifyIdentity(token, clientID, "nonce")
	if access := s.verifyAccess(token.AccessToken, "https://api.banking.example.com"); access.Scope != "openid accounts:read" || access.Subject != customer.ID {
		t.Errorf("the access token says %+v", access)
	}

	// The library refreshes the token when it has expired.
	stale := *token
	stale.Expiry = time.Now().Add(-time.Minute)
	fresh, err := config.TokenSource(s.ctx, &stale).Token()
	if err != nil {
		t.Fatal(err)
	}
	if fresh.AccessToken == token.AccessToken || fresh.RefreshToken != token.RefreshToken {
		t.Error("the token was not refreshed with the same refresh token")
	}
	if access := s.verifyAccess(fresh.AccessToken, "https://api.banking.example.com"); access.Scope != "openid accounts:read" {
		t.Errorf("the fresh access token says %+v", access)
	}
	s.verifyIdentity(fresh, clientID, "")

	// The customer says no.
	denied := s.returned(s.submit(s.logIn(address, customer.Name), nil, "Deny"), redirect, "state")
	if denied.Get("error") != "access_denied" || denied.Get("code") != "" {
		t.Errorf("denied, the client got %v", denied)
	}
	// The application has no token for itself.
	own := clientcredentials.Config{
		ClientID: clientID, ClientSecret: config.ClientSecret, TokenURL: config.Endpoint.TokenURL, AuthStyle: oauth2.AuthStyleInParams,
	}
	_, err = own.Token(s.ctx)
	wantError(t, err, "unauthorized_client")
}

// TestAThirdPartyRequestsItsOwnTokens: somebody else's service, with the four values of its form.
func TestAThirdPartyRequestsItsOwnTokens(t *testing.T) {
	s := useCase(t, "third-party-integration", "workbench", emulator.SeedRole{Name: "Security Monitoring", Rights: []string{"/lib/rights/dsman.json"}})
	secret := secretOf(s.World, "workbench")
	service := clientcredentials.Config{
		ClientID: string(secret["username"]), ClientSecret: string(secret["password"]), Scopes: []string{"redrock"}, AuthStyle: oauth2.AuthStyleInParams,
		TokenURL: string(secret["server"]) + "/oauth2/token/" + string(secret["application_id"]),
	}
	token, err := service.Token(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if access := s.verifyAccess(token.AccessToken, service.ClientID); access.Scope != "redrock" || access.UniqueName != service.ClientID {
		t.Errorf("the access token says %+v", access)
	}
}

// TestThePublishedTokenIsVerified: the token that the operator keeps fresh, as a resource server sees it.
func TestThePublishedTokenIsVerified(t *testing.T) {
	s := useCase(t, "api-access", "accounts", emulator.SeedRole{Name: "User Provisioning", Rights: []string{"/lib/rights/dsman.json"}})
	applications := s.Tenant.Users()
	client := applications[len(applications)-1]
	if access := s.verifyAccess(string(secretOf(s.World, "accounts")["access_token"]), client.Name); access != (accessClaims{Subject: client.ID, UniqueName: client.Name, Scope: "Accounts"}) {
		t.Errorf("the access token says %+v", access)
	}
}
