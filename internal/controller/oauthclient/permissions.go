package oauthclient

import (
	"context"
	"fmt"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// applyPermissions grants the application to the roles and users that the spec names, and revokes what it named before. A grant that is
// there already, and that we have not made, is somebody else's and stays so.
func (p *pass) applyPermissions(ctx context.Context) error {
	if len(p.desired.Permissions) == 0 && len(p.obj.Status.Grants) == 0 {
		return nil
	}
	wanted, err := p.wantedGrants(ctx)
	if err != nil {
		return err
	}
	set, ours, err := p.planGrants(ctx, wanted)
	if err != nil {
		return err
	}
	if len(set) == 0 {
		p.obj.Status.Grants = ours
		return nil
	}
	// What is about to be granted is stored as ours first, and what is about to be revoked stays so until it is: a pass that was cut
	// off knows what it may revoke.
	revoked := p.obj.Status.Grants
	p.obj.Status.Grants = union(ours, revoked)
	if err := p.checkpoint(ctx); err != nil {
		return err
	}
	if err := p.grant(ctx, set...); err != nil {
		return err
	}
	p.obj.Status.Grants = ours
	p.record(v1alpha1.ChangeUpdated, []string{"spec.permissions"})
	return nil
}

// checkPermissions refuses a permission for the role that the operator keeps itself: the two would take turns.
func checkPermissions(d application.Desired) error {
	for _, permission := range d.Permissions {
		if d.ClientRole != "" && permission.Role == d.ClientRole {
			return &report.Blocked{
				Reason:  v1alpha1.ReasonInvalidSpec,
				Message: fmt.Sprintf("spec.permissions names role %q, which the operator keeps for the clients of this application; remove it there, or set spec.clientRole to None", d.ClientRole),
			}
		}
	}
	return nil
}

// planGrants compares the wanted grants with those on the application. set is what to send, ours is what status.grants is to hold then.
func (p *pass) planGrants(ctx context.Context, wanted []v1alpha1.GrantStatus) (set []identity.Grant, ours []v1alpha1.GrantStatus, err error) {
	isOurs := func(id string) bool {
		return slices.ContainsFunc(p.obj.Status.Grants, func(g v1alpha1.GrantStatus) bool { return g.PrincipalID == id })
	}
	for _, w := range wanted {
		rights, err := rightSet(w.Rights)
		if err != nil {
			return nil, nil, err
		}
		exact, err := p.grantedExactly(ctx, w.PrincipalID, rights)
		if err != nil {
			return nil, nil, err
		}
		if !exact {
			set = append(set, identity.Grant{PrincipalID: w.PrincipalID, PrincipalName: w.Name, PrincipalType: w.PrincipalType, Rights: rights})
		}
		if !exact || isOurs(w.PrincipalID) {
			ours = append(ours, w)
		}
	}
	for _, g := range p.obj.Status.Grants {
		if slices.ContainsFunc(wanted, func(w v1alpha1.GrantStatus) bool { return w.PrincipalID == g.PrincipalID }) {
			continue
		}
		there, err := p.hasGrant(ctx, g.PrincipalID)
		if err != nil {
			return nil, nil, err
		}
		if there {
			set = append(set, identity.Grant{PrincipalID: g.PrincipalID, PrincipalName: g.Name, PrincipalType: g.PrincipalType, Rights: identity.None})
		}
	}
	return set, ours, nil
}

// grantedExactly says whether a principal has the given rights and no others by a grant on the application itself.
func (p *pass) grantedExactly(ctx context.Context, principalID string, rights identity.RightSet) (bool, error) {
	if err := p.readGrants(ctx); err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.grants, func(g identity.Grant) bool {
		return g.PrincipalID == principalID && !g.Inherited && g.Rights == rights
	}), nil
}

func rightSet(rights []v1alpha1.ApplicationRight) (identity.RightSet, error) {
	names := make([]string, len(rights))
	for i, r := range rights {
		names[i] = string(r)
	}
	return identity.ParseRightSet(names...)
}

// union returns a with those of b that name other principals.
func union(a, b []v1alpha1.GrantStatus) []v1alpha1.GrantStatus {
	out := slices.Clone(a)
	for _, g := range b {
		if !slices.ContainsFunc(a, func(o v1alpha1.GrantStatus) bool { return o.PrincipalID == g.PrincipalID }) {
			out = append(out, g)
		}
	}
	return out
}

// wantedGrants looks up the principals of the permissions. Those that we have granted are known by their ID and are not looked up again,
// so that a comparison costs no further call.
func (p *pass) wantedGrants(ctx context.Context) ([]v1alpha1.GrantStatus, error) {
	wanted := make([]v1alpha1.GrantStatus, 0, len(p.desired.Permissions))
	for _, permission := range p.desired.Permissions {
		kind, name := permission.Principal()
		w := v1alpha1.GrantStatus{PrincipalType: kind, Name: name, Rights: permission.Rights}
		at := slices.IndexFunc(p.obj.Status.Grants, func(g v1alpha1.GrantStatus) bool {
			return g.PrincipalType == w.PrincipalType && g.Name == w.Name
		})
		if at >= 0 {
			there, err := p.hasGrant(ctx, p.obj.Status.Grants[at].PrincipalID)
			if err != nil {
				return nil, err
			}
			if there {
				w.PrincipalID = p.obj.Status.Grants[at].PrincipalID
				wanted = append(wanted, w)
				continue
			}
		}
		var err error
		if w.PrincipalID, err = p.principal(ctx, permission); err != nil {
			return nil, err
		}
		wanted = append(wanted, w)
	}
	return wanted, nil
}

// principal returns the ID of the role or user of a permission.
func (p *pass) principal(ctx context.Context, permission application.Permission) (string, error) {
	admin := p.session.Admin()
	if permission.User != "" {
		user, found, err := admin.FindUser(ctx, permission.User)
		if err == nil && !found {
			err = &report.Refused{
				Reason:  v1alpha1.ReasonUserNotFound,
				Message: fmt.Sprintf("the tenant has no user %q, which spec.permissions names; create it there, or remove it here", permission.User),
			}
		}
		return user.ID, err
	}
	role, found, err := admin.FindRole(ctx, permission.Role)
	switch {
	case err != nil:
		return "", err
	case found:
		return role.ID, nil
	case permission.CreateRole:
		return admin.StoreRole(ctx, permission.Role, p.mark.Describe("Made for a permission on application "+p.obj.Spec.ApplicationID+"."))
	}
	return "", &report.Refused{
		Reason:  v1alpha1.ReasonRoleNotFound,
		Message: fmt.Sprintf("the tenant has no role %q, which spec.permissions names; create it there, set createRole, or remove it here", permission.Role),
	}
}
