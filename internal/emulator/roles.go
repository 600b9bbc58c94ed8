package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The administrative rights that open areas of the API.
const (
	rightApplications = "/lib/rights/appman.json"
	rightUsers        = "/lib/rights/dsman.json"
	rightRoles        = "/lib/rights/roleman.json"
)

// addressedRole finds the role of a call. In calls on a role the argument Name carries the ID.
func (e *Emulator) addressedRole(c *call) (*role, error) {
	id := c.args.first("Name", "role", "ID", "_RowKey")
	r := e.state.roles[id]
	if r == nil {
		return nil, refuse(notFound, "Role '%s' not found.", id)
	}
	return r, nil
}

func (e *Emulator) storeRole(c *call) (any, error) {
	name := strings.TrimSpace(c.args.text("Name"))
	if name == "" {
		return nil, refuse(invalidArgument, "The role needs a name.")
	}
	if e.state.roleByName(name) != nil {
		return e.duplicated("Role '%s' already exists.", name)
	}
	users, roles, err := e.members(c.args)
	if err != nil {
		return nil, err
	}
	r := e.state.addRole(uuid.NewString(), name)
	r.description = c.args.text("Description")
	if kind := c.args.text("RoleType"); kind != "" {
		r.roleType = kind
	}
	e.join(r, users, roles)
	return map[string]any{"_RowKey": r.id}, nil
}

// updateRole renames, describes, adds and removes members; what is not sent stays.
func (e *Emulator) updateRole(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	newName := strings.TrimSpace(c.args.text("NewName"))
	if other := e.state.roleByName(newName); newName != "" && other != nil && other != r {
		return e.duplicated("Role '%s' already exists.", newName)
	}
	side := func(which string) arguments {
		fields := map[string]any{}
		for _, kind := range []string{"Users", "Roles"} {
			fields[kind] = c.args.object(kind).value(which)
		}
		return newArguments(fields)
	}
	addUsers, addRoles, err := e.members(side("Add"))
	if err != nil {
		return nil, err
	}
	deleteUsers, deleteRoles, err := e.members(side("Delete"))
	if err != nil {
		return nil, err
	}
	if newName != "" {
		r.name = newName
	}
	if c.args.has("Description") {
		r.description = c.args.text("Description")
	}
	e.join(r, addUsers, addRoles)
	r.leave(deleteUsers, deleteRoles)
	return nil, nil // the service answers a null Result
}

// members resolves the Users (IDs or login names) and Roles of a call. Groups of other directories do not exist here.
func (e *Emulator) members(args arguments) ([]*user, []*role, error) {
	var users []*user
	for _, id := range args.texts("Users") {
		u := e.state.findUser(id)
		if u == nil {
			return nil, nil, refuse(notFound, "User '%s' not found.", id)
		}
		users = append(users, u)
	}
	var roles []*role
	for _, id := range args.texts("Roles") {
		r := e.state.roles[id]
		if r == nil {
			r = e.state.roleByName(id)
		}
		if r == nil {
			return nil, nil, refuse(notFound, "Role '%s' not found.", id)
		}
		roles = append(roles, r)
	}
	return users, roles, nil
}

func (e *Emulator) join(r *role, users []*user, roles []*role) {
	for _, u := range users {
		if _, ok := r.users[u.id]; !ok {
			r.users[u.id] = e.state.next()
		}
	}
	for _, member := range roles {
		if _, ok := r.roles[member.id]; !ok && member != r {
			r.roles[member.id] = e.state.next()
		}
	}
}

func (r *role) leave(users []*user, roles []*role) {
	for _, u := range users {
		delete(r.users, u.id)
	}
	for _, member := range roles {
		delete(r.roles, member.id)
	}
}

func (e *Emulator) addToRole(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	users, roles, err := e.members(c.args)
	if err != nil {
		return nil, err
	}
	e.join(r, users, roles)
	return nil, nil // the service answers a null Result
}

func (e *Emulator) removeFromRole(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	users, roles, err := e.members(c.args)
	if err != nil {
		return nil, err
	}
	r.leave(users, roles)
	return nil, nil // the service answers a null Result
}

func (e *Emulator) getRoleMembers(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	t := table{columns: []string{"Guid", "Name", "Type"}}
	for _, id := range r.members() {
		kind, name := "User", ""
		if u := e.state.users[id]; u != nil {
			name = u.name
		} else {
			kind, name = "Role", e.state.roles[id].name
		}
		t.add(kind, id, map[string]any{"Guid": id, "Name": name, "Type": kind})
	}
	return t.result(c.args.object("Args")), nil
}

// members returns the IDs of the members in order of joining.
func (r *role) members() []string {
	order := maps.Clone(r.users)
	maps.Copy(order, r.roles)
	return slices.SortedFunc(maps.Keys(order), func(a, b string) int { return cmp.Compare(order[a], order[b]) })
}

func (e *Emulator) getRole(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return e.missingPrincipal(err)
	}
	return map[string]any{
		"Name": r.name, "Uuid": r.id, "_RowKey": r.id, "Description": r.description, "RoleType": r.roleType,
		"ReadOnly": r.builtIn, "DirectoryServiceUuid": directoryServiceCDS,
	}, nil
}

func (e *Emulator) getRoleIDFromName(c *call) (any, error) {
	r := e.state.roleByName(c.args.first("roleName", "name"))
	if r == nil {
		return e.missingPrincipal(refuse(notFound, "Role '%s' not found.", c.args.first("roleName", "name")))
	}
	return r.id, nil
}

// missingPrincipal is the answer to a read of a user or role that does not exist.
func (e *Emulator) missingPrincipal(err error) (any, error) {
	if e.switches().NullForMissingPrincipal {
		return nil, nil // a null Result is one reading of the service
	}
	return nil, err
}

func (e *Emulator) deleteRole(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, e.missingDeletion(err)
	}
	if r.builtIn {
		return nil, refuse(invalidOperation, "Role '%s' is read-only.", r.name)
	}
	e.state.removeRole(r)
	return nil, nil // the service answers a null Result
}

// missingDeletion is what the deletion of something that does not exist comes to.
func (e *Emulator) missingDeletion(err error) error {
	if e.switches().MissingDeleteSucceeds {
		return nil
	}
	return err
}

func (e *Emulator) assignSuperRights(c *call) (any, error) { return nil, e.changeSuperRights(c, true) }

func (e *Emulator) unassignSuperRights(c *call) (any, error) {
	return nil, e.changeSuperRights(c, false)
}

// changeSuperRights reads a body that is an array of {Role, Path}, and changes all or nothing.
func (e *Emulator) changeSuperRights(c *call, assigned bool) error {
	entries := asObjects(c.args.list)
	if len(entries) == 0 {
		return refuse(invalidArgument, "The body of the request is not an array of rights.")
	}
	for _, entry := range entries {
		if e.state.roles[entry.text("Role")] == nil {
			return refuse(notFound, "Role '%s' not found.", entry.text("Role"))
		}
		if entry.text("Path") == "" {
			return refuse(invalidArgument, "The right has no path.")
		}
	}
	for _, entry := range entries {
		rights := e.state.roles[entry.text("Role")].rights
		if assigned {
			rights[entry.text("Path")] = true
		} else {
			delete(rights, entry.text("Path"))
		}
	}
	return nil
}

func (r *role) administrativeRights() []any {
	rights := []any{}
	for _, path := range slices.Sorted(maps.Keys(r.rights)) {
		rights = append(rights, describedRight(path))
	}
	return rights
}
