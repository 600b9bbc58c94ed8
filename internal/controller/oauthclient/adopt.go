package oauthclient

import (
	"context"
	"fmt"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// allowAdoption asks for the tenant's consent before anything is asked of the tenant. What is ours already needs none.
func (p *pass) allowAdoption() error {
	if p.obj.Spec.AdoptionPolicy != v1alpha1.AdoptionPolicyAdopt || p.owned() {
		return nil
	}
	return tenancy.AllowAdoption(p.tenant, v1alpha1.AdoptableOAuthClient)
}

// adopt takes over an application that has our application ID and nobody's mark, if the manifest asks for it; the tenant's consent was
// asked for before. That it is adopted is stored before it is touched: it is orphaned by default.
func (p *pass) adopt(ctx context.Context, current identity.Application) error {
	if p.obj.Spec.AdoptionPolicy != v1alpha1.AdoptionPolicyAdopt {
		return p.conflict("it was not made by this operator (spec.adoptionPolicy Adopt takes it over)")
	}
	if !strings.EqualFold(current.TemplateName(), p.desired.Template()) {
		return p.conflict(fmt.Sprintf("it was made from template %s, which is not that of type %s", current.TemplateName(), p.obj.Spec.Type))
	}
	return p.storeKey(ctx, current.Key, v1alpha1.ApplicationAdopted)
}
