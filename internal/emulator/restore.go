package emulator

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
)

// restore makes the tenant what was saved.
func (e *Emulator) restore(from saved) error {
	s := newState(from.Suffixes, e.switches)
	s.sequence, s.userAttributes, s.roleAttributes = from.Sequence, from.UserAttributes, from.RoleAttributes
	clear(s.roles) // the built-in ones were saved as well
	for _, a := range from.Applications {
		app := newApplication(a.Key, a.Fields)
		app.owner, app.sequence = a.Owner, a.Sequence
		for _, g := range a.Grants {
			app.grants = append(app.grants, grant{principalType: g.PrincipalType, principalID: g.PrincipalID, mask: g.Mask})
		}
		s.addApplication(app)
	}
	for _, u := range from.Users {
		if err := s.restoreUser(u); err != nil {
			return fmt.Errorf("reading the saved state: %w", err)
		}
	}
	for _, r := range from.Roles {
		restored := s.addRole(r.ID, r.Name)
		restored.description, restored.roleType, restored.builtIn, restored.script = r.Description, r.Type, r.BuiltIn, r.Script
		maps.Copy(restored.users, r.Users)
		maps.Copy(restored.roles, r.Roles)
		maps.Copy(restored.rights, r.Rights)
		maps.Copy(restored.attributes, r.Attributes)
		restored.sequence = r.Sequence
	}
	s.sequence = from.Sequence
	err := errors.Join(s.restoreIssued(from), e.keys.restore(from.Keys), e.restoreAuthority(from.Authority))
	if err != nil {
		return fmt.Errorf("reading the saved state: %w", err)
	}
	e.admin = credential{id: from.Administrator.ID, secret: from.Administrator.Secret}
	e.state = s
	return nil
}

func (s *state) restoreUser(from savedUser) error {
	u := &user{
		id: from.ID, name: from.Name, displayName: from.DisplayName, mail: from.Mail, mobile: from.Mobile,
		description: from.Description, oauthClient: from.OauthClient, serviceUser: from.ServiceUser,
		inEverybodyRole: from.InEverybodyRole, passwordNeverExpire: from.PasswordNeverExpire,
		forcePasswordChangeNext: from.ForcePasswordChangeNext, state: from.State, extra: map[string]any{},
		columns: map[string]any{}, created: from.Created, lastLogin: from.LastLogin, passwordChanged: from.PasswordChanged,
		version: from.Version,
	}
	maps.Copy(u.extra, from.Extra)
	maps.Copy(u.columns, from.Columns)
	var err error
	if u.password, err = from.Password.sum(); err != nil {
		return fmt.Errorf("the password of user %q: %w", u.name, err)
	}
	s.addUser(u)
	u.sequence = from.Sequence
	return nil
}

// restoreIssued restores what was issued to users and clients.
func (s *state) restoreIssued(from saved) error {
	authorizations := make([]*authorization, len(from.Authorizations))
	for i, a := range from.Authorizations {
		authorizations[i] = &authorization{
			application: a.Application, client: a.Client, user: a.User, scopes: a.Scopes, nonce: a.Nonce, authTime: a.AuthTime,
			revoked: a.Revoked,
		}
	}
	authorized := func(n int) (*authorization, error) {
		if n < 0 || n >= len(authorizations) {
			return nil, fmt.Errorf("there is no authorization %d", n)
		}
		return authorizations[n], nil
	}
	for _, t := range from.Tokens {
		a, err := authorized(t.Authorization)
		sum, sumErr := t.Sum.sum()
		if err := errors.Join(err, sumErr); err != nil {
			return fmt.Errorf("a token: %w", err)
		}
		s.tokens[sum] = &token{
			authorization: a, id: t.ID, scopes: t.Scopes, opaque: t.Opaque, issuer: t.Issuer, audience: t.Audience,
			issued: t.Issued, expires: t.Expires, withdrawn: t.Withdrawn,
		}
	}
	for _, t := range from.RefreshTokens {
		a, err := authorized(t.Authorization)
		sum, sumErr := t.Sum.sum()
		if err := errors.Join(err, sumErr); err != nil {
			return fmt.Errorf("a refresh token: %w", err)
		}
		s.flows.refresh.Restore(sum, &refreshToken{authorization: a, issued: t.Issued, expires: t.Expires, spent: t.Spent}, t.Expires)
	}
	for _, found := range from.Sessions {
		sum, err := found.Sum.sum()
		if err != nil {
			return fmt.Errorf("a session: %w", err)
		}
		s.flows.sessions.Restore(sum, &session{user: found.User, authTime: found.AuthTime, expires: found.Expires}, found.Expires)
	}
	for _, c := range from.Consents {
		var scopes []string
		for scope, allowed := range c.Scopes {
			if allowed {
				scopes = append(scopes, scope)
			}
		}
		s.flows.rememberConsent(consent{user: c.User, application: c.Application, client: c.Client}, scopes)
	}
	return nil
}

func (e *Emulator) restoreAuthority(from savedKey) error {
	key, err := x509.ParsePKCS8PrivateKey(from.Key)
	if err != nil {
		return fmt.Errorf("the key of the certificate authority: %w", err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return errors.New("the key of the certificate authority is of another kind")
	}
	e.authority, err = parseAuthority(from.Certificate, private)
	return err
}

// restore takes over saved signing keys.
func (k *keyring) restore(from map[string][]savedKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for application, keys := range from {
		for _, key := range keys {
			private, err := x509.ParsePKCS8PrivateKey(key.Key)
			if err != nil {
				return fmt.Errorf("a signing key: %w", err)
			}
			signing, ok := private.(*rsa.PrivateKey)
			if !ok {
				return errors.New("a signing key is of another kind")
			}
			k.keys[application] = append(k.keys[application], signingKey{id: key.ID, key: signing})
		}
	}
	return nil
}
