package oauthclient

import (
	"context"
	"fmt"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// maxDrift bounds status.drift.
const maxDrift = 64

// compare finds out in which fields the application differs from what is declared, as far as applying it would change them, and writes
// nothing to the tenant.
func (p *pass) compare(ctx context.Context) error {
	found, err := p.find(ctx)
	if err != nil {
		return err
	}
	if !found {
		p.obj.Status.ApplicationKey, p.obj.Status.ApplicationOrigin = "", ""
		p.obj.Status.AppliedHash, p.obj.Status.TokenHash, p.obj.Status.Drift = "", "", nil
		p.obj.Status.ClientIDType, p.obj.Status.GrantTypes = "", nil
		return &report.Refused{
			Reason:  v1alpha1.ReasonApplicationNotFound,
			Message: fmt.Sprintf("the tenant has no application %q, and managementPolicy Observe makes none; make it there, or set managementPolicy to Full", p.obj.Spec.ApplicationID),
		}
	}
	update, err := application.Changes(p.current.Fields, *p.desired)
	if err != nil {
		return err
	}
	granted, err := p.compareGrants(ctx)
	if err != nil {
		return err
	}
	drift := slices.Concat(update.Changed, granted)
	drift = drift[:min(len(drift), maxDrift)]
	if len(drift) > 0 && !slices.Equal(drift, p.obj.Status.Drift) {
		p.record(v1alpha1.ChangeDrifted, drift)
	}
	p.obj.Status.Drift = drift
	p.noteClients(update.Changed)
	return p.conclude()
}

// find reads the application: by its row key, else by its application ID. Whose it is does not matter to who only looks, but it is noted:
// what is not ours is not touched either when the manifest asks for more later.
func (p *pass) find(ctx context.Context) (bool, error) {
	admin := p.session.Admin()
	key := p.obj.Status.ApplicationKey
	if key == "" {
		summary, found, err := admin.FindApplication(ctx, p.obj.Spec.ApplicationID)
		if err != nil || !found {
			return false, err
		}
		key = summary.Key
	}
	var found bool
	var err error
	if p.current, found, err = admin.GetApplication(ctx, key); err != nil || !found {
		return false, err
	}
	p.obj.Status.ApplicationKey, p.obj.Status.ApplicationOrigin = key, p.originOf(p.current)
	return true, nil
}

// originOf says how we came by an application that is only looked at.
func (p *pass) originOf(current identity.Application) v1alpha1.ApplicationOrigin {
	mark, whose := p.mark.Compare(current.Description())
	switch {
	case whose == ownership.Ours:
		return originByMark(mark)
	case whose == ownership.Nobodys && p.owned():
		return p.obj.Status.ApplicationOrigin // somebody has edited our description
	}
	return v1alpha1.ApplicationObserved
}

// originByMark says how we came by an application that carries a mark of ours.
func originByMark(mark ownership.Mark) v1alpha1.ApplicationOrigin {
	if mark.Adopted {
		return v1alpha1.ApplicationAdopted
	}
	return v1alpha1.ApplicationCreated
}

// compareGrants returns the fields whose grants are missing on the application. Principals are compared by name: to look each of them up
// would cost a call.
func (p *pass) compareGrants(ctx context.Context) ([]string, error) {
	if err := p.readGrants(ctx); err != nil {
		return nil, err
	}
	var drift []string
	if role := p.desired.ClientRole; role != "" && !slices.ContainsFunc(p.grants, func(g identity.Grant) bool {
		return isGrantTo(g, identity.PrincipalRole, role) && g.Rights.Contains(clientRights)
	}) {
		drift = append(drift, "spec.clientRole")
	}
	for _, permission := range p.desired.Permissions {
		kind, name := permission.Principal()
		rights, err := rightSet(permission.Rights)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(p.grants, func(g identity.Grant) bool { return isGrantTo(g, kind, name) && g.Rights == rights }) {
			return append(drift, "spec.permissions"), nil
		}
	}
	return drift, nil
}
