package identity

import "context"

const (
	opWhoAmI        = "security/whoami"
	opLoginSuffixes = "Core/GetCdsAliasesForTenant"
)

// Principal is whom the tenant takes us for.
type Principal struct {
	// ID is the user's key.
	ID string
	// Name is the login name.
	Name string
}

// WhoAmI asks the tenant who is calling (security/whoami). It is the cheapest proof that a login works.
func (c *Client) WhoAmI(ctx context.Context) (Principal, error) {
	var result struct {
		User     string
		UserUUID string `json:"UserUuid"`
	}
	if err := c.callInto(ctx, opWhoAmI, struct{}{}, &result); err != nil {
		return Principal{}, err
	}
	if result.UserUUID == "" {
		return Principal{}, unexpected(opWhoAmI, "no user")
	}
	return Principal{ID: result.UserUUID, Name: result.User}, nil
}

// LoginSuffixes returns the suffixes that login names may end in, in the tenant's order
// (Core/GetCdsAliasesForTenant).
func (c *Client) LoginSuffixes(ctx context.Context) ([]string, error) {
	var result struct {
		Results []struct {
			Entities []struct{ Key string }
			Row      struct{ ID string }
		}
	}
	if err := c.callInto(ctx, opLoginSuffixes, nil, &result); err != nil {
		return nil, err
	}
	var suffixes []string
	for _, r := range result.Results {
		suffix := r.Row.ID
		if len(r.Entities) > 0 && r.Entities[0].Key != "" {
			suffix = r.Entities[0].Key
		}
		if suffix != "" {
			suffixes = append(suffixes, suffix)
		}
	}
	if len(suffixes) == 0 {
		return nil, unexpected(opLoginSuffixes, "no suffix")
	}
	return suffixes, nil
}
