package identity

import "context"

const (
	opGetRowAces = "Acl/GetRowAces"
	opSetGrants  = "SaasManage/SetApplicationPermissions"
)

// Kinds of principals in a Grant.
const (
	PrincipalUser  = "User"
	PrincipalRole  = "Role"
	PrincipalGroup = "Group"
)

// Grant is what one principal may do with an application.
type Grant struct {
	// PrincipalID is the key of the user, role or group. It need not be a GUID: built-in roles have words.
	PrincipalID string
	// PrincipalName is the login name or the role's name.
	PrincipalName string
	// PrincipalType is PrincipalUser, PrincipalRole or PrincipalGroup.
	PrincipalType string
	// Rights are what the principal may do. None in SetGrants withdraws all.
	Rights RightSet
	// Inherited grants come from above, such as those of the system administrators. They can't be set.
	Inherited bool
}

// Grants returns the grants on an application, inherited ones included (Acl/GetRowAces).
func (c *Client) Grants(ctx context.Context, key string) ([]Grant, error) {
	var entries []struct {
		Principal     string `json:"Principal"`
		PrincipalName string `json:"PrincipalName"`
		PrincipalType string `json:"PrincipalType"`
		Grant         int64  `json:"Grant"`
		Inherited     bool   `json:"Inherited"`
	}
	arguments := map[string]any{"RowKey": key, "Table": tableApplication, "ReduceSysadmin": true}
	if err := c.callInto(ctx, opGetRowAces, arguments, &entries); err != nil {
		return nil, err
	}
	if entries == nil {
		return nil, unexpected(opGetRowAces, "no list of grants")
	}
	grants := make([]Grant, len(entries))
	for i, e := range entries {
		grants[i] = Grant{
			PrincipalID: e.Principal, PrincipalName: e.PrincipalName, PrincipalType: e.PrincipalType,
			Rights: rightsFromBits(e.Grant), Inherited: e.Inherited,
		}
	}
	return grants, nil
}

// SetGrants sets the rights of the named principals on an application and leaves those of all others alone
// (SaasManage/SetApplicationPermissions). That rights which are None really go is seen by Grants only.
func (c *Client) SetGrants(ctx context.Context, key string, grants []Grant) error {
	entries := make([]map[string]string, len(grants))
	for i, g := range grants {
		// The tenant's own portal sends both spellings of name and type. Directory UUIDs are left out: clients that
		// send principal IDs do without.
		entries[i] = map[string]string{
			"PrincipalId": g.PrincipalID,
			"Principal":   g.PrincipalName,
			"SystemName":  g.PrincipalName,
			"PType":       g.PrincipalType,
			"Type":        g.PrincipalType,
			"Rights":      g.Rights.String(),
		}
	}
	result, err := c.call(ctx, opSetGrants, map[string]any{"ID": key, "RowKey": key, "PVID": key, "Grants": entries})
	if err != nil {
		return err
	}
	return checkState(opSetGrants, result)
}
