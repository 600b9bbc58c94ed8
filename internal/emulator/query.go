package emulator

import (
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
	t, ok := e.namedTable(q.Table)
	if !ok {
		return nil, refuse(invalidArgument, "Query has failed: no such table: %s.", q.Table)
	}
	selected, err := t.selected(q, e.switches().FoldQueryCase)
	if err != nil {
		return nil, refuse(invalidArgument, "Query has failed: %v.", err)
	}
	return selected.result(args), nil
}

func (e *Emulator) namedTable(name string) (table, bool) {
	switch strings.ToLower(name) {
	case "application":
		return e.applicationTable(), true
	case "user":
		return e.userTable(), true
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
		"IsSwsEnabled", "IsScaEnabled",
	}}
	for _, app := range e.state.sortedApplications() {
		values := map[string]any{}
		for _, column := range t.columns {
			values[column] = app.raw[column]
		}
		for _, column := range t.columns[:9] {
			values[column] = scalarText(app.raw[column])
		}
		values["ID"] = app.key
		t.add("Application", app.key, values)
	}
	return t
}

func (e *Emulator) userTable() table {
	t := table{columns: []string{
		"ID", "Username", "DisplayName", "Email", "MobileNumber", "Description", "LastLogin", "DirectoryServiceUuid",
		"UserType", "Status", "StatusEnum", "CloudState", "ServiceUser", "SourceDsType", "SourceDsLocalized",
	}}
	for _, u := range e.state.sortedUsers() {
		values := map[string]any{
			"ID": u.id, "Username": u.name, "DisplayName": u.displayName, "Email": u.mail, "MobileNumber": u.mobile,
			"Description": u.description, "LastLogin": nil, "DirectoryServiceUuid": directoryServiceCDS,
			"UserType": "User", "Status": userStatus(u), "StatusEnum": userStatus(u), "CloudState": u.state,
			"ServiceUser": u.serviceUser, "SourceDsType": "CDS", "SourceDsLocalized": "CyberArk Cloud Directory",
		}
		if !u.lastLogin.IsZero() {
			values["LastLogin"] = wireDate(u.lastLogin)
		}
		t.add("User", u.id, values)
	}
	return t
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
	values := make([]map[string]any, len(t.rows))
	for i, r := range t.rows {
		values[i] = r.values
	}
	columns, indexes, err := q.Select(redrock.Table{Columns: t.columns, Rows: values}, foldCase)
	if err != nil {
		return table{}, err
	}
	selected := table{columns: columns}
	for _, i := range indexes {
		projected := make(map[string]any, len(columns))
		for _, column := range columns {
			projected[column] = values[i][column]
		}
		selected.add(t.rows[i].entityType, t.rows[i].key, projected)
	}
	return selected, nil
}
