package emulator

import (
	"cmp"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// snapshot returns the tenant as it is saved at now, without what has expired. The order of everything is fixed, so that
// equal tenants are saved as equal texts.
func (e *Emulator) snapshot(now time.Time) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state
	authorityKey, err := x509.MarshalPKCS8PrivateKey(e.authority.key)
	if err != nil {
		return nil, fmt.Errorf("encoding the key of the certificate authority: %w", err)
	}
	keys, err := e.keys.saved()
	if err != nil {
		return nil, err
	}
	state := saved{
		Version: savedVersion, Warning: "not for production; holds private keys", Suffixes: s.suffixes, Sequence: s.sequence,
		Administrator: savedCredential{ID: e.admin.id, Secret: e.admin.secret},
		Authority:     savedKey{Certificate: e.authority.certificate.Raw, Key: authorityKey},
		Keys:          keys, UserAttributes: s.userAttributes, RoleAttributes: s.roleAttributes,
	}
	for _, app := range s.sortedApplications() {
		a := savedApplication{Key: app.key, Fields: app.raw, Owner: app.owner, Sequence: app.sequence}
		for _, g := range app.grants {
			a.Grants = append(a.Grants, savedGrant{PrincipalType: g.principalType, PrincipalID: g.principalID, Mask: g.mask})
		}
		state.Applications = append(state.Applications, a)
	}
	for _, u := range s.sortedUsers() {
		state.Users = append(state.Users, u.saved())
	}
	for _, r := range s.sortedRoles() {
		state.Roles = append(state.Roles, savedRole{
			ID: r.id, Name: r.name, Description: r.description, Type: r.roleType, BuiltIn: r.builtIn, Script: r.script,
			Users: r.users, Roles: r.roles, Rights: r.rights, Attributes: r.attributes, Sequence: r.sequence,
		})
	}
	s.saveIssued(&state, now)
	text, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	return text, nil
}

func (u *user) saved() savedUser {
	return savedUser{
		ID: u.id, Name: u.name, DisplayName: u.displayName, Mail: u.mail, Mobile: u.mobile, Description: u.description,
		Password: u.password[:], OauthClient: u.oauthClient, ServiceUser: u.serviceUser, InEverybodyRole: u.inEverybodyRole,
		PasswordNeverExpire: u.passwordNeverExpire, ForcePasswordChangeNext: u.forcePasswordChangeNext, State: u.state,
		Extra: u.extra, Columns: u.columns, Created: u.created, LastLogin: u.lastLogin, PasswordChanged: u.passwordChanged,
		Version: u.version, Sequence: u.sequence,
	}
}

// authorizationList numbers authorizations, which several tokens may share.
type authorizationList struct {
	state *saved
	seen  map[*authorization]int
}

func (l *authorizationList) number(a *authorization) int {
	n, ok := l.seen[a]
	if !ok {
		n = len(l.state.Authorizations)
		l.seen[a] = n
		l.state.Authorizations = append(l.state.Authorizations, savedAuthorization{
			Application: a.application, Client: a.client, User: a.user, Scopes: a.scopes, Nonce: a.nonce, AuthTime: a.authTime,
			Revoked: a.revoked,
		})
	}
	return n
}

// saveIssued adds what was issued to users and clients and has not expired.
func (s *state) saveIssued(state *saved, now time.Time) {
	list := authorizationList{state: state, seen: map[*authorization]int{}}
	type issued struct {
		sum   savedSum
		token *token
	}
	var tokens []issued
	for sum, t := range s.tokens {
		if now.Before(t.expires) {
			tokens = append(tokens, issued{sum: sum[:], token: t})
		}
	}
	slices.SortFunc(tokens, func(a, b issued) int { return slices.Compare(a.sum, b.sum) })
	for _, i := range tokens {
		t := i.token
		state.Tokens = append(state.Tokens, savedToken{
			Sum: i.sum, Authorization: list.number(t.authorization), ID: t.id, Scopes: t.scopes, Opaque: t.opaque,
			Issuer: t.issuer, Audience: t.audience, Issued: t.issued, Expires: t.expires, Withdrawn: t.withdrawn,
		})
	}
	refresh := maps.Collect(s.flows.refresh.All())
	for _, sum := range slices.SortedFunc(maps.Keys(refresh), compareSums) {
		if t := refresh[sum]; now.Before(t.expires) {
			state.RefreshTokens = append(state.RefreshTokens, savedRefreshToken{
				Sum: sum[:], Authorization: list.number(t.authorization), Issued: t.issued, Expires: t.expires, Spent: t.spent,
			})
		}
	}
	sessions := maps.Collect(s.flows.sessions.All())
	for _, sum := range slices.SortedFunc(maps.Keys(sessions), compareSums) {
		if found := sessions[sum]; now.Before(found.expires) {
			state.Sessions = append(state.Sessions, savedSession{
				Sum: sum[:], User: found.user, AuthTime: found.authTime, Expires: found.expires,
			})
		}
	}
	for c, scopes := range s.flows.consents {
		state.Consents = append(state.Consents, savedConsent{User: c.user, Application: c.application, Client: c.client, Scopes: scopes})
	}
	slices.SortFunc(state.Consents, func(a, b savedConsent) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Application, b.Application), cmp.Compare(a.Client, b.Client))
	})
}

func compareSums(a, b [32]byte) int { return slices.Compare(a[:], b[:]) }

// saved returns the signing keys by application.
func (k *keyring) saved() (map[string][]savedKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string][]savedKey{}
	for application, keys := range k.keys {
		for _, key := range keys {
			encoded, err := x509.MarshalPKCS8PrivateKey(key.key)
			if err != nil {
				return nil, fmt.Errorf("encoding a signing key: %w", err)
			}
			all[application] = append(all[application], savedKey{ID: key.id, Key: encoded})
		}
	}
	return all, nil
}
