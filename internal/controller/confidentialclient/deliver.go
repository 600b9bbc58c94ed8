package confidentialclient

import (
	"cmp"
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// gather collects what is to be published beside the token.
func (p *pass) gather(ctx context.Context) error {
	p.others = map[secret.Field]oauth.Secret{}
	if p.layout.HoldsEndpoints() {
		for field, value := range p.endpoints() {
			p.others[field] = oauth.NewSecret(value)
		}
	}
	if !p.layout.HoldsCredential() {
		return nil
	}
	stored, err := p.credential(ctx)
	if err != nil {
		return err
	}
	p.others[secret.FieldClientID] = oauth.NewSecret(stored.Credential.ClientID)
	p.others[secret.FieldClientSecret] = stored.Credential.ClientSecret
	return nil
}

// endpoints returns where the application issues tokens, and what is needed to check them.
func (p *pass) endpoints() map[secret.Field]string {
	endpoint := func(kind tenant.EndpointKind) string { return p.session.Endpoint(kind, p.applicationID) }
	issuer := endpoint(tenant.EndpointIssuer)
	if o := p.oauthClient; o != nil && o.Status.Endpoints != nil {
		issuer = cmp.Or(o.Status.Endpoints.Issuer, issuer)
	}
	return map[secret.Field]string{
		secret.FieldTokenURL:      endpoint(tenant.EndpointToken),
		secret.FieldIssuer:        issuer,
		secret.FieldJWKSURL:       endpoint(tenant.EndpointJWKS),
		secret.FieldApplicationID: p.applicationID,
		secret.FieldTenantURL:     strings.TrimSuffix(p.tenant.Spec.URL, "/"),
	}
}

// withhold takes delivered client credentials out of the Secret when the tenant does not allow their delivery any more. A client secret
// does not expire as a token does: left there, the refusal would change nothing.
func (p *pass) withhold(ctx context.Context) error {
	if !p.managed() || !p.published.HasCredential(p.layout) || tenancy.AllowClientSecretDelivery(p.tenant) == nil {
		return nil
	}
	var err error
	if p.published, err = secret.Observe(ctx, p.Live, p.Live, p.secretKey(), p.obj.UID); err != nil {
		return err
	}
	if p.published, err = p.publisher().Withhold(ctx, p.published, p.layout); err != nil {
		return err
	}
	log.FromContext(ctx).Info("Withheld client secret", "secret", p.secretKey())
	return nil
}
