package oauthclient

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/identity"
)

// readGrants reads the grants on the application, once for all that asks for them.
func (p *pass) readGrants(ctx context.Context) error {
	if p.grants != nil {
		return nil
	}
	grants, err := p.session.Admin().Grants(ctx, p.obj.Status.ApplicationKey)
	if err != nil {
		return err
	}
	p.grants = append([]identity.Grant{}, grants...)
	return nil
}

// granted says whether a principal has at least the given rights by a grant on the application itself. Inherited ones are not ours to
// rely on.
func (p *pass) granted(ctx context.Context, principalID string, rights identity.RightSet) (bool, error) {
	if err := p.readGrants(ctx); err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.grants, func(g identity.Grant) bool {
		return g.PrincipalID == principalID && !g.Inherited && g.Rights.Contains(rights)
	}), nil
}

// hasGrant says whether a principal has any grant on the application itself.
func (p *pass) hasGrant(ctx context.Context, principalID string) (bool, error) {
	if err := p.readGrants(ctx); err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.grants, func(g identity.Grant) bool {
		return g.PrincipalID == principalID && !g.Inherited && g.Rights != identity.None
	}), nil
}

// isGrantTo says whether a grant on the application itself is to the principal of a name. Names are compared without regard to case, as the
// tenant does it.
func isGrantTo(g identity.Grant, kind, name string) bool {
	return !g.Inherited && g.PrincipalType == kind && strings.EqualFold(g.PrincipalName, name)
}

// grant sets the rights of principals, and reads back whether the tenant took it. No right at all revokes a grant.
func (p *pass) grant(ctx context.Context, grants ...identity.Grant) error {
	if err := p.clearHash(ctx); err != nil {
		return err
	}
	if err := p.session.Admin().SetGrants(ctx, p.obj.Status.ApplicationKey, grants); err != nil {
		return err
	}
	p.grants = nil
	for _, g := range grants {
		var taken bool
		var err error
		if g.Rights == identity.None {
			taken, err = p.hasGrant(ctx, g.PrincipalID)
			taken = !taken
		} else {
			taken, err = p.granted(ctx, g.PrincipalID, g.Rights)
		}
		if err != nil {
			return err
		}
		if !taken {
			return fmt.Errorf("granting application %q to %s %q: the tenant did not take it", p.obj.Spec.ApplicationID, g.PrincipalType, g.PrincipalName)
		}
	}
	return nil
}
