package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
)

// serveEndSession logs the user out (OpenID Connect RP-Initiated Logout). What was issued stays good. The browser goes
// back to the client only at a redirect URI of the application.
func (e *Emulator) serveEndSession(c *call) answer {
	params, err := url.ParseQuery(c.request.URL.RawQuery)
	if c.request.Method == http.MethodPost {
		if refused, ok := readForm(c); !ok {
			return refused
		}
		params = c.request.PostForm
	}
	if err != nil {
		return problemAnswer("The request can't be read.")
	}
	app := e.addressedApplication(c)
	if app == nil {
		return problemAnswer("The application is unknown.")
	}
	subject, ok := e.hintedSubject(app.key, params.Get("id_token_hint"))
	if !ok {
		return problemAnswer("The parameter id_token_hint is no ID token of this application.")
	}
	redirect := params.Get("post_logout_redirect_uri")
	text := sessionCookie(c.request)
	registered := e.closeSession(app, text, subject, redirect, c.now)
	switch {
	case redirect == "":
		return pageAnswer(http.StatusOK, pages.Message{Title: "Signed out", Text: "You are signed out."}.Render()).withoutSession()
	case !registered:
		return problemAnswer("You are signed out. The address to return to is not registered.").withoutSession()
	}
	r := authorizationRequest{redirect: redirect, state: params.Get("state"), response: responseCode}
	return r.redirected().withoutSession()
}

// closeSession ends a session, unless it is of another user than the subject, where one is named. It tells whether the browser may be redirected.
func (e *Emulator) closeSession(app *application, text, subject, redirect string, now time.Time) (registered bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, _, live := e.state.liveSession(text, now); live && (subject == "" || subject == s.user) {
		e.state.flows.sessions.Delete(text)
	}
	return slices.Contains(app.profile().Redirects, redirect) && redirectable(redirect)
}

// hintedSubject returns whom an ID token of the application is about, be it expired; nobody without one.
func (e *Emulator) hintedSubject(application, text string) (string, bool) {
	if text == "" {
		return "", true
	}
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", false
	}
	payload, err := e.keys.verify(application, signed)
	if err != nil {
		return "", false
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", false
	}
	return claims.Subject, claims.Subject != ""
}
