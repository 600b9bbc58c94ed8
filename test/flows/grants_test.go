package flows_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

const callback = "https://app.example.com/callback"

// provision applies an OAuthClient whose users are those of role People, with the scope read, and where a client is wanted a ConfidentialClient
// whose credentials are delivered.
func provision(t *testing.T, client bool, change func(*v1alpha1.OAuthClientSpec)) (s *stage, clientID, clientSecret string) {
	t.Helper()
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowClientSecretDelivery = true
	w.Create(w.AdminSecret(), tenant)
	o := w.OAuthClient("orders")
	o.Spec.Permissions = []v1alpha1.Permission{{Role: "People", CreateRole: true}}
	change(&o.Spec)
	w.Create(o)
	w.Ready(tenant, o)
	if client {
		c := w.ConfidentialClient("billing", "orders", "read")
		c.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryClientCredentials}}
		w.Create(c)
		w.Ready(c)
		data := w.TokenSecret(c).Data
		clientID, clientSecret = string(data[v1alpha1.ClientIDKey]), string(data[v1alpha1.ClientSecretKey])
	}
	return newStage(t, w, o.Namespace, o.Name), clientID, clientSecret
}

func TestTheClientCredentialsGrant(t *testing.T) {
	s, id, secret := provision(t, true, func(*v1alpha1.OAuthClientSpec) {})
	config := clientcredentials.Config{
		ClientID: id, ClientSecret: secret, TokenURL: s.application.Status.Endpoints.Token, Scopes: []string{"read"}, AuthStyle: oauth2.AuthStyleInParams,
	}
	token, err := config.Token(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if access := s.verifyAccess(token.AccessToken, "https://orders.example.com"); access.UniqueName != id || access.Scope != "read" {
		t.Errorf("the access token says %+v", access)
	}
	config.Scopes = []string{"write"}
	_, err = config.Token(s.ctx)
	wantError(t, err, "invalid_scope")
	_, err = s.config(id, secret, callback).Exchange(s.ctx, "x")
	wantError(t, err, "unauthorized_client")
}

func TestThePasswordGrant(t *testing.T) {
	s, id, secret := provision(t, true, func(o *v1alpha1.OAuthClientSpec) {
		o.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeResourceOwner, v1alpha1.GrantTypeClientCredentials}}
	})
	person := s.person("jo", "People")
	s.person("pat")
	config := s.config(id, secret, "", "read")
	token, err := config.PasswordCredentialsToken(s.ctx, person.Name, password)
	if err != nil {
		t.Fatal(err)
	}
	if access := s.verifyAccess(token.AccessToken, "https://orders.example.com"); access.Subject != person.ID {
		t.Errorf("the access token says %+v", access)
	}
	if token.RefreshToken != "" {
		t.Error("there is a refresh token")
	}
	_, err = config.PasswordCredentialsToken(s.ctx, person.Name, "wrong")
	wantError(t, err, "invalid_grant")
	_, err = config.PasswordCredentialsToken(s.ctx, "pat@example.test", password)
	wantError(t, err, "access_denied")
}

func TestTheImplicitFlow(t *testing.T) {
	s, id, _ := provision(t, true, func(o *v1alpha1.OAuthClientSpec) {
		o.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeImplicit, v1alpha1.GrantTypeClientCredentials}}
		o.RedirectURIs = []string{callback}
	})
	person := s.person("jo", "People")
	config := s.config(id, "", callback, "openid", "read")
	values := s.returned(s.logIn(config.AuthCodeURL("state", oauth2.SetAuthURLParam("response_type", "token")), person.Name), callback, "state")
	if access := s.verifyAccess(values.Get("access_token"), "https://orders.example.com"); access.Subject != person.ID || values.Get("token_type") != "Bearer" {
		t.Errorf("the access token says %+v", access)
	}
	address := config.AuthCodeURL("state", oauth2.SetAuthURLParam("response_type", "id_token"), oauth2.SetAuthURLParam("nonce", "n"))
	values = s.returned(s.logIn(address, person.Name), callback, "state")
	s.verifyIdentity((&oauth2.Token{}).WithExtra(map[string]any{"id_token": values.Get("id_token")}), id, "n")
	page, err := s.visitor().Open(t.Context(), config.AuthCodeURL("state"))
	if err != nil {
		t.Fatal(err)
	}
	if refused := s.returned(page, callback, "state"); refused.Get("error") != "unauthorized_client" {
		t.Errorf("the flow that is not declared gave %v", refused)
	}
}

// TestOpaqueTokensWithPKCE: any client that a user authorizes, tokens that say nothing, and a refresh.
func TestOpaqueTokensWithPKCE(t *testing.T) {
	s, _, _ := provision(t, false, func(o *v1alpha1.OAuthClientSpec) {
		o.ClientIDType = v1alpha1.ClientIDTypeAnything
		o.ClientRole = v1alpha1.ClientRoleNone
		o.RedirectURIs = []string{callback}
		o.UserConsent = &v1alpha1.UserConsent{Required: true}
		o.Token = &v1alpha1.ApplicationToken{
			Type: v1alpha1.TokenTypeOpaque, GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode},
			Lifetime: &metav1.Duration{Duration: time.Hour}, RefreshToken: &v1alpha1.RefreshToken{},
		}
	})
	person := s.person("jo", "People")
	for name, challenge := range map[string]func(string) []oauth2.AuthCodeOption{
		"S256": func(verifier string) []oauth2.AuthCodeOption {
			return []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
		},
		"plain": func(verifier string) []oauth2.AuthCodeOption {
			return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("code_challenge", verifier), oauth2.SetAuthURLParam("code_challenge_method", "plain")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := s.config("my-phone", "", callback, "openid", "read")
			verifier := oauth2.GenerateVerifier()
			page := s.submit(s.logIn(config.AuthCodeURL("state", challenge(verifier)...), person.Name), nil, "Allow")
			token, err := config.Exchange(s.ctx, s.returned(page, callback, "state").Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			s.verifyIdentity(token, "my-phone", "")
			if strings.Contains(token.AccessToken, ".") {
				t.Error("the access token is not opaque")
			}
			stale := *token
			stale.Expiry = time.Now().Add(-time.Minute)
			fresh, err := config.TokenSource(s.ctx, &stale).Token()
			if err != nil {
				t.Fatal(err)
			}
			info, err := s.provider.UserInfo(s.ctx, oauth2.StaticTokenSource(fresh))
			if err != nil || info.Subject != person.ID {
				t.Errorf("user info: %v, %v", info, err)
			}
			s.introspected(t, fresh.AccessToken, person.Name)
		})
	}
}

// introspected asks the tenant about a token as the operator's own client, which is one of the directory's.
func (s *stage) introspected(t *testing.T, token, username string) {
	t.Helper()
	id, secret := s.Tenant.AdminCredential()
	form := url.Values{"token": {token}, "client_id": {id}, "client_secret": {secret}}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.application.Status.Endpoints.Introspect, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, answer := s.fetch(t, request)
	if status != http.StatusOK || answer["active"] != true || answer["username"] != username || answer["client_id"] != "my-phone" {
		t.Errorf("introspection: %d, active %v, of %v", status, answer["active"], answer["username"])
	}
}
