package emulator

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

// serveAuthorize serves the authorization endpoint (RFC 6749 section 3.1). What remains to be done when the decision has
// been taken, signing among it, is done without a lock.
func (e *Emulator) serveAuthorize(c *call) answer {
	if c.request.Method == http.MethodPost && c.request.URL.Query().Get("bounce") == "" {
		if refused, ok := readRepeatingForm(c); !ok {
			return refused
		}
	}
	params, err := authorizationParameters(c)
	if err != nil {
		return problemAnswer("It can't be read: " + err.Error() + ".")
	}
	return e.decideAuthorization(c, params)()
}

// deferred finishes an answer after the lock has been given back.
type deferred func() answer

func answered(a answer) deferred { return func() answer { return a } }

// openAuthorization reads an authorization request of the application that the path names; refusal is nil for one that is in order.
func (e *Emulator) openAuthorization(c *call, params url.Values) (r authorizationRequest, refusal deferred) {
	app := e.state.oauthApplication(c.segment)
	if app == nil {
		return r, answered(problemAnswer("The application is unknown."))
	}
	r, wrongWith := e.readAuthorization(app, params)
	if wrongWith != nil {
		return r, answered(r.refused(wrongWith))
	}
	return r, nil
}

// decideAuthorization takes the steps of an authorization request: is it in order, who is the user, may he use the
// application, does he consent.
func (e *Emulator) decideAuthorization(c *call, params url.Values) deferred {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, refusal := e.openAuthorization(c, params)
	if refusal != nil {
		return refusal
	}
	u, authTime, ok := e.loggedIn(c, &r)
	switch {
	case !ok && r.prompt == "none":
		return answered(r.refused(wrong("login_required", "The user is not logged in.")))
	case !ok || r.prompt == "login":
		return answered(movedAnswer(loginPath(r, params)))
	}
	if refused := e.admitUser(r, u); refused != nil {
		return answered(r.refused(refused))
	}
	if e.asksConsent(r, u) {
		switch {
		case r.prompt == "none":
			return answered(r.refused(wrong("consent_required", "The user has to confirm the request.")))
		case !r.interactive:
			return answered(r.refused(wrong("interaction_required", "The user has to confirm the request at a browser.")))
		}
		return e.askConsent(c, r, u, "")
	}
	return e.authorize(r, u, authTime, r.scopes, c.now)
}

// opensOwnAPI tells whether a token is for this call to the tenant's own API: of a template for that, with a scope that covers the path.
func opensOwnAPI(by caller, path string) bool {
	return by.application.templateName() == TemplateOAuth2ServerClient && by.application.parsed.covers(by.token.scopes, path)
}

// loggedIn returns the user behind a call and when he logged in: by the cookie of a session, or by a token for the
// tenant's own API, with which clients log in that have no browser.
func (e *Emulator) loggedIn(c *call, r *authorizationRequest) (*user, time.Time, bool) {
	if scheme, text, _ := strings.Cut(c.request.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		found, live := e.state.liveToken(strings.TrimSpace(text), c.now)
		if !live || !opensOwnAPI(found, c.request.URL.Path) {
			return nil, time.Time{}, false
		}
		return found.user, found.token.issued, true
	}
	r.interactive = true
	if s, u, ok := e.state.liveSession(sessionCookie(c.request), c.now); ok {
		return u, s.authTime, true
	}
	return nil, time.Time{}, false
}

// admitUser checks that the user may use the application, and the client for him.
func (e *Emulator) admitUser(r authorizationRequest, u *user) *authorizationError {
	if !r.client.public() && r.profile.ClientIDType == clientIDTypeConfidential && !e.switches().ClientGrantOptional &&
		!e.state.mayUse(r.app, r.client.user) {
		return wrong(errUnauthorizedClient, "The client has no access to the application.")
	}
	if !e.state.mayUse(r.app, u) {
		return wrong(errAccessDenied, "The user has no access to the application.")
	}
	return nil
}

// loginPath is where a user logs in who comes back to the request afterwards. The wish that he log in again is fulfilled
// by that.
func loginPath(r authorizationRequest, params url.Values) string {
	if r.prompt == "login" {
		params = cloneParams(params)
		params.Del("prompt")
	}
	target := "Oauth2/Authorize/" + url.PathEscape(r.name) + "?bounce=" + bounced(params)
	return "/login?cloudRedirect=" + url.QueryEscape(target)
}

func cloneParams(params url.Values) url.Values {
	clone := make(url.Values, len(params))
	for name, values := range params {
		clone[name] = append([]string(nil), values...)
	}
	return clone
}

// authorize gives the client what it asked for: a code (RFC 6749 section 4.1.2), an access token (section 4.2.2) or an ID
// token.
func (e *Emulator) authorize(r authorizationRequest, u *user, authTime time.Time, scopes []string, now time.Time) deferred {
	a := &authorization{
		application: r.app.key, client: r.client.id, user: u.id, scopes: scopes, nonce: r.nonce, authTime: authTime,
	}
	if r.response == responseCode {
		text := handle.New()
		e.state.flows.codes.Put(text, &code{authorization: a, redirect: r.redirect, challenge: r.challenge}, now.Add(codeLifetime), now)
		return answered(r.redirected(parameter{"responseType", responseCode}, parameter{"code", text}))
	}
	access := e.newAccessToken(r.app, r.profile, a, scopes, now)
	decided := issuance{username: u.name, access: access}
	if r.response == responseIDToken {
		decided = issuance{username: u.name, identity: e.newIdentityToken(access, a)}
	}
	return func() answer { return e.answerInFragment(r, decided, now) }
}

// answerInFragment issues tokens behind the fragment sign of the redirect URI.
func (e *Emulator) answerInFragment(r authorizationRequest, decided issuance, now time.Time) answer {
	issued, err := e.issue(decided, now)
	if err != nil {
		return r.refused(wrong("server_error", "The token could not be signed."))
	}
	var parameters []parameter
	for _, name := range []string{"id_token", "access_token", "token_type", "expires_in", "scope"} {
		if value, ok := issued[name]; ok {
			parameters = append(parameters, parameter{name, scalarText(value)})
		}
	}
	return r.redirected(parameters...)
}
