package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// pruneEvery is after how many tokens the expired ones are forgotten.
const pruneEvery = 1024

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]string{"error": code, "error_description": description})
}

// invalidClient is the answer to a client that could not be authenticated (RFC 6749 section 5.2).
func invalidClient() answer {
	return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed.").
		withHeader("WWW-Authenticate", `Basic realm="identity-emulator"`)
}

// serveToken serves the token endpoint: the client credentials grant (RFC 6749 section 4.4).
func (e *Emulator) serveToken(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	issued, refused := e.grantClientCredentials(c)
	if refused != nil {
		return *refused
	}
	text, err := e.tokenText(issued)
	if err != nil {
		return oauthError(http.StatusInternalServerError, "server_error", "The token could not be signed.")
	}
	e.mu.Lock()
	e.state.storeToken(text, issued.token, c.now)
	e.mu.Unlock()
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": text,
		"token_type":   "Bearer",
		"expires_in":   wholeSeconds(issued.expires.Sub(issued.issued)),
		"scope":        strings.Join(issued.scopes, " "),
	})
}

// readForm reads the form of an OAuth call. Other encodings, JSON among them, are refused, and so are parameters that
// occur more than once (RFC 6749 section 3.2).
func readForm(c *call) (refused answer, ok bool) {
	if c.request.Method != http.MethodPost {
		return htmlAnswer(http.StatusMethodNotAllowed, "Method not allowed"), false
	}
	mediaType, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return oauthError(http.StatusBadRequest, "invalid_request", "The body must be a form."), false
	}
	c.request.Body = http.MaxBytesReader(nil, c.request.Body, maxBody)
	if err := c.request.ParseForm(); err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "The form could not be read."), false
	}
	for _, values := range c.request.PostForm {
		if len(values) > 1 {
			return oauthError(http.StatusBadRequest, "invalid_request", "A parameter occurs more than once."), false
		}
	}
	return answer{}, true
}

// issuedToken is a token with what its text says besides.
type issuedToken struct {
	*token
	username string
}

// grantClientCredentials decides a token request. The state does not change apart from the user's last login.
func (e *Emulator) grantClientCredentials(c *call) (issuedToken, *answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	refuseWith := func(status int, code, description string) (issuedToken, *answer) {
		a := oauthError(status, code, description)
		return issuedToken{}, &a
	}
	app := e.state.applicationByServiceName(c.segment)
	if app == nil {
		status := http.StatusBadRequest
		if e.options.Switches.UnknownApplicationNotFound {
			status = http.StatusNotFound
		}
		return refuseWith(status, "invalid_request", "The application is unknown.")
	}
	switch c.request.PostForm.Get("grant_type") {
	case "client_credentials":
	case "":
		return refuseWith(http.StatusBadRequest, "invalid_request", "The parameter grant_type is missing.")
	default:
		return refuseWith(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
	}
	u, refused := e.authenticateClient(c)
	if refused != nil {
		return issuedToken{}, refused
	}
	profile := app.profile()
	if refused := e.admitClient(app, profile, u); refused != nil {
		return issuedToken{}, refused
	}
	if !slices.Contains(profile.AllowedAuth, flowClient) {
		return refuseWith(http.StatusBadRequest, "unauthorized_client", "The application does not allow this grant type.")
	}
	scopes, ok := e.grantedScopes(profile, c.request.PostForm.Get("scope"))
	if !ok {
		return refuseWith(http.StatusBadRequest, "invalid_scope", "The application does not define a requested scope.")
	}
	u.lastLogin = c.now
	audience := profile.Audience
	if audience == "" || app.templateName() == TemplateOAuth2ServerClient {
		audience = u.name
	}
	issued := c.now.Truncate(time.Second)
	return issuedToken{username: u.name, token: &token{
		id: uuid.NewString(), application: app.key, user: u.id, scopes: scopes,
		opaque: profile.TokenType == tokenTypeOpaque, issuer: e.issuer(app.serviceName(), profile), audience: audience,
		issued: issued, expires: issued.Add(profile.TokenLifetime),
	}}, nil
}

// authenticateClient finds the user behind the client credentials: the login name is the client ID, compared without
// regard to case, and the password is the secret. They come raw in the Basic header, not percent-encoded as RFC 6749
// section 2.3.1 asks for, or in the form; not in both.
func (e *Emulator) authenticateClient(c *call) (*user, *answer) {
	id, secret, basic := c.request.BasicAuth()
	form := c.request.PostForm
	if c.request.Header.Get("Authorization") != "" && !basic {
		a := invalidClient()
		return nil, &a
	}
	if basic && form.Has("client_secret") {
		a := oauthError(http.StatusBadRequest, "invalid_request", "The client authenticates in more than one way.")
		return nil, &a
	}
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	u := e.state.userByName(id)
	sum := sha256.Sum256([]byte(secret))
	known := u != nil && subtle.ConstantTimeCompare(sum[:], u.password[:]) == 1
	if !known || !u.active() || (u.forcePasswordChangeNext && e.options.Switches.PasswordChangeBlocks) {
		a := invalidClient()
		return nil, &a
	}
	return u, nil
}

// admitClient checks that the user may be a client of the application at all.
func (e *Emulator) admitClient(app *application, profile Profile, u *user) *answer {
	var a answer
	listed := len(profile.AllowedClients) == 0 || containsFold(profile.AllowedClients, u.name)
	confidential := profile.ClientIDType == clientIDTypeConfidential
	switch {
	case confidential && profile.MustBeOauthClient && !u.oauthClient:
		a = oauthError(http.StatusBadRequest, "unauthorized_client", "The user is not an OAuth client.")
	case !confidential && !listed:
		a = oauthError(http.StatusBadRequest, "unauthorized_client", "The client is not in the list of the application.")
	case !e.state.canExecute(app, u):
		code := "access_denied"
		if e.options.Switches.UngrantedAsUnauthorized {
			code = "unauthorized_client"
		}
		a = oauthError(http.StatusBadRequest, code, "The client has no access to the application.")
	default:
		return nil
	}
	return &a
}

// grantedScopes returns the requested scopes without repetitions; false when one is not defined and must be.
func (e *Emulator) grantedScopes(profile Profile, requested string) ([]string, bool) {
	granted := []string{}
	for name := range strings.FieldsSeq(requested) {
		if _, known := profile.scope(name); !known {
			if e.options.Switches.NarrowScopes {
				continue
			}
			return nil, false
		}
		if !slices.Contains(granted, name) {
			granted = append(granted, name)
		}
	}
	return granted, true
}

// tokenText returns the text of a token: random, or a signed JSON Web Token. jti, which is not known of the service,
// keeps two tokens of one second apart.
func (e *Emulator) tokenText(t issuedToken) (string, error) {
	if t.opaque {
		var random [48]byte
		_, _ = rand.Read(random[:]) // never fails
		return base64.RawURLEncoding.EncodeToString(random[:]), nil
	}
	claims, err := json.Marshal(map[string]any{
		"iss":         t.issuer,
		"aud":         t.audience,
		"sub":         t.user,
		"unique_name": t.username,
		"scope":       strings.Join(t.scopes, " "),
		"iat":         t.issued.Unix(),
		"exp":         t.expires.Unix(),
		"jti":         t.id,
	})
	if err != nil {
		return "", err
	}
	return e.keys.sign(t.application, claims)
}

// storeToken remembers an issued token by the hash of its text.
func (s *state) storeToken(text string, t *token, now time.Time) {
	s.tokens[sha256.Sum256([]byte(text))] = t
	if len(s.tokens)%pruneEvery == 0 {
		for sum, old := range s.tokens {
			if !now.Before(old.expires) {
				delete(s.tokens, sum)
			}
		}
	}
}

// liveToken returns a token that is known, in time, not revoked, and whose application and active user still exist.
func (s *state) liveToken(text string, now time.Time) (caller, bool) {
	t := s.tokens[sha256.Sum256([]byte(text))]
	if t == nil || t.revoked || !now.Before(t.expires) {
		return caller{}, false
	}
	found := caller{user: s.users[t.user], application: s.applications[t.application], token: t}
	return found, found.user != nil && found.user.active() && found.application != nil
}

// serveIntrospection tells a client of the application about a token (RFC 7662).
func (e *Emulator) serveIntrospection(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.applicationByServiceName(c.segment)
	if app == nil {
		return notFoundAnswer()
	}
	if _, refused := e.authenticateClient(c); refused != nil {
		return *refused
	}
	found, live := e.state.liveToken(c.request.PostForm.Get("token"), c.now)
	if !live || found.application != app {
		return jsonAnswer(http.StatusOK, map[string]any{"active": false})
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"active":     true,
		"scope":      strings.Join(found.token.scopes, " "),
		"client_id":  found.user.name,
		"username":   found.user.name,
		"token_type": "Bearer",
		"sub":        found.token.user,
		"iss":        found.token.issuer,
		"aud":        found.token.audience,
		"iat":        found.token.issued.Unix(),
		"exp":        found.token.expires.Unix(),
	})
}

// serveRevocation revokes a token that the client itself was issued (RFC 7009). Unknown tokens and tokens of others are
// answered with success too.
func (e *Emulator) serveRevocation(c *call) answer {
	if refused, ok := readForm(c); !ok {
		return refused
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	u, refused := e.authenticateClient(c)
	if refused != nil {
		return *refused
	}
	t := e.state.tokens[sha256.Sum256([]byte(c.request.PostForm.Get("token")))]
	if t != nil && t.user == u.id {
		t.revoked = true
	}
	return answer{status: http.StatusOK, contentType: contentTypeJSON}
}
