package emulator

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// state is what the tenant knows. All access is under Emulator.mu.
type state struct {
	switches     func() *Switches // the readings in force
	suffixes     []string         // login suffixes, the first is the default
	applications map[string]*application
	users        map[string]*user
	userIDs      map[string]string // login name to ID
	userList     []*user           // in order of creation; nil when it has to be made anew
	roles        map[string]*role
	serviceNames map[string]*application // by lower-case ServiceName
	tokens       map[[sha256.Size]byte]*token
	builtIn      *application // the tenant's own, which the admin API does not know
	flows        flows
	sequence     int // order of creation

	userAttributes []attribute // custom attributes that users may have
	roleAttributes []attribute // and roles
}

// application is a web application. raw holds all fields of GetApplication except the row key; see setFields.
type application struct {
	key    string
	raw    map[string]any
	parsed parsedFields // what every token request asks for

	rendered      json.RawMessage // as GetApplication answers it; nil when it has to be made anew
	renderedUnder *Switches       // the readings under which it was rendered
	grants        []grant
	owner         string // ID of the user who imported it; empty for seeded ones
	sequence      int
}

// grant gives a principal rights on an application.
type grant struct {
	principalType string // User, Role or Group
	principalID   string
	mask          int64
}

// user is a directory user; a confidential client is one with oauthClient set.
type user struct {
	id, name, displayName, mail, mobile, description string

	password                [sha256.Size]byte
	oauthClient             bool
	serviceUser             bool
	inEverybodyRole         bool
	passwordNeverExpire     bool
	forcePasswordChangeNext bool
	state                   string         // None, or some of Locked, Disabled, Expired
	extra                   map[string]any // fields of CreateUser without a meaning here
	columns                 map[string]any // values of custom attributes by name
	created                 time.Time
	lastLogin               time.Time
	passwordChanged         time.Time
	version                 int
	sequence                int
}

// role is a set of users and roles with administrative rights.
type role struct {
	id, name, description, roleType string

	builtIn    bool
	script     string         // which would choose the members of a role of type Script
	users      map[string]int // ID to order of joining
	roles      map[string]int
	rights     map[string]bool   // such as /lib/rights/appman.json
	attributes map[string]string // values by the attribute's ID
	sequence   int
}

// token is an issued access token, found by the hash of its text.
type token struct {
	*authorization
	id        string
	scopes    []string // as many as those of the authorization, or fewer
	opaque    bool
	issuer    string
	audience  string
	issued    time.Time
	expires   time.Time
	withdrawn bool // this token alone, before its time
}

// The roles that every tenant has; their IDs are words.
const (
	roleSysAdmin  = "sysadmin"
	roleEverybody = "Everybody"
)

func newState(suffixes []string, switches func() *Switches) *state {
	s := &state{
		switches:     switches,
		suffixes:     suffixes,
		applications: map[string]*application{},
		users:        map[string]*user{},
		userIDs:      map[string]string{},
		roles:        map[string]*role{},
		serviceNames: map[string]*application{},
		tokens:       map[[sha256.Size]byte]*token{},
		builtIn:      newBuiltInApplication(),
	}
	for id, name := range map[string]string{roleSysAdmin: "System Administrator", roleEverybody: "Everybody"} {
		r := s.addRole(id, name)
		r.builtIn = true
	}
	s.roles[roleSysAdmin].sequence, s.roles[roleEverybody].sequence = 1, 2
	s.roles[roleEverybody].roleType = "Everybody"
	return s
}

func (s *state) next() int {
	s.sequence++
	return s.sequence
}

func (s *state) addRole(id, name string) *role {
	r := &role{
		id: id, name: name, roleType: "PrincipalList",
		users: map[string]int{}, roles: map[string]int{}, rights: map[string]bool{}, attributes: map[string]string{},
		sequence: s.next(),
	}
	s.roles[id] = r
	return r
}

func (s *state) addUser(u *user) {
	u.name = strings.ToLower(u.name)
	u.sequence = s.next()
	s.users[u.id] = u
	s.userIDs[u.name] = u.id
	s.userList = nil
}

func (s *state) renameUser(u *user, name string) {
	delete(s.userIDs, u.name)
	u.name = strings.ToLower(name)
	s.userIDs[u.name] = u.id
}

// removeUser removes the user with its memberships and grants.
func (s *state) removeUser(u *user) {
	delete(s.users, u.id)
	delete(s.userIDs, u.name)
	s.userList = nil
	for _, r := range s.roles {
		delete(r.users, u.id)
	}
	s.dropGrants("User", u.id)
}

// removeRole removes the role with its memberships and grants.
func (s *state) removeRole(r *role) {
	delete(s.roles, r.id)
	for _, other := range s.roles {
		delete(other.roles, r.id)
	}
	s.dropGrants("Role", r.id)
}

func (s *state) dropGrants(principalType, principalID string) {
	for _, app := range s.applications {
		app.grants = slices.DeleteFunc(app.grants, func(g grant) bool {
			return g.principalType == principalType && g.principalID == principalID
		})
	}
}

// revokeTokensOf makes the tokens of a user worthless.
func (s *state) revokeTokensOf(u *user) {
	for _, t := range s.tokens {
		if t.user == u.id {
			t.revoked = true
		}
	}
}

// userByName compares login names without regard to case.
func (s *state) userByName(name string) *user { return s.users[s.userIDs[strings.ToLower(name)]] }

// findUser finds a user by ID or login name.
func (s *state) findUser(idOrName string) *user {
	if u := s.users[idOrName]; u != nil {
		return u
	}
	return s.userByName(idOrName)
}

func (s *state) roleByName(name string) *role {
	for _, r := range s.roles {
		if strings.EqualFold(r.name, name) {
			return r
		}
	}
	return nil
}

// applicationByServiceName compares without regard to case, as the paths that carry it do.
func (s *state) applicationByServiceName(name string) *application {
	return s.serviceNames[strings.ToLower(name)]
}

// findApplication finds an application by row key, else by its Name, which need not be unique.
func (s *state) findApplication(keyOrName string) *application {
	if app := s.applications[keyOrName]; app != nil {
		return app
	}
	for _, app := range s.sortedApplications() {
		if keyOrName != "" && strings.EqualFold(scalarText(app.raw["Name"]), keyOrName) {
			return app
		}
	}
	return nil
}

func (s *state) sortedApplications() []*application {
	return slices.SortedFunc(maps.Values(s.applications), func(a, b *application) int {
		return cmp.Compare(a.sequence, b.sequence)
	})
}

// sortedUsers returns the users in order of creation. The list is not to be changed.
func (s *state) sortedUsers() []*user {
	if s.userList == nil {
		s.userList = slices.SortedFunc(maps.Values(s.users), func(a, b *user) int { return cmp.Compare(a.sequence, b.sequence) })
	}
	return s.userList
}

func (s *state) sortedRoles() []*role {
	return slices.SortedFunc(maps.Values(s.roles), func(a, b *role) int { return cmp.Compare(a.sequence, b.sequence) })
}

// inRole tells whether the user is in the role, directly, through a role in it, or as one of everybody.
func (s *state) inRole(u *user, roleID string) bool {
	r := s.roles[roleID]
	if r == nil || len(r.roles) == 0 {
		return r != nil && r.has(u) // the usual case, without a record of where we have been
	}
	return s.inRoleExcept(u, roleID, map[string]bool{})
}

// has tells whether the user itself is in the role.
func (r *role) has(u *user) bool {
	_, ok := r.users[u.id]
	return ok || (r.id == roleEverybody && u.inEverybodyRole)
}

func (s *state) inRoleExcept(u *user, roleID string, visited map[string]bool) bool {
	r := s.roles[roleID]
	if r == nil || visited[roleID] {
		return false
	}
	visited[roleID] = true
	if r.has(u) {
		return true
	}
	for member := range r.roles {
		if s.inRoleExcept(u, member, visited) {
			return true
		}
	}
	return false
}

// rolesOf returns the roles that the user is in, in order of creation.
func (s *state) rolesOf(u *user) []*role {
	return slices.DeleteFunc(s.sortedRoles(), func(r *role) bool { return !s.inRole(u, r.id) })
}

// hasRight tells whether a role of the user carries the administrative right. System administrators have all.
func (s *state) hasRight(u *user, path string) bool {
	for id, r := range s.roles {
		if (id == roleSysAdmin || r.rights[path]) && s.inRole(u, id) {
			return true
		}
	}
	return false
}

func (u *user) setPassword(password string, now time.Time) {
	u.password = sha256.Sum256([]byte(password))
	u.passwordChanged = now
}

// hasPassword compares in a time that does not tell how much of a guess is right.
func (u *user) hasPassword(password string) bool {
	sum := sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(sum[:], u.password[:]) == 1
}

func (u *user) active() bool { return u.state == stateNone }
