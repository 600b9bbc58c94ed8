package oauthclient

import (
	"context"
	"fmt"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// clientRights are what a client needs on an application to get a token for it. Which of the two the tenant looks at is not
// written down; the vendor's own tools grant both.
const clientRights = identity.RightView | identity.RightExecute

// applyClientRole keeps the role of the application's clients, and its grant, or removes what was kept when it is no longer wanted.
func (p *pass) applyClientRole(ctx context.Context) error {
	if p.desired.ClientRole == "" {
		return p.removeClientRole(ctx)
	}
	if p.obj.Status.ClientRole != nil {
		// A role that has a grant is there; the tenant drops the grants of those that are deleted.
		granted, err := p.granted(ctx, p.obj.Status.ClientRole.ID, clientRights)
		if err != nil || granted {
			return err
		}
	}
	id, err := p.ensureRole(ctx)
	if err != nil {
		return err
	}
	p.obj.Status.ClientRole = &v1alpha1.RoleStatus{ID: id, Name: p.desired.ClientRole}
	p.record(v1alpha1.ChangeUpdated, []string{"spec.clientRole"})
	return p.grant(ctx, identity.Grant{
		PrincipalID: id, PrincipalName: p.desired.ClientRole, PrincipalType: identity.PrincipalRole, Rights: clientRights,
	})
}

// ensureRole finds the role by its name, which is derived from the application ID, or makes it. A role that does not carry our mark is
// somebody else's.
func (p *pass) ensureRole(ctx context.Context) (string, error) {
	admin := p.session.Admin()
	role, found, err := admin.FindRole(ctx, p.desired.ClientRole)
	if err != nil {
		return "", err
	}
	if !found {
		return admin.StoreRole(ctx, p.desired.ClientRole, p.mark.Describe("Clients of application "+p.obj.Spec.ApplicationID+"."))
	}
	if !p.mark.IsOn(role.Description) {
		return "", &report.Refused{
			Reason:  v1alpha1.ReasonConflict,
			Message: fmt.Sprintf("the tenant has a role %q that was not made for this OAuthClient; rename it there, or set spec.clientRole to None", p.desired.ClientRole),
		}
	}
	return role.ID, nil
}

// removeClientRole deletes the role that we keep, if it carries our mark. A pass that was cut off may have made one that the status does not
// know: then it is looked for by its name.
func (p *pass) removeClientRole(ctx context.Context) error {
	kept := p.obj.Status.ClientRole
	if kept == nil && p.obj.Status.AppliedHash != "" {
		return nil // nothing was begun since the status was complete
	}
	if err := p.clearHash(ctx); err != nil {
		return err
	}
	admin := p.session.Admin()
	var role identity.Role
	var found bool
	var err error
	if kept != nil {
		role, found, err = admin.GetRole(ctx, kept.ID)
	} else {
		role, found, err = admin.FindRole(ctx, application.ClientRoleName(p.obj.Spec.ApplicationID))
	}
	if err != nil {
		return err
	}
	if found && p.mark.IsOn(role.Description) {
		if err := admin.DeleteRole(ctx, role.ID); err != nil {
			return err
		}
	}
	p.obj.Status.ClientRole = nil
	return nil
}
