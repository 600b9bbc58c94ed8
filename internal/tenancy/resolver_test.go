package tenancy_test

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// rules are the ways to admit namespaces, and whether they admit a namespace with the label team=billing that is not the object's own.
func rules() map[string]struct {
	access *v1alpha1.NamespaceAccess
	admits bool
} {
	selector := func(s *metav1.LabelSelector) *v1alpha1.NamespaceAccess {
		return &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromSelector, Selector: s}
	}
	expression := func(key string, operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
	}
	return map[string]struct {
		access *v1alpha1.NamespaceAccess
		admits bool
	}{
		"no rule":                                {nil, false},
		"an empty rule":                          {&v1alpha1.NamespaceAccess{}, false},
		"an unknown rule":                        {&v1alpha1.NamespaceAccess{From: "Others"}, false},
		"the same namespace":                     {&v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromSame}, false},
		"all namespaces":                         {&v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}, true},
		"its label":                              {selector(&metav1.LabelSelector{MatchLabels: map[string]string{"team": "billing"}}), true},
		"another label":                          {selector(&metav1.LabelSelector{MatchLabels: map[string]string{"team": "shop"}}), false},
		"its label and another":                  {selector(&metav1.LabelSelector{MatchLabels: map[string]string{"team": "billing", "x": "y"}}), false},
		"any label":                              {selector(&metav1.LabelSelector{}), true},
		"a selector that is missing":             {selector(nil), false},
		"an expression that fits":                {selector(expression("team", metav1.LabelSelectorOpIn, "shop", "billing")), true},
		"an expression that does not":            {selector(expression("team", metav1.LabelSelectorOpNotIn, "billing")), false},
		"an expression that nobody can evaluate": {selector(expression("team", "Like", "bill")), false},
	}
}

func TestAdmits(t *testing.T) {
	w := server.New(t, emulator.Options{})
	resolver := tenancy.Resolver{Reader: w.Client}
	other := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace("billing")}}
	w.Update(other, func() { other.Labels = map[string]string{"team": "billing"} })
	for name, tc := range rules() {
		t.Run(name, func(t *testing.T) {
			if got, err := resolver.Admits(t.Context(), tc.access, w.Namespace("shop"), other.Name); err != nil || got != tc.admits {
				t.Errorf("another namespace: %v, %v", got, err)
			}
			if got, err := resolver.Admits(t.Context(), tc.access, other.Name, other.Name); err != nil || !got {
				t.Errorf("its own namespace: %v, %v", got, err)
			}
			wantGone := tc.access != nil && tc.access.From == v1alpha1.NamespacesFromAll
			if got, err := resolver.Admits(t.Context(), tc.access, other.Name, "gone"); err != nil || got != wantGone {
				t.Errorf("a namespace that does not exist: %v, %v", got, err)
			}
		})
	}
}

func TestReferencesAreFollowedWithConsentOnly(t *testing.T) {
	w := server.New(t, emulator.Options{})
	resolver := tenancy.Resolver{Reader: w.Client}
	closedTenant, openTenant := w.IdentityTenant(), w.IdentityTenant()
	closedTenant.Name, closedTenant.Spec.Access = "closed", nil
	openTenant.Spec.Access.Namespaces = &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}
	open, closed := w.OAuthClient("open"), w.OAuthClient("closed")
	closed.Spec.Consumers = &v1alpha1.NamespaceConsent{}
	w.Create(closedTenant, openTenant, open, closed)
	tenant := func(namespace, name, from string) error {
		_, err := resolver.Tenant(t.Context(), v1alpha1.IdentityTenantReference{Namespace: namespace, Name: name}, from)
		return err
	}
	application := func(namespace, name, from string) error {
		_, err := resolver.OAuthClient(t.Context(), v1alpha1.OAuthClientReference{Namespace: namespace, Name: name}, from)
		return err
	}
	identity, shop, billing := w.Namespace("identity"), w.Namespace("shop"), w.Namespace("billing")
	for name, tc := range map[string]struct {
		follow                func(namespace, name, from string) error
		namespace, name, from string
		reason, says          string
	}{
		"a tenant of another namespace that admits us":               {tenant, identity, "corp", shop, "", ""},
		"a tenant of another namespace that does not":                {tenant, identity, "closed", shop, v1alpha1.ReasonNotAdmitted, "IdentityTenant " + identity + `/closed does not admit namespace "` + shop + `"; its spec.access.namespaces decides`},
		"a closed tenant of our own namespace":                       {tenant, "", "closed", identity, "", ""},
		"a tenant that does not exist":                               {tenant, "", "corp", shop, v1alpha1.ReasonTenantNotFound, "IdentityTenant " + shop + "/corp does not exist"},
		"an application of another namespace that admits us":         {application, shop, "open", billing, "", ""},
		"an application of another namespace that does not":          {application, shop, "closed", billing, v1alpha1.ReasonNotAdmitted, "OAuthClient " + shop + `/closed does not admit namespace "` + billing + `"; its spec.consumers decides`},
		"a closed application of our own namespace":                  {application, "", "closed", shop, "", ""},
		"an application that does not exist in the namespace it has": {application, "", "open", billing, v1alpha1.ReasonOAuthClientNotFound, "OAuthClient " + billing + "/open does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.follow(tc.namespace, tc.name, tc.from)
			if tc.reason == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			var blocked *report.Blocked
			if !errors.As(err, &blocked) || blocked.Reason != tc.reason || blocked.Message != tc.says {
				t.Errorf("got %v", err)
			}
			if report.FromCluster(err) {
				t.Error("it passes for the absence of the object that refers")
			}
		})
	}
	for name, follow := range map[string]func() error{
		"a deletion finds a tenant that does not admit us": func() error {
			_, err := resolver.LookUpTenant(t.Context(), v1alpha1.IdentityTenantReference{Namespace: identity, Name: "closed"}, shop)
			return err
		},
		"a deletion finds an application that does not admit us": func() error {
			_, err := resolver.LookUpOAuthClient(t.Context(), v1alpha1.OAuthClientReference{Namespace: shop, Name: "closed"}, billing)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := follow(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAdmittedScopes(t *testing.T) {
	w := server.New(t, emulator.Options{})
	resolver := tenancy.Resolver{Reader: w.Client}
	scopes := []v1alpha1.Scope{*w.Scope("a", "orders", "a"), *w.Scope("b", "orders", "b")}
	scopes[1].Namespace = w.Namespace("billing")
	for name, tc := range map[string]struct {
		attachment *v1alpha1.NamespaceConsent
		others     bool
	}{
		"without a rule":    {nil, false},
		"with an empty one": {&v1alpha1.NamespaceConsent{}, false},
		"open to all":       {&v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.OAuthClient("orders")
			o.Spec.ScopeAttachment = tc.attachment
			admits, err := resolver.AdmittedScopes(t.Context(), o, scopes)
			if err != nil {
				t.Fatal(err)
			}
			if !admits(o.Namespace) || admits(w.Namespace("billing")) != tc.others || admits("never asked") {
				t.Errorf("own %v, other %v, never asked %v", admits(o.Namespace), admits(w.Namespace("billing")), admits("never asked"))
			}
		})
	}
}

func TestKeysOfReferences(t *testing.T) {
	for name, tc := range map[string]struct{ got, want types.NamespacedName }{
		"a tenant elsewhere":              {tenancy.TenantKey(v1alpha1.IdentityTenantReference{Namespace: "a", Name: "b"}, "c"), types.NamespacedName{Namespace: "a", Name: "b"}},
		"a tenant in the namespace":       {tenancy.TenantKey(v1alpha1.IdentityTenantReference{Name: "b"}, "c"), types.NamespacedName{Namespace: "c", Name: "b"}},
		"an application elsewhere":        {tenancy.OAuthClientKey(v1alpha1.OAuthClientReference{Namespace: "a", Name: "b"}, "c"), types.NamespacedName{Namespace: "a", Name: "b"}},
		"an application in the namespace": {tenancy.OAuthClientKey(v1alpha1.OAuthClientReference{Name: "b"}, "c"), types.NamespacedName{Namespace: "c", Name: "b"}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v instead of %v", name, tc.got, tc.want)
		}
	}
}
