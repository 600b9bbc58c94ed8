package confidentialclient

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// partnerOf returns the login name of the user that takes over from another one.
func partnerOf(active v1alpha1.IdentityStatus) string {
	if active.Slot == v1alpha1.IdentitySlotB {
		return rotation.First(active.Username)
	}
	return rotation.Second(active.Username)
}

// changeUser prepares the user that takes over: the user with the pending credential, its memberships; and proves it. The one that it replaces
// stays as it is.
func (p *pass) changeUser(ctx context.Context, stored secret.Stored) error {
	if err := p.tenantReady(); err != nil {
		return err
	}
	wanted, err := p.wantedRoles(ctx)
	if err != nil {
		return err
	}
	userID, err := p.prepareUser(ctx, stored)
	if err != nil {
		return err
	}
	username := stored.Pending.ClientID
	p.noteRoles(wanted)
	p.noteIdentity(v1alpha1.IdentityStatus{Username: username, UserID: userID, State: v1alpha1.IdentityStatePreparing})
	for _, role := range wanted {
		if err := p.session.Admin().AddRoleMembers(ctx, role.ID, userID); err != nil {
			return err
		}
	}
	// A pass that is cut off after the proof needs no admin to go on.
	p.identityOf(username).AppliedHash = p.identityHash(username)
	if err := p.checkpoint(ctx); err != nil {
		return err
	}
	return p.prove(ctx, stored)
}

// prepareUser finds the user of the pending credential, of a pass that was cut off or of a rotation long ago, or makes it.
func (p *pass) prepareUser(ctx context.Context, stored secret.Stored) (id string, err error) {
	admin, pending := p.session.Admin(), *stored.Pending
	summary, found, err := admin.FindUser(ctx, pending.ClientID)
	if err != nil {
		return "", err
	}
	if !found {
		return p.createUser(ctx, pending.ClientID, pending.ClientSecret)
	}
	if _, err := p.ownUser(ctx, summary.ID); err != nil {
		return "", err
	}
	if err := admin.ChangeUser(ctx, summary.ID, identity.UserChanges{ClientFlags: true}); err != nil {
		return "", err
	}
	return summary.ID, admin.ResetPassword(ctx, summary.ID, pending.ClientSecret)
}

// retiring returns the user that was replaced and is still there; nil for none.
func (p *pass) retiring() *v1alpha1.IdentityStatus {
	for i := range p.obj.Status.Identities {
		if p.obj.Status.Identities[i].State == v1alpha1.IdentityStateRetiring {
			return &p.obj.Status.Identities[i]
		}
	}
	return nil
}

// retire deletes the user that was replaced, once its time is over. That time begins when its successor is published, which it is when the
// pass gets here: a successor that cannot be published takes nothing from anybody.
func (p *pass) retire(ctx context.Context) error {
	p.rotationSeen = p.managed() && p.credential != nil
	retiring := p.retiring()
	if retiring == nil {
		return nil
	}
	if retiring.ReplacedTime == nil {
		retiring.ReplacedTime = seconds(p.Clock.Now())
	}
	if !rotation.MayRetire(p.Clock.Now(), retiring.ReplacedTime.Time, p.overlap()) {
		return nil
	}
	leaving := *retiring
	return p.try(taskRetirement, "retiring user "+leaving.Username, func() error { return p.retireUser(ctx, leaving) })
}

func (p *pass) retireUser(ctx context.Context, retiring v1alpha1.IdentityStatus) error {
	if err := p.tenantReady(); err != nil {
		return err
	}
	if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
		return err
	}
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	if err != nil || !found || stateOf(retiring.Username, stored) != v1alpha1.IdentityStateRetiring {
		return err
	}
	if retiring.UserID == "" {
		summary, _, err := p.session.Admin().FindUser(ctx, retiring.Username)
		if err != nil {
			return err
		}
		retiring.UserID = summary.ID
	}
	if retiring.UserID != "" {
		if err := p.removeUser(ctx, retiring); err != nil {
			return err
		}
	}
	if stored, err = p.Vault.Retired(ctx, stored); err != nil {
		return err
	}
	p.noteCredential(stored)
	p.dropIdentity(retiring.Username)
	p.decideRotation()
	log.FromContext(ctx).Info("Retired user", "username", retiring.Username)
	return nil
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
