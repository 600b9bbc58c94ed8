package emulator

import (
	"net/http"
	"time"
)

// The cookies in which a platform token is refreshed, with the tenant ID behind them.
const (
	cookiePlatformRefresh = "refreshToken-"
	cookiePlatformToken   = "idToken-"
)

// platformIssuance is a platform token with a refresh token: a token of the tenant's own application for its whole API.
func (e *Emulator) platformIssuance(u *user, now time.Time) issuance {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := &authorization{
		application: e.state.builtIn.key, client: u.name, user: u.id, scopes: []string{scopeAPI}, authTime: now,
	}
	profile := e.state.builtIn.profile()
	return issuance{
		username: u.name, access: e.newAccessToken(e.state.builtIn, profile, a, a.scopes, now),
		refresh: &refreshToken{authorization: a, issued: now, expires: now.Add(profile.RefreshLifetime)},
	}
}

// servePlatformToken answers a service user's credentials, in the form, with a platform token. It does not refresh.
func (e *Emulator) servePlatformToken(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	switch c.request.PostForm.Get("grant_type") {
	case grantTypeClient:
	case "":
		return *refuseToken(errInvalidRequest, "The parameter grant_type is missing.")
	default:
		return *refuseToken("unsupported_grant_type", "The grant type is not supported.")
	}
	u, refused := e.authenticateServiceUser(c)
	if refused != nil {
		return *refused
	}
	decided := e.platformIssuance(u, c.now)
	decided.refresh = nil
	return e.answerTokens(decided, c.now)
}

// authenticateServiceUser finds the service user whose credentials a call has.
func (e *Emulator) authenticateServiceUser(c *call) (*user, *answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	by, refused := e.authenticateClient(c, Profile{ClientIDType: clientIDTypeConfidential})
	if refused == nil && !by.user.serviceUser {
		refused = refuseToken(errUnauthorizedClient, "The user is not a service user.")
	}
	return by.user, refused
}

// serveRefreshPlatformToken answers the cookies of a platform token with new ones.
func (e *Emulator) serveRefreshPlatformToken(c *call) answer {
	cookie, err := c.request.Cookie(cookiePlatformRefresh + tenantID)
	if err != nil {
		return failureAnswerWithStatus(http.StatusUnauthorized, refuse(unauthorized, "A refresh token is needed."))
	}
	u := e.platformUser(cookie.Value, c.now)
	if u == nil {
		return failureAnswerWithStatus(http.StatusUnauthorized, refuse(unauthorized, "The refresh token is not valid."))
	}
	issued, err := e.issue(e.platformIssuance(u, c.now), c.now)
	if err != nil {
		return failureAnswer(err)
	}
	fresh := successAnswer(nil)
	for name, value := range map[string]any{cookiePlatformToken: issued["access_token"], cookiePlatformRefresh: issued["refresh_token"]} {
		fresh = fresh.withCookie(&http.Cookie{
			Name: name + tenantID, Value: scalarText(value), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	return fresh
}

// platformUser spends the refresh token of a platform token and returns its user; nil when it is not good.
func (e *Emulator) platformUser(text string, now time.Time) *user {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, ok := e.state.flows.refresh.Get(text, now)
	if !ok || found.revoked || found.application != e.state.builtIn.key {
		return nil
	}
	u := e.state.users[found.user]
	if u == nil || !u.active() {
		return nil
	}
	e.state.flows.refresh.Delete(text)
	return u
}
