package flows_test

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/chromium"
)

//go:embed testdata/application.html
var applicationPage string

// TestAPersonLogsInToASinglePageApplication takes a real browser through the authorization code flow with PKCE, with nothing but the keyboard:
// from the application's page through login and consent, and back to the page, which redeems the code itself.
func TestAPersonLogsInToASinglePageApplication(t *testing.T) {
	if _, err := chromium.Find(); errors.Is(err, chromium.ErrNotFound) {
		t.Skip(err)
	}
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

	b := s.browser()
	tab, err := b.Open(t.Context(), application.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitorAtBrowser{t: t, stage: s, browser: b, tab: tab}
	v.sees("Sign in", "User name")
	v.types("jo@example.test", "Enter")
	v.sees("Sign in", "Password")
	v.types("wrong", "Enter")
	v.sees("Error: Sign in", "Password")
	v.announced("The user name or the password is wrong. Please try again.")
	v.picture("login")
	v.types(password, "Enter")
	v.sees("Allow storefront-spa to use Storefront?", "Allow storefront-spa to use Storefront?")
	v.types("", "Tab")
	v.sees("Allow storefront-spa to use Storefront?", "See your orders (orders:read)")
	v.types("", "Tab")
	v.sees("Allow storefront-spa to use Storefront?", "Place orders (orders:write)")
	v.types("", "Space") // no orders
	v.picture("consent")
	v.types("", "Tab")
	v.sees("Allow storefront-spa to use Storefront?", "Allow")
	v.types("", "Enter")
	v.sees("Signed in to the application", "")

	var token struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
		Scope       string
	}
	if err := tab.Evaluate(t.Context(), "window.token", &token); err != nil {
		t.Fatal(err)
	}
	if access := s.verifyAccess(token.AccessToken, "https://orders.example.com"); access.Subject != person.ID || access.Scope != "openid orders:read" {
		t.Errorf("the access token says %+v", access)
	}
	s.verifyIdentity((&oauth2.Token{}).WithExtra(map[string]any{"id_token": token.IDToken}), "storefront-spa", "nonce-1")
	var info struct{ Sub string }
	if err := tab.Evaluate(t.Context(), "window.userInfo", &info); err != nil || info.Sub != person.ID {
		t.Errorf("the page read that the user is %q (%v)", info.Sub, err)
	}
	// The wrong password is answered with 401, which the browser mentions; anything else is a defect of the pages or of their policy.
	for line := range strings.SplitSeq(b.Complaints(), "\n") {
		if line != "" && !strings.Contains(line, "401") && !strings.Contains(line, "favicon") {
			t.Errorf("the browser complains: %s", line)
		}
	}
}

// browser starts a Chromium that trusts the tenant.
func (s *stage) browser() *chromium.Browser {
	s.t.Helper()
	// The certificate is verified here, and the browser is told to trust its key: to give it the authority would take more programs.
	response, err := s.https.Get(s.Tenant.URL()) //nolint:noctx // the tenant of the test answers at once
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	sum := sha256.Sum256(response.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
	directory, err := os.MkdirTemp("", "chromium-") // the browser may still write there when the test ends
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := chromium.Start(context.WithoutCancel(s.t.Context()), chromium.Options{Directory: directory, TrustedKey: base64.StdEncoding.EncodeToString(sum[:])})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := b.Close(); err != nil {
			s.t.Errorf("closing the browser: %v", err)
		}
		for range 50 {
			if os.RemoveAll(directory) == nil {
				return
			}
			<-time.After(20 * time.Millisecond) // what it started is still ending
		}
		s.t.Errorf("%s was not removed", directory)
	})
	return b
}

// visitorAtBrowser sits at a browser.
type visitorAtBrowser struct {
	t       *testing.T
	stage   *stage
	browser *chromium.Browser
	tab     *chromium.Page
}

// sees waits for a page with the title, on which the focus is on what has the label; no focus is looked for when that is empty.
func (v *visitorAtBrowser) sees(title, focus string) {
	v.t.Helper()
	const expression = `(() => {
		const at = document.activeElement;
		return { title: document.title, focus: at?.labels?.[0]?.innerText ?? at?.innerText ?? "", ready: document.readyState };
	})()`
	v.stage.Eventually("see "+title+" in the browser", func() error {
		var seen struct{ Title, Focus, Ready string }
		if err := v.tab.Evaluate(v.t.Context(), expression, &seen); err != nil {
			return err // between two pages, for example
		}
		if seen.Ready != "complete" || seen.Title != title || (focus != "" && seen.Focus != focus) {
			return fmt.Errorf("the page %q has the focus on %q; %s", seen.Title, seen.Focus, v.browser.Complaints())
		}
		return nil
	})
}

// types a text where the focus is, and presses a key.
func (v *visitorAtBrowser) types(text, key string) {
	v.t.Helper()
	if text != "" {
		if err := v.tab.Type(v.t.Context(), text); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := v.tab.Press(v.t.Context(), key); err != nil {
		v.t.Fatal(err)
	}
}

// announced looks for what a screen reader says of itself.
func (v *visitorAtBrowser) announced(want string) {
	v.t.Helper()
	var got string
	if err := v.tab.Evaluate(v.t.Context(), `document.querySelector("[role=alert]").innerText`, &got); err != nil || got != want {
		v.t.Errorf("announced: %q (%v)", got, err)
	}
}

// picture keeps what the page looks like where SCREENSHOTS names a directory.
func (v *visitorAtBrowser) picture(name string) {
	v.t.Helper()
	directory := os.Getenv("SCREENSHOTS")
	if directory == "" {
		return
	}
	png, err := v.tab.Screenshot(v.t.Context())
	if err == nil {
		err = os.WriteFile(filepath.Join(directory, name+".png"), png, 0o600)
	}
	if err != nil {
		v.t.Error(err)
	}
}
