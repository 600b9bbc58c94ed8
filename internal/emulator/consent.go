package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
)

// asksConsent tells whether the user has to confirm the request: where the application says so, or lets him choose among
// the scopes, and where the client wants it.
func (e *Emulator) asksConsent(r authorizationRequest, u *user) bool {
	if r.prompt == "consent" {
		return true
	}
	if !r.profile.Confirm && (!r.profile.AllowScopeSelect || len(r.scopes) == 0) {
		return false
	}
	asked := consent{user: u.id, application: r.app.key, client: r.client.id}
	return !e.switches().RememberConsent || !e.state.flows.rememberedConsent(asked, r.scopes)
}

// confirmation proves that whoever sends the form was shown it for this request in this session.
func (e *Emulator) confirmation(session, bounce string) string {
	mac := hmac.New(sha256.New, e.confirming)
	mac.Write([]byte(session + "\n" + bounce))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// askConsent shows the user what the client asks for.
func (e *Emulator) askConsent(c *call, r authorizationRequest, u *user, problem string) deferred {
	status := http.StatusOK
	if problem != "" {
		status = http.StatusBadRequest
	}
	page := pages.Consent{
		Action:      "/OAuth2/Confirm/" + url.PathEscape(r.name) + "?bounce=" + r.bounce,
		Application: scalarText(r.app.raw["Name"]), Client: r.client.id, Username: u.name, Destination: destination(r.redirect),
		Confirmation: e.confirmation(sessionCookie(c.request), r.bounce), Redirect: r.redirect, Error: problem,
	}
	for _, name := range r.scopes {
		scope, defined := r.profile.scope(name)
		if !defined {
			scope.Description = protocolScopeDescription(name)
		}
		page.Scopes = append(page.Scopes, pages.Scope{
			Name: name, Description: scope.Description, Choose: defined && r.profile.AllowScopeSelect,
		})
	}
	return func() answer { return pageAnswer(status, page.Render()) }
}

// destination names a redirect URI in a way that people can judge: by its host, or its scheme where it has none.
func destination(redirect string) string {
	target, err := url.Parse(redirect)
	switch {
	case err != nil:
		return ""
	case target.Host != "":
		return target.Host
	}
	return target.Scheme
}

func protocolScopeDescription(name string) string {
	switch name {
	case scopeOpenID:
		return "Know who you are"
	case scopeProfile:
		return "See your name"
	case scopeEmail:
		return "See your email address"
	case scopeOfflineAccess:
		return "Keep access while you are away"
	}
	return ""
}

// serveConfirm takes the user's decision on an authorization request, which it reads again: nothing is trusted that was
// in the page but the decision.
func (e *Emulator) serveConfirm(c *call) answer {
	if refused, ok := readRepeatingForm(c); !ok {
		return refused
	}
	if err := http.NewCrossOriginProtection().Check(c.request); err != nil {
		return problemAnswer("The form was sent by another site.")
	}
	params, err := unbounced(c.request.URL.Query().Get("bounce"))
	if err != nil {
		return problemAnswer("It can't be read: " + err.Error() + ".")
	}
	return e.decideConsent(c, params)()
}

func (e *Emulator) decideConsent(c *call, params url.Values) deferred {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, refusal := e.openAuthorization(c, params)
	if refusal != nil {
		return refusal
	}
	text := sessionCookie(c.request)
	s, u, ok := e.state.liveSession(text, c.now)
	form := c.request.PostForm
	switch {
	case !ok:
		return answered(movedAnswer(loginPath(r, params)))
	case !hmac.Equal([]byte(form.Get("confirmation")), []byte(e.confirmation(text, r.bounce))):
		return e.askConsent(c, r, u, "This form is out of date. Please decide again.")
	}
	if refused := e.admitUser(r, u); refused != nil {
		return answered(r.refused(refused))
	}
	switch form.Get("decision") {
	case "allow":
	case "deny":
		return answered(r.refused(wrong(errAccessDenied, "The user denied the request.")))
	default:
		return e.askConsent(c, r, u, "Please choose to allow or to deny.")
	}
	scopes := r.chosen(form["scope"])
	if e.switches().RememberConsent {
		e.state.flows.rememberConsent(consent{user: u.id, application: r.app.key, client: r.client.id}, scopes)
	}
	return e.authorize(r, u, s.authTime, scopes, c.now)
}

// chosen returns the requested scopes without those of the application that the user did not choose, where he may. The
// scopes of the protocol are not for choice.
func (r authorizationRequest) chosen(names []string) []string {
	if !r.profile.AllowScopeSelect {
		return r.scopes
	}
	return slices.DeleteFunc(slices.Clone(r.scopes), func(name string) bool {
		_, defined := r.profile.scope(name)
		return defined && !slices.Contains(names, name)
	})
}
