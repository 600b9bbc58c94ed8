package emulator

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The bits of rights on an application.
const (
	rightGrant     int64 = 1 << 0
	rightView      int64 = 1 << 2
	rightWrite     int64 = 1 << 3
	rightList      int64 = 1 << 4
	rightDelete    int64 = 1 << 6
	rightExecute   int64 = 1 << 7
	rightAutomatic int64 = 1 << 31

	// rightsOwner is what the creator of an application has on it. Execute is not among them: creating an
	// application does not make one its client.
	rightsOwner = rightGrant | rightView | rightWrite | rightList | rightDelete
	rightsAll   = rightsOwner | rightExecute | rightAutomatic
)

// namedRight is a right as clients name it.
type namedRight struct {
	name string
	mask int64
}

// namedRights returns the rights in the order in which they are listed to readers.
func namedRights() []namedRight {
	return []namedRight{
		{"Grant", rightGrant},
		{"View", rightView},
		{"Admin", rightView | rightWrite | rightList},
		{"ViewDetail", rightView | rightList},
		{"Delete", rightDelete},
		{"Execute", rightExecute},
		{"Automatic", rightAutomatic},
	}
}

// rightsMask reads a comma-joined list of rights; None and the empty list are zero. With basic, Admin and ViewDetail are
// one bit each.
func rightsMask(text string, basic bool) (int64, error) {
	var mask int64
	for _, name := range splitList(text) {
		if strings.EqualFold(name, "None") {
			continue
		}
		i := slices.IndexFunc(namedRights(), func(r namedRight) bool { return strings.EqualFold(r.name, name) })
		if i < 0 {
			return 0, refuse(invalidArgument, "Requested value '%s' was not found.", name)
		}
		switch right := namedRights()[i]; {
		case basic && right.name == "Admin":
			mask |= rightWrite
		case basic && right.name == "ViewDetail":
			mask |= rightList
		default:
			mask |= right.mask
		}
	}
	return mask, nil
}

// rightsNames lists the rights whose bits are all in the mask.
func rightsNames(mask int64) []string {
	var names []string
	for _, r := range namedRights() {
		if mask&r.mask == r.mask {
			names = append(names, r.name)
		}
	}
	return names
}

// setApplicationPermissions sets the rights of the named principals and leaves those of others.
func (e *Emulator) setApplicationPermissions(c *call) (any, error) {
	key := c.args.first("ID", "RowKey", "PVID", "_RowKey")
	app := e.state.applications[key]
	if app == nil {
		return nil, refuse(notFound, "Application '%s' not found.", key)
	}
	var changes []grant
	for _, sent := range c.args.objects("Grants") {
		change, err := e.readGrant(sent)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	if len(changes) == 0 {
		return nil, refuse(invalidArgument, "No grants were given.")
	}
	for _, change := range changes {
		app.setGrant(change)
		if change.mask == 0 && e.switches().KeepRevokedEntries {
			app.grants = append(app.grants, change)
		}
	}
	return nil, nil // the service answers a null Result
}

// setGrant replaces the rights of a principal; no rights remove its entry.
func (app *application) setGrant(change grant) {
	app.grants = slices.DeleteFunc(app.grants, func(g grant) bool {
		return g.principalType == change.principalType && g.principalID == change.principalID
	})
	if change.mask != 0 {
		app.grants = append(app.grants, change)
	}
}

func (e *Emulator) readGrant(sent arguments) (grant, error) {
	mask, err := rightsMask(sent.text("Rights"), e.switches().BasicRightBits)
	if err != nil {
		return grant{}, err
	}
	g := grant{mask: mask}
	id, name := sent.text("PrincipalId"), sent.first("Principal", "SystemName")
	switch kind := sent.first("PType", "Type"); strings.ToLower(kind) {
	case "role":
		g.principalType = "Role"
		if id == "" && e.switches().GrantsNeedPrincipalID {
			return grant{}, refuse(invalidArgument, "The grant to the role '%s' has no PrincipalId.", name)
		}
		if r := e.state.findRole(id, name); r != nil {
			g.principalID = r.id
		}
	case "user":
		g.principalType = "User"
		if u := e.state.findUser(id); u != nil {
			g.principalID = u.id
		} else if u := e.state.userByName(name); u != nil && id == "" {
			g.principalID = u.id
		}
	default:
		return grant{}, refuse(invalidArgument, "The principal type '%s' is not supported.", kind)
	}
	if g.principalID == "" {
		return grant{}, refuse(notFound, "Principal '%s' not found.", strings.TrimSpace(name+" "+id))
	}
	return g, nil
}

// findRole finds a role by ID, or by name when there is no ID.
func (s *state) findRole(id, name string) *role {
	if id != "" {
		return s.roles[id]
	}
	return s.roleByName(name)
}

// getRowAces lists who has rights on an application: the grants, the creator, and an inherited entry of the system
// administrators.
func (e *Emulator) getRowAces(c *call) (any, error) {
	app := e.state.applications[c.args.text("RowKey")]
	if app == nil || !strings.EqualFold(c.args.text("Table"), "Application") {
		return nil, refuse(notFound, "Row '%s' of table '%s' not found.", c.args.text("RowKey"), c.args.text("Table"))
	}
	grants := slices.Clone(app.grants)
	ownerGranted := slices.ContainsFunc(grants, func(g grant) bool { return g.principalID == app.owner })
	if app.owner != "" && !e.switches().HideOwner && !ownerGranted && e.state.users[app.owner] != nil {
		grants = append(grants, grant{principalType: "User", principalID: app.owner, mask: rightsOwner})
	}
	entries := []any{}
	for _, g := range grants {
		entries = append(entries, e.accessEntry(app, g, false))
	}
	sysAdmin := grant{principalType: "Role", principalID: roleSysAdmin, mask: rightsAll}
	return append(entries, e.accessEntry(app, sysAdmin, true)), nil
}

func (e *Emulator) accessEntry(app *application, g grant, inherited bool) map[string]any {
	objectType, inheritedFrom := "Row", ""
	if inherited {
		objectType, inheritedFrom = "TableRow", "Application"
	}
	// The ID is a function of what the entry is about, so that it is stable between reads.
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(app.key+"/"+g.principalType+"/"+g.principalID+"/"+objectType))
	return map[string]any{
		"ObjectType": objectType, "Principal": g.principalID, "PrincipalName": e.state.principalName(g),
		"PrincipalType": g.principalType, "Type": "User", "Grant": g.mask,
		"GrantStr": strings.Join(rightsNames(g.mask), ", "), "Inherited": inherited, "InheritedFrom": inheritedFrom,
		"AceID": id.String(),
	}
}

func (s *state) principalName(g grant) string {
	if g.principalType == "Role" {
		if r := s.roles[g.principalID]; r != nil {
			return r.name
		}
	}
	if u := s.users[g.principalID]; u != nil {
		return u.name
	}
	return g.principalID
}

// canExecute tells whether the user is granted what a token request needs on the application, itself or through a role:
// View and Execute. One grant must carry both.
func (s *state) canExecute(app *application, u *user) bool {
	needed := rightView | rightExecute
	if s.switches().ViewSuffices {
		needed = rightView
	}
	for _, g := range app.grants {
		if g.mask&needed != needed {
			continue
		}
		if g.principalType == "User" && g.principalID == u.id {
			return true
		}
		if g.principalType == "Role" && s.inRole(u, g.principalID) {
			return true
		}
	}
	return false
}
