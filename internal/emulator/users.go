package emulator

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// The states of an account. Anything but None keeps it from authenticating.
const (
	stateNone     = "None"
	stateLocked   = "Locked"
	stateDisabled = "Disabled"
	stateExpired  = "Expired"
)

// The default password policy bounds the length, in characters.
const (
	minPasswordLength = 8
	maxPasswordLength = 64
)

// localPartPattern is what the part of a login name before the @ may consist of.
var localPartPattern = regexp.MustCompile(`^[\p{L}\p{N}+\-_.]+$`)

// userFields are the arguments of CreateUser and ChangeUser that have a meaning here; others are kept and returned.
func userFields() []string {
	return []string{
		"id", "uuid", "name", "displayname", "mail", "mobilenumber", "description", "password", "confirmpassword",
		"oauthclient", "serviceuser", "ineverybodyrole", "insysadminrole", "passwordneverexpire",
		"forcepasswordchangenext", "state", "sendemailinvite", "sendsmsinvite", "verifyemail",
	}
}

// createUser creates a directory user. The defaults of missing flags are those of the service, which are wrong for a
// machine: member of everybody, password change at the next login, password expires.
func (e *Emulator) createUser(c *call) (any, error) {
	name := strings.ToLower(c.args.text("Name"))
	if err := e.checkLoginName(name); err != nil {
		return nil, err
	}
	if e.state.userByName(name) != nil {
		return e.duplicated("User '%s' already exists.", name)
	}
	password := c.args.text("Password")
	if password == "" {
		password = generatePassword()
	} else if err := checkPassword(password, c.args); err != nil {
		return nil, err
	}
	u := &user{
		id: uuid.NewString(), name: name, inEverybodyRole: true, forcePasswordChangeNext: true, state: stateNone,
		extra: map[string]any{}, columns: map[string]any{}, created: c.now, version: 1,
	}
	u.setPassword(password, c.now)
	if err := u.change(c.args); err != nil {
		return nil, err
	}
	e.state.addUser(u)
	if c.args.flag("InSysAdminRole", false) {
		e.state.roles[roleSysAdmin].users[u.id] = e.state.next()
	}
	return u.id, nil
}

// changeUser changes the sent fields and leaves the others.
func (e *Emulator) changeUser(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(c.args.text("Name"))
	if name != "" && name != u.name {
		if err := e.checkLoginName(name); err != nil {
			return nil, err
		}
		if e.state.userByName(name) != nil {
			return e.duplicated("User '%s' already exists.", name)
		}
	}
	password := c.args.text("Password")
	if password != "" {
		if err := checkPassword(password, c.args); err != nil {
			return nil, err
		}
	}
	if err := u.change(c.args); err != nil {
		return nil, err
	}
	if name != "" && name != u.name {
		e.state.renameUser(u, name)
	}
	if password != "" {
		u.setPassword(password, c.now)
	}
	u.version++
	return nil, nil // the service answers a null Result
}

// change takes over the sent fields except the name and the password. On an error nothing is changed.
func (u *user) change(args arguments) error {
	if args.has("state") {
		state, err := normalizeUserState(args.text("state"))
		if err != nil {
			return err
		}
		u.state = state
	}
	for name, field := range map[string]*string{
		"DisplayName": &u.displayName, "Mail": &u.mail, "MobileNumber": &u.mobile, "Description": &u.description,
	} {
		if args.has(name) {
			*field = args.text(name)
		}
	}
	u.oauthClient = args.flag("OauthClient", u.oauthClient)
	u.serviceUser = args.flag("ServiceUser", u.serviceUser)
	u.inEverybodyRole = args.flag("InEverybodyRole", u.inEverybodyRole) && !u.serviceUser
	u.passwordNeverExpire = args.flag("PasswordNeverExpire", u.passwordNeverExpire)
	u.forcePasswordChangeNext = args.flag("ForcePasswordChangeNext", u.forcePasswordChangeNext)
	known := userFields()
	for _, lower := range args.names() {
		if !slices.Contains(known, lower) {
			u.extra[args.spelled[lower]] = cloneValue(args.value(lower))
		}
	}
	return nil
}

func (e *Emulator) checkLoginName(name string) error {
	local, suffix, ok := strings.Cut(name, "@")
	if !ok || !localPartPattern.MatchString(local) {
		return refuse(invalidArgument, "The login name '%s' is not valid.", name)
	}
	if !slices.Contains(e.state.suffixes, suffix) {
		return refuse(notFound, "The login suffix '%s' does not exist.", suffix)
	}
	return nil
}

// checkPassword applies the default policy: 8 to 64 characters with a digit, an upper-case and a lower-case letter.
// The message never holds the password.
func checkPassword(password string, args arguments) error {
	var digit, upper, lower bool
	for _, r := range password {
		digit = digit || (r >= '0' && r <= '9')
		upper = upper || (r >= 'A' && r <= 'Z')
		lower = lower || (r >= 'a' && r <= 'z')
	}
	length := len([]rune(password))
	if length < minPasswordLength || length > maxPasswordLength || !digit || !upper || !lower {
		return refuse(invalidArgument, "The password does not meet the complexity requirements.")
	}
	if args.has("confirmPassword") && args.text("confirmPassword") != password {
		return refuse(invalidArgument, "The passwords do not match.")
	}
	return nil
}

// generatePassword returns a random password that meets the policy.
func generatePassword() string {
	return "Aa1" + strings.ReplaceAll(uuid.NewString(), "-", "")
}

// normalizeUserState reads a comma-separated set of states. None stands alone and unlocks.
func normalizeUserState(text string) (string, error) {
	var states []string
	for _, name := range splitList(text) {
		known := slices.IndexFunc([]string{stateNone, stateLocked, stateDisabled, stateExpired}, func(s string) bool {
			return strings.EqualFold(s, name)
		})
		switch known {
		case -1:
			return "", refuse(invalidArgument, "Requested value '%s' was not found.", name)
		case 0:
		default:
			states = append(states, []string{stateNone, stateLocked, stateDisabled, stateExpired}[known])
		}
	}
	if len(states) == 0 {
		return stateNone, nil
	}
	return strings.Join(states, ", "), nil
}

func (e *Emulator) addressedUser(c *call) (*user, error) {
	id := c.args.first("ID", "uuid")
	u := e.state.findUser(id)
	if u == nil {
		return nil, refuse(notFound, "User '%s' not found.", id)
	}
	return u, nil
}

func (e *Emulator) setUserState(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	state, err := normalizeUserState(c.args.text("state"))
	if err != nil {
		return nil, err
	}
	u.state = state
	return nil, nil // the service answers a null Result
}

func (e *Emulator) deleteUser(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, e.missingDeletion(err)
	}
	return nil, e.removeUsers(c, []*user{u})
}

// removeUsersCall serves RemoveUsers, which removes all of the users or none.
func (e *Emulator) removeUsersCall(c *call) (any, error) {
	var users []*user
	for _, id := range c.args.texts("Users") {
		u := e.state.findUser(id)
		switch {
		case u != nil:
			users = append(users, u)
		case !e.switches().MissingDeleteSucceeds:
			return nil, refuse(notFound, "User '%s' not found.", id)
		}
	}
	return nil, e.removeUsers(c, users)
}

func (e *Emulator) removeUsers(c *call, users []*user) error {
	if slices.Contains(users, c.caller.user) {
		return refuse(invalidOperation, "A user can't delete itself.")
	}
	for _, u := range users {
		e.state.removeUser(u)
	}
	return nil
}

func (e *Emulator) resetUserPassword(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	password := c.args.text("newPassword")
	if err := checkPassword(password, newArguments(nil)); err != nil {
		return nil, err
	}
	u.setPassword(password, c.now)
	if e.switches().PasswordResetRevokes {
		e.state.revokeTokensOf(u)
	}
	return nil, nil // the service answers a null Result
}

// getUser answers the addressed user, or the caller when none is addressed.
func (e *Emulator) getUser(c *call) (any, error) {
	if c.args.first("ID", "uuid") == "" {
		return c.caller.user.attributes(), nil
	}
	return e.getUserAttributes(c)
}

func (e *Emulator) getUserByName(c *call) (any, error) {
	u := e.state.userByName(c.args.first("username", "name"))
	if u == nil {
		return e.missingPrincipal(refuse(notFound, "User '%s' not found.", c.args.first("username", "name")))
	}
	return u.attributes(), nil
}

func (e *Emulator) getUserAttributes(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return e.missingPrincipal(err)
	}
	return u.attributes(), nil
}

// attributes has the mixed types of the service: most flags are booleans, ForcePasswordChangeNext is text, and
// OauthClient is absent unless it is set.
func (u *user) attributes() map[string]any {
	_, suffix, _ := strings.Cut(u.name, "@")
	force := "False"
	if u.forcePasswordChangeNext {
		force = "True"
	}
	attributes := cloneObject(u.extra)
	maps.Copy(attributes, map[string]any{
		"Name": u.name, "Uuid": u.id, "ExternalUuid": u.id, "DisplayName": u.displayName, "Mail": u.mail,
		"MobileNumber": u.mobile, "Description": u.description, "Alias": suffix,
		"directoryServiceUuid": directoryServiceCDS, "State": u.state, "CloudState": u.state,
		"InEverybodyRole": u.inEverybodyRole, "PasswordNeverExpire": u.passwordNeverExpire,
		"ForcePasswordChangeNext": force, "ReadOnly": false, "CreateDate": wireDate(u.created),
		"LastPasswordChangeDate": wireDate(u.passwordChanged), "Version": strconv.Itoa(u.version),
	})
	if u.oauthClient {
		attributes["OauthClient"] = true
	}
	return attributes
}

func (e *Emulator) whoAmI(c *call) (any, error) {
	return map[string]any{"User": c.caller.user.name, "UserUuid": c.caller.user.id, "TenantId": tenantID}, nil
}

// getUsersRolesAndRights lists the roles of the addressed user, or of the caller, with their administrative rights.
func (e *Emulator) getUsersRolesAndRights(c *call) (any, error) {
	u := c.caller.user
	if c.args.has("id") {
		addressed, err := e.addressedUser(c)
		if err != nil {
			return nil, err
		}
		u = addressed
	}
	t := table{columns: []string{"ID", "Role", "Name", "RoleName", "Description", "OrgPath", "AdministrativeRights"}}
	for _, r := range e.state.rolesOf(u) {
		t.add("Role", r.id, map[string]any{
			"ID": r.id, "Role": r.id, "Name": r.name, "RoleName": r.name, "Description": r.description, "OrgPath": nil,
			"AdministrativeRights": r.administrativeRights(),
		})
	}
	return t.result(c.args.object("Args")), nil
}
