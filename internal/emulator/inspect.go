package emulator

import (
	"slices"
)

// Application is what the tenant knows of an application.
type Application struct {
	Key          string // row key
	ServiceName  string // empty until it is set
	Name         string
	Description  string
	TemplateName string
	Owner        string         // ID of the user who imported it; empty for seeded ones
	Profile      Profile        // OAuthProfile, parsed
	Raw          map[string]any // as GetApplication answers it
	Grants       []Grant        // without the creator's and inherited entries
}

// Grant is what a principal may do with an application.
type Grant struct {
	PrincipalType string // User or Role
	PrincipalID   string
	PrincipalName string
	Rights        []string // names, in the order Grant, View, Admin, ViewDetail, Delete, Execute, Automatic
}

// User is what the tenant knows of a directory user, without the password.
type User struct {
	ID                      string
	Name                    string // login name, lower-case
	DisplayName             string
	Mail                    string
	Description             string
	ServiceUser             bool
	OauthClient             bool
	InEverybodyRole         bool
	PasswordNeverExpire     bool
	ForcePasswordChangeNext bool
	State                   string   // None, or some of Locked, Disabled, Expired, comma-joined
	RoleIDs                 []string // of all roles that the user is in, also through other roles
}

// Role is what the tenant knows of a role.
type Role struct {
	ID          string
	Name        string
	Description string
	BuiltIn     bool     // sysadmin and Everybody
	Members     []string // IDs of users and roles, in order of joining; Everybody lists nobody
	Rights      []string // paths of administrative rights, sorted
}

// Applications returns copies of all applications in order of creation.
func (e *Emulator) Applications() []Application {
	e.mu.Lock()
	defer e.mu.Unlock()
	var applications []Application
	for _, app := range e.state.sortedApplications() {
		copied := Application{
			Key: app.key, ServiceName: app.serviceName(), Name: scalarText(app.raw["Name"]),
			Description: scalarText(app.raw["Description"]), TemplateName: app.templateName(), Owner: app.owner,
			Profile: parseFields(app.raw).profile, Raw: e.renderApplication(app),
		}
		for _, g := range app.grants {
			copied.Grants = append(copied.Grants, Grant{
				PrincipalType: g.principalType, PrincipalID: g.principalID, PrincipalName: e.state.principalName(g),
				Rights: rightsNames(g.mask),
			})
		}
		applications = append(applications, copied)
	}
	return applications
}

// Application returns the application with the ServiceName, in any case.
func (e *Emulator) Application(serviceName string) (Application, bool) {
	e.mu.Lock()
	app := e.state.applicationByServiceName(serviceName)
	e.mu.Unlock()
	if app == nil {
		return Application{}, false
	}
	all := e.Applications()
	i := slices.IndexFunc(all, func(a Application) bool { return a.Key == app.key })
	if i < 0 {
		return Application{}, false
	}
	return all[i], true
}

// Users returns copies of all users in order of creation.
func (e *Emulator) Users() []User {
	e.mu.Lock()
	defer e.mu.Unlock()
	var users []User
	for _, u := range e.state.sortedUsers() {
		users = append(users, e.state.copyUser(u))
	}
	return users
}

// User returns the user with the login name, in any case.
func (e *Emulator) User(name string) (User, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.state.userByName(name)
	if u == nil {
		return User{}, false
	}
	return e.state.copyUser(u), true
}

func (s *state) copyUser(u *user) User {
	copied := User{
		ID: u.id, Name: u.name, DisplayName: u.displayName, Mail: u.mail, Description: u.description,
		ServiceUser: u.serviceUser, OauthClient: u.oauthClient, InEverybodyRole: u.inEverybodyRole,
		PasswordNeverExpire: u.passwordNeverExpire, ForcePasswordChangeNext: u.forcePasswordChangeNext, State: u.state,
	}
	for _, r := range s.rolesOf(u) {
		copied.RoleIDs = append(copied.RoleIDs, r.id)
	}
	return copied
}

// Roles returns copies of all roles, the built-in ones first, then in order of creation.
func (e *Emulator) Roles() []Role {
	e.mu.Lock()
	defer e.mu.Unlock()
	var roles []Role
	for _, r := range e.state.sortedRoles() {
		roles = append(roles, r.copied())
	}
	return roles
}

// Role returns the role with the name, in any case.
func (e *Emulator) Role(name string) (Role, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.roleByName(name)
	if r == nil {
		return Role{}, false
	}
	return r.copied(), true
}

func (r *role) copied() Role {
	copied := Role{ID: r.id, Name: r.name, Description: r.description, BuiltIn: r.builtIn, Members: r.members()}
	for path := range r.rights {
		copied.Rights = append(copied.Rights, path)
	}
	slices.Sort(copied.Rights)
	return copied
}

// IssuedTokens returns how many tokens the application with the row key has issued that have not been forgotten;
// expired ones are forgotten now and then.
func (e *Emulator) IssuedTokens(key string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, t := range e.state.tokens {
		if t.application == key {
			n++
		}
	}
	return n
}
