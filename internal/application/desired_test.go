package application_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

func TestDesiredOf(t *testing.T) {
	mark := ownership.Mark{ClusterID: "test", Kind: "OAuthClient", Namespace: "shop", Name: "orders", UID: "1"}
	scopes := []application.Scope{{Name: "read"}}
	for name, tc := range map[string]struct {
		spec     v1alpha1.OAuthClientSpec
		want     application.Desired
		template string
	}{
		"the least there is": {
			v1alpha1.OAuthClientSpec{ApplicationID: "orders", Type: v1alpha1.ApplicationTypeOAuth2Server},
			application.Desired{
				ApplicationID: "orders", Name: "orders", Description: mark.String(), Type: v1alpha1.ApplicationTypeOAuth2Server,
				ClientIDType: v1alpha1.ClientIDTypeConfidential, MustBeOAuthClient: true, GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials},
				TokenType: v1alpha1.TokenTypeJWT, TokenLifetime: 5 * time.Hour, Scopes: scopes, ClientRole: "orders clients",
			},
			"OAuth2Server",
		},
		"everything": {
			v1alpha1.OAuthClientSpec{
				ApplicationID: "orders", DisplayName: "Orders API", Description: "Orders", Type: v1alpha1.ApplicationTypeOAuth2Server,
				Issuer: "i", Audience: "a", ClientRole: v1alpha1.ClientRoleNone,
				ClientIDType: v1alpha1.ClientIDTypeList, AllowedClients: []string{"phone", "desktop"}, RedirectURIs: []string{"https://b.example.com/", "https://a.example.com/"},
				UserConsent: &v1alpha1.UserConsent{Required: true, AllowScopeSelection: true},
				Token: &v1alpha1.ApplicationToken{
					Type: v1alpha1.TokenTypeOpaque, Lifetime: &metav1.Duration{Duration: 90*time.Second + time.Millisecond},
					GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeImplicit, v1alpha1.GrantTypeAuthorizationCode}, RefreshToken: &v1alpha1.RefreshToken{},
				},
			},
			application.Desired{
				ApplicationID: "orders", Name: "Orders API", Description: "Orders " + mark.String(), Type: v1alpha1.ApplicationTypeOAuth2Server,
				Issuer: "i", Audience: "a", TokenType: v1alpha1.TokenTypeOpaque, TokenLifetime: 90 * time.Second, Scopes: scopes,
				ClientIDType: v1alpha1.ClientIDTypeList, AllowedClients: []string{"desktop", "phone"}, RedirectURIs: []string{"https://a.example.com/", "https://b.example.com/"},
				GrantTypes:      []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode, v1alpha1.GrantTypeImplicit},
				RefreshLifetime: 365 * 24 * time.Hour, ConsentRequired: true, AllowScopeSelection: true,
			},
			"OAuth2Server",
		},
		"an application for the tenant's own APIs, whose template is named the other way round": {
			v1alpha1.OAuthClientSpec{ApplicationID: "directory", Type: v1alpha1.ApplicationTypeOAuth2Client, Token: &v1alpha1.ApplicationToken{}},
			application.Desired{
				ApplicationID: "directory", Name: "directory", Description: mark.String(), Type: v1alpha1.ApplicationTypeOAuth2Client,
				ClientIDType: v1alpha1.ClientIDTypeConfidential, MustBeOAuthClient: true, GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials},
				TokenType: v1alpha1.TokenTypeJWT, TokenLifetime: 5 * time.Hour, Scopes: scopes, ClientRole: "directory clients",
			},
			"OAuth2ServerClient",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := application.DesiredOf(&v1alpha1.OAuthClient{Spec: tc.spec}, mark, application.Merged{Scopes: scopes})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Template() != tc.template {
				t.Errorf("template %q instead of %q", got.Template(), tc.template)
			}
		})
	}
}

// TestHashTellsDesiredStatesApart: a field that the hash missed would never be applied once it changes.
func TestHashTellsDesiredStatesApart(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*application.Desired){
		"as it was":                  func(*application.Desired) {},
		"another application":        func(d *application.Desired) { d.ApplicationID = "x" },
		"another name":               func(d *application.Desired) { d.Name = "x" },
		"another description":        func(d *application.Desired) { d.Description = "x" },
		"another type":               func(d *application.Desired) { d.Type = "x" },
		"another issuer":             func(d *application.Desired) { d.Issuer = "x" },
		"another audience":           func(d *application.Desired) { d.Audience = "x" },
		"another client ID type":     func(d *application.Desired) { d.ClientIDType = "x" },
		"another allowed client":     func(d *application.Desired) { d.AllowedClients = []string{"x"} },
		"any user as a client":       func(d *application.Desired) { d.MustBeOAuthClient = !d.MustBeOAuthClient },
		"another redirect URI":       func(d *application.Desired) { d.RedirectURIs = []string{"x"} },
		"another grant type":         func(d *application.Desired) { d.GrantTypes = []v1alpha1.GrantType{"x"} },
		"refresh tokens":             func(d *application.Desired) { d.RefreshLifetime++ },
		"consent":                    func(d *application.Desired) { d.ConsentRequired = true },
		"scope selection":            func(d *application.Desired) { d.AllowScopeSelection = true },
		"another token type":         func(d *application.Desired) { d.TokenType = "x" },
		"another lifetime":           func(d *application.Desired) { d.TokenLifetime++ },
		"a scope less":               func(d *application.Desired) { d.Scopes = d.Scopes[:1] },
		"another scope":              func(d *application.Desired) { d.Scopes = []application.Scope{{Name: "x"}} },
		"another scope's patterns":   func(d *application.Desired) { d.Scopes = []application.Scope{{Name: "x", RESTPatterns: []string{"x"}}} },
		"another role for clients":   func(d *application.Desired) { d.ClientRole = "x" },
		"issuer and audience change": func(d *application.Desired) { d.Issuer, d.Audience = d.Audience, "x" },
	} {
		d := server()
		change(&d)
		hash := d.Hash()
		if other, taken := seen[hash]; taken {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[hash] = name
		if again := d.Hash(); again != hash {
			t.Errorf("%s has two hashes", name)
		}
	}
	if a, b := (application.Scope{Name: "read"}).Hash(), (application.Scope{Name: "read", Description: "Read"}).Hash(); a == b {
		t.Error("a scope's description is not in its hash")
	}
}

func TestWasSeenToIssueNone(t *testing.T) {
	for name, tc := range map[string]struct {
		clientIDType v1alpha1.ClientIDType
		grantTypes   []v1alpha1.GrantType
		want         bool
	}{
		"nothing was noted":            {"", nil, false},
		"client credentials":           {v1alpha1.ClientIDTypeConfidential, []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode, v1alpha1.GrantTypeClientCredentials}, false},
		"users log in":                 {v1alpha1.ClientIDTypeConfidential, []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}, true},
		"clients that have no secrets": {v1alpha1.ClientIDTypeList, []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &v1alpha1.OAuthClient{Status: v1alpha1.OAuthClientStatus{ClientIDType: tc.clientIDType, GrantTypes: tc.grantTypes}}
			if got := application.WasSeenToIssueNone(o); got != tc.want {
				t.Errorf("it issues none: %v", got)
			}
		})
	}
}
