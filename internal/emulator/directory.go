package emulator

import (
	"encoding/json"
	"slices"
	"strings"
)

const (
	// directoryServiceCDS is the ID of the cloud directory, the same in every tenant.
	directoryServiceCDS = "09B9A9B0-6CE8-465F-AB03-65766D33B05E"
	tenantID            = "EMU0001"
	// directoryDisplayName is what the portal calls the cloud directory.
	directoryDisplayName = "CyberArk Cloud Directory"
)

func (e *Emulator) getAliases(c *call) (any, error) {
	t := table{columns: []string{"ID", "CdsAlias", "ReplaceDomain"}}
	for _, suffix := range e.state.suffixes {
		t.add("TenantAlias", suffix, map[string]any{"ID": suffix, "CdsAlias": true, "ReplaceDomain": nil})
	}
	return t.result(c.args.object("Args")), nil
}

func (e *Emulator) getDirectoryServices(c *call) (any, error) {
	t := table{columns: []string{"Service", "directoryServiceUuid", "DisplayName", "Status"}}
	t.add("DirectoryService", directoryServiceCDS, map[string]any{
		"Service": "CDS", "directoryServiceUuid": directoryServiceCDS, "DisplayName": directoryDisplayName,
		"Status": "Online",
	})
	return t.result(c.args.object("Args")), nil
}

// queryDirectory searches users, groups and roles by filters that are JSON inside of text. Exact matches come first,
// because the official SDK takes the first of one. The three kinds are always present in the answer.
func (e *Emulator) queryDirectory(c *call) (any, error) {
	users := table{columns: []string{"SystemName", "InternalName", "DisplayName", "EMail"}}
	for _, u := range e.state.sortedUsers() {
		users.add("User", u.id, map[string]any{
			"SystemName": u.name, "InternalName": u.id, "DisplayName": u.displayName, "EMail": u.mail,
			"DirectoryServiceUuid": directoryServiceCDS, "ExternalUuid": u.id, "ServiceType": "CDS",
			"ServiceInstanceLocalized": directoryDisplayName, "DistinguishedName": u.name,
			"Description": u.description,
		})
	}
	roles := table{columns: []string{"Name", "_ID", "Description", "RoleType"}}
	for _, r := range e.state.sortedRoles() {
		roles.add("Role", r.id, map[string]any{
			"Name": r.name, "_ID": r.id, "Description": r.description, "RoleType": r.roleType, "IsHidden": false,
			"AdministrativeRights": r.administrativeRights(), "ReadOnly": r.builtIn,
		})
	}
	result := map[string]any{}
	for key, kind := range map[string]struct {
		filter string
		rows   table
	}{"User": {"user", users}, "Group": {"group", table{}}, "Roles": {"roles", roles}} {
		matching, err := kind.rows.filtered(c.args.value(kind.filter))
		if err != nil {
			return nil, err
		}
		result[key] = matching.result(c.args.object("Args"))
	}
	return result, nil
}

// filtered returns the rows that match a filter; none when there is no filter.
func (t table) filtered(filter any) (table, error) {
	matching := table{columns: t.columns}
	text, ok := filter.(string)
	if !ok {
		return matching, nil
	}
	var condition map[string]any
	if err := json.Unmarshal([]byte(text), &condition); err != nil {
		return matching, refuse(invalidArgument, "The directory filter is not valid JSON.")
	}
	exact := map[string]bool{}
	for _, r := range t.rows {
		match, equal, err := matchFilter(condition, t.values(r))
		if err != nil {
			return matching, err
		}
		if match {
			matching.rows = append(matching.rows, r)
			exact[r.key] = equal
		}
	}
	slices.SortStableFunc(matching.rows, func(a, b row) int {
		switch {
		case exact[a.key] == exact[b.key]:
			return 0
		case exact[a.key]:
			return -1
		}
		return 1
	})
	return matching, nil
}

// matchFilter evaluates {}, {"_or":[..]}, {"_and":[..]}, {"Field":{"_eq":v}} and {"Field":{"_like":v}}, where v of
// _like may be {"value":v,"ignoreCase":b}. exact tells that some field equals the value sought.
func matchFilter(condition, values map[string]any) (match, exact bool, err error) {
	match = true
	for name, operand := range condition {
		var one, equal bool
		switch name {
		case "_or", "_and":
			one, equal, err = matchAll(operand, values, name == "_or")
		default:
			one, equal, err = matchField(operand, scalarText(newArguments(values).value(name)))
		}
		if err != nil {
			return false, false, err
		}
		match, exact = match && one, exact || equal
	}
	return match, exact, nil
}

func matchAll(operand any, values map[string]any, anyOf bool) (match, exact bool, err error) {
	list, ok := operand.([]any)
	if !ok {
		return false, false, refuse(invalidArgument, "The directory filter has a list that is not an array.")
	}
	match = !anyOf
	for _, item := range list {
		condition, ok := item.(map[string]any)
		if !ok {
			return false, false, refuse(invalidArgument, "The directory filter has an element that is not an object.")
		}
		one, equal, err := matchFilter(condition, values)
		if err != nil {
			return false, false, err
		}
		exact = exact || equal
		if anyOf {
			match = match || one
		} else {
			match = match && one
		}
	}
	return match, exact, nil
}

func matchField(operand any, value string) (match, exact bool, err error) {
	comparison, ok := operand.(map[string]any)
	if !ok {
		return false, false, refuse(invalidArgument, "The directory filter compares with something unknown.")
	}
	args := newArguments(comparison)
	switch {
	case args.has("_eq"):
		equal := strings.EqualFold(value, args.text("_eq"))
		return equal, equal, nil
	case args.has("_like"):
		sought := args.text("_like")
		if nested := args.object("_like"); nested.has("value") {
			sought = nested.text("value")
		}
		equal := strings.EqualFold(value, sought)
		return strings.Contains(strings.ToLower(value), strings.ToLower(sought)), equal, nil
	}
	return false, false, refuse(invalidArgument, "The directory filter has an unknown comparison.")
}
