package emulator

import (
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
	"github.com/oauth-operator/oauth-operator/internal/emulator/pkce"
)

// How long things live that no profile says anything about.
const (
	codeLifetime    = 5 * time.Minute // RFC 6749 section 4.1.2 recommends at most ten
	loginLifetime   = 5 * time.Minute // from the user name to the password
	sessionLifetime = 12 * time.Hour
)

// flows is what the tenant remembers of logins and of what users have allowed.
type flows struct {
	logins   handle.Store[*login]
	sessions handle.Store[*session]
	codes    handle.Store[*code]
	refresh  handle.Store[*refreshToken]
	consents map[consent]map[string]bool // scopes that were allowed, where consent is remembered
}

// authorization is what one client may do, for a user or for itself. What is issued for it ends with it.
type authorization struct {
	application string // row key
	client      string // ID of the client
	user        string // ID of the user; of the client's own where the client acts for itself
	scopes      []string
	nonce       string
	authTime    time.Time // when the user logged in; zero where none did
	revoked     bool
}

// belongsTo tells whether the authorization is the client's. Client IDs are login names, which have no case.
func (a *authorization) belongsTo(id string) bool { return strings.EqualFold(a.client, id) }

// code is an authorization code (RFC 6749 section 4.1).
type code struct {
	*authorization
	redirect  string
	challenge pkce.Challenge
	spent     bool
}

// refreshToken is what new access tokens are requested with (RFC 6749 section 6).
type refreshToken struct {
	*authorization
	issued  time.Time
	expires time.Time
	spent   bool // another has taken its place
}

// login is a login under way.
type login struct {
	username  string
	mechanism string
	platform  bool // the client wants a platform token
	failures  int
}

// session is a user who has logged in at the pages or by Security/AdvanceAuthentication.
type session struct {
	user     string // ID
	authTime time.Time
	expires  time.Time
}

// consent is who was asked for what.
type consent struct{ user, application, client string }

// rememberedConsent tells whether the user has allowed the client all of the scopes before.
func (f *flows) rememberedConsent(c consent, scopes []string) bool {
	allowed, asked := f.consents[c]
	for _, scope := range scopes {
		if !allowed[scope] {
			return false
		}
	}
	return asked
}

// rememberConsent adds to what the user has allowed the client.
func (f *flows) rememberConsent(c consent, scopes []string) {
	if f.consents == nil {
		f.consents = map[consent]map[string]bool{}
	}
	if f.consents[c] == nil {
		f.consents[c] = map[string]bool{}
	}
	for _, scope := range scopes {
		f.consents[c][scope] = true
	}
}

// endAll forgets logins and what was issued. What users have allowed is remembered.
func (f *flows) endAll() {
	f.logins.Clear()
	f.sessions.Clear()
	f.codes.Clear()
	f.refresh.Clear()
}

// liveSession returns the user of a session that is in time, unless the user is gone or may not log in any more.
func (s *state) liveSession(text string, now time.Time) (*session, *user, bool) {
	found, ok := s.flows.sessions.Get(text, now)
	if !ok {
		return nil, nil, false
	}
	u := s.users[found.user]
	return found, u, u != nil && u.active()
}
