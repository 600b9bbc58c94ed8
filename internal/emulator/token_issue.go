package emulator

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

// pruneEvery is after how many tokens the expired ones are forgotten.
const pruneEvery = 1024

// The scopes of OpenID Connect that mean something here.
const (
	scopeOpenID        = "openid"
	scopeProfile       = "profile"
	scopeEmail         = "email"
	scopeOfflineAccess = "offline_access"
)

// protocolScopes are those that a flow with a user knows without the application's defining them.
func protocolScopes() []string {
	return []string{scopeOpenID, scopeProfile, scopeEmail, "phone", "address", scopeOfflineAccess}
}

// grantedScopes returns the requested scopes without repetitions; false when one is neither defined nor one of further,
// and must be.
func (e *Emulator) grantedScopes(profile Profile, requested string, further []string) ([]string, bool) {
	granted := []string{}
	if strings.TrimSpace(requested) == "" && e.switches().AllScopesByDefault {
		for _, scope := range profile.KnownScopes {
			granted = append(granted, scope.Scope)
		}
	}
	for name := range strings.FieldsSeq(requested) {
		if _, known := profile.scope(name); !known && !slices.Contains(further, name) {
			if e.switches().NarrowScopes {
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

func undefinedScope() *answer {
	return refuseToken(errInvalidScope, "The application does not define a requested scope.")
}

// issuance is what was decided to be issued.
type issuance struct {
	username     string
	access       *token // nil: no access token
	identity     *token // nil: no ID token
	refresh      *refreshToken
	withoutNonce bool
}

func (e *Emulator) newAccessToken(app *application, profile Profile, a *authorization, scopes []string, now time.Time) *token {
	audience := profile.Audience
	if audience == "" || app.templateName() == TemplateOAuth2ServerClient {
		audience = a.client
	}
	issued := now.Truncate(time.Second)
	return &token{
		authorization: a, id: uuid.NewString(), scopes: scopes, opaque: profile.TokenType == tokenTypeOpaque,
		issuer: e.issuer(app.serviceName(), profile), audience: audience,
		issued: issued, expires: issued.Add(profile.TokenLifetime),
	}
}

// newIdentityToken returns the ID token that goes with an access token. It is for the client, and always a JSON Web
// Token.
func (e *Emulator) newIdentityToken(access *token, a *authorization) *token {
	identity := *access
	identity.id, identity.opaque, identity.audience = uuid.NewString(), false, a.client
	return &identity
}

// issue makes the texts of what was decided, remembers it, and returns it by the names of the wire (RFC 6749 section 5.1).
// It holds no lock while it signs.
func (e *Emulator) issue(decided issuance, now time.Time) (map[string]any, error) {
	issued := map[string]any{}
	stored := map[string]*token{}
	if t := decided.access; t != nil {
		text, err := e.tokenText(t, accessClaims(t), decided)
		if err != nil {
			return nil, err
		}
		stored[text] = t
		maps.Copy(issued, map[string]any{
			"access_token": text, "token_type": "Bearer", "expires_in": wholeSeconds(t.expires.Sub(t.issued)),
			"scope": strings.Join(t.scopes, " "),
		})
	}
	if t := decided.identity; t != nil {
		text, err := e.tokenText(t, map[string]any{}, decided)
		if err != nil {
			return nil, err
		}
		if t.application == defaultApplication {
			stored[text] = t // official clients go on with it as if it were an access token
		}
		issued["id_token"] = text
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for text, t := range stored {
		e.state.storeToken(text, t, now)
	}
	if r := decided.refresh; r != nil {
		text := handle.New()
		e.state.flows.refresh.Put(text, r, r.expires, now)
		issued["refresh_token"] = text
	}
	return issued, nil
}

func accessClaims(t *token) map[string]any {
	return map[string]any{"scope": strings.Join(t.scopes, " ")}
}

// tokenText returns the text of a token: random, or a signed JSON Web Token with what every token says and further
// claims. jti, which is not known of the service, keeps two tokens of one second apart.
func (e *Emulator) tokenText(t *token, claims map[string]any, decided issuance) (string, error) {
	if t.opaque {
		return handle.New(), nil
	}
	maps.Copy(claims, map[string]any{
		"iss":         t.issuer,
		"aud":         t.audience,
		"sub":         t.user,
		"unique_name": decided.username,
		"iat":         t.issued.Unix(),
		"exp":         t.expires.Unix(),
		"jti":         t.id,
	})
	if !t.authTime.IsZero() {
		claims["auth_time"] = t.authTime.Unix()
	}
	if t.nonce != "" && !decided.withoutNonce {
		claims["nonce"] = t.nonce
	}
	maps.Copy(claims, platformClaims(t.application))
	text, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	return e.keys.sign(t.application, text)
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
	if t == nil || t.withdrawn || t.revoked || !now.Before(t.expires) {
		return caller{}, false
	}
	found := caller{user: s.users[t.user], application: s.issuingApplication(t.application), token: t}
	return found, found.user != nil && found.user.active() && found.application != nil
}
