package confidentialclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// ensureUser finds the user or makes it. Its credential is stored before the tenant learns of it.
func (p *pass) ensureUser(ctx context.Context, username string) error {
	known := p.obj.Status.ActiveIdentity()
	if known == nil {
		var err error
		if username, err = p.survivor(ctx, username); err != nil {
			return err
		}
	}
	ensure := p.Vault.Ensure
	if p.credentialMissing {
		ensure = p.Vault.Make
	}
	stored, made, err := ensure(ctx, p.obj, username, p.asks(v1alpha1.RotateRequestAnnotation))
	if err != nil {
		return err
	}
	p.noteCredential(stored)
	if known == nil {
		if stored.Credential.ClientID == rotation.Second(username) {
			username = stored.Credential.ClientID
		}
		return p.findOrCreateUser(ctx, username, stored)
	}
	user, unowned, err := p.readUser(ctx, known.UserID)
	switch {
	case errors.Is(err, errUserGone):
		p.forgetUser()
		return p.findOrCreateUser(ctx, username, stored)
	case err != nil:
		return err
	case unowned != nil:
		return p.adopt(ctx, user, unowned, stored)
	}
	if err := p.session.Admin().ChangeUser(ctx, known.UserID, p.changesOf(user)); err != nil {
		return err
	}
	if made {
		// The credential was lost: the user gets the new one.
		return p.session.Admin().ResetPassword(ctx, known.UserID, stored.Credential.ClientSecret)
	}
	return nil
}

func (p *pass) findOrCreateUser(ctx context.Context, username string, stored secret.Stored) error {
	admin := p.session.Admin()
	summary, found, err := admin.FindUser(ctx, username)
	if err != nil {
		return err
	}
	if !found {
		id, err := p.createUser(ctx, username, stored.Credential.ClientSecret)
		if err != nil {
			return err
		}
		p.setActive(v1alpha1.IdentityStatus{Username: username, UserID: id})
		return nil
	}
	user, unowned, err := p.readUser(ctx, summary.ID)
	switch {
	case err != nil:
		return err
	case unowned != nil:
		return p.adopt(ctx, user, unowned, stored)
	}
	// An earlier pass was cut off after it had made the user, or the object was restored from a backup. The user gets the credential
	// that is stored, because nobody knows whether it has that one already.
	if err := admin.ResetPassword(ctx, summary.ID, stored.Credential.ClientSecret); err != nil {
		return err
	}
	mark, _ := ownership.Find(user.Description)
	p.setActive(v1alpha1.IdentityStatus{Username: username, UserID: summary.ID, Adopted: mark.Adopted})
	return nil
}

// createUser makes a user of ours, and returns the tenant's key of it.
func (p *pass) createUser(ctx context.Context, username string, password oauth.Secret) (id string, err error) {
	return p.session.Admin().CreateUser(ctx, identity.NewUser{
		Username: username, DisplayName: p.displayName(), Mail: username, Description: p.mark.Describe(""), Password: password,
	})
}

// changesOf returns what brings a user that is ours to what the spec asks for. One that was adopted keeps the name and the description that
// it had, unless the spec gives it a name.
func (p *pass) changesOf(user identity.User) identity.UserChanges {
	displayName, description := p.displayName(), p.mark.Describe("")
	changes := identity.UserChanges{DisplayName: &displayName, Description: &description}
	if mark, _ := ownership.Find(user.Description); mark.Adopted {
		description = p.adoptedMark().Describe(ownership.Strip(user.Description))
		if i := p.obj.Spec.Identity; i == nil || i.DisplayName == "" {
			changes.DisplayName = nil
		}
	}
	return changes
}

// ownUser reads a user that must be ours.
func (p *pass) ownUser(ctx context.Context, id string) (identity.User, error) {
	user, unowned, err := p.readUser(ctx, id)
	if err == nil && unowned != nil {
		err = unowned
	}
	return user, err
}

// readUser reads a user. unowned is nil for one that is ours; for one that nobody owns it is the Conflict that it makes unless it is
// adopted. One that belongs to somebody else is an error.
func (p *pass) readUser(ctx context.Context, id string) (user identity.User, unowned *report.Refused, err error) {
	user, found, err := p.session.Admin().GetUser(ctx, id)
	if err != nil {
		return user, nil, err
	}
	if !found {
		return user, nil, errUserGone
	}
	mark, whose := p.mark.Compare(user.Description)
	switch whose {
	case ownership.Ours:
	case ownership.Nobodys:
		return user, conflict(user, "was not made by this operator"), nil
	case ownership.Others:
		return user, nil, conflict(user, "belongs to "+mark.Owner())
	}
	return user, nil, nil
}

func conflict(user identity.User, why string) *report.Refused {
	return &report.Refused{
		Reason:  v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("the tenant has a user %q already, and it %s; it is left untouched: choose another spec.identity.username", user.Name, why),
	}
}
