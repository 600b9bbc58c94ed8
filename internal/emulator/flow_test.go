package emulator_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/emulator/visitor"
)

const (
	verifier    = "a-verifier-of-forty-three-characters-or-more"
	spaCallback = "https://spa.example.test/cb"
	webCallback = "https://web.example.test/cb?from=tenant"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shopSeed is a tenant with people: jo may use the applications, pat may not. Application spa is for the public client shop-spa, web
// for the confidential client web@example.test, both with the authorization code flow; everything is for anybody in all flows.
func shopSeed() emulator.Seed {
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "shoppers", ID: "shoppers"})
	person := func(name string, roles ...string) emulator.SeedUser {
		return emulator.SeedUser{Name: name + "@example.test", DisplayName: "Dr. " + name, Mail: name + "@mail.test", Password: goodPassword, Roles: roles}
	}
	machine := func(name string, roles ...string) emulator.SeedUser {
		u := person(name, roles...)
		u.OauthClient, u.ServiceUser = true, true
		return u
	}
	seed.Users = append(
		seed.Users, person("jo", "shoppers"), person("pat"), machine("web", "shoppers"), machine("other", "shoppers"), machine("stranger"),
	)
	application := func(name string, profile object) emulator.SeedApplication {
		return emulator.SeedApplication{
			ServiceName: name, Name: "The " + name, Grants: []emulator.SeedGrant{{Role: "shoppers"}},
			Scopes:  []emulator.SeedScope{{Scope: "read", Description: "Read orders"}, {Scope: "write"}},
			Profile: profile,
		}
	}
	seed.Applications = append(seed.Applications,
		application("spa", object{
			"ClientIDType": 0, "AllowPublic": true, "AllowedClients": []any{"shop-spa", "other-spa"}, "AllowedAuth": "AuthorizationCode",
			"Redirects": []any{spaCallback, "http://localhost:5000/callback", "com.example.shop:/cb"}, "Audience": "https://api.test", "AllowRefresh": true,
		}),
		application("web", object{
			"AllowedAuth": "AuthorizationCode,Implicit,ResourceCreds", "Redirects": []any{webCallback}, "Audience": "https://api.test",
			"AllowRefresh": true, "RefreshLifetimeString": "1.00:00:00", "TokenLifetimeString": "0.00:30:00",
		}),
		application("everything", object{
			"ClientIDType": 0, "AllowPublic": true, "AllowedAuth": "AuthorizationCode,Implicit,ClientCreds,ResourceCreds", "Redirects": []any{spaCallback},
		}),
	)
	return seed
}

// shop is a running tenant of shopSeed with its clock.
type shop struct {
	*tenant
	clock *testingclock.FakePassiveClock
}

func openShop(t *testing.T, switches emulator.Switches) *shop {
	t.Helper()
	clock := testingclock.NewFakePassiveClock(startTime)
	return &shop{tenant: start(t, emulator.Options{Seed: shopSeed(), Clock: clock, Switches: switches}), clock: clock}
}

// configure changes fields of an application's profile.
func (s *shop) configure(t *testing.T, name string, fields object) {
	t.Helper()
	app, _ := s.Application(name)
	if err := s.EditApplication(app.Key, func(raw map[string]any) {
		profile, _ := raw["OAuthProfile"].(map[string]any)
		maps.Copy(profile, fields)
	}); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) visitor(t *testing.T) *visitor.Visitor {
	t.Helper()
	v, err := visitor.New(s.URL(), s.CABundle())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// address is that of an authorization request.
func (s *shop) address(app string, params url.Values) string {
	return s.URL() + "/oauth2/authorize/" + app + "?" + params.Encode()
}

// spaRequest is what the public client of application spa asks for, with changes. An empty text removes a parameter.
func spaRequest(changes map[string]string) url.Values {
	return changed(url.Values{
		"client_id": {"shop-spa"}, "redirect_uri": {spaCallback}, "response_type": {"code"}, "scope": {"openid read"}, "state": {"s t/a&te"},
		"nonce": {"n-1"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}, changes)
}

// webRequest is what the confidential client of application web asks for.
func webRequest(changes map[string]string) url.Values {
	return changed(url.Values{
		"client_id": {"web@example.test"}, "redirect_uri": {webCallback}, "response_type": {"code"}, "scope": {"openid read"}, "state": {"x"},
	}, changes)
}

func changed(params url.Values, changes map[string]string) url.Values {
	for name, value := range changes {
		params.Set(name, value)
		if value == "" {
			params.Del(name)
		}
	}
	return params
}

func (s *shop) open(t *testing.T, v *visitor.Visitor, address string) *visitor.Page {
	t.Helper()
	page, err := v.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// logIn takes the steps of the login page as jo.
func logIn(t *testing.T, page *visitor.Page) *visitor.Page {
	t.Helper()
	next, err := page.LogIn(t.Context(), "Jo@example.test", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func submit(t *testing.T, page *visitor.Page, values url.Values, button string) *visitor.Page {
	t.Helper()
	next, err := page.Form(t.Context(), values, button)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// left returns the parameters with which the browser was sent to the client.
func left(t *testing.T, page *visitor.Page) url.Values {
	t.Helper()
	if page.Left == nil {
		t.Fatalf("the browser is at %s: %d %s", page.URL, page.Status, page.Text())
	}
	if page.Left.Fragment != "" {
		values, err := url.ParseQuery(page.Left.EscapedFragment())
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	return page.Left.Query()
}

// code takes a whole login as jo and returns the code.
func (s *shop) code(t *testing.T, app string, params url.Values) string {
	t.Helper()
	values := left(t, logIn(t, s.open(t, s.visitor(t), s.address(app, params))))
	if values.Get("code") == "" {
		t.Fatalf("the client got %v", values)
	}
	return values.Get("code")
}

func (s *shop) post(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	return s.send(t, http.MethodPost, path, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

// redeemSPA redeems a code as the public client, with changes.
func (s *shop) redeemSPA(t *testing.T, code string, changes map[string]string) reply {
	t.Helper()
	return s.post(t, "/OAuth2/Token/spa", changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {"shop-spa"}, "redirect_uri": {spaCallback}, "code_verifier": {verifier},
	}, changes))
}

// redeemWeb redeems a code as the confidential client, with changes.
func (s *shop) redeemWeb(t *testing.T, code string, changes map[string]string) reply {
	t.Helper()
	return s.post(t, "/OAuth2/Token/web", changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {webCallback},
		"client_id": {"web@example.test"}, "client_secret": {goodPassword},
	}, changes))
}

// claims verifies a JSON Web Token with the keys of an application and returns its claims without jti.
func (s *shop) claims(t *testing.T, app string, text any) object {
	t.Helper()
	compact, _ := text.(string)
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatalf("%v: %q", err, compact)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(s.send(t, http.MethodGet, "/OAuth2/Keys/"+app, "", nil).text), &set); err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(set)
	if err != nil {
		t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	delete(claims, "jti")
	return claims
}

// active asks whether a token is good.
func (s *shop) active(t *testing.T, app string, token any) bool {
	t.Helper()
	text, _ := token.(string)
	r := s.post(t, "/oauth2/introspect/"+app, url.Values{"token": {text}, "client_id": {"other@example.test"}, "client_secret": {goodPassword}})
	active, ok := r.fields["active"].(bool)
	if !ok {
		t.Fatalf("introspection: %d %s", r.status, r.text)
	}
	return active
}

func TestAPublicClientLogsAUserInWithPKCE(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	v := s.visitor(t)
	login := s.open(t, v, s.address("SPA", spaRequest(nil)))
	check(t, "/login", login.URL.Path)
	if target := login.URL.Query().Get("cloudRedirect"); !strings.HasPrefix(target, "Oauth2/Authorize/spa?bounce=") {
		t.Errorf("the login leads to %q", target)
	}
	page := logIn(t, login)
	if got := page.Left.String(); !strings.HasPrefix(got, spaCallback+"?responseType=code&code=") {
		t.Errorf("the browser was sent to %s", got)
	}
	values := left(t, page)
	check(t, "s t/a&te", values.Get("state"))

	s.clock.SetTime(startTime.Add(time.Minute))
	r := s.redeemSPA(t, values.Get("code"), map[string]string{"client_id": "Shop-SPA"})
	jo, _ := s.User("jo@example.test")
	common := object{
		"iss": s.URL() + "/spa/", "sub": jo.ID, "unique_name": "jo@example.test", "nonce": "n-1", "auth_time": float64(startTime.Unix()),
		"iat": float64(startTime.Unix() + 60), "exp": float64(startTime.Unix() + 60 + 5*3600),
	}
	access := maps.Clone(common)
	maps.Copy(access, object{"aud": "https://api.test", "scope": "openid read"})
	check(t, access, s.claims(t, "spa", r.fields["access_token"]))
	identity := maps.Clone(common)
	identity["aud"] = "shop-spa"
	check(t, identity, s.claims(t, "spa", r.fields["id_token"]))
	check(t, []any{"Bearer", 18000.0, "openid read"}, []any{r.fields["token_type"], r.fields["expires_in"], r.fields["scope"]})
	if r.fields["refresh_token"] == nil {
		t.Error("there is no refresh token")
	}

	// The session lasts: the next request needs no login, by GET or POST.
	if again := left(t, s.open(t, v, s.address("spa", spaRequest(nil)))); again.Get("code") == "" || again.Get("code") == values.Get("code") {
		t.Errorf("the second time the client got %v", again)
	}
}

func TestTheFirstStepIsARedirectionToTheLogin(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r := s.send(t, http.MethodGet, "/Oauth2/Authorize/spa/?"+spaRequest(nil).Encode(), "", nil)
	check(t, http.StatusFound, r.status)
	if !strings.HasPrefix(r.header.Get("Location"), "/login?cloudRedirect=Oauth2%2FAuthorize%2Fspa%3Fbounce%3D") {
		t.Error(r.header.Get("Location"))
	}
	if !strings.Contains(r.text, `<h2>Object moved to <a href="/login?cloudRedirect=Oauth2%2FAuthorize%2Fspa%3Fbounce%3D`) {
		t.Error(r.text)
	}
	posted := s.post(t, "/oauth2/authorize/spa", spaRequest(nil))
	check(t, r.header.Get("Location"), posted.header.Get("Location"))
}

func TestASecretInTheRequestGoesNoFurther(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	page := s.open(t, s.visitor(t), s.address("web", webRequest(map[string]string{"client_secret": goodPassword})))
	_, bounce, _ := strings.Cut(page.URL.Query().Get("cloudRedirect"), "bounce=")
	carried, err := base64.RawURLEncoding.DecodeString(bounce)
	must(t, err)
	if !strings.Contains(string(carried), "client_id=web") || strings.Contains(string(carried), goodPassword) {
		t.Errorf("the request that travels is %s", carried)
	}
}

func TestErrorsAreToldToTheUserUntilTheClientIsKnown(t *testing.T) {
	cases := map[string]struct {
		app    string // spa when empty
		change map[string]string
		twice  string
	}{
		"an unknown application":                     {app: "nothing"},
		"no client":                                  {change: map[string]string{"client_id": ""}},
		"a client that is not in the list":           {change: map[string]string{"client_id": "web@example.test"}},
		"a person as client":                         {app: "web", change: map[string]string{"client_id": "jo@example.test", "redirect_uri": webCallback}},
		"a public client of a confidential one":      {app: "web", change: map[string]string{"redirect_uri": webCallback}},
		"no redirect URI":                            {change: map[string]string{"redirect_uri": ""}},
		"another redirect URI":                       {change: map[string]string{"redirect_uri": "https://evil.test/cb"}},
		"a redirect URI with somewhat more":          {change: map[string]string{"redirect_uri": spaCallback + "/x"}},
		"a redirect URI with a query":                {change: map[string]string{"redirect_uri": spaCallback + "?x"}},
		"a redirect URI in another case":             {change: map[string]string{"redirect_uri": strings.ToUpper(spaCallback)}},
		"a redirect URI at another port":             {change: map[string]string{"redirect_uri": "http://localhost:5001/callback"}},
		"two redirect URIs":                          {twice: "redirect_uri"},
		"two clients":                                {twice: "client_id"},
		"a client secret that is wrong":              {app: "web", change: map[string]string{"client_id": "web@example.test", "client_secret": "x", "redirect_uri": webCallback}},
		"a client secret of a public client":         {change: map[string]string{"client_secret": goodPassword}},
		"a bounce that is not ours":                  {change: map[string]string{"bounce": "%%%"}},
		"a state that is too long":                   {change: map[string]string{"state": strings.Repeat("x", 9000)}},
		"a state that is far too long, and an error": {change: map[string]string{"state": strings.Repeat("x", 90000), "scope": "nothing"}},
	}
	s := openShop(t, emulator.Switches{})
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			params := spaRequest(tc.change)
			if tc.twice != "" {
				params.Add(tc.twice, params.Get(tc.twice))
			}
			app := tc.app
			if app == "" {
				app = "spa"
			}
			page := s.open(t, s.visitor(t), s.address(app, params))
			if page.Left != nil || page.Status != http.StatusBadRequest || page.Alert() == "" {
				t.Errorf("got %d %s, sent to %v", page.Status, page.Text(), page.Left)
			}
			if strings.Contains(page.Body, goodPassword) {
				t.Error("the page shows the client secret")
			}
		})
	}
}

func TestErrorsAreToldToTheClient(t *testing.T) {
	cases := map[string]struct {
		app    string
		params url.Values
		twice  string
		want   string
	}{
		"no response type":              {"spa", spaRequest(map[string]string{"response_type": ""}), "", "invalid_request"},
		"another response type":         {"spa", spaRequest(map[string]string{"response_type": "magic"}), "", "unsupported_response_type"},
		"a mixture of response types":   {"everything", spaRequest(map[string]string{"response_type": "code id_token"}), "", "unsupported_response_type"},
		"a flow that is off":            {"spa", spaRequest(map[string]string{"response_type": "token"}), "", "unauthorized_client"},
		"an ID token without that flow": {"spa", spaRequest(map[string]string{"response_type": "id_token"}), "", "unauthorized_client"},
		"no challenge":                  {"spa", spaRequest(map[string]string{"code_challenge": "", "code_challenge_method": ""}), "", "invalid_request"},
		"a method without a challenge":  {"spa", spaRequest(map[string]string{"code_challenge": ""}), "", "invalid_request"},
		"another challenge method":      {"spa", spaRequest(map[string]string{"code_challenge_method": "S512"}), "", "invalid_request"},
		"a challenge that is too short": {"spa", spaRequest(map[string]string{"code_challenge": "short"}), "", "invalid_request"},
		"a scope that is not defined":   {"spa", spaRequest(map[string]string{"scope": "openid admin"}), "", "invalid_scope"},
		"a parameter twice":             {"spa", spaRequest(nil), "scope", "invalid_request"},
		"another response mode":         {"spa", spaRequest(map[string]string{"response_mode": "form_post"}), "", "invalid_request"},
		"another prompt":                {"spa", spaRequest(map[string]string{"prompt": "sing"}), "", "invalid_request"},
		"nobody logged in, and silence": {"spa", spaRequest(map[string]string{"prompt": "none"}), "", "login_required"},
		"an error of the implicit flow": {"everything", spaRequest(map[string]string{"response_type": "token", "scope": "admin"}), "", "invalid_scope"},
	}
	s := openShop(t, emulator.Switches{})
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.twice != "" {
				tc.params.Add(tc.twice, tc.params.Get(tc.twice))
			}
			page := s.open(t, s.visitor(t), s.address(tc.app, tc.params))
			values := left(t, page)
			check(t, []string{tc.want, "s t/a&te"}, []string{values.Get("error"), values.Get("state")})
			implicit := strings.HasPrefix(tc.params.Get("response_type"), "token") || tc.params.Get("response_type") == "id_token"
			if (page.Left.Fragment != "") != implicit {
				t.Errorf("the error is in the wrong place: %s", page.Left)
			}
		})
	}
}

func TestWhoMayUseTheApplicationIsAskedAfterTheLogin(t *testing.T) {
	cases := map[string]struct {
		switches emulator.Switches
		user     string
		app      string
		params   url.Values
		want     string
	}{
		"a user without grant":                      {user: "pat", app: "spa", params: spaRequest(nil), want: "access_denied"},
		"a user with a grant":                       {user: "jo", app: "web", params: webRequest(nil)},
		"a client that shows its secret":            {user: "jo", app: "web", params: webRequest(map[string]string{"client_secret": goodPassword})},
		"a client without grant":                    {user: "jo", app: "web", params: webRequest(map[string]string{"client_id": "stranger@example.test"}), want: "unauthorized_client"},
		"a client without grant, where it needs no": {switches: emulator.Switches{ClientGrantOptional: true}, user: "jo", app: "web", params: webRequest(map[string]string{"client_id": "stranger@example.test"})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, tc.switches)
			page, err := s.open(t, s.visitor(t), s.address(tc.app, tc.params)).LogIn(t.Context(), tc.user+"@example.test", goodPassword)
			if err != nil {
				t.Fatal(err)
			}
			values := left(t, page)
			check(t, []any{tc.want, tc.want == ""}, []any{values.Get("error"), values.Get("code") != ""})
			if strings.Contains(page.Left.String(), goodPassword) {
				t.Error("the secret came along")
			}
			if tc.app == "web" && values.Get("from") != "tenant" {
				t.Errorf("the redirect URI has lost its query: %s", page.Left)
			}
		})
	}
}

func TestCodesAreBound(t *testing.T) {
	cases := map[string]struct {
		later  time.Duration
		change map[string]string
		status int
		want   any
	}{
		"to nothing else":                 {status: 200},
		"to their time, at its end":       {later: 5*time.Minute - time.Second, status: 200},
		"to their time, when it is over":  {later: 5 * time.Minute, status: 400, want: "invalid_grant"},
		"to the client":                   {change: map[string]string{"client_id": "other-spa"}, status: 400, want: "invalid_grant"},
		"to a client that is known":       {change: map[string]string{"client_id": "magic-spa"}, status: 401, want: "invalid_client"},
		"to the redirect URI":             {change: map[string]string{"redirect_uri": "http://localhost:5000/callback"}, status: 400, want: "invalid_grant"},
		"to a redirect URI at all":        {change: map[string]string{"redirect_uri": ""}, status: 400, want: "invalid_grant"},
		"to the verifier":                 {change: map[string]string{"code_verifier": strings.Repeat("x", 43)}, status: 400, want: "invalid_grant"},
		"to a verifier at all":            {change: map[string]string{"code_verifier": ""}, status: 400, want: "invalid_grant"},
		"to a verifier, not its hash":     {change: map[string]string{"code_verifier": challengeOf(verifier)}, status: 400, want: "invalid_grant"},
		"to being there":                  {change: map[string]string{"code": ""}, status: 400, want: "invalid_request"},
		"to having been issued":           {change: map[string]string{"code": "x"}, status: 400, want: "invalid_grant"},
		"to a public client's own secret": {change: map[string]string{"client_secret": "x"}, status: 401, want: "invalid_client"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			code := s.code(t, "spa", spaRequest(nil))
			s.clock.SetTime(startTime.Add(tc.later))
			r := s.redeemSPA(t, code, tc.change)
			check(t, []any{tc.status, tc.want}, []any{r.status, r.fields["error"]})
			if tc.status != 200 && tc.later == 0 {
				check(t, 200, s.redeemSPA(t, code, nil).status) // a mistake does not spend the code
			}
		})
	}
}

func TestCodesAreBoundToTheirApplication(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	code := s.code(t, "spa", spaRequest(nil))
	r := s.post(t, "/OAuth2/Token/everything", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {"shop-spa"}, "redirect_uri": {spaCallback}, "code_verifier": {verifier},
	})
	check(t, any("invalid_grant"), r.fields["error"])
}

func TestACodeThatIsUsedAgainEndsWhatWasIssued(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	code := s.code(t, "spa", spaRequest(nil))
	first := s.redeemSPA(t, code, nil)
	check(t, true, s.active(t, "spa", first.fields["access_token"]))
	check(t, true, s.active(t, "spa", first.fields["refresh_token"]))
	check(t, any("invalid_grant"), s.redeemSPA(t, code, nil).fields["error"])
	check(t, false, s.active(t, "spa", first.fields["access_token"]))
	check(t, false, s.active(t, "spa", first.fields["refresh_token"]))
	check(t, any("invalid_grant"), s.refreshSPA(t, first.fields["refresh_token"], nil).fields["error"])
}

func TestAConfidentialClientProvesItself(t *testing.T) {
	cases := map[string]struct {
		request, redeem map[string]string
		status          int
		want            any
	}{
		"by its secret":                        {status: 200},
		"by nothing":                           {redeem: map[string]string{"client_secret": ""}, status: 401, want: "invalid_client"},
		"by another secret":                    {redeem: map[string]string{"client_secret": "x"}, status: 401, want: "invalid_client"},
		"as another client":                    {redeem: map[string]string{"client_id": "other@example.test"}, status: 400, want: "invalid_grant"},
		"by a verifier nobody asked for":       {redeem: map[string]string{"code_verifier": verifier}, status: 400, want: "invalid_grant"},
		"by its secret and a verifier":         {request: map[string]string{"code_challenge": verifier}, redeem: map[string]string{"code_verifier": verifier}, status: 200},
		"by its secret, without the verifier":  {request: map[string]string{"code_challenge": verifier}, status: 400, want: "invalid_grant"},
		"by a verifier, without its secret":    {request: map[string]string{"code_challenge": verifier}, redeem: map[string]string{"code_verifier": verifier, "client_secret": ""}, status: 401, want: "invalid_client"},
		"by its secret, to another URI":        {redeem: map[string]string{"redirect_uri": "https://web.example.test/cb"}, status: 400, want: "invalid_grant"},
		"without openid, for no ID token":      {request: map[string]string{"scope": "read"}, status: 200},
		"for no scope, which is what it gets":  {request: map[string]string{"scope": ""}, status: 200},
		"with a state that it gets back, only": {request: map[string]string{"state": ""}, status: 200},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			request := webRequest(tc.request)
			r := s.redeemWeb(t, s.code(t, "web", request), tc.redeem)
			check(t, []any{tc.status, tc.want}, []any{r.status, r.fields["error"]})
			if tc.status == 200 {
				check(t, any(request.Get("scope")), r.fields["scope"])
				check(t, strings.Contains(request.Get("scope"), "openid"), r.fields["id_token"] != nil)
			}
		})
	}
}

func TestAClientOfTheListMayHaveASecret(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.configure(t, "spa", object{"AllowedClients": []any{"Web@example.test"}})
	request := func(challenge string) string {
		return s.code(t, "spa", spaRequest(map[string]string{"client_id": "web@example.test", "code_challenge": challenge, "code_challenge_method": ""}))
	}
	public := map[string]string{"client_id": "web@example.test"}
	check(t, 200, s.redeemSPA(t, request(verifier), public).status)
	check(t, any("invalid_grant"), s.redeemSPA(t, request(""), map[string]string{"client_id": "web@example.test", "code_verifier": ""}).fields["error"])
	secret := map[string]string{"client_id": "web@example.test", "client_secret": goodPassword, "code_verifier": ""}
	check(t, 200, s.redeemSPA(t, request(""), secret).status)
}

func TestPublicClientsHaveToBeAllowed(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	s.configure(t, "spa", object{"AllowPublic": false})
	check(t, http.StatusBadRequest, s.open(t, s.visitor(t), s.address("spa", spaRequest(nil))).Status)
	r := s.post(t, "/OAuth2/Token/everything", url.Values{"grant_type": {"client_credentials"}, "client_id": {"anything"}})
	check(t, any("invalid_client"), r.fields["error"])
}

func TestTheUserIsLookedAtAgainWhenTheCodeIsRedeemed(t *testing.T) {
	for name, act := range map[string]func(*shop) error{
		"locked":  func(s *shop) error { return s.SetUserState("jo@example.test", "Locked") },
		"removed": func(s *shop) error { return s.RemoveUser("jo@example.test") },
		"without its role": func(s *shop) error {
			app, _ := s.Application("spa")
			return s.AddGrant(app.Key, emulator.SeedGrant{Role: "shoppers", Rights: "None"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			code := s.code(t, "spa", spaRequest(nil))
			if err := act(s); err != nil {
				t.Fatal(err)
			}
			check(t, any("invalid_grant"), s.redeemSPA(t, code, nil).fields["error"])
		})
	}
}

// refreshSPA uses a refresh token as the public client, with changes.
func (s *shop) refreshSPA(t *testing.T, token any, changes map[string]string) reply {
	t.Helper()
	text, _ := token.(string)
	return s.post(t, "/OAuth2/Token/spa", changed(url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {text}, "client_id": {"shop-spa"},
	}, changes))
}
