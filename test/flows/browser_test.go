package flows_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/oauth2"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

//go:embed testdata/application.html
var applicationPage string

// TestAPersonLogsInToASinglePageApplication takes a real browser through the authorization code flow with PKCE, with nothing but the keyboard:
// from the application's page through login and consent, and back to the page, which redeems the code itself.
func TestAPersonLogsInToASinglePageApplication(t *testing.T) {
	chromium := findChromium(t)
	var page string
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/callback" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}))
	t.Cleanup(application.Close)
	redirect := application.URL + "/callback"
	s, _, _ := provision(t, false, func(o *v1alpha1.OAuthClientSpec) {
		o.DisplayName = "Storefront"
		o.ClientIDType, o.AllowedClients, o.ClientRole = v1alpha1.ClientIDTypeList, []string{"storefront-spa"}, v1alpha1.ClientRoleNone
		o.RedirectURIs = []string{redirect}
		o.UserConsent = &v1alpha1.UserConsent{Required: true, AllowScopeSelection: true}
		o.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}}
		o.Scopes = []v1alpha1.InlineScope{{Name: "orders:read", Description: "See your orders"}, {Name: "orders:write", Description: "Place orders"}}
	})
	person := s.person("jo", "People")
	config, err := json.Marshal(map[string]string{
		"clientID": "storefront-spa", "redirect": redirect, "nonce": "nonce-1", "authorize": s.application.Status.Endpoints.Authorize,
		"token": s.application.Status.Endpoints.Token, "userInfo": s.provider.UserInfoEndpoint(),
	})
	if err != nil {
		t.Fatal(err)
	}
	page = strings.Replace(applicationPage, "/*CONFIG*/null/*CONFIG*/", string(config), 1)

	v := s.visitorAtBrowser(chromium)
	v.opens(application.URL)
	v.sees("Sign in", "User name")
	v.types("jo@example.test" + kb.Enter)
	v.sees("Sign in", "Password")
	v.types("wrong" + kb.Enter)
	v.sees("Error: Sign in", "Password")
	v.announced("The user name or the password is wrong. Please try again.")
	v.picture("login")
	v.types(password + kb.Enter)
	v.sees("Allow storefront-spa to use Storefront?", "Allow storefront-spa to use Storefront?")
	v.types(kb.Tab)
	v.sees("Allow storefront-spa to use Storefront?", "See your orders (orders:read)")
	v.types(kb.Tab)
	v.sees("Allow storefront-spa to use Storefront?", "Place orders (orders:write)")
	v.types(" ") // no orders
	v.picture("consent")
	v.types(kb.Tab)
	v.sees("Allow storefront-spa to use Storefront?", "Allow")
	v.types(kb.Enter)
	v.sees("Signed in to the application", "")

	token, err := chromedp.Run(v.tab, chromedp.Evaluate[struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
	}]("window.token"))
	if err != nil {
		t.Fatal(err)
	}
	if access := s.verifyAccess(token.AccessToken, "https://orders.example.com"); access.Subject != person.ID || access.Scope != "openid orders:read" {
		t.Errorf("the access token says %+v", access)
	}
	s.verifyIdentity((&oauth2.Token{}).WithExtra(map[string]any{"id_token": token.IDToken}), "storefront-spa", "nonce-1")
	info, err := chromedp.Run(v.tab, chromedp.Evaluate[struct{ Sub string }]("window.userInfo"))
	if err != nil || info.Sub != person.ID {
		t.Errorf("the page read that the user is %q (%v)", info.Sub, err)
	}
	// The wrong password is answered with 401, which the browser mentions; anything else is a defect of the pages or of their policy.
	for _, line := range v.complaints() {
		if !strings.Contains(line, "401") && !strings.Contains(line, "favicon") {
			t.Errorf("the browser complains: %s", line)
		}
	}
}
