package identity

import (
	"context"
	"slices"
	"strings"
)

const (
	opStoreRole     = "Roles/StoreRole"
	opRoleMembers   = "Roles/GetRoleMembers"
	opDeleteRole    = "SaasManage/DeleteRole"
	opAddMembers    = "SaasManage/AddUsersAndGroupsToRole"
	opRemoveMembers = "SaasManage/RemoveUsersAndGroupsFromRole"

	tableRole = "Role"

	selectRoles = "SELECT ID, Name, Description FROM Role WHERE "
)

// Role is a role of the tenant.
type Role struct {
	// ID is the role's key. Built-in roles have words, others GUIDs.
	ID string `json:"ID"`
	// Name is the role's name.
	Name string `json:"Name"`
	// Description is free text.
	Description string `json:"Description"`
}

// RoleMember is a user, role or group in a role.
type RoleMember struct {
	// ID is the member's key.
	ID string `json:"Guid"`
	// Name is a user's login name, or the name of a role or group.
	Name string `json:"Name"`
	// Type is PrincipalUser, PrincipalRole or PrincipalGroup.
	Type string `json:"Type"`
}

// FindRole looks for the role of this name, in any case (Redrock/query).
func (c *Client) FindRole(ctx context.Context, name string) (Role, bool, error) {
	rows, err := query[Role](ctx, c, selectRoles+"Name="+quote(name))
	if err != nil {
		return Role{}, false, err
	}
	return single(rows, name, func(r Role) (string, string) { return r.ID, r.Name })
}

// FindRoles looks for the roles of these names in one query (Redrock/query). Names that no role has are missing in the result; roles
// whose names differ in case only are left out.
func (c *Client) FindRoles(ctx context.Context, names ...string) ([]Role, error) {
	if len(names) == 0 {
		return nil, nil
	}
	conditions := make([]string, len(names))
	for i, name := range names {
		conditions[i] = "Name=" + quote(name)
	}
	rows, err := query[Role](ctx, c, selectRoles+strings.Join(conditions, " OR "))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r Role) bool { return r.ID == "" || !slices.Contains(names, r.Name) }), nil
}

// GetRole reads the role with this key (Redrock/query, which proves an absence by itself).
func (c *Client) GetRole(ctx context.Context, id string) (Role, bool, error) {
	rows, err := query[Role](ctx, c, selectRoles+"ID="+quote(id))
	if err != nil {
		return Role{}, false, err
	}
	return single(rows, id, func(r Role) (string, string) { return r.ID, r.ID })
}

// StoreRole makes a role without members and returns its key (Roles/StoreRole). A name that is taken is refused
// with class Rejected.
func (c *Client) StoreRole(ctx context.Context, name, description string) (string, error) {
	arguments := map[string]string{"Name": name, "Description": description, "RoleType": "PrincipalList"}
	result, err := c.call(ctx, opStoreRole, arguments)
	if err != nil {
		return "", err
	}
	if err := checkState(opStoreRole, result); err != nil {
		return "", err
	}
	var stored struct {
		ID string `json:"_RowKey"`
	}
	if err := decodeResult(opStoreRole, result, &stored); err != nil {
		return "", err
	}
	if stored.ID == "" {
		return "", unexpected(opStoreRole, "no key of the new role")
	}
	return stored.ID, nil
}

// DeleteRole deletes a role (SaasManage/DeleteRole). One that is gone already is no error.
func (c *Client) DeleteRole(ctx context.Context, id string) error {
	_, err := c.call(ctx, opDeleteRole, roleArgument(id))
	return confirmAbsence(err, func() (bool, error) { return c.exists(ctx, tableRole, id) })
}

// RoleMembers returns the direct members of a role (Roles/GetRoleMembers). A null Result is an empty role.
func (c *Client) RoleMembers(ctx context.Context, roleID string) ([]RoleMember, error) {
	var result struct {
		Results []struct {
			Row RoleMember `json:"Row"`
		} `json:"Results"`
	}
	if err := c.callInto(ctx, opRoleMembers, roleArgument(roleID), &result); err != nil {
		return nil, err
	}
	members := make([]RoleMember, len(result.Results))
	for i, r := range result.Results {
		members[i] = r.Row
	}
	return members, nil
}

// AddRoleMembers puts users into a role, whose other members stay (SaasManage/AddUsersAndGroupsToRole).
func (c *Client) AddRoleMembers(ctx context.Context, roleID string, userIDs ...string) error {
	_, err := c.call(ctx, opAddMembers, membersArgument(roleID, userIDs))
	return err
}

// RemoveRoleMembers takes users out of a role (SaasManage/RemoveUsersAndGroupsFromRole).
func (c *Client) RemoveRoleMembers(ctx context.Context, roleID string, userIDs ...string) error {
	_, err := c.call(ctx, opRemoveMembers, membersArgument(roleID, userIDs))
	return err
}

// roleArgument addresses a role. The tenant wants its key under the word Name.
func roleArgument(id string) map[string]string { return map[string]string{"Name": id} }

func membersArgument(roleID string, userIDs []string) map[string]any {
	return map[string]any{"Name": roleID, "Users": userIDs, "Groups": []string{}, "Roles": []string{}}
}
