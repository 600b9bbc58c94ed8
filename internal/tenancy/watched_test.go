package tenancy_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

func TestAnOperatorForSomeNamespacesSupportsWhatItCanSee(t *testing.T) {
	access := func(from v1alpha1.NamespacesFrom) *v1alpha1.NamespaceAccess {
		return &v1alpha1.NamespaceAccess{From: from}
	}
	tenant := func(clusterID, inForce string, namespaces *v1alpha1.NamespaceAccess) func(tenancy.Watched) error {
		t := &v1alpha1.IdentityTenant{Spec: v1alpha1.IdentityTenantSpec{ClusterID: clusterID, Access: &v1alpha1.TenantAccess{Namespaces: namespaces}}}
		t.Status.ClusterID = inForce
		return func(w tenancy.Watched) error { return w.SupportsTenant(t) }
	}
	oauthClient := func(attachment, consumers *v1alpha1.NamespaceConsent) func(tenancy.Watched) error {
		o := &v1alpha1.OAuthClient{Spec: v1alpha1.OAuthClientSpec{ScopeAttachment: attachment, Consumers: consumers}}
		return func(w tenancy.Watched) error { return w.SupportsOAuthClient(o) }
	}
	selecting := &v1alpha1.NamespaceConsent{Namespaces: access(v1alpha1.NamespacesFromSelector)}
	for name, tc := range map[string]struct {
		ask       func(tenancy.Watched) error
		supported bool
	}{
		"a tenant with a cluster ID":                      {tenant("prod", "", nil), true},
		"a tenant whose cluster ID was in force before":   {tenant("", "uid", nil), true},
		"a tenant without one":                            {tenant("", "", nil), false},
		"a tenant that admits its own namespace":          {tenant("prod", "prod", access(v1alpha1.NamespacesFromSame)), true},
		"a tenant that admits all":                        {tenant("prod", "prod", access(v1alpha1.NamespacesFromAll)), true},
		"a tenant that selects by labels":                 {tenant("prod", "prod", access(v1alpha1.NamespacesFromSelector)), false},
		"an OAuthClient that admits nobody":               {oauthClient(nil, nil), true},
		"an OAuthClient with empty consents":              {oauthClient(&v1alpha1.NamespaceConsent{}, &v1alpha1.NamespaceConsent{}), true},
		"an OAuthClient that selects consumers by labels": {oauthClient(nil, selecting), false},
		"an OAuthClient that selects Scopes by labels":    {oauthClient(selecting, nil), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.ask(nil); err != nil {
				t.Errorf("in the whole cluster: %v", err)
			}
			err := tc.ask(tenancy.Watched{"shop"})
			if (err == nil) != tc.supported {
				t.Errorf("in some namespaces: %v", err)
			}
			if err != nil && (!report.IsBlocked(err) || report.Reason(err) != v1alpha1.ReasonInvalidSpec) {
				t.Errorf("the reason is %s", report.Reason(err))
			}
		})
	}
}

func TestWatchedNamespaces(t *testing.T) {
	for name, tc := range map[string]struct {
		watched   tenancy.Watched
		has, each []string
	}{
		"the whole cluster": {nil, []string{"shop", "billing"}, []string{metav1.NamespaceAll}},
		"one namespace":     {tenancy.Watched{"shop"}, []string{"shop"}, []string{"shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, namespace := range []string{"shop", "billing"} {
				if got := tc.watched.Has(namespace); got != slices.Contains(tc.has, namespace) {
					t.Errorf("%s is watched: %t", namespace, got)
				}
			}
			if got := tc.watched.Each(); !slices.Equal(got, tc.each) {
				t.Errorf("%q is listed", got)
			}
		})
	}
}
