package oauthclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// apply brings the tenant to the desired state: the application, its settings, the role of its clients, and that role's grant. Each
// step finds out by itself whether it is still to be done, so that a pass that was cut off anywhere is simply made again.
func (p *pass) apply(ctx context.Context) error {
	var err error
	if p.current, err = p.locate(ctx); err != nil {
		return err
	}
	if err := p.configure(ctx); err != nil {
		return err
	}
	p.noteClients(nil)
	if err := p.resetClaimsScript(ctx); err != nil {
		return err
	}
	if err := p.applyClientRole(ctx); err != nil {
		return err
	}
	if err := p.applyPermissions(ctx); err != nil {
		return err
	}
	if err := p.recheckLeftovers(ctx); err != nil {
		return err
	}
	p.obj.Status.Drift = nil
	return p.conclude()
}

// noteClients notes which clients the application issues tokens to, and by which grants; nothing when one of the fields that differ from what is
// declared is about that.
func (p *pass) noteClients(differ []string) {
	p.obj.Status.ClientIDType, p.obj.Status.GrantTypes = p.desired.ClientIDType, p.desired.GrantTypes
	if slices.Contains(differ, application.PathClientIDType) || slices.Contains(differ, application.PathGrantTypes) {
		p.obj.Status.ClientIDType, p.obj.Status.GrantTypes = "", nil
	}
}

// conclude notes what the tenant was brought to, or compared with, and which scopes the application has.
func (p *pass) conclude() error {
	applied, err := application.AppliedScopes(p.current.Fields, *p.desired)
	if err != nil {
		return err
	}
	p.applied = append([]v1alpha1.AppliedScope{}, applied...)
	p.obj.Status.AppliedHash = p.desired.Hash()
	p.obj.Status.TokenHash = p.desired.TokenHash(p.obj.Status.ApplicationKey)
	return nil
}

// clearHash stores that the tenant is about to be as no hash says any more. Without it a change that was cut off, and then taken back in the
// manifest, would pass for what was applied before.
func (p *pass) clearHash(ctx context.Context) error {
	if p.obj.Status.AppliedHash == "" {
		return nil
	}
	p.obj.Status.AppliedHash = ""
	return p.checkpoint(ctx)
}

// locate returns the application of this OAuthClient: by its row key, else by its application ID, else by importing it.
func (p *pass) locate(ctx context.Context) (identity.Application, error) {
	if p.owned() {
		current, found, err := p.byKey(ctx)
		if err != nil || found {
			return current, err
		}
		// It was deleted behind our back, and that is certain. The role of its clients may have gone with it: it is looked up again.
		p.obj.Status.ApplicationKey, p.obj.Status.AppliedHash, p.obj.Status.ClientRole = "", "", nil
		p.obj.Status.ClientIDType, p.obj.Status.GrantTypes, p.obj.Status.ClaimsScriptApplied = "", nil, false
	}
	current, found, err := p.byApplicationID(ctx)
	if err != nil || found {
		return current, err
	}
	if err := p.importApplication(ctx); err != nil {
		return identity.Application{}, err
	}
	current, found, err = p.byKey(ctx)
	if err == nil && !found {
		err = fmt.Errorf("reading application %q: %w", p.obj.Spec.ApplicationID, errImportedGone)
	}
	return current, err
}

var errImportedGone = errors.New("the tenant does not show it right after its import")

// byKey reads the application by the row key that we stored. Whether it is ours was proved then; if it carries the mark of somebody
// else now, it was taken from us.
func (p *pass) byKey(ctx context.Context) (identity.Application, bool, error) {
	current, found, err := p.session.Admin().GetApplication(ctx, p.obj.Status.ApplicationKey)
	if err != nil || !found {
		return current, found, err
	}
	if mark, whose := p.mark.Compare(current.Description()); whose == ownership.Others {
		return current, true, p.conflict("it belongs to " + mark.Owner())
	}
	return current, true, nil
}

// byApplicationID looks for an application of our ID. It is ours only with our mark, or if it can be adopted.
func (p *pass) byApplicationID(ctx context.Context) (identity.Application, bool, error) {
	admin := p.session.Admin()
	summary, found, err := admin.FindApplication(ctx, p.obj.Spec.ApplicationID)
	if err != nil || !found {
		return identity.Application{}, false, err
	}
	current, found, err := admin.GetApplication(ctx, summary.Key)
	if err != nil || !found {
		return current, false, err
	}
	mark, whose := p.mark.Compare(current.Description())
	switch whose {
	case ownership.Ours:
	case ownership.Nobodys:
		return current, true, p.adopt(ctx, current)
	case ownership.Others:
		return current, true, p.conflict("it belongs to " + mark.Owner())
	}
	return current, true, p.storeKey(ctx, summary.Key, originByMark(mark))
}

// storeKey stores which application is ours, and how we came by it.
func (p *pass) storeKey(ctx context.Context, key string, origin v1alpha1.ApplicationOrigin) error {
	p.obj.Status.ApplicationKey, p.obj.Status.ApplicationOrigin = key, origin
	p.obj.Status.ImportIntent = nil
	p.plan(*p.merged) // the mark tells the origin
	return p.checkpoint(ctx)
}

func (p *pass) conflict(why string) error {
	return &report.Refused{
		Reason:  v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("the tenant has an application %q already, and %s; it is left untouched: choose another spec.applicationID", p.obj.Spec.ApplicationID, why),
	}
}

// configure sends what differs, and reads back what the tenant made of it.
func (p *pass) configure(ctx context.Context) error {
	update, err := application.Changes(p.current.Fields, *p.desired)
	if err != nil {
		return err
	}
	if err := p.ownScript(ctx); err != nil {
		return err
	}
	if update.IsEmpty() {
		return nil
	}
	kind := p.changeKind()
	if err := p.clearHash(ctx); err != nil {
		return err
	}
	if err := p.session.Admin().UpdateApplication(ctx, p.obj.Status.ApplicationKey, update.Fields); err != nil {
		return err
	}
	var found bool
	if p.current, found, err = p.byKey(ctx); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("reading application %q back: it is gone", p.obj.Spec.ApplicationID)
	}
	left, err := application.Changes(p.current.Fields, *p.desired)
	if err != nil {
		return err
	}
	p.record(kind, update.Changed)
	if !left.IsEmpty() {
		return fmt.Errorf("updating application %q: the tenant did not take %s", p.obj.Spec.ApplicationID, strings.Join(left.Changed, ", "))
	}
	return nil
}
