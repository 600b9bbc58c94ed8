package emulator

import "strings"

// changeUserState activates or disables an account. It may not be the caller's own.
func (e *Emulator) changeUserState(c *call) (any, error) {
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	if u == c.caller.user {
		return nil, refuse(invalidOperation, "A user can't change its own state.")
	}
	u.state = stateDisabled
	if c.args.flag("state", false) {
		u.state = stateNone
	}
	return nil, nil // the service answers a null Result
}

// isUserCloudLocked tells whether the account that user names, by ID or login name, is locked.
func (e *Emulator) isUserCloudLocked(c *call) (any, error) {
	u := e.state.findUser(c.args.first("user", "ID"))
	if u == nil {
		return e.missingPrincipal(refuse(notFound, "User '%s' not found.", c.args.first("user", "ID")))
	}
	return containsFold(splitList(u.state), stateLocked), nil
}

// changeUserPassword changes the caller's own password.
func (e *Emulator) changeUserPassword(c *call) (any, error) {
	u := c.caller.user
	if !u.hasPassword(c.args.text("oldPassword")) {
		return nil, refuse(invalidArgument, "The old password is not correct.")
	}
	password := c.args.text("newPassword")
	if err := checkPassword(password, c.args); err != nil {
		return nil, err
	}
	u.setPassword(password, c.now)
	u.forcePasswordChangeNext = false
	return nil, nil // the service answers a null Result
}

// getUserInfo tells of an account what matters to itself: of the addressed user, or of the caller.
func (e *Emulator) getUserInfo(c *call) (any, error) {
	u := c.caller.user
	if c.args.first("ID", "uuid") != "" {
		addressed, err := e.addressedUser(c)
		if err != nil {
			return e.missingPrincipal(err)
		}
		u = addressed
	}
	return map[string]any{
		"Id": u.id, "TenantId": tenantID, "Name": u.name, "DisplayName": u.displayName, "Mail": u.mail,
		"DirectoryServiceId": directoryServiceCDS, "IsSysAdmin": e.state.inRole(u, roleSysAdmin),
		"PasswordExpDate": nil,
	}, nil
}

// getUsers lists all users with their attributes.
func (e *Emulator) getUsers(c *call) (any, error) {
	t := table{columns: []string{"Uuid", "Name", "DisplayName", "Mail", "State"}}
	for _, u := range e.state.sortedUsers() {
		t.add("User", u.id, u.attributes())
	}
	return t.result(c.args.object("Args")), nil
}

// generatePasswordCall answers a password that meets the policy, of passwordLength characters where that is within it.
func (e *Emulator) generatePasswordCall(c *call) (any, error) {
	password := generatePassword()
	if length := c.args.number("passwordLength", 0); length >= minPasswordLength && length <= maxPasswordLength {
		for len(password) < length {
			password += generatePassword()
		}
		password = password[:length]
	}
	return password, nil
}

// storeAlias adds a login suffix. That it exists already is told by the state in a success.
func (e *Emulator) storeAlias(c *call) (any, error) {
	alias := strings.ToLower(strings.TrimSpace(c.args.first("alias", "name", "suffix")))
	if alias == "" || strings.ContainsAny(alias, "@ \t\r\n/") {
		return nil, refuse(invalidArgument, "The login suffix '%s' is not valid.", alias)
	}
	if containsFold(e.state.suffixes, alias) {
		return map[string]any{"State": 1}, nil
	}
	e.state.suffixes = append(e.state.suffixes, alias)
	return map[string]any{"State": 0}, nil
}
