package emulator

import (
	"crypto/sha256"
	"net/http"
	"strings"
)

// serveIntrospection tells a client of the application about a token (RFC 7662). Public clients are told nothing: anybody
// can say that he is one.
func (e *Emulator) serveIntrospection(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.oauthApplication(c.segment)
	if app == nil {
		return notFoundAnswer()
	}
	by, refused := e.authenticateClient(c, app.profile())
	if refused != nil {
		return *refused
	}
	if by.public() {
		return invalidClient()
	}
	text := c.request.PostForm.Get("token")
	if found, live := e.state.liveToken(text, c.now); live && found.application == app {
		return jsonAnswer(http.StatusOK, map[string]any{
			"active":     true,
			"scope":      strings.Join(found.token.scopes, " "),
			"client_id":  found.token.client,
			"username":   found.user.name,
			"token_type": "Bearer",
			"sub":        found.token.user,
			"iss":        found.token.issuer,
			"aud":        found.token.audience,
			"iat":        found.token.issued.Unix(),
			"exp":        found.token.expires.Unix(),
		})
	}
	r, known := e.state.flows.refresh.Get(text, c.now)
	if u := e.userOf(r, known); u != nil && r.application == app.key && !r.spent && !r.revoked && u.active() {
		return jsonAnswer(http.StatusOK, map[string]any{
			"active": true, "scope": strings.Join(r.scopes, " "), "client_id": r.client, "username": u.name, "sub": u.id,
			"iat": r.issued.Unix(), "exp": r.expires.Unix(),
		})
	}
	return jsonAnswer(http.StatusOK, map[string]any{"active": false})
}

func (e *Emulator) userOf(r *refreshToken, known bool) *user {
	if !known {
		return nil
	}
	return e.state.users[r.user]
}

// serveRevocation revokes a token that the client itself was issued (RFC 7009): an access token alone, a refresh token
// with all that was issued for the same authorization. Unknown tokens and tokens of others are answered with success,
// too.
func (e *Emulator) serveRevocation(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var profile Profile
	if app := e.state.oauthApplication(c.segment); app != nil {
		profile = app.profile()
	}
	by, refused := e.authenticateClient(c, profile)
	if refused != nil {
		return *refused
	}
	text := c.request.PostForm.Get("token")
	if t := e.state.tokens[sha256.Sum256([]byte(text))]; t != nil && t.belongsTo(by.id) {
		t.withdrawn = true
	}
	if r, ok := e.state.flows.refresh.Get(text, c.now); ok && r.belongsTo(by.id) {
		r.revoked = true
	}
	return answer{status: http.StatusOK, contentType: contentTypeJSON}
}
