package emulator

import (
	"strconv"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator/redrock"
)

// runQuery serves Redrock/query: a stored script, named by @, or a SELECT on one table.
func (e *Emulator) runQuery(c *call) (any, error) {
	script := strings.TrimSpace(c.args.text("Script"))
	args := c.args.object("Args")
	if strings.HasPrefix(script, "@") {
		stored := strings.TrimSpace(strings.TrimLeft(script, "@"))
		switch {
		case strings.EqualFold(stored, "Web Applications PLV8"):
			return e.applicationTable().result(args), nil
		case isSuperRightsScript(stored):
			return superRights().result(args), nil
		}
		return nil, refuse(notFound, "Script '%s' not found.", script)
	}
	q, err := redrock.Parse(script)
	if err != nil {
		return nil, refuse(invalidArgument, "Query has failed: %v.", err)
	}
	t, ok := e.namedTable(q)
	if !ok {
		return nil, refuse(invalidArgument, "Query has failed: no such table: %s.", q.Table)
	}
	selected, err := t.selected(q, e.switches().FoldQueryCase)
	if err != nil {
		return nil, refuse(invalidArgument, "Query has failed: %v.", err)
	}
	return selected.result(args), nil
}

// namedTable returns the table of a query. Rows that a key rules out may be missing.
func (e *Emulator) namedTable(q redrock.Query) (table, bool) {
	switch strings.ToLower(q.Table) {
	case "application":
		return e.applicationTable(), true
	case "user":
		return userTable(e.candidates(q)), true
	case "role":
		return e.roleTable(), true
	}
	return table{}, false
}

// applicationTable has text in every column that the official SDK reads without looking for null.
func (e *Emulator) applicationTable() table {
	t := table{columns: []string{
		"ID", "Name", "DisplayName", "Description", "WebAppType", "WebAppTypeDisplayName", "AppTypeDisplayName",
		"TemplateName", "State", "ServiceName", "AppType", "AdminTag", "Category", "WebAppLoginType", "Icon", "Generic",
		"IsSwsEnabled", "IsScaEnabled", "ParentAppTemplateName", "Version", "WorkflowEnabled", "IsTestApp",
	}}
	for _, app := range e.state.sortedApplications() {
		t.addRow("Application", app.key, applicationRow{app})
	}
	return t
}

type applicationRow struct{ *application }

func (r applicationRow) Value(column string) any {
	switch column {
	case "ID":
		return r.key
	case "Name", "DisplayName", "Description", "WebAppType", "WebAppTypeDisplayName", "AppTypeDisplayName", "TemplateName", "State":
		return scalarText(r.raw[column])
	case "ServiceName":
		if r.serviceName() == "" {
			return nil
		}
		return r.serviceName()
	case "ParentAppTemplateName":
		return r.templateName()
	case "WorkflowEnabled", "IsTestApp":
		return asBool(r.raw[column], false)
	}
	return r.raw[column]
}

func (r applicationRow) Text(column string) (text string, null bool) {
	value := r.Value(column)
	return scalarText(value), value == nil
}

// candidates returns the users that a query may select: one at most where it asks for an ID or a login name, else all.
func (e *Emulator) candidates(q redrock.Query) []*user {
	id, byID := q.Pinned("ID")
	name, byName := q.Pinned("Username")
	var u *user
	switch {
	case e.switches().FoldQueryCase || (!byID && !byName):
		return e.state.sortedUsers()
	case byID:
		u = e.state.users[id]
	default:
		u = e.state.userByName(name)
	}
	if u == nil {
		return nil
	}
	return []*user{u}
}

func userTable(users []*user) table {
	t := table{columns: []string{
		"ID", "Username", "DisplayName", "Email", "MobileNumber", "Description", "LastLogin", "DirectoryServiceUuid",
		"UserType", "Status", "StatusEnum", "CloudState", "ServiceUser", "SourceDsType", "SourceDsLocalized",
	}}
	t.rows = make([]row, 0, len(users))
	for _, u := range users {
		t.addRow("User", u.id, userRow{u})
	}
	return t
}

type userRow struct{ *user }

func (r userRow) Value(column string) any {
	if column == "ServiceUser" {
		return r.serviceUser
	}
	text, null := r.Text(column)
	if null {
		return nil
	}
	return text
}

func (r userRow) Text(column string) (text string, null bool) {
	switch column {
	case "ID":
		return r.id, false
	case "Username":
		return r.name, false
	case "DisplayName":
		return r.displayName, false
	case "Email":
		return r.mail, false
	case "MobileNumber":
		return r.mobile, false
	case "Description":
		return r.description, false
	case "LastLogin":
		return wireDate(r.lastLogin), r.lastLogin.IsZero()
	case "DirectoryServiceUuid":
		return directoryServiceCDS, false
	case "UserType":
		return "User", false
	case "Status", "StatusEnum":
		return userStatus(r.user), false
	case "CloudState":
		return r.state, false
	case "ServiceUser":
		return strconv.FormatBool(r.serviceUser), false
	case "SourceDsType":
		return "CDS", false
	}
	return directoryDisplayName, false // SourceDsLocalized
}

func userStatus(u *user) string {
	if u.active() {
		return "Active"
	}
	return u.state
}

func (e *Emulator) roleTable() table {
	t := table{columns: []string{"ID", "Name", "Description", "DirectoryServiceUuid", "ReadOnly", "RoleType"}}
	for _, r := range e.state.sortedRoles() {
		t.add("Role", r.id, map[string]any{
			"ID": r.id, "Name": r.name, "Description": r.description, "DirectoryServiceUuid": directoryServiceCDS,
			"ReadOnly": r.builtIn, "RoleType": r.roleType,
		})
	}
	return t
}

// selected returns the columns and rows that q asks for.
func (t table) selected(q redrock.Query, foldCase bool) (table, error) {
	all := make([]redrock.Row, len(t.rows))
	for i, r := range t.rows {
		all[i] = r.Row
	}
	columns, indexes, err := q.Select(redrock.Table{Columns: t.columns, Rows: all}, foldCase)
	if err != nil {
		return table{}, err
	}
	selected := table{columns: columns}
	for _, i := range indexes {
		projected := make(map[string]any, len(columns))
		for _, column := range columns {
			projected[column] = all[i].Value(column)
		}
		selected.add(t.rows[i].entityType, t.rows[i].key, projected)
	}
	return selected, nil
}
