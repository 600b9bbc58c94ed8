package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// serveUserInfo tells what an access token of the application lets one know about its user (OpenID Connect Core section
// 5.3). It has no envelope.
func (e *Emulator) serveUserInfo(c *call) answer {
	scheme, text, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.oauthApplication(c.segment)
	if app == nil {
		return notFoundAnswer()
	}
	found, live := e.state.liveToken(strings.TrimSpace(text), c.now)
	if !strings.EqualFold(scheme, "Bearer") || !live || found.application != app {
		return oauthError(http.StatusUnauthorized, "invalid_token", "The token is not valid.").
			withHeader("WWW-Authenticate", `Bearer realm="identity-emulator", error="invalid_token"`)
	}
	scopes := found.token.scopes
	if app != e.state.builtIn && !slices.Contains(scopes, scopeOpenID) {
		return oauthError(http.StatusForbidden, "insufficient_scope", "The token has no scope openid.").
			withHeader("WWW-Authenticate", `Bearer realm="identity-emulator", error="insufficient_scope", scope="openid"`)
	}
	u := found.user
	info := map[string]any{"sub": u.id, "unique_name": u.name}
	if app == e.state.builtIn || slices.Contains(scopes, scopeProfile) {
		info["name"], info["preferred_username"] = u.displayName, u.name
	}
	if app == e.state.builtIn || slices.Contains(scopes, scopeEmail) {
		info["email"] = u.mail
	}
	return jsonAnswer(http.StatusOK, info)
}
