package confidentialclient

import (
	"cmp"
	"context"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// alignIdentities brings the identities of the status to what the credential Secret says: whose credential is the present one, who takes over next, and
// who was replaced. That Secret is the truth; a pass that was cut off between the two leaves the status behind.
func (p *pass) alignIdentities(ctx context.Context) error {
	if !p.managed() {
		return nil
	}
	live := false
	stored, found, err := p.Vault.Peek(ctx, p.obj.UID)
	if err == nil && found && !p.isAligned(stored) {
		// What is in the cache may be older than the status.
		if err := report.Fresh(ctx, p.Live, p.obj); err != nil {
			return err
		}
		live = true
		stored, found, err = p.Vault.Get(ctx, p.obj.UID)
	}
	if report.FromCluster(err) {
		return err
	}
	if err != nil || !found {
		return nil //nolint:nilerr // provision tells what is wrong, and makes what is missing
	}
	p.credential, p.credentialLive = &stored, live
	p.assignStates(stored)
	if stored.Retiring != "" && p.identityOf(stored.Retiring) == nil {
		p.noteIdentity(v1alpha1.IdentityStatus{Username: stored.Retiring, State: v1alpha1.IdentityStateRetiring})
	}
	return nil
}

// assignStates notes what each user is there for, as a credential Secret says.
func (p *pass) assignStates(stored secret.Stored) {
	for i := range p.obj.Status.Identities {
		known := &p.obj.Status.Identities[i]
		if state := stateOf(known.Username, stored); known.State != state {
			known.State, known.ReplacedTime = state, nil
		}
	}
}

// isAligned says whether the status tells of the users as a credential Secret does.
func (p *pass) isAligned(stored secret.Stored) bool {
	for _, known := range p.obj.Status.Identities {
		if known.State != stateOf(known.Username, stored) {
			return false
		}
	}
	return stored.Retiring == "" || p.identityOf(stored.Retiring) != nil
}

// stateOf returns what a user is there for. One that the credential Secret does not tell of is a leftover.
func stateOf(username string, stored secret.Stored) v1alpha1.IdentityState {
	switch {
	case username == stored.Credential.ClientID:
		return v1alpha1.IdentityStateActive
	case stored.Pending != nil && username == stored.Pending.ClientID:
		return v1alpha1.IdentityStatePreparing
	}
	return v1alpha1.IdentityStateRetiring
}

// identityOf returns what is known of the user of a login name, and nil if that is nothing.
func (p *pass) identityOf(username string) *v1alpha1.IdentityStatus {
	for i := range p.obj.Status.Identities {
		if p.obj.Status.Identities[i].Username == username {
			return &p.obj.Status.Identities[i]
		}
	}
	return nil
}

// setActive notes the user that tokens are requested for.
func (p *pass) setActive(identity v1alpha1.IdentityStatus) {
	identity.State = v1alpha1.IdentityStateActive
	p.noteIdentity(identity)
}

// noteIdentity notes a user in the status, in the slot that it has or that its name gives it.
func (p *pass) noteIdentity(identity v1alpha1.IdentityStatus) {
	if known := p.identityOf(identity.Username); known != nil {
		identity.Slot = known.Slot
		*known = identity
		return
	}
	identity.Slot = p.slotOf(identity.Username)
	p.obj.Status.Identities = append(p.obj.Status.Identities, identity)
	slices.SortFunc(p.obj.Status.Identities, func(a, b v1alpha1.IdentityStatus) int { return cmp.Compare(a.Slot, b.Slot) })
}

// slotOf returns the slot of a user that is not in the status.
func (p *pass) slotOf(username string) v1alpha1.IdentitySlot {
	if known := p.obj.Status.Identities; len(known) > 0 {
		if known[0].Slot == v1alpha1.IdentitySlotA {
			return v1alpha1.IdentitySlotB
		}
		return v1alpha1.IdentitySlotA
	}
	if first, err := p.firstUsername(); err == nil && username == rotation.Second(first) {
		return v1alpha1.IdentitySlotB
	}
	return v1alpha1.IdentitySlotA
}

// dropIdentity forgets a user.
func (p *pass) dropIdentity(username string) {
	p.obj.Status.Identities = slices.DeleteFunc(p.obj.Status.Identities, func(i v1alpha1.IdentityStatus) bool { return i.Username == username })
}

// forgetUser drops what is known of the active user, which is certainly gone, and of its memberships.
func (p *pass) forgetUser() {
	p.dropIdentity(p.obj.Status.ActiveIdentity().Username)
	if len(p.obj.Status.Identities) == 0 {
		p.obj.Status.Roles = nil
	}
}

// userIDs returns the tenant's keys of all users that are known.
func (p *pass) userIDs() []string {
	var ids []string
	for _, known := range p.obj.Status.Identities {
		if known.UserID != "" {
			ids = append(ids, known.UserID)
		}
	}
	return ids
}

// survivor returns the login name of the user that is to be found or made for an object that knows of none and has no credential: the first,
// unless the second is there and the first is not, as after a restore from a backup. A second one beside the first retires.
func (p *pass) survivor(ctx context.Context, first string) (string, error) {
	if p.strategy() != v1alpha1.RotationStrategyDualIdentity {
		return first, nil
	}
	if _, found, err := p.Vault.Get(ctx, p.obj.UID); err != nil || found {
		return first, err
	}
	admin, second := p.session.Admin(), rotation.Second(first)
	summary, found, err := admin.FindUser(ctx, second)
	if err != nil || !found {
		return first, err
	}
	user, found, err := admin.GetUser(ctx, summary.ID)
	if err != nil || !found {
		return first, err
	}
	if !p.mark.IsOn(user.Description) {
		return first, nil // it is in nobody's way before it is its turn
	}
	_, found, err = admin.FindUser(ctx, first)
	switch {
	case err != nil:
		return "", err
	case !found:
		return second, nil
	}
	p.noteIdentity(v1alpha1.IdentityStatus{Username: second, UserID: summary.ID, Slot: v1alpha1.IdentitySlotB, State: v1alpha1.IdentityStateRetiring})
	return first, nil
}
