package emulator

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
)

// maxLoginFailures is after how many wrong passwords a login has to be started again.
const maxLoginFailures = 5

// loginFailed is all that is told about a login that failed: not whether the user exists.
const loginFailed = "Authentication (login or challenge) has failed. Please try again or contact your system administrator."

// startLogin begins the login of whoever has the name, and returns the texts of the session and of the mechanism that
// asks for the password. Users who do not exist are asked for one, too.
func (e *Emulator) startLogin(username string, platform bool, now time.Time) (session, mechanism string) {
	session, mechanism = handle.New(), uuid.NewString()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state.flows.logins.Put(session, &login{username: username, mechanism: mechanism, platform: platform}, now.Add(loginLifetime), now)
	return session, mechanism
}

// finishLogin takes the password. It returns a copy of the user, the text of the session that he has now, and what login this was;
// ok is false when the password is wrong or the login is over.
func (e *Emulator) finishLogin(text, mechanism, password string, now time.Time) (u *user, session string, started login, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, ok := e.state.flows.logins.Get(text, now)
	if !ok || subtle.ConstantTimeCompare([]byte(found.mechanism), []byte(mechanism)) != 1 {
		return nil, "", login{}, false
	}
	u = e.verifiedUser(found.username, password)
	if u == nil || (u.serviceUser && !e.switches().ServiceUsersLogIn) {
		found.failures++
		if found.failures >= maxLoginFailures {
			e.state.flows.logins.Delete(text)
		}
		return nil, "", login{}, false
	}
	e.state.flows.logins.Delete(text)
	session = e.openSession(u, now)
	copied := *u
	return &copied, session, *found, true
}

// serveLogin serves the login page, in two steps: the user name, then the password. The steps are those of
// Security/StartAuthentication and Security/AdvanceAuthentication, in a form, so that the page needs no script.
func (e *Emulator) serveLogin(c *call) answer {
	target, redirect, hint := e.loginTarget(c)
	action := "/login"
	if target != "" {
		action += "?cloudRedirect=" + url.QueryEscape(target)
	}
	first := pages.Username{Action: action, Redirect: redirect, Username: hint}
	if c.request.Method != http.MethodPost {
		return pageAnswer(http.StatusOK, first.Render())
	}
	if refused, ok := readForm(c); !ok {
		return refused
	}
	if err := http.NewCrossOriginProtection().Check(c.request); err != nil {
		return problemAnswer("The form was sent by another site.")
	}
	form := c.request.PostForm
	first.Username = strings.TrimSpace(form.Get("username"))
	if first.Username == "" {
		first.Error = "Please enter your user name."
		return pageAnswer(http.StatusBadRequest, first.Render())
	}
	second := pages.Password{Action: action, Redirect: redirect, Username: first.Username}
	if !form.Has("session") {
		second.Session, second.Mechanism = e.startLogin(first.Username, false, c.now)
		return pageAnswer(http.StatusOK, second.Render())
	}
	_, session, _, ok := e.finishLogin(form.Get("session"), form.Get("mechanism"), form.Get("password"), c.now)
	if !ok {
		second.Error = "The user name or the password is wrong. Please try again."
		second.Session, second.Mechanism = e.startLogin(first.Username, false, c.now)
		return pageAnswer(http.StatusUnauthorized, second.Render())
	}
	if target == "" {
		return pageAnswer(http.StatusOK, pages.Message{Title: "Signed in", Text: "You are signed in as " + first.Username + "."}.Render()).
			withSession(session)
	}
	return movedAnswer("/" + target).withSession(session)
}

// loginTarget returns where a login leads, without a slash at its beginning: to an authorization request, and nowhere else. It also
// returns the redirect URI of that request, and whom the client expects.
func (e *Emulator) loginTarget(c *call) (target, redirect, hint string) {
	text := strings.TrimLeft(c.request.URL.Query().Get("cloudRedirect"), "/")
	parsed, err := url.Parse("/" + text)
	if err != nil || parsed.Host != "" {
		return "", "", ""
	}
	op, segment, ok := e.router.route(parsed.Path)
	if !ok || op.name != "OAuth2/Authorize" {
		return "", "", ""
	}
	target = strings.TrimLeft(parsed.EscapedPath(), "/") + "?" + parsed.RawQuery
	params, err := unbounced(parsed.Query().Get("bounce"))
	if err != nil {
		return target, "", ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if app := e.state.oauthApplication(segment); app != nil {
		r, _ := e.readAuthorization(app, params)
		redirect, hint = r.redirect, r.hint
	}
	return target, redirect, hint
}

// serveStartAuthentication begins a login for a client that shows its own page. It also tells where a tenant is.
func (e *Emulator) serveStartAuthentication(c *call) answer {
	args, err := readArguments(c.request)
	if err != nil {
		return failureAnswer(err)
	}
	username := args.text("User")
	if username == "" {
		return failureAnswer(refuse(invalidArgument, "A user name is needed."))
	}
	session, mechanism := e.startLogin(username, args.flag("PlatformTokenResponse", false), c.now)
	return successAnswer(map[string]any{
		"SessionId": session, "TenantId": tenantID, "PodFqdn": e.publicHost(), "Summary": "NewPackage", "IdpRedirectUrl": nil,
		"Challenges": []any{map[string]any{"Mechanisms": []any{map[string]any{
			"Name": "UP", "AnswerType": "Text", "MechanismId": mechanism, "PromptMechChosen": "Enter Password",
			"PromptSelectMech": "Password",
		}}}},
	})
}

// serveAdvanceAuthentication takes the answer to the challenge of a login. A session comes as a cookie and as the text
// Auth; with a platform token, where one was asked for.
func (e *Emulator) serveAdvanceAuthentication(c *call) answer {
	args, err := readArguments(c.request)
	if err != nil {
		return failureAnswer(err)
	}
	if action := args.text("Action"); !strings.EqualFold(action, "Answer") {
		return failureAnswer(refuse(invalidArgument, "The action '%s' is not supported by this mechanism.", action))
	}
	u, session, started, ok := e.finishLogin(args.text("SessionId"), args.text("MechanismId"), args.text("Answer"), c.now)
	if !ok {
		return failureAnswer(refuse(unauthorized, "%s", loginFailed))
	}
	result := map[string]any{
		"Summary": "LoginSuccess", "Auth": session, "UserId": u.id, "User": u.name, "DisplayName": u.displayName,
		"EmailAddress": u.mail, "CustomerID": tenantID, "PodFqdn": e.publicHost(), "Token": nil, "RefreshToken": nil, "TokenLifetime": 0,
	}
	if started.platform {
		issued, err := e.issue(e.platformIssuance(u, c.now), c.now)
		if err != nil {
			return failureAnswer(err)
		}
		result["Token"], result["RefreshToken"], result["TokenLifetime"] = issued["access_token"], issued["refresh_token"], issued["expires_in"]
	}
	return successAnswer(result).withSession(session)
}

// publicHost is the host of the tenant URL, with its port.
func (e *Emulator) publicHost() string {
	parsed, err := url.Parse(e.publicURL)
	if err != nil {
		return ""
	}
	return parsed.Host
}
