package application

import (
	"cmp"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
)

// Permission lets a role or a user authorize at an application.
type Permission struct {
	// Role or User by name; one of them is empty. Login names are in lower case, as the tenant compares them.
	Role string `json:"role,omitempty"`
	User string `json:"user,omitempty"`
	// Rights by the vendor's names, sorted.
	Rights []v1alpha1.ApplicationRight `json:"rights"`
	// CreateRole when the tenant has none of that name.
	CreateRole bool `json:"createRole,omitempty"`
}

// Principal returns who is granted something: identity.PrincipalRole with a role's name, or identity.PrincipalUser with a login name.
func (p Permission) Principal() (kind, name string) {
	if p.User != "" {
		return identity.PrincipalUser, p.User
	}
	return identity.PrincipalRole, p.Role
}

// permissions returns the permissions of a spec in one order, and those of one principal as one: the tenant knows one grant for each.
func permissions(declared []v1alpha1.Permission) []Permission {
	var out []Permission
	for _, d := range declared {
		rights := d.Rights
		if len(rights) == 0 {
			rights = []v1alpha1.ApplicationRight{"Execute", "View"}
		}
		user := strings.ToLower(d.User)
		at := slices.IndexFunc(out, func(p Permission) bool { return p.Role == d.Role && p.User == user })
		if at < 0 {
			at, out = len(out), append(out, Permission{Role: d.Role, User: user})
		}
		p := &out[at]
		p.CreateRole = p.CreateRole || d.CreateRole
		p.Rights = append(p.Rights, rights...)
		slices.Sort(p.Rights)
		p.Rights = slices.Compact(p.Rights)
	}
	slices.SortFunc(out, func(a, b Permission) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.User, b.User)) })
	return out
}
