package tenancy_test

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

func TestWhatATenantAllows(t *testing.T) {
	const (
		forOwnAPIs    = v1alpha1.ApplicationTypeOAuth2Server
		forTenantAPIs = v1alpha1.ApplicationTypeOAuth2Client
	)
	application := func(kind v1alpha1.ApplicationType, lifetime time.Duration) func(*v1alpha1.IdentityTenant) error {
		return func(t *v1alpha1.IdentityTenant) error { return tenancy.AllowApplication(t, kind, lifetime) }
	}
	scopes := func(names ...string) func(*v1alpha1.IdentityTenant) error {
		return func(t *v1alpha1.IdentityTenant) error { return tenancy.AllowScopes(t, names) }
	}
	roles := func(names ...string) func(*v1alpha1.IdentityTenant) error {
		return func(t *v1alpha1.IdentityTenant) error { return tenancy.AllowRoles(t, names) }
	}
	adoption := func(kind v1alpha1.AdoptableKind) func(*v1alpha1.IdentityTenant) error {
		return func(t *v1alpha1.IdentityTenant) error { return tenancy.AllowAdoption(t, kind) }
	}
	applicationID := func(id string) func(*v1alpha1.IdentityTenant) error {
		return func(t *v1alpha1.IdentityTenant) error {
			t.Spec.Credentials = &v1alpha1.AdminCredentials{ApplicationID: "operator-admin"}
			return tenancy.AllowApplicationID(t, id)
		}
	}
	for name, tc := range map[string]struct {
		access *v1alpha1.TenantAccess
		ask    func(*v1alpha1.IdentityTenant) error
		says   string
	}{
		"without a rule: an application for one's own APIs": {nil, application(forOwnAPIs, 8760*time.Hour), ""},
		"without a rule: one for the tenant's APIs": {
			nil, application(forTenantAPIs, time.Hour), "IdentityTenant identity/corp does not allow type OAuth2Client; its spec.access.allowedApplicationTypes decides",
		},
		"without a rule: any scope":              {nil, scopes("a", "b"), ""},
		"without a rule: no role":                {nil, roles("Auditors"), `IdentityTenant identity/corp does not allow role "Auditors"; its spec.access.allowedRoles decides`},
		"without a rule: no roles are asked for": {nil, roles(), ""},

		"without a rule: no adoption": {nil, adoption(v1alpha1.AdoptableOAuthClient), "IdentityTenant identity/corp does not allow that OAuthClients adopt what exists already; its spec.access.allowAdoption decides"},
		"adoption by a kind that may": {&v1alpha1.TenantAccess{AllowAdoption: []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient}}, adoption(v1alpha1.AdoptableOAuthClient), ""},
		"adoption by the other kind": {
			&v1alpha1.TenantAccess{AllowAdoption: []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient}}, adoption(v1alpha1.AdoptableConfidentialClient),
			"IdentityTenant identity/corp does not allow that ConfidentialClients adopt what exists already; its spec.access.allowAdoption decides",
		},
		"the application of the operator": {nil, applicationID("Operator-Admin"), `IdentityTenant identity/corp does not allow application "Operator-Admin", at which the operator itself logs in; its spec.credentials.applicationID decides`},
		"any other application":           {nil, applicationID("operator-admin2"), ""},
		"a type that is allowed":          {&v1alpha1.TenantAccess{AllowedApplicationTypes: []v1alpha1.ApplicationType{forTenantAPIs}}, application(forTenantAPIs, time.Hour), ""},
		"a type that is not among those allowed": {
			&v1alpha1.TenantAccess{AllowedApplicationTypes: []v1alpha1.ApplicationType{forTenantAPIs}}, application(forOwnAPIs, time.Hour),
			"IdentityTenant identity/corp does not allow type OAuth2Server; its spec.access.allowedApplicationTypes decides",
		},
		"a lifetime as long as it may be": {&v1alpha1.TenantAccess{MaxTokenLifetime: &metav1.Duration{Duration: time.Hour}}, application(forOwnAPIs, time.Hour), ""},
		"a lifetime that is longer": {
			&v1alpha1.TenantAccess{MaxTokenLifetime: &metav1.Duration{Duration: time.Hour}}, application(forOwnAPIs, time.Hour+time.Second),
			"IdentityTenant identity/corp does not allow a token lifetime of 1h0m1s, more than 1h0m0s; its spec.access.maxTokenLifetime decides",
		},
		"scopes that fit patterns": {&v1alpha1.TenantAccess{AllowedScopes: []string{"orders:*", "read"}}, scopes("read", "orders:write"), ""},
		"a scope that fits none": {
			&v1alpha1.TenantAccess{AllowedScopes: []string{"orders:*"}}, scopes("orders:read", "admin"),
			`IdentityTenant identity/corp does not allow scope "admin"; its spec.access.allowedScopes decides`,
		},
		"an empty list of scopes allows none": {
			&v1alpha1.TenantAccess{AllowedScopes: []string{}}, scopes("read"), `IdentityTenant identity/corp does not allow scope "read"; its spec.access.allowedScopes decides`,
		},
		"without a rule: client secrets stay where they are": {
			nil, tenancy.AllowClientSecretDelivery,
			"IdentityTenant identity/corp does not allow that client secrets are delivered (ClientCredentials in spec.secret.deliver); its spec.access.allowClientSecretDelivery decides",
		},
		"client secrets that may be delivered": {&v1alpha1.TenantAccess{AllowClientSecretDelivery: true}, tenancy.AllowClientSecretDelivery, ""},
		"roles that fit patterns":              {&v1alpha1.TenantAccess{AllowedRoles: []string{"Order *"}}, roles("Order Services"), ""},
		"a role that fits none": {
			&v1alpha1.TenantAccess{AllowedRoles: []string{"Order *"}}, roles("Order Services", "System Administrator"),
			`IdentityTenant identity/corp does not allow role "System Administrator"; its spec.access.allowedRoles decides`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := &v1alpha1.IdentityTenant{ObjectMeta: metav1.ObjectMeta{Namespace: "identity", Name: "corp"}, Spec: v1alpha1.IdentityTenantSpec{Access: tc.access}}
			err := tc.ask(tenant)
			if tc.says == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			var blocked *report.Blocked
			if !errors.As(err, &blocked) || blocked.Reason != v1alpha1.ReasonNotAdmitted || blocked.Message != tc.says {
				t.Errorf("got %v", err)
			}
		})
	}
}
