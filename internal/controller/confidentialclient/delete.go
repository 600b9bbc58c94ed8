package confidentialclient

import (
	"context"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/orphan"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// remove undoes what was made: the token's Secret, the memberships, the user, its credential. What does not carry our mark is left
// alone. The Secret would go by its owner reference too, but only some time later: a client of the same name that is made again at once
// must not meet it.
func (p *pass) remove(ctx context.Context) error {
	if err := p.removeSecrets(ctx); err != nil {
		return err
	}
	if p.managed() {
		if err := p.removeIdentity(ctx); err != nil {
			if err := p.giveUp(ctx, err); err != nil {
				return err
			}
		}
	}
	p.gone = true
	p.forget(p.obj.UID)
	return report.DropFinalizer(ctx, p.Client, p.obj)
}

// removeSecrets deletes the Secret under its present name, and under the one that the status knows.
func (p *pass) removeSecrets(ctx context.Context) error {
	if err := p.pruneSecret(ctx, p.secretKey()); err != nil {
		return err
	}
	return p.prune(ctx)
}

func (p *pass) removeIdentity(ctx context.Context) error {
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	if err != nil && report.FromCluster(err) {
		return err
	}
	if len(p.obj.Status.Identities) == 0 && err == nil && !found {
		return nil // the credential is stored before anything is made on the tenant, so nothing was
	}
	if known := p.obj.Status.ActiveIdentity(); p.obj.Spec.DeletionPolicy.Orphans(known != nil && known.Adopted) {
		return p.Vault.Delete(ctx, p.obj.UID)
	}
	if err := p.connectForRemoval(ctx); err != nil {
		return err
	}
	if err := p.findForRemoval(ctx, stored); err != nil {
		return err
	}
	for len(p.obj.Status.Identities) > 0 {
		last := p.obj.Status.Identities[len(p.obj.Status.Identities)-1]
		if err := p.removeUser(ctx, last); err != nil {
			return err
		}
		p.dropIdentity(last.Username)
	}
	return p.Vault.Delete(ctx, p.obj.UID)
}

// giveUp ends a deletion that the tenant has not let be carried out for too long: the user is named as left behind, and its credential
// forgotten. Until then it returns why it was not.
func (p *pass) giveUp(ctx context.Context, cause error) error {
	ledger := orphan.Ledger{Client: p.Client, Live: p.Live, Recorder: p.Recorder, Clock: p.Clock}
	if err := ledger.GiveUp(ctx, p.tenant, p.obj, "ConfidentialClient", p.userIDs(), cause); err != nil {
		return err
	}
	return p.Vault.Delete(ctx, p.obj.UID)
}

// connectForRemoval finds the tenant without asking for consent: what was made with consent is removed also when the consent has gone.
func (p *pass) connectForRemoval(ctx context.Context) error {
	var err error
	if p.oauthClient, err = p.Resolver.LookUpOAuthClient(ctx, *p.obj.Spec.OAuthClientRef, p.obj.Namespace); err != nil {
		return err
	}
	if p.tenant, err = p.Resolver.LookUpTenant(ctx, p.oauthClient.Spec.TenantRef, p.oauthClient.Namespace); err != nil {
		return err
	}
	if err := p.tenantReady(); err != nil {
		return err
	}
	p.mark = markOf(p.obj, p.tenant)
	p.session, err = p.Connector.Session(ctx, p.tenant)
	return err
}

// findForRemoval finds the users of a pass that was cut off before it had stored their IDs: those that the stored credentials name, and the
// first.
func (p *pass) findForRemoval(ctx context.Context, stored secret.Stored) error {
	names := stored.Usernames()
	if len(p.obj.Status.Identities) == 0 {
		first, err := p.firstUsername()
		if err != nil {
			return err
		}
		names = append(names, first)
	}
	for _, name := range names {
		if known := p.identityOf(name); known != nil && known.UserID != "" {
			continue
		}
		summary, found, err := p.session.Admin().FindUser(ctx, name)
		if err != nil {
			return err
		}
		if found {
			p.noteIdentity(v1alpha1.IdentityStatus{Username: name, UserID: summary.ID, State: v1alpha1.IdentityStateRetiring})
		}
	}
	return nil
}

// removeUser takes a user of ours out of its roles and deletes it. One that does not carry our mark is left alone, and so is one that was
// adopted, unless the manifest says otherwise.
func (p *pass) removeUser(ctx context.Context, known v1alpha1.IdentityStatus) error {
	admin := p.session.Admin()
	user, found, err := admin.GetUser(ctx, known.UserID)
	if err != nil || !found {
		return err
	}
	if mark, whose := p.mark.Compare(user.Description); whose != ownership.Ours || p.obj.Spec.DeletionPolicy.Orphans(mark.Adopted) {
		return nil
	}
	for _, role := range slices.Clone(p.obj.Status.Roles) {
		if err := p.leaveRole(ctx, role, known.UserID); err != nil {
			return err
		}
	}
	return admin.DeleteUser(ctx, known.UserID)
}
