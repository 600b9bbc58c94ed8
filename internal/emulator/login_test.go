package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestTheLoginPageTellsWhatIsWrong(t *testing.T) {
	cases := map[string]struct {
		username, password string
		want               string
	}{
		"no user name":              {"", "", "Please enter your user name."},
		"a wrong password":          {"jo@example.test", "x", "The user name or the password is wrong. Please try again."},
		"no password":               {"jo@example.test", "", "The user name or the password is wrong. Please try again."},
		"nobody":                    {"nobody@example.test", goodPassword, "The user name or the password is wrong. Please try again."},
		"a user who is locked":      {"pat@example.test", goodPassword, "The user name or the password is wrong. Please try again."},
		"a service user":            {"web@example.test", goodPassword, "The user name or the password is wrong. Please try again."},
		"a name with markup in it":  {`<b>"jo"`, "x", "The user name or the password is wrong. Please try again."},
		"everything right, a login": {"  Jo@Example.test ", goodPassword, ""},
	}
	s := openShop(t, emulator.Switches{})
	must(t, s.SetUserState("pat@example.test", "Locked"))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			page := s.open(t, s.visitor(t), s.URL()+"/Login/")
			next := submit(t, page, url.Values{"username": {tc.username}}, "Next")
			if tc.username != "" {
				check(t, []any{200, ""}, []any{next.Status, next.Alert()})
				next = submit(t, next, url.Values{"password": {tc.password}}, "Sign in")
			}
			check(t, tc.want, next.Alert())
			check(t, tc.want != "", strings.HasPrefix(next.Title(), "Error: "))
			if tc.want == "" {
				check(t, "Signed in You are signed in as Jo@Example.test.", next.Text())
				return
			}
			if strings.Contains(next.Body, goodPassword) || strings.Contains(next.Body, "<b>") {
				t.Error("the page repeats what it should not")
			}
			if tc.username == "" {
				return
			}
			// The page can be used at once for another try.
			check(t, "Signed in", submit(t, submit(t, s.open(t, s.visitor(t), s.URL()+"/login"),
				url.Values{"username": {"jo@example.test"}}, ""), url.Values{"password": {goodPassword}}, "").Title())
		})
	}
}

func TestServiceUsersLogInWhereTheyMay(t *testing.T) {
	s := openShop(t, emulator.Switches{ServiceUsersLogIn: true})
	page, err := s.open(t, s.visitor(t), s.URL()+"/login").LogIn(t.Context(), "web@example.test", goodPassword)
	must(t, err)
	check(t, "Signed in", page.Title())
}

func TestTheSessionIsKeptFromScriptsAndOtherSites(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	page := logIn(t, s.open(t, s.visitor(t), s.URL()+"/login"))
	cookie := page.Header.Get("Set-Cookie")
	name, value, _ := strings.Cut(cookie, "=")
	text, attributes, _ := strings.Cut(value, ";")
	check(t, []string{".ASPXAUTH", " Path=/; HttpOnly; Secure; SameSite=Lax"}, []string{name, attributes})
	if len(text) < 43 || strings.Contains(page.Body, text) {
		t.Errorf("the session is %d characters long, or in the page", len(text))
	}
}

func TestPagesCannotBeFramedOrKept(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	page := s.open(t, s.visitor(t), s.address("spa", spaRequest(nil)))
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		check(t, want, page.Header.Get(name))
	}
	policy := page.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://spa.example.test;"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q has no %s", policy, part)
		}
	}
}

func TestTheLoginLeadsNowhereElse(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	for _, target := range []string{
		"https://evil.test/", "//evil.test/oauth2/authorize/spa", "/\\evil.test", "https:/oauth2/authorize/spa@evil.test", "Oauth2/Token/spa", "login",
		"javascript:alert(1)", "oauth2/../../evil", "%2f%2fevil.test", "\r\nX: y",
	} {
		page := logIn(t, s.open(t, s.visitor(t), s.URL()+"/login?cloudRedirect="+url.QueryEscape(target)))
		if page.Left != nil || page.URL.Path == "/oauth2/token/spa" || (page.Title() != "Signed in" && page.Title() != "This request can't be completed") {
			t.Errorf("%q leads to %v, %q", target, page.Left, page.Title())
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	for _, path := range []string{"/login", "/OAuth2/Confirm/spa?bounce=x"} {
		for name, header := range map[string]map[string]string{
			"by where it comes from": {"Sec-Fetch-Site": "cross-site"}, "by its origin": {"Origin": "https://evil.test"},
		} {
			header["Content-Type"] = "application/x-www-form-urlencoded"
			r := s.send(t, http.MethodPost, path, "username=jo%40example.test", header)
			if r.status != http.StatusBadRequest || !strings.Contains(r.text, "another site") {
				t.Errorf("%s %s: %d", path, name, r.status)
			}
		}
	}
}

func TestALoginIsOverAfterSomeFailuresAndSomeTime(t *testing.T) {
	answer := func(s *shop, session, mechanism any, password string) bool {
		r := s.send(t, http.MethodPost, "/Security/AdvanceAuthentication", mustJSON(t, object{
			"SessionId": session, "MechanismId": mechanism, "Action": "Answer", "Answer": password,
		}), nil)
		return r.success()
	}
	begin := func(s *shop) (session, mechanism any) {
		r := s.send(t, http.MethodPost, "/security/startauthentication", `{"User":"jo@example.test","Version":"1.0"}`, nil)
		result, _ := r.fields["Result"].(object)
		challenges, _ := result["Challenges"].([]any)
		challenge, _ := challenges[0].(object)
		mechanisms, _ := challenge["Mechanisms"].([]any)
		first, _ := mechanisms[0].(object)
		check(t, []any{"UP", "Text", "EMU0001", true}, []any{
			first["Name"], first["AnswerType"], result["TenantId"], strings.HasSuffix(s.URL(), result["PodFqdn"].(string)),
		})
		return result["SessionId"], first["MechanismId"]
	}
	s := openShop(t, emulator.Switches{})
	session, mechanism := begin(s)
	for range 4 {
		check(t, false, answer(s, session, mechanism, "x"))
	}
	check(t, false, answer(s, session, "another", goodPassword))
	check(t, true, answer(s, session, mechanism, goodPassword))
	check(t, false, answer(s, session, mechanism, goodPassword)) // it is over

	session, mechanism = begin(s)
	for range 5 {
		check(t, false, answer(s, session, mechanism, "x"))
	}
	check(t, false, answer(s, session, mechanism, goodPassword))

	session, mechanism = begin(s)
	s.clock.SetTime(startTime.Add(5 * time.Minute))
	check(t, false, answer(s, session, mechanism, goodPassword))
}

func TestTheSessionEnds(t *testing.T) {
	for name, act := range map[string]func(*shop) error{
		"after its time":         func(s *shop) error { s.clock.SetTime(startTime.Add(12 * time.Hour)); return nil },
		"with its user":          func(s *shop) error { return s.RemoveUser("jo@example.test") },
		"when the user is shut":  func(s *shop) error { return s.SetUserState("jo@example.test", "Disabled") },
		"when all are forgotten": func(s *shop) error { s.RevokeTokens(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			v := s.visitor(t)
			left(t, logIn(t, s.open(t, v, s.address("spa", spaRequest(nil)))))
			must(t, act(s))
			check(t, "/login", s.open(t, v, s.address("spa", spaRequest(nil))).URL.Path)
		})
	}
}

func TestClientsMayWantAnotherLogin(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	v := s.visitor(t)
	left(t, logIn(t, s.open(t, v, s.address("spa", spaRequest(nil)))))
	s.clock.SetTime(startTime.Add(time.Hour))
	page := s.open(t, v, s.address("spa", spaRequest(map[string]string{"prompt": "login", "login_hint": "jo@example.test"})))
	check(t, "/login", page.URL.Path)
	if !strings.Contains(page.Body, `value="jo@example.test"`) {
		t.Error("the page does not show whom the client expects")
	}
	r := s.redeemSPA(t, left(t, logIn(t, page)).Get("code"), nil)
	check(t, any(float64(startTime.Add(time.Hour).Unix())), s.claims(t, "spa", r.fields["id_token"])["auth_time"])
	if left(t, s.open(t, v, s.address("spa", spaRequest(map[string]string{"prompt": "none"})))).Get("code") == "" {
		t.Error("a client that wants no page gets no code")
	}
}

func TestALoginByTheAPIGivesASessionAndAPlatformToken(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	r := s.send(t, http.MethodPost, "/Security/StartAuthentication", `{"User":"jo@example.test","Version":"1.0","PlatformTokenResponse":true,`+
		`"AssociatedEntityType":"API","MfaRequestor":"DeviceAgent"}`, map[string]string{"Content-Type": "application/json", "X-IDAP-NATIVE-CLIENT": "true"})
	started, _ := r.fields["Result"].(object)
	mechanism := started["Challenges"].([]any)[0].(object)["Mechanisms"].([]any)[0].(object)["MechanismId"]
	for _, action := range []string{"StartOOB", "Poll", ""} {
		check(t, false, s.send(t, http.MethodPost, "/Security/AdvanceAuthentication",
			mustJSON(t, object{"SessionId": started["SessionId"], "MechanismId": mechanism, "Action": action}), nil).success())
	}
	r = s.send(t, http.MethodPost, "/Security/AdvanceAuthentication", mustJSON(t, object{
		"SessionId": started["SessionId"], "MechanismId": mechanism, "Action": "Answer", "Answer": goodPassword,
	}), nil)
	result, _ := r.fields["Result"].(object)
	jo, _ := s.User("jo@example.test")
	check(t, []any{"LoginSuccess", jo.ID, "EMU0001", 18000.0}, []any{result["Summary"], result["UserId"], result["CustomerID"], result["TokenLifetime"]})
	if !strings.HasPrefix(r.header.Get("Set-Cookie"), ".ASPXAUTH=") {
		t.Error("there is no session")
	}
	token, _ := result["Token"].(string)
	who, _ := s.must(t, token, "Security/WhoAmI", nil).(object)
	check(t, any("jo@example.test"), who["User"])

	// The token is refreshed by cookies, and the refresh token is spent by that.
	refresh, _ := result["RefreshToken"].(string)
	cookie := map[string]string{"Cookie": "idToken-EMU0001=" + token + "; refreshToken-EMU0001=" + refresh}
	s.clock.SetTime(startTime.Add(time.Hour))
	r = s.send(t, http.MethodPost, "/OAuth2/RefreshPlatformToken", "", cookie)
	check(t, []any{200, true, 2}, []any{r.status, r.success(), len(r.header.Values("Set-Cookie"))})
	for _, set := range r.header.Values("Set-Cookie") {
		name, value, _ := strings.Cut(set, "=")
		text, _, _ := strings.Cut(value, ";")
		if name == "idToken-EMU0001" {
			s.must(t, text, "Security/WhoAmI", nil)
			check(t, any(float64(startTime.Add(6*time.Hour).Unix())), s.claims(t, "", text)["exp"])
		}
	}
	check(t, 401, s.send(t, http.MethodPost, "/OAuth2/RefreshPlatformToken", "", cookie).status)
	check(t, 401, s.send(t, http.MethodPost, "/OAuth2/RefreshPlatformToken", "", nil).status)
}
