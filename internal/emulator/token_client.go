package emulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// client is who calls an OAuth endpoint: a user of the directory with a secret, which is its password, or a public
// client, of which no more is known than the ID.
type client struct {
	id   string // in the tenant's spelling
	user *user  // nil: public
}

func (c client) public() bool { return c.user == nil }

// maxClientID bounds the IDs of public clients where anything is one, in bytes.
const maxClientID = 256

// publicClient returns the public client with the ID, if the application admits it: one of the list, or any.
func (p Profile) publicClient(id string) (client, bool) {
	if id == "" || len(id) > maxClientID || p.ClientIDType == clientIDTypeConfidential || !p.AllowPublic {
		return client{}, false
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		return client{}, false // RFC 6749 appendix A.1
	}
	if len(p.AllowedClients) == 0 {
		return client{id: id}, true
	}
	i := slices.IndexFunc(p.AllowedClients, func(listed string) bool { return strings.EqualFold(listed, id) })
	if i < 0 {
		return client{}, false
	}
	return client{id: p.AllowedClients[i]}, true
}

// invalidClient is the answer to a client that could not be authenticated (RFC 6749 section 5.2).
func invalidClient() answer {
	return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed.").
		withHeader("WWW-Authenticate", `Basic realm="identity-emulator"`)
}

// authenticateClient finds the client behind a call. Credentials come in the Basic header, raw and not percent-encoded as
// RFC 6749 section 2.3.1 asks for, or in the form; not in both. Without a secret the client is public, if the profile
// admits public clients.
func (e *Emulator) authenticateClient(c *call, profile Profile) (client, *answer) {
	id, secret, basic := c.request.BasicAuth()
	form := c.request.PostForm
	if c.request.Header.Get("Authorization") != "" && !basic {
		a := invalidClient()
		return client{}, &a
	}
	if basic && form.Has("client_secret") {
		return client{}, refuseToken(errInvalidRequest, "The client authenticates in more than one way.")
	}
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
		if found, ok := profile.publicClient(id); ok && !form.Has("client_secret") {
			return found, nil
		}
	}
	u := e.verifiedUser(id, secret)
	if u == nil && basic && e.switches().DecodeBasic {
		u = e.verifiedUser(formDecoded(id), formDecoded(secret))
	}
	if u == nil {
		a := invalidClient()
		return client{}, &a
	}
	if basic && form.Has("client_id") && !strings.EqualFold(form.Get("client_id"), u.name) {
		return client{}, refuseToken(errInvalidRequest, "The client names itself in two ways.")
	}
	return client{id: u.name, user: u}, nil
}

// formDecoded undoes the encoding of forms; a text that has none stays.
func formDecoded(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// verifiedUser returns the user whose login name, in any case, and password these are; nil when there is none, or one
// that may not log in. It takes as long for names that do not exist.
func (e *Emulator) verifiedUser(name, password string) *user {
	u := e.state.userByName(name)
	var stored [sha256.Size]byte
	if u != nil {
		stored = u.password
	}
	sum := sha256.Sum256([]byte(password))
	matches := subtle.ConstantTimeCompare(sum[:], stored[:]) == 1
	if u == nil || !matches || !u.active() || (u.forcePasswordChangeNext && e.switches().PasswordChangeBlocks) {
		return nil
	}
	return u
}

// admitClient checks that the client may use the application at all.
func (e *Emulator) admitClient(app *application, profile Profile, by client, grantType string) *answer {
	if by.public() {
		return nil // the profile has been asked
	}
	listed := len(profile.AllowedClients) == 0 || containsFold(profile.AllowedClients, by.user.name)
	confidential := profile.ClientIDType == clientIDTypeConfidential
	switch {
	case app == e.state.builtIn && !by.user.serviceUser:
		return refuseToken(errUnauthorizedClient, "The user is not a service user.")
	case app == e.state.builtIn:
		return nil
	case confidential && profile.MustBeOauthClient && !by.user.oauthClient:
		return refuseToken(errUnauthorizedClient, "The user is not an OAuth client.")
	case !confidential && !listed:
		return refuseToken(errUnauthorizedClient, "The client is not in the list of the application.")
	case grantType != grantTypeClient && e.switches().ClientGrantOptional:
		return nil
	case !e.state.canExecute(app, by.user):
		return e.noAccess("The client has no access to the application.")
	}
	return nil
}

// noAccess is the answer for a client or a user that the application is not granted to.
func (e *Emulator) noAccess(description string) *answer {
	if e.switches().UngrantedAsUnauthorized {
		return refuseToken(errUnauthorizedClient, description)
	}
	return refuseToken(errAccessDenied, description)
}
