package emulator

import (
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The grant types of the token endpoint.
const (
	grantTypeClient   = "client_credentials"
	grantTypeCode     = "authorization_code"
	grantTypeRefresh  = "refresh_token"
	grantTypePassword = "password"
)

// The error codes of RFC 6749 that several places answer.
const (
	errInvalidRequest     = "invalid_request"
	errInvalidGrant       = "invalid_grant"
	errInvalidScope       = "invalid_scope"
	errUnauthorizedClient = "unauthorized_client"
	errAccessDenied       = "access_denied"
)

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]string{"error": code, "error_description": description})
}

// refuseToken is the answer of the token endpoint to what is wrong with a request (RFC 6749 section 5.2).
func refuseToken(code, description string) *answer {
	a := oauthError(http.StatusBadRequest, code, description)
	return &a
}

// tokenRequest is a request to the token endpoint of a client that has authenticated, or said that it is public.
type tokenRequest struct {
	form    formReader
	now     time.Time
	app     *application
	profile Profile
	client  client
}

// formReader is what grants read of a form.
type formReader interface{ Get(name string) string }

// tokenGrant is a grant type: the flow that an application has to allow for it, and the decision.
type tokenGrant struct {
	flow   string
	decide func(*Emulator, tokenRequest) (issuance, *answer)
}

func tokenGrants() map[string]tokenGrant {
	return map[string]tokenGrant{
		grantTypeClient:   {flowClient, (*Emulator).grantClientCredentials},
		grantTypeCode:     {flowAuthorization, (*Emulator).grantAuthorizationCode},
		grantTypeRefresh:  {flowAuthorization, (*Emulator).grantRefreshToken},
		grantTypePassword: {flowResourceOwner, (*Emulator).grantPassword},
	}
}

// serveToken serves the token endpoint (RFC 6749 section 3.2). What is issued is signed while no lock is held.
func (e *Emulator) serveToken(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	decided, refused := e.decideToken(c)
	if refused != nil {
		return *refused
	}
	return e.answerTokens(decided, c.now)
}

// answerTokens issues what was decided on, and answers it as RFC 6749 section 5.1 says.
func (e *Emulator) answerTokens(decided issuance, now time.Time) answer {
	issued, err := e.issue(decided, now)
	if err != nil {
		return oauthError(http.StatusInternalServerError, "server_error", "The token could not be signed.")
	}
	return jsonAnswer(http.StatusOK, issued)
}

// readForm reads the form of an OAuth call. Other encodings, JSON among them, are refused, and so are parameters that
// occur more than once (RFC 6749 section 3.2).
func readForm(c *call) (refused answer, ok bool) {
	if refused, ok := readRepeatingForm(c); !ok {
		return refused, false
	}
	for _, values := range c.request.PostForm {
		if len(values) > 1 {
			return oauthError(http.StatusBadRequest, errInvalidRequest, "A parameter occurs more than once."), false
		}
	}
	return answer{}, true
}

// readRepeatingForm reads a form in which a parameter may occur more than once.
func readRepeatingForm(c *call) (refused answer, ok bool) {
	if c.request.Method != http.MethodPost {
		return htmlAnswer(http.StatusMethodNotAllowed, "Method not allowed"), false
	}
	mediaType, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return oauthError(http.StatusBadRequest, errInvalidRequest, "The body must be a form."), false
	}
	c.request.Body = http.MaxBytesReader(nil, c.request.Body, maxBody)
	if err := c.request.ParseForm(); err != nil {
		return oauthError(http.StatusBadRequest, errInvalidRequest, "The form could not be read."), false
	}
	return answer{}, true
}

// decideToken decides what a token request gets.
func (e *Emulator) decideToken(c *call) (issuance, *answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.oauthApplication(c.segment)
	if app == nil {
		a := e.unknownApplication()
		return issuance{}, &a
	}
	grantType := c.request.PostForm.Get("grant_type")
	if grantType == "" {
		return issuance{}, refuseToken(errInvalidRequest, "The parameter grant_type is missing.")
	}
	grant, known := tokenGrants()[grantType]
	if !known {
		return issuance{}, refuseToken("unsupported_grant_type", "The grant type is not supported.")
	}
	r := tokenRequest{form: c.request.PostForm, now: c.now, app: app, profile: app.profile()}
	var refused *answer
	if r.client, refused = e.authenticateClient(c, r.profile); refused != nil {
		return issuance{}, refused
	}
	if refused := e.admitClient(app, r.profile, r.client, grantType); refused != nil {
		return issuance{}, refused
	}
	if !slices.Contains(r.profile.AllowedAuth, grant.flow) {
		return issuance{}, refuseToken(errUnauthorizedClient, "The application does not allow this grant type.")
	}
	return grant.decide(e, r)
}

func (e *Emulator) unknownApplication() answer {
	status := http.StatusBadRequest
	if e.switches().UnknownApplicationNotFound {
		status = http.StatusNotFound
	}
	return oauthError(status, errInvalidRequest, "The application is unknown.")
}

// grantClientCredentials grants a token to the client for itself (RFC 6749 section 4.4). There is no refresh token,
// whatever the application allows.
func (e *Emulator) grantClientCredentials(r tokenRequest) (issuance, *answer) {
	if r.client.public() {
		a := invalidClient()
		return issuance{}, &a
	}
	scopes, ok := e.grantedScopes(r.profile, r.form.Get("scope"), nil)
	if !ok {
		return issuance{}, undefinedScope()
	}
	u := r.client.user
	u.lastLogin = r.now
	a := &authorization{application: r.app.key, client: r.client.id, user: u.id, scopes: scopes}
	return issuance{username: u.name, access: e.newAccessToken(r.app, r.profile, a, scopes, r.now)}, nil
}

// grantAuthorizationCode redeems a code (RFC 6749 section 4.1.3) that belongs to this client, was sent to this redirect
// URI and is proven by this verifier. A code that is used again ends all that was issued for it.
func (e *Emulator) grantAuthorizationCode(r tokenRequest) (issuance, *answer) {
	if r.form.Get("code") == "" {
		return issuance{}, refuseToken(errInvalidRequest, "The parameter code is missing.")
	}
	found, ok := e.state.flows.codes.Get(r.form.Get("code"), r.now)
	if !ok {
		return issuance{}, refuseToken(errInvalidGrant, "The code is unknown or has expired.")
	}
	if found.spent {
		found.revoked = true
		return issuance{}, refuseToken(errInvalidGrant, "The code has been used before.")
	}
	if refused := checkCode(r, found); refused != nil {
		return issuance{}, refused
	}
	u := e.presentUser(r.app, found.authorization)
	if u == nil {
		return issuance{}, refuseToken(errInvalidGrant, "The user has no access to the application any more.")
	}
	found.spent = true
	decided := issuance{username: u.name, access: e.newAccessToken(r.app, r.profile, found.authorization, found.scopes, r.now)}
	if e.switches().IDTokenAlways || slices.Contains(found.scopes, scopeOpenID) {
		decided.identity = e.newIdentityToken(decided.access, found.authorization)
	}
	if e.refreshes(r.profile, found.scopes) {
		decided.refresh = &refreshToken{authorization: found.authorization, issued: r.now, expires: r.now.Add(r.profile.RefreshLifetime)}
	}
	return decided, nil
}

// checkCode checks that the code is this client's, for this redirect URI, and proven.
func checkCode(r tokenRequest, found *code) *answer {
	verifier := r.form.Get("code_verifier")
	switch {
	case found.application != r.app.key || !found.belongsTo(r.client.id):
		return refuseToken(errInvalidGrant, "The code belongs to another client.")
	case found.redirect != r.form.Get("redirect_uri"):
		return refuseToken(errInvalidGrant, "The redirect URI is not that of the authorization request.")
	case found.challenge.IsZero() && r.client.public():
		return refuseToken(errInvalidGrant, "A public client needs a code challenge.")
	case found.challenge.IsZero() && verifier != "":
		return refuseToken(errInvalidGrant, "There is a code verifier, and there was no code challenge.")
	case !found.challenge.IsZero() && !found.challenge.Proves(verifier):
		return refuseToken(errInvalidGrant, "The code verifier does not fit the code challenge.")
	}
	return nil
}

// presentUser returns the user of an authorization as long as tokens of the application may be issued for him.
func (e *Emulator) presentUser(app *application, a *authorization) *user {
	u := e.state.users[a.user]
	if u == nil || !u.active() || !e.state.mayUse(app, u) {
		return nil
	}
	return u
}

// refreshes tells whether a refresh token is issued with an access token of these scopes.
func (e *Emulator) refreshes(profile Profile, scopes []string) bool {
	asked := !e.switches().RefreshNeedsOfflineAccess || slices.Contains(scopes, scopeOfflineAccess)
	return profile.AllowRefresh && asked
}

// grantRefreshToken grants a new access token for a refresh token (RFC 6749 section 6), with the same scopes or fewer.
// Where refresh tokens are rotated, one that is used again ends all that was issued for its authorization.
func (e *Emulator) grantRefreshToken(r tokenRequest) (issuance, *answer) {
	if r.form.Get("refresh_token") == "" {
		return issuance{}, refuseToken(errInvalidRequest, "The parameter refresh_token is missing.")
	}
	if !r.profile.AllowRefresh {
		return issuance{}, refuseToken(errUnauthorizedClient, "The application does not issue refresh tokens.")
	}
	found, ok := e.state.flows.refresh.Get(r.form.Get("refresh_token"), r.now)
	if !ok || found.application != r.app.key || !found.belongsTo(r.client.id) {
		return issuance{}, refuseToken(errInvalidGrant, "The refresh token is unknown or has expired.")
	}
	if found.spent {
		found.revoked = true
	}
	u := e.presentUser(r.app, found.authorization)
	if found.revoked || u == nil {
		return issuance{}, refuseToken(errInvalidGrant, "The refresh token was revoked.")
	}
	scopes := found.scopes
	if requested := strings.Fields(r.form.Get("scope")); len(requested) > 0 {
		scopes = slices.Compact(slices.Sorted(slices.Values(requested)))
		if slices.ContainsFunc(scopes, func(name string) bool { return !slices.Contains(found.scopes, name) }) {
			return issuance{}, refuseToken(errInvalidScope, "A scope was not granted by the user.")
		}
	}
	decided := issuance{username: u.name, access: e.newAccessToken(r.app, r.profile, found.authorization, scopes, r.now)}
	if slices.Contains(scopes, scopeOpenID) {
		decided.identity = e.newIdentityToken(decided.access, found.authorization)
		decided.withoutNonce = true // it is of the login (OpenID Connect Core section 12.2)
	}
	if e.switches().RotateRefreshTokens {
		found.spent = true
		decided.refresh = &refreshToken{authorization: found.authorization, issued: r.now, expires: found.expires}
	}
	return decided, nil
}

// grantPassword grants a token for a user's own name and password (RFC 6749 section 4.3). There is no refresh token,
// whatever the application allows.
func (e *Emulator) grantPassword(r tokenRequest) (issuance, *answer) {
	if r.form.Get("username") == "" || r.form.Get("password") == "" {
		return issuance{}, refuseToken(errInvalidRequest, "The parameters username and password are needed.")
	}
	u := e.verifiedUser(r.form.Get("username"), r.form.Get("password"))
	if u == nil {
		return issuance{}, refuseToken(errInvalidGrant, "The user name or the password is wrong.")
	}
	if !e.state.mayUse(r.app, u) {
		return issuance{}, e.noAccess("The user has no access to the application.")
	}
	scopes, ok := e.grantedScopes(r.profile, r.form.Get("scope"), protocolScopes())
	if !ok {
		return issuance{}, undefinedScope()
	}
	u.lastLogin = r.now
	a := &authorization{application: r.app.key, client: r.client.id, user: u.id, scopes: scopes, authTime: r.now}
	return issuance{username: u.name, access: e.newAccessToken(r.app, r.profile, a, scopes, r.now)}, nil
}
