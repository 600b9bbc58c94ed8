package emulator

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// The methods in this file are acts of somebody else: an administrator at the portal, beside the client under test.
// They are not counted as calls, and rights and the password policy do not apply.

// AddApplication adds an application with the fields of UpdateApplicationDE; TemplateName chooses the template,
// OAuth2Server when it is missing. It returns the row key.
func (e *Emulator) AddApplication(raw map[string]any) (key string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	template := cmp.Or(scalarText(raw["TemplateName"]), TemplateOAuth2Server)
	fields, ok := e.newApplicationFields(template)
	if !ok {
		return "", fmt.Errorf("adding application: unknown template %q", template)
	}
	if fields, err = e.updatedFields(fields, newArguments(raw)); err != nil {
		return "", fmt.Errorf("adding application: %w", err)
	}
	app := newApplication(uuid.NewString(), fields)
	if e.state.applicationByServiceName(app.serviceName()) != nil {
		return "", fmt.Errorf("adding application: %q exists", app.serviceName())
	}
	app.sequence = e.state.next()
	e.state.addApplication(app)
	return app.key, nil
}

// EditApplication lets edit change the fields of the application with the row key, as GetApplication answers them. A
// field that edit removes is removed. Edits that the service would refuse are errors and change nothing.
func (e *Emulator) EditApplication(key string, edit func(raw map[string]any)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.applications[key]
	if app == nil {
		return fmt.Errorf("editing application: no application has row key %q", key)
	}
	raw := cloneObject(app.raw)
	edit(raw)
	if profile, ok := raw["OAuthProfile"].(map[string]any); ok {
		stored, err := normalizeProfile(profile)
		if err != nil {
			return fmt.Errorf("editing application: %w", err)
		}
		raw["OAuthProfile"] = stored
	}
	if err := checkNames(raw); err != nil {
		return fmt.Errorf("editing application: %w", err)
	}
	e.state.setFields(app, raw)
	return nil
}

// RemoveApplication removes the application with the row key.
func (e *Emulator) RemoveApplication(key string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.applications[key]
	if app == nil {
		return fmt.Errorf("removing application: no application has row key %q", key)
	}
	e.state.removeApplication(app)
	return nil
}

// AddGrant sets the rights of a role or a user on the application with the row key. Rights "None" revokes.
func (e *Emulator) AddGrant(key string, seed SeedGrant) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.applications[key]
	if app == nil {
		return fmt.Errorf("adding grant: no application has row key %q", key)
	}
	mask, err := rightsMask(cmp.Or(seed.Rights, "View,Execute"), e.switches().BasicRightBits)
	if err != nil {
		return fmt.Errorf("adding grant: %w", err)
	}
	if (seed.Role == "") == (seed.User == "") {
		return fmt.Errorf("adding grant: exactly one of role and user is needed")
	}
	if seed.User != "" {
		u := e.state.findUser(seed.User)
		if u == nil {
			return fmt.Errorf("adding grant: no user %q", seed.User)
		}
		app.setGrant(grant{principalType: "User", principalID: u.id, mask: mask})
		return nil
	}
	roles, err := e.state.resolveRoles([]string{seed.Role})
	if err != nil {
		return fmt.Errorf("adding grant: %w", err)
	}
	app.setGrant(grant{principalType: "Role", principalID: roles[0].id, mask: mask})
	return nil
}

// AddUser adds a user and returns its ID. Its login suffix becomes one of the tenant's.
func (e *Emulator) AddUser(seed SeedUser) (id string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, suffix, ok := strings.Cut(strings.ToLower(seed.Name), "@")
	if !ok || suffix == "" {
		return "", fmt.Errorf("adding user: login name %q has no suffix", seed.Name)
	}
	if e.state.userByName(seed.Name) != nil {
		return "", fmt.Errorf("adding user: %q exists", seed.Name)
	}
	roles, err := e.state.resolveRoles(seed.Roles)
	if err != nil {
		return "", fmt.Errorf("adding user %q: %w", seed.Name, err)
	}
	u, err := e.newUser(seed)
	if err != nil {
		return "", fmt.Errorf("adding user %q: %w", seed.Name, err)
	}
	e.state.addUser(u)
	for _, r := range roles {
		e.join(r, []*user{u}, nil)
	}
	if !containsFold(e.state.suffixes, suffix) {
		e.state.suffixes = append(e.state.suffixes, suffix)
	}
	return u.id, nil
}

// SetUserPassword sets the password of the user with the login name.
func (e *Emulator) SetUserPassword(name, password string) error {
	return e.withUser("setting password", name, func(u *user) error {
		u.setPassword(password, e.options.Clock.Now().Add(e.offset))
		return nil
	})
}

// SetUserState sets the state of the user with the login name: None, or some of Locked, Disabled, Expired,
// comma-joined. Tokens of a user in another state than None are refused.
func (e *Emulator) SetUserState(name, state string) error {
	return e.withUser("setting state", name, func(u *user) error {
		normal, err := normalizeUserState(state)
		if err == nil {
			u.state = normal
		}
		return err
	})
}

// SpoilUser takes the flag of an OAuth client from the user with the login name, and takes it out of all its roles.
func (e *Emulator) SpoilUser(name string) error {
	return e.withUser("spoiling", name, func(u *user) error {
		u.oauthClient = false
		for _, r := range e.state.roles {
			r.leave([]*user{u}, nil)
		}
		return nil
	})
}

// RemoveUser removes the user with the login name.
func (e *Emulator) RemoveUser(name string) error {
	return e.withUser("removing", name, func(u *user) error {
		e.state.removeUser(u)
		return nil
	})
}

func (e *Emulator) withUser(what, name string, act func(*user) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.state.userByName(name)
	if u == nil {
		return fmt.Errorf("%s of user %q: no such user", what, name)
	}
	if err := act(u); err != nil {
		return fmt.Errorf("%s of user %q: %w", what, name, err)
	}
	return nil
}

// AddRole adds a role and returns its ID.
func (e *Emulator) AddRole(seed SeedRole) (id string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id = cmp.Or(seed.ID, uuid.NewString())
	if seed.Name == "" || e.state.roles[id] != nil || e.state.roleByName(seed.Name) != nil {
		return "", fmt.Errorf("adding role: %q is empty or exists", seed.Name)
	}
	r := e.state.addRole(id, seed.Name)
	r.description = seed.Description
	for _, path := range seed.Rights {
		r.rights[path] = true
	}
	return id, nil
}

// RemoveRole removes the role with the ID.
func (e *Emulator) RemoveRole(id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.roles[id]
	if r == nil || r.builtIn {
		return fmt.Errorf("removing role: no removable role has ID %q", id)
	}
	e.state.removeRole(r)
	return nil
}

// RevokeTokens makes the tenant refuse all tokens, codes and sessions issued so far, as if they had expired.
func (e *Emulator) RevokeTokens() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.state.tokens)
	e.state.flows.endAll()
}
