package scope

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
	"github.com/oauth-operator/oauth-operator/internal/consumer"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// observe asks what the OAuthClient makes of the scope. Both controllers ask the same function, so they cannot disagree.
func (p *pass) observe(ctx context.Context) error {
	oauthClient, err := p.Resolver.LookUpOAuthClient(ctx, p.obj.Spec.OAuthClientRef, p.obj.Namespace)
	if err != nil {
		return err
	}
	key := client.ObjectKeyFromObject(oauthClient)
	siblings, err := index.ScopesOfOAuthClient(ctx, p.Client, key)
	if err != nil {
		return fmt.Errorf("listing Scopes of OAuthClient %s: %w", key, err)
	}
	admits, err := p.Resolver.AdmittedScopes(ctx, oauthClient, siblings)
	if err != nil {
		return err
	}
	merged, err := application.Merge(oauthClient, siblings, admits)
	if err != nil {
		return &report.Blocked{
			Reason:  v1alpha1.ReasonOAuthClientNotReady,
			Message: fmt.Sprintf("OAuthClient %s cannot be carried out as it is; its conditions say why", key),
		}
	}
	p.rejection = merged.Rejection(client.ObjectKeyFromObject(p.obj))
	p.applied = p.appliedTo(oauthClient)
	p.requestedBy, _, err = consumer.Requesting(ctx, p.Resolver, oauthClient, p.obj.Spec.Name)
	return err
}

// appliedTo says whether the scope is on the application of an OAuthClient, as it is defined now.
func (p *pass) appliedTo(oauthClient *v1alpha1.OAuthClient) bool {
	if oauthClient.Status.Scopes == nil {
		return false
	}
	spec := &p.obj.Spec
	want := application.Scope{Name: spec.Name, Description: spec.Description, RESTPatterns: spec.RESTPatterns}.Hash()
	for _, applied := range oauthClient.Status.Scopes.Applied {
		if applied.Name == spec.Name {
			return applied.Hash == want
		}
	}
	return false
}
