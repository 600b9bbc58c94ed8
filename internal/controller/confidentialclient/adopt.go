package confidentialclient

import (
	"context"
	"fmt"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// adopt takes over a user that nobody owns, if everybody consents; otherwise nothing is written. unowned is the Conflict that the user is
// as long as nobody adopts it. That the user was somebody else's is stored before it carries our mark: a deletion in between must not take it away. A pass that
// was cut off before the mark begins anew, and one that was cut off after it finds its own user.
func (p *pass) adopt(ctx context.Context, user identity.User, unowned *report.Refused, stored secret.Stored) error {
	if p.obj.Spec.AdoptionPolicy != v1alpha1.AdoptionPolicyAdopt {
		return unowned
	}
	if err := p.adoptable(ctx, user); err != nil {
		return err
	}
	p.setActive(v1alpha1.IdentityStatus{Username: stored.Credential.ClientID, UserID: user.ID, Adopted: true})
	if err := p.checkpoint(ctx); err != nil {
		return err
	}
	// The password before the mark: once the user is marked, nobody looks whether it has the stored one.
	admin := p.session.Admin()
	if err := admin.ResetPassword(ctx, user.ID, stored.Credential.ClientSecret); err != nil {
		return err
	}
	description := p.adoptedMark().Describe(user.Description)
	changes := identity.UserChanges{Description: &description, ClientFlags: true}
	if i := p.obj.Spec.Identity; i != nil && i.DisplayName != "" {
		changes.DisplayName = &i.DisplayName
	}
	return admin.ChangeUser(ctx, user.ID, changes)
}

func (p *pass) adoptedMark() ownership.Mark {
	mark := p.mark
	mark.Adopted = true
	return mark
}

// adoptable says whether a user may be adopted; nil when it may. Only what is a confidential client already is taken, never a person's
// account, and none that can do more than the tenant's owner lets clients do.
func (p *pass) adoptable(ctx context.Context, user identity.User) error {
	if refused := tenancy.AllowAdoption(p.tenant, v1alpha1.AdoptableConfidentialClient); refused != nil {
		return notAdoptable(user, refused.Error())
	}
	if !user.OAuthClient {
		return notAdoptable(user, "it has not the flag of an OAuth confidential client")
	}
	admin := p.session.Admin()
	service, err := admin.IsServiceUser(ctx, user.ID)
	if err != nil {
		return err
	}
	if !service || user.InEverybodyRole {
		return notAdoptable(user, "it is not a service user")
	}
	self, err := admin.WhoAmI(ctx)
	if err != nil {
		return err
	}
	if self.ID == user.ID {
		// Whoever has its client secret has all of the operator's rights.
		return notAdoptable(user, "it is the operator's own")
	}
	roles, err := admin.UserRoles(ctx, user.ID)
	if err != nil {
		return err
	}
	for _, role := range roles {
		if p.isClientRole(role) {
			continue
		}
		if refused := tenancy.AllowRoles(p.tenant, []string{role.Name}); refused != nil {
			return notAdoptable(user, fmt.Sprintf("it is in role %q, and %v", role.Name, refused))
		}
	}
	return nil
}

func notAdoptable(user identity.User, why string) error {
	return &report.Refused{
		Reason:  v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("user %q, which nobody owns, cannot be adopted: %s; it is left untouched", user.Name, why),
	}
}

// isClientRole says whether a role is the one that the OAuthClient keeps for its clients.
func (p *pass) isClientRole(role identity.Role) bool {
	return p.oauthClient != nil && p.oauthClient.Status.ClientRole != nil && p.oauthClient.Status.ClientRole.ID == role.ID
}
