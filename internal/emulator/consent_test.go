package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/emulator/visitor"
)

// asked opens the consent page of application spa.
func (s *shop) asked(t *testing.T, v *visitor.Visitor, changes map[string]string) *visitor.Page {
	t.Helper()
	page := s.open(t, v, s.address("spa", spaRequest(changes)))
	if page.Left == nil && page.URL.Path == "/login" {
		page = logIn(t, page)
	}
	return page
}

func TestTheUserIsAskedWhereTheApplicationWantsIt(t *testing.T) {
	cases := map[string]struct {
		profile object
		changes map[string]string
		want    bool
	}{
		"not without need":                    {},
		"to confirm":                          {profile: object{"Confirm": true}, want: true},
		"to confirm no scope at all":          {profile: object{"Confirm": true}, changes: map[string]string{"scope": ""}, want: true},
		"to choose":                           {profile: object{"AllowScopeSelect": true}, want: true},
		"not to choose among nothing":         {profile: object{"AllowScopeSelect": true}, changes: map[string]string{"scope": ""}},
		"where the client wants it":           {changes: map[string]string{"prompt": "consent"}, want: true},
		"where the client wants it not to be": {profile: object{"Confirm": true}, changes: map[string]string{"prompt": "none"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			s.configure(t, "spa", tc.profile)
			v := s.visitor(t)
			logIn(t, s.open(t, v, s.URL()+"/login"))
			page := s.asked(t, v, tc.changes)
			check(t, tc.want, page.Left == nil)
			switch {
			case tc.want:
				check(t, "Allow shop-spa to use The spa?", page.Title())
			case tc.profile["Confirm"] == true:
				check(t, "consent_required", left(t, page).Get("error"))
			}
		})
	}
}

func TestTheUserDecides(t *testing.T) {
	cases := map[string]struct {
		profile object
		values  url.Values
		button  string
		want    string // the error, or the granted scopes
	}{
		"to allow all":                    {object{"Confirm": true}, nil, "Allow", "openid read write"},
		"to deny":                         {object{"Confirm": true}, nil, "Deny", "access_denied"},
		"by the first button":             {object{"Confirm": true}, nil, "", "openid read write"},
		"to allow all of a choice":        {object{"Confirm": true, "AllowScopeSelect": true}, nil, "Allow", "openid read write"},
		"to allow some of a choice":       {object{"AllowScopeSelect": true}, url.Values{"scope": {"write"}}, "Allow", "openid write"},
		"to allow none of a choice":       {object{"AllowScopeSelect": true}, url.Values{"scope": nil}, "Allow", "openid"},
		"to allow more than there is":     {object{"AllowScopeSelect": true}, url.Values{"scope": {"read", "admin", "profile"}}, "Allow", "openid read"},
		"to allow some without a choice":  {object{"Confirm": true}, url.Values{"scope": {"write"}}, "Allow", "openid read write"},
		"to deny what there is to choose": {object{"AllowScopeSelect": true}, nil, "Deny", "access_denied"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			s.configure(t, "spa", tc.profile)
			page := s.asked(t, s.visitor(t), map[string]string{"scope": "openid read write"})
			if !strings.Contains(page.Text(), "jo@example.test") || !strings.Contains(page.Text(), "Read orders (read)") || !strings.Contains(page.Text(), "spa.example.test") {
				t.Errorf("the page says %q", page.Text())
			}
			values := left(t, submit(t, page, tc.values, tc.button))
			check(t, "s t/a&te", values.Get("state"))
			if tc.want == "access_denied" {
				check(t, tc.want, values.Get("error"))
				return
			}
			check(t, any(tc.want), s.redeemSPA(t, values.Get("code"), nil).fields["scope"])
		})
	}
}

func TestADecisionMustBeTheUsersOwn(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.configure(t, "spa", object{"Confirm": true})
	v, other := s.visitor(t), s.visitor(t)
	page, others := s.asked(t, v, nil), s.asked(t, other, nil)
	another := s.asked(t, v, map[string]string{"scope": "openid read write"})
	confirmation := func(page *visitor.Page) string {
		_, rest, _ := strings.Cut(page.Body, `name="confirmation" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	for name, forged := range map[string]string{
		"nothing": "", "something": "x", "another user's": confirmation(others), "one for another request": confirmation(another),
	} {
		next := submit(t, page, url.Values{"confirmation": {forged}}, "Allow")
		if next.Left != nil || next.Status != http.StatusBadRequest || next.Alert() == "" {
			t.Errorf("%s confirms: %v", name, next.Left)
		}
		// What is shown then can be used.
		if left(t, submit(t, next, nil, "Allow")).Get("code") == "" {
			t.Error("the page that was shown again does not work")
		}
	}
	next := submit(t, page, url.Values{"decision": {"maybe"}}, "Allow")
	check(t, true, next.Left != nil) // the button decides
	s.RevokeTokens()
	check(t, "/login", submit(t, page, nil, "Allow").URL.Path)
}

func TestConsentIsRememberedWhereItIs(t *testing.T) {
	s := openShop(t, emulator.Switches{RememberConsent: true})
	s.configure(t, "spa", object{"Confirm": true})
	v := s.visitor(t)
	left(t, submit(t, s.asked(t, v, nil), nil, "Allow"))
	if left(t, s.asked(t, v, nil)).Get("code") == "" {
		t.Error("the user is asked again for the same")
	}
	for name, changes := range map[string]map[string]string{
		"more": {"scope": "openid read write"}, "another client": {"client_id": "other-spa"}, "what the client wants confirmed": {"prompt": "consent"},
	} {
		if page := s.asked(t, v, changes); page.Left != nil {
			t.Errorf("the user is not asked for %s", name)
		}
	}
}

func TestTheUserLogsOut(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	hint, _ := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil).fields["id_token"].(string)
	other, _ := s.redeemWeb(t, s.code(t, "web", webRequest(nil)), nil).fields["id_token"].(string)
	cases := map[string]struct {
		params url.Values
		left   string
		status int
	}{
		"and stays":                          {params: url.Values{}, status: 200},
		"and returns":                        {params: url.Values{"post_logout_redirect_uri": {spaCallback}, "state": {"a b"}, "id_token_hint": {hint}}, left: spaCallback + "?state=a+b"},
		"and returns without state":          {params: url.Values{"post_logout_redirect_uri": {spaCallback}}, left: spaCallback},
		"and does not return anywhere":       {params: url.Values{"post_logout_redirect_uri": {"https://evil.test/"}}, status: 400},
		"not with another application's":     {params: url.Values{"post_logout_redirect_uri": {spaCallback}, "id_token_hint": {other}}, status: 400},
		"not with something that is no hint": {params: url.Values{"id_token_hint": {"x"}}, status: 400},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := s.visitor(t)
			logIn(t, s.open(t, v, s.URL()+"/login"))
			page := s.open(t, v, s.URL()+"/OAuth2/EndSession/spa?"+tc.params.Encode())
			if tc.left != "" {
				check(t, tc.left, page.Left.String())
			} else {
				check(t, tc.status, page.Status)
			}
			next := s.open(t, v, s.address("spa", spaRequest(nil)))
			check(t, strings.HasPrefix(name, "not "), next.Left != nil)
		})
	}
	check(t, 400, s.open(t, s.visitor(t), s.URL()+"/OAuth2/EndSession/nothing").Status)
}

func TestPagesOfClientsReadTheirAnswers(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	for name, tc := range map[string]struct {
		method, path, origin string
		want                 string
	}{
		"a client's own page":              {http.MethodPost, "/oauth2/token/spa", "https://spa.example.test", "https://spa.example.test"},
		"a client's page on this machine":  {http.MethodPost, "/oauth2/token/spa", "http://localhost:5000", "http://localhost:5000"},
		"before it sends a header":         {http.MethodOptions, "/oauth2/userinfo/spa", "https://spa.example.test", "https://spa.example.test"},
		"another page":                     {http.MethodPost, "/oauth2/token/spa", "https://evil.test", ""},
		"another page, before":             {http.MethodOptions, "/oauth2/token/spa", "https://evil.test", ""},
		"a page of another application":    {http.MethodPost, "/oauth2/token/web", "https://spa.example.test", ""},
		"a page without origin":            {http.MethodPost, "/oauth2/token/spa", "null", ""},
		"no page":                          {http.MethodPost, "/oauth2/token/spa", "", ""},
		"any page reads the keys":          {http.MethodGet, "/oauth2/keys/spa", "https://evil.test", "*"},
		"any page reads what there is":     {http.MethodGet, "/spa/.well-known/openid-configuration", "https://evil.test", "*"},
		"no page reads the authorizations": {http.MethodGet, "/oauth2/authorize/spa", "https://spa.example.test", ""},
		"no page reads the admin API":      {http.MethodPost, "/security/whoami", "https://spa.example.test", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.send(t, tc.method, tc.path, "", map[string]string{"Origin": tc.origin, "Access-Control-Request-Method": "GET"})
			check(t, tc.want, r.header.Get("Access-Control-Allow-Origin"))
			check(t, "", r.header.Get("Access-Control-Allow-Credentials"))
			if preflight := tc.method == http.MethodOptions; preflight != (r.status == http.StatusNoContent) {
				t.Errorf("status %d", r.status)
			}
		})
	}
}
