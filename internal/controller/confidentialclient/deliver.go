package confidentialclient

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
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
	if p.layout.HoldsCredential() {
		stored, err := p.liveCredential(ctx)
		if err != nil {
			return err
		}
		p.others[secret.FieldClientID] = oauth.NewSecret(stored.Credential.ClientID)
		p.others[secret.FieldClientSecret] = stored.Credential.ClientSecret
	}
	return p.rehearse()
}

// isAsWanted says whether the published Secret is as it should be, but for the token.
func (p *pass) isAsWanted() bool {
	others, err := p.beside(p.published.Content)
	return err == nil && p.published.Holds(p.layout, others, p.dress, p.claim)
}

// beside returns what is to be published beside a token, with what templates make of all of it.
func (p *pass) beside(token secret.Content) (map[secret.Field]oauth.Secret, error) {
	s := p.obj.Spec.Secret
	if s == nil || s.Template == nil || len(s.Template.Data) == 0 {
		return p.others, nil
	}
	made, err := secret.Template(s.Template.Data, token, p.others, p.layout)
	if err != nil {
		return nil, &report.Blocked{Reason: v1alpha1.ReasonInvalidSpec, Message: "spec.secret.template.data: " + err.Error()}
	}
	return made, nil
}

// rehearse finds a template that fails before the tenant is asked for a token that could not be published. A token that is published
// already stands in for the next one, else one that looks like any.
func (p *pass) rehearse() error {
	token := p.published.Content
	if !p.published.Intact || !p.published.Layout.HoldsToken() {
		now := p.Clock.Now()
		token = secret.Content{AccessToken: oauth.NewSecret("header.payload.signature"), TokenType: "Bearer", Scope: strings.Join(p.obj.Spec.Scopes, " "), IssueTime: now, ExpirationTime: now}
	}
	_, err := p.beside(token)
	p.templateFails = err != nil
	return err
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
	if !p.managed() || tenancy.AllowClientSecretDelivery(p.tenant) == nil {
		return nil
	}
	if old := (types.NamespacedName{Namespace: p.obj.Namespace, Name: p.obj.Status.SecretName}); old.Name != "" && old != p.secretKey() {
		before, err := secret.Observe(ctx, p.Client, p.Live, old, p.claim)
		if _, foreign := errors.AsType[*secret.NotOwnedError](err); err == nil {
			_, err = p.withholdFrom(ctx, old, before)
		} else if foreign {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	var err error
	p.published, err = p.withholdFrom(ctx, p.secretKey(), p.published)
	return err
}

// withholdFrom takes client credentials out of one Secret of ours, and returns what it holds then.
func (p *pass) withholdFrom(ctx context.Context, key types.NamespacedName, published secret.Published) (secret.Published, error) {
	if !published.HasCredential(p.layout) {
		return published, nil
	}
	published, err := secret.ObserveLive(ctx, p.Live, key, p.claim)
	if err != nil {
		return published, err
	}
	published, err = secret.Publisher{Client: p.Client, Key: key, Claim: p.claim, Dress: p.dress}.Withhold(ctx, published, p.layout)
	if _, needed := errors.AsType[*secret.InvalidError](err); needed {
		// A Secret of its type, such as kubernetes.io/basic-auth, cannot be without these keys.
		err = p.pruneSecret(ctx, key)
	}
	if err == nil {
		log.FromContext(ctx).Info("Withheld client secret", "secret", key)
	}
	return published, err
}
