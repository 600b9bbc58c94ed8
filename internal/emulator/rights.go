package emulator

import (
	"maps"
	"slices"
	"strings"
)

// rightDescriptions maps the paths of administrative rights to what the portal calls them.
func rightDescriptions() map[string]string {
	return map[string]string{ //nolint:gosec // names of rights, and no credentials
		"/lib/rights/adminportallogin.json":     "Admin Portal Login",
		rightApplications:                       "Application Management",
		rightUsers:                              "User Management",
		rightRoles:                              "Role Management",
		"/lib/rights/fedman.json":               "Federation Management",
		"/lib/rights/identityverification.json": "Identity Verification",
		"/lib/rights/mfaunlock.json":            "MFA Unlock",
		"/lib/rights/radiusman.json":            "RADIUS Management",
		"/lib/rights/roroleman.json":            "Read Only Role Management",
		"/lib/rights/rouserman.json":            "Read Only User Management",
		"/lib/rights/proxycode.json":            "Register and Administer Connectors",
		"/lib/rights/reportman.json":            "Report Management",
		"/lib/rights/sharedcredentials.json":    "Shared Credentials",
		"/lib/rights/monitor.json":              "Read Only System Administration",
		"/lib/rights/agentmanjoin.json":         "Computer Login and Join",
		"/lib/rights/vaultman.json":             "Vault Management",
	}
}

// readOnly returns the rights that open the calls which only read, where another right opens all.
func readOnly(path string) []string {
	switch path {
	case rightUsers:
		return []string{"/lib/rights/rouserman.json", "/lib/rights/monitor.json"}
	case rightRoles:
		return []string{"/lib/rights/roroleman.json", "/lib/rights/monitor.json"}
	}
	return []string{"/lib/rights/monitor.json"}
}

// describedRight is one administrative right as answers hold it. Those that nobody knows are called by their path.
func describedRight(path string) map[string]any {
	description, ok := rightDescriptions()[path]
	if !ok {
		description = path
	}
	return map[string]any{"Description": description, "Path": path, "ServiceName": "Cloud"}
}

func rightTable(paths []string) table {
	t := table{columns: []string{"Description", "Path", "ServiceName"}}
	for _, path := range paths {
		t.add("SuperRight", path, describedRight(path))
	}
	return t
}

// superRights lists all administrative rights there are.
func superRights() table { return rightTable(slices.Sorted(maps.Keys(rightDescriptions()))) }

// isSuperRightsScript tells the stored script that lists administrative rights. What it excludes is not looked at.
func isSuperRightsScript(script string) bool {
	return strings.HasPrefix(strings.ToLower(script), "/lib/get_superrights.js")
}

// getAssignedRights lists the administrative rights of a role.
func (e *Emulator) getAssignedRights(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	return rightTable(slices.Sorted(maps.Keys(r.rights))).result(c.args.object("Args")), nil
}

// getRoleApplications lists the applications that a role is granted.
func (e *Emulator) getRoleApplications(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	all := e.applicationTable()
	granted := table{columns: all.columns}
	for _, row := range all.rows {
		app := e.state.applications[row.key]
		if slices.ContainsFunc(app.grants, func(g grant) bool { return g.principalType == "Role" && g.principalID == r.id && g.mask != 0 }) {
			granted.rows = append(granted.rows, row)
		}
	}
	return granted.result(c.args.object("Args")), nil
}

// setDynamicRoleScript stores the script that chooses the members of a role. It is not run: such a role has no members
// here.
func (e *Emulator) setDynamicRoleScript(c *call) (any, error) {
	r, err := e.addressedRole(c)
	if err != nil {
		return nil, err
	}
	if r.builtIn {
		return nil, refuse(invalidOperation, "Role '%s' is read-only.", r.name)
	}
	r.roleType, r.script = "Script", c.args.text("Script")
	return nil, nil // the service answers a null Result
}
