package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Of the administrator of the emulator's default seed.
const (
	adminApplication = "operator-admin"
	adminScope       = "all"
)

// adminSecret has the operator's own credential on the stage's tenant.
func (s *stage) adminSecret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace("identity"), Name: "corp-admin"},
		StringData: map[string]string{v1alpha1.ClientIDKey: s.tenant.credential.ClientID, v1alpha1.ClientSecretKey: s.tenant.credential.ClientSecret},
	}
}

// identityTenant describes the stage's tenant, which admits all namespaces and whose drift checks are far away.
func (s *stage) identityTenant(rate int) *v1alpha1.IdentityTenant {
	return &v1alpha1.IdentityTenant{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace("identity"), Name: "corp"},
		Spec: v1alpha1.IdentityTenantSpec{
			URL: s.tenant.url, ClusterID: "bench",
			Credentials: &v1alpha1.AdminCredentials{
				ApplicationID: adminApplication, Scope: adminScope, SecretRef: v1alpha1.SecretReference{Name: "corp-admin"},
			},
			TLS:                &v1alpha1.TLSConfig{CABundle: string(s.tenant.ca)},
			Limits:             limits(rate),
			DriftCheckInterval: &metav1.Duration{Duration: 8760 * time.Hour},
			Access:             &v1alpha1.TenantAccess{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}},
		},
	}
}

// burstOf is how many calls go at once after a pause, under a limit of so many a second.
func burstOf(rate int) int { return max(1, rate/5) }

func limits(rate int) *v1alpha1.RequestLimits {
	perSecond, burst := int32(rate), int32(burstOf(rate))
	return &v1alpha1.RequestLimits{RequestsPerSecond: &perSecond, Burst: &burst}
}

// oauthClient describes an application with so many scopes, whose tokens live for so long.
func (s *stage) oauthClient(name string, scopes int, lifetime time.Duration) *v1alpha1.OAuthClient {
	o := &v1alpha1.OAuthClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace("shop"), Name: name},
		Spec: v1alpha1.OAuthClientSpec{
			TenantRef:     v1alpha1.IdentityTenantReference{Namespace: s.namespace("identity"), Name: "corp"},
			ApplicationID: name,
			Type:          v1alpha1.ApplicationTypeOAuth2Server,
			Audience:      "https://" + name + ".example.com",
			Consumers:     &v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}},
			Token:         &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: lifetime}},
		},
	}
	for i := range scopes {
		o.Spec.Scopes = append(o.Spec.Scopes, v1alpha1.InlineScope{Name: fmt.Sprintf("scope-%d", i), Description: fmt.Sprintf("Scope %d", i)})
	}
	return o
}

// longLife is a lifetime of tokens that are not renewed during a run.
const longLife = 12 * time.Hour

// newApplications describes further applications, with five scopes each.
func (s *stage) newApplications(n int) []*v1alpha1.OAuthClient {
	made := make([]*v1alpha1.OAuthClient, 0, n)
	for range n {
		made = append(made, s.oauthClient(fmt.Sprintf("application-%d", s.applications), 5, longLife))
		s.applications++
	}
	return made
}

// newClients describes further clients of the issuer.
func (s *stage) newClients(n int) []*v1alpha1.ConfidentialClient {
	made := make([]*v1alpha1.ConfidentialClient, 0, n)
	for range n {
		made = append(made, &v1alpha1.ConfidentialClient{
			ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace("billing"), Name: fmt.Sprintf("client-%d", s.clients)},
			Spec: v1alpha1.ConfidentialClientSpec{
				OAuthClientRef: &v1alpha1.OAuthClientReference{Namespace: s.namespace("shop"), Name: issuer}, Scopes: []string{"scope-0"},
			},
		})
		s.clients++
	}
	return made
}

// objectsOf returns objects as what they have in common.
func objectsOf[T client.Object](objects []T) []client.Object {
	all := make([]client.Object, 0, len(objects))
	for _, o := range objects {
		all = append(all, o)
	}
	return all
}

// create creates objects, one after the other.
func (b *bench) create(ctx context.Context, objects ...client.Object) error {
	for _, o := range objects {
		if err := b.cluster.Create(ctx, o); err != nil {
			return fmt.Errorf("creating %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

// createAll creates objects, several at once.
func (b *bench) createAll(ctx context.Context, objects []client.Object) error {
	return inParallel(ctx, objects, func(ctx context.Context, o client.Object) error { return b.create(ctx, o) })
}

// inParallel does the work for each item, so many at once as the operator lets work on one tenant.
func inParallel[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	return atOnce(ctx, concurrency, items, do)
}

// atOnce does the work for each item, for so many at once, until one fails.
func atOnce[T any](outer context.Context, many int, items []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(outer)
	group.SetLimit(many)
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return do(ctx, item) })
	}
	return errors.Join(group.Wait(), outer.Err())
}
