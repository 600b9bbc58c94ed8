package oauthclient

import (
	"context"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/consumer"
	"github.com/oauth-operator/oauth-operator/internal/orphan"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// remove undoes what was made on the tenant, once no ConfidentialClient needs it: first the application with its grants, then the role
// of its clients. What does not carry our mark is left alone.
func (p *pass) remove(ctx context.Context) error {
	clients, err := consumer.Holding(ctx, p.Resolver, p.obj)
	if err != nil {
		return err
	}
	if len(clients) > 0 {
		return report.Dependents(map[string]int{"ConfidentialClient": len(clients)}, clients)
	}
	if application.OnTenant(p.obj) && !p.leaves() {
		if err := p.removeFromTenant(ctx); err != nil {
			if err := p.giveUp(ctx, err); err != nil {
				return err
			}
		}
	}
	p.tellLeftovers()
	p.gone = true
	p.forget(string(p.obj.UID))
	return report.DropFinalizer(ctx, p.Client, p.obj)
}

// leaves says whether what is on the tenant is to stay there.
func (p *pass) leaves() bool {
	return p.observing() || p.obj.Spec.DeletionPolicy.Orphans(p.obj.Status.ApplicationOrigin == v1alpha1.ApplicationAdopted)
}

// giveUp ends a deletion that the tenant has not let be carried out for too long. Until then it returns why it was not.
func (p *pass) giveUp(ctx context.Context, cause error) error {
	ledger := orphan.Ledger{Client: p.Client, Live: p.Live, Recorder: p.Recorder, Clock: p.Clock}
	return ledger.GiveUp(ctx, p.tenant, p.obj, "OAuthClient", []string{p.obj.Status.ApplicationKey}, cause)
}

func (p *pass) removeFromTenant(ctx context.Context) error {
	// What was made with consent is removed also when the consent has gone.
	var err error
	if p.tenant, err = p.Resolver.LookUpTenant(ctx, p.obj.Spec.TenantRef, p.obj.Namespace); err != nil {
		return err
	}
	if err := p.connect(ctx); err != nil {
		return err
	}
	p.plan(application.Merged{})
	if err := p.recoverForRemoval(ctx); err != nil {
		return err
	}
	if err := p.removeApplication(ctx); err != nil {
		return err
	}
	return p.removeClientRole(ctx)
}

// recoverForRemoval finds the application of an import that was cut off before its row key was stored.
func (p *pass) recoverForRemoval(ctx context.Context) error {
	if p.obj.Status.ImportIntent == nil || p.owned() {
		return nil
	}
	unlock, err := p.session.Serialize(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	unconfigured, err := p.unconfigured(ctx)
	if err != nil {
		return err
	}
	p.obj.Status.ApplicationKey, err = p.recover(ctx, unconfigured)
	return err
}

func (p *pass) removeApplication(ctx context.Context) error {
	if !p.owned() {
		return nil
	}
	admin := p.session.Admin()
	current, found, err := admin.GetApplication(ctx, p.obj.Status.ApplicationKey)
	if err != nil || !found {
		return err
	}
	switch _, whose := p.mark.Compare(current.Description()); whose {
	case ownership.Ours:
	case ownership.Nobodys: // our description may have been edited, and a key that an import has left carries none yet
		if current.ServiceName() != "" && current.ServiceName() != p.obj.Spec.ApplicationID {
			return nil // somebody has made another application of it
		}
	case ownership.Others:
		return nil
	}
	return admin.DeleteApplication(ctx, p.obj.Status.ApplicationKey)
}
