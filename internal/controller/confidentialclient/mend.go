package confidentialclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// errUserGone says that the user was deleted behind our back. The next pass makes it again.
var errUserGone error = &userGoneError{}

type userGoneError struct{}

func (*userGoneError) Error() string {
	return "the user behind this client was deleted on the tenant; it is made again"
}

func (*userGoneError) FailureClass() failure.Class { return failure.Transient }

func (*userGoneError) ConditionReason() string { return v1alpha1.ReasonProgressing }

// mendable says whether a refusal of the token endpoint can come from a user that is not as we made it: no scope, and no outage, is
// mended by looking the user up.
func mendable(err error) bool {
	var refused *oauth.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case oauth.CodeInvalidClient, "unauthorized_client", "access_denied", "invalid_grant":
		return true
	}
	return false
}

// mend looks the user up after a refused mint, and brings back what somebody changed: the user itself, its flags, its memberships, and
// its password. A user that was disabled or locked, or that is not ours any more, was so by somebody's decision and stays so.
func (p *pass) mend(ctx context.Context, stored secret.Stored, refusal error) error {
	if err := p.tenantReady(); err != nil {
		return refusal // without an admin session nothing can be looked up; the refusal says more
	}
	if err := p.putRight(ctx); err != nil {
		return err
	}
	if oauth.IsInvalidClient(refusal) {
		return p.resetPassword(ctx, stored, refusal)
	}
	return nil
}

// putRight looks the user up, and brings back what somebody changed of it, but for its password.
func (p *pass) putRight(ctx context.Context) error {
	user, err := p.activeUser(ctx)
	if err != nil {
		return err
	}
	if !user.OAuthClient {
		if err := p.session.Admin().ChangeUser(ctx, user.ID, identity.UserChanges{ClientFlags: true}); err != nil {
			return err
		}
	}
	wanted, err := p.wantedRoles(ctx)
	if err != nil {
		return err
	}
	return p.applyMemberships(ctx, wanted)
}

// activeUser reads the user that tokens are requested for. Only one that is ours, enabled and unlocked is given another password.
func (p *pass) activeUser(ctx context.Context) (identity.User, error) {
	known := p.obj.Status.ActiveIdentity()
	user, err := p.ownUser(ctx, known.UserID)
	if errors.Is(err, errUserGone) {
		p.forgetUser()
	}
	if err != nil {
		return identity.User{}, err
	}
	if !user.IsActive() {
		return identity.User{}, &report.Refused{
			Reason:  v1alpha1.ReasonInvalidClient,
			Message: fmt.Sprintf("user %q is %s on the tenant; unlock or enable it there", known.Username, user.State),
		}
	}
	return user, nil
}

// resetPassword sets the user's password to the credential that is stored, at most once an hour. That is recorded before it is done, so
// that a crash does not make it twice.
func (p *pass) resetPassword(ctx context.Context, stored secret.Stored, refusal error) error {
	now := p.Clock.Now()
	if !rotation.MayReset(now, stored.LastReset) {
		return refusal
	}
	if err := p.Vault.RecordReset(ctx, stored, now); err != nil {
		return err
	}
	return p.session.Admin().ResetPassword(ctx, p.obj.Status.ActiveIdentity().UserID, stored.Credential.ClientSecret)
}
