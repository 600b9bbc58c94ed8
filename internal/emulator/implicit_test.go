package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestTokensComeInTheFragmentOfTheImplicitFlow(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	v := s.visitor(t)
	page := logIn(t, s.open(t, v, s.address("web", webRequest(map[string]string{"response_type": "token"}))))
	values := left(t, page)
	check(t, []string{"Bearer", "1800", "openid read", "x", ""},
		[]string{values.Get("token_type"), values.Get("expires_in"), values.Get("scope"), values.Get("state"), values.Get("refresh_token")})
	check(t, any("https://api.test"), s.claims(t, "web", values.Get("access_token"))["aud"])
	check(t, "from=tenant", page.Left.RawQuery)

	values = left(t, s.open(t, v, s.address("web", webRequest(map[string]string{"response_type": "id_token", "nonce": "n"}))))
	identity := s.claims(t, "web", values.Get("id_token"))
	check(t, []any{"web@example.test", "n", nil}, []any{identity["aud"], identity["nonce"], identity["scope"]})
	check(t, "", values.Get("access_token"))
}

// TestTheVendorsSDKLogsIn makes the calls of CyberArk's Go SDK to the letter, with and without the application's name.
func TestTheVendorsSDKLogsIn(t *testing.T) {
	for _, app := range []string{"__idaptive_cybr_user_oidc", ""} {
		t.Run("application "+app, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			id, secret := s.AdminCredential()
			request, _ := http.NewRequest(http.MethodPost, s.URL(), http.NoBody) //nolint:noctx // it is not sent
			request.SetBasicAuth(id, secret)
			token := s.send(t, http.MethodPost, "/OAuth2/Token/"+app, "grant_type=client_credentials&scope=api", map[string]string{
				"Authorization": request.Header.Get("Authorization"), "Content-Type": "application/x-www-form-urlencoded", "X-IDAP-NATIVE-CLIENT": "true",
			})
			check(t, 200, token.status)
			access, _ := token.fields["access_token"].(string)

			r := s.send(t, http.MethodGet, "/OAuth2/Authorize/"+app+"?client_id="+app+
				"&redirect_uri=https%3A%2F%2Fcyberark.cloud%2Fredirect&response_type=id_token&scope=openid+profile+api", "",
				map[string]string{"Authorization": "Bearer " + access, "X-IDAP-NATIVE-CLIENT": "true"})
			check(t, http.StatusFound, r.status)
			session, found := strings.CutPrefix(r.header.Get("Location"), "https://cyberark.cloud/redirect#id_token=")
			if !found || strings.ContainsAny(session, "#&=") {
				t.Fatalf("redirected to %s", r.header.Get("Location"))
			}
			claims := s.claims(t, "__idaptive_cybr_user_oidc", session)
			check(t, []any{s.URL() + "/__idaptive_cybr_user_oidc/", id, "emulator", "cyberark.cloud", "EMU0001"},
				[]any{claims["iss"], claims["unique_name"], claims["subdomain"], claims["platform_domain"], claims["tenant_id"]})

			// The ID token is the session token.
			who, _ := s.must(t, session, "Security/WhoAmI", nil).(object)
			check(t, any(id), who["User"])
			s.must(t, session, "Redrock/query", object{"Script": "Select ID, Username from User"})
			info := s.send(t, http.MethodPost, "/OAuth2/UserInfo/__idaptive_cybr_user_oidc", `{"Scopes":["userInfo"]}`,
				map[string]string{"Authorization": "Bearer " + session, "Content-Type": "application/json"})
			check(t, []any{200, id}, []any{info.status, info.fields["unique_name"]})
		})
	}
}

func TestATokenForOtherAPIsIsNoLogin(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	access, _ := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil).fields["access_token"].(string)
	for _, token := range []string{access, "x", ""} {
		r := s.send(t, http.MethodGet, "/OAuth2/Authorize/spa?"+spaRequest(nil).Encode(), "", map[string]string{"Authorization": "Bearer " + token})
		if location := r.header.Get("Location"); !strings.HasPrefix(location, "/login?") {
			t.Errorf("with the token, the browser is sent to %s", location)
		}
	}
	// A token with scopes that do not open this path is none either, or it would open all the others.
	app, _ := s.Application("operator-admin")
	must(t, s.EditApplication(app.Key, func(raw map[string]any) {
		profile, _ := raw["OAuthProfile"].(map[string]any)
		profile["KnownScopes"] = []any{object{"Scope": "all", "AllowedRest": []any{"Security/.*"}}}
	}))
	narrow := s.send(t, http.MethodGet, "/OAuth2/Authorize/?client_id=__idaptive_cybr_user_oidc&redirect_uri=https%3A%2F%2Fcyberark.cloud%2Fredirect"+
		"&response_type=id_token&scope=api", "", map[string]string{"Authorization": "Bearer " + s.login(t)})
	if location := narrow.header.Get("Location"); !strings.HasPrefix(location, "/login?") {
		t.Errorf("with a narrow scope, the browser is sent to %s", location)
	}
	// And so is one for which a page would have to be shown.
	s.configure(t, "spa", object{"Confirm": true})
	id, _ := s.AdminCredential()
	app, _ = s.Application("spa")
	must(t, s.AddGrant(app.Key, emulator.SeedGrant{User: id}))
	r := s.send(t, http.MethodGet, "/OAuth2/Authorize/spa?"+spaRequest(nil).Encode(), "", map[string]string{"Authorization": "Bearer " + s.platformToken(t)})
	location, err := url.Parse(r.header.Get("Location"))
	must(t, err)
	check(t, "interaction_required", location.Query().Get("error"))
}

// platformToken returns one of the administrator's.
func (s *shop) platformToken(t *testing.T) string {
	t.Helper()
	id, secret := s.AdminCredential()
	r := s.post(t, "/oauth2/platformtoken", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}})
	token, ok := r.fields["access_token"].(string)
	if !ok {
		t.Fatalf("%d %s", r.status, r.text)
	}
	return token
}

func TestPlatformTokensOpenTheAdminAPI(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.must(t, s.platformToken(t), "Roles/StoreRole", object{"Name": "new"})
	for name, tc := range map[string]struct {
		form url.Values
		want string
	}{
		"a person":           {url.Values{"grant_type": {"client_credentials"}, "client_id": {"jo@example.test"}, "client_secret": {goodPassword}}, "unauthorized_client"},
		"a wrong secret":     {url.Values{"grant_type": {"client_credentials"}, "client_id": {"web@example.test"}, "client_secret": {"x"}}, "invalid_client"},
		"no secret":          {url.Values{"grant_type": {"client_credentials"}, "client_id": {"web@example.test"}}, "invalid_client"},
		"another grant type": {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
		"no grant type":      {url.Values{}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, any(tc.want), s.post(t, "/oauth2/platformtoken", tc.form).fields["error"])
		})
	}
	// A user without administrative rights has none by a platform token.
	r := s.post(t, "/OAuth2/PlatformToken/", url.Values{"grant_type": {"client_credentials"}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}})
	token, _ := r.fields["access_token"].(string)
	check(t, false, s.call(t, token, "Roles/StoreRole", object{"Name": "more"}).success())
}

func TestAPersonsPasswordGetsAToken(t *testing.T) {
	cases := map[string]struct {
		app    string
		form   url.Values
		status int
		want   any // the error, or the scope
	}{
		"with a confidential client":        {"web", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "scope": {"read"}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 200, "read"},
		"without the client's secret":       {"web", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "client_id": {"web@example.test"}}, 401, "invalid_client"},
		"with a client that has no grant":   {"web", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "client_id": {"stranger@example.test"}, "client_secret": {goodPassword}}, 400, "access_denied"},
		"of a user who has no grant":        {"web", url.Values{"username": {"pat@example.test"}, "password": {goodPassword}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 400, "access_denied"},
		"that is wrong":                     {"web", url.Values{"username": {"jo@example.test"}, "password": {"x"}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 400, "invalid_grant"},
		"of nobody":                         {"web", url.Values{"username": {"no@example.test"}, "password": {goodPassword}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 400, "invalid_grant"},
		"that is missing":                   {"web", url.Values{"username": {"jo@example.test"}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 400, "invalid_request"},
		"with a scope that is not there":    {"web", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "scope": {"x"}, "client_id": {"web@example.test"}, "client_secret": {goodPassword}}, 400, "invalid_scope"},
		"with a public client":              {"everything", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "client_id": {"phone"}}, 200, ""},
		"with no client at all":             {"everything", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}}, 401, "invalid_client"},
		"where the application allows none": {"spa", url.Values{"username": {"jo@example.test"}, "password": {goodPassword}, "client_id": {"shop-spa"}}, 400, "unauthorized_client"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			tc.form.Set("grant_type", "password")
			r := s.post(t, "/oauth2/token/"+tc.app, tc.form)
			check(t, tc.status, r.status)
			if tc.status != 200 {
				check(t, tc.want, r.fields["error"])
				return
			}
			check(t, []any{tc.want, nil}, []any{r.fields["scope"], r.fields["refresh_token"]})
			check(t, any("jo@example.test"), s.claims(t, tc.app, r.fields["access_token"])["unique_name"])
		})
	}
}

func TestUserInfoNeedsTheRightToken(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	jo, _ := s.User("jo@example.test")
	ask := func(app, scope string) reply {
		t.Helper()
		token, _ := s.redeemSPA(t, s.code(t, "spa", spaRequest(map[string]string{"scope": scope})), nil).fields["access_token"].(string)
		return s.send(t, http.MethodGet, "/oauth2/userinfo/"+app, "", map[string]string{"Authorization": "Bearer " + token})
	}
	check(t, object{"sub": jo.ID, "unique_name": "jo@example.test"}, ask("spa", "openid").fields)
	check(t, object{
		"sub": jo.ID, "unique_name": "jo@example.test", "name": "Dr. jo", "preferred_username": "jo@example.test", "email": "jo@mail.test",
	}, ask("SPA/", "openid profile email").fields)
	check(t, 403, ask("spa", "read").status)
	r := ask("web", "openid")
	check(t, 401, r.status)
	if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
		t.Error(r.header.Get("WWW-Authenticate"))
	}
	check(t, 404, ask("nothing", "openid").status)
	check(t, 401, s.send(t, http.MethodGet, "/oauth2/userinfo/spa", "", nil).status)
}

func TestBasicCredentialsAreDecodedWhereTheyAre(t *testing.T) {
	header := map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic d2ViJTQwZXhhbXBsZS50ZXN0OkNvcnJlY3QtSG9yc2UtNw==", // web%40example.test
	}
	for decode, want := range map[bool]int{false: 401, true: 400} {
		s := openShop(t, emulator.Switches{DecodeBasic: decode})
		check(t, want, s.send(t, http.MethodPost, "/oauth2/token/web", "grant_type=authorization_code&code=x", header).status)
	}
}

func TestWithoutScopeAllAreGrantedWhereTheyAre(t *testing.T) {
	for all, want := range map[bool]string{false: "", true: "read write"} {
		s := openShop(t, emulator.Switches{AllScopesByDefault: all})
		r := s.redeemSPA(t, s.code(t, "spa", spaRequest(map[string]string{"scope": ""})), nil)
		check(t, any(want), r.fields["scope"])
	}
}

func TestAnIDTokenIsAlwaysIssuedWhereItIs(t *testing.T) {
	s := openShop(t, emulator.Switches{IDTokenAlways: true})
	r := s.redeemSPA(t, s.code(t, "spa", spaRequest(map[string]string{"scope": "read"})), nil)
	check(t, any("shop-spa"), s.claims(t, "spa", r.fields["id_token"])["aud"])
}
