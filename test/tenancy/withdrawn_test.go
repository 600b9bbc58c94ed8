package tenancy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// granted is a stage on which everything was allowed and is in use.
type granted struct {
	*stage
	tenant *v1alpha1.IdentityTenant
	// orders is an application for people's own APIs with client ledger, directory one for the tenant's own APIs with client auditor.
	orders, directory *v1alpha1.OAuthClient
	ledger, auditor   *v1alpha1.ConfidentialClient
}

func newGranted(t *testing.T) *granted {
	t.Helper()
	s := &stage{World: server.New(t, emulator.Options{}), t: t}
	if _, err := s.Tenant.AddRole(emulator.SeedRole{Name: "Order Services"}); err != nil {
		t.Fatal(err)
	}
	g := &granted{
		stage: s, tenant: s.IdentityTenant(), orders: s.OAuthClient("orders"), directory: s.OAuthClient("directory"),
		ledger: s.ConfidentialClient("ledger", "orders", "read"), auditor: s.ConfidentialClient("auditor", "directory", "whoami"),
	}
	g.tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour}
	g.tenant.Spec.Access.AllowedRoles = []string{"Order *"}
	g.directory.Spec.Type, g.directory.Spec.Audience = v1alpha1.ApplicationTypeOAuth2Client, ""
	g.directory.Spec.Scopes = []v1alpha1.InlineScope{{Name: "whoami", RESTPatterns: []string{"/Security/WhoAmI"}}}
	g.ledger.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Order Services"}}
	s.Create(s.AdminSecret(), g.tenant, g.orders, g.directory, g.ledger, g.auditor)
	s.stop = s.StartOperator()
	s.Ready(g.all()...)
	return g
}

func (g *granted) all() []client.Object {
	return []client.Object{g.tenant, g.orders, g.directory, g.ledger, g.auditor}
}

// loseToken deletes the Secret of a client: a new token is minted for it, if one may be.
func (g *granted) loseToken(c *v1alpha1.ConfidentialClient) {
	g.t.Helper()
	g.Delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}})
}

// withdrawal takes back what was allowed, and asks for it once more.
type withdrawal struct {
	withdraw, ask func(g *granted)
	// from returns the object that is refused then; says is what its message says.
	from func(g *granted) client.Object
	says string
}

func withdrawals() map[string]withdrawal {
	const tenantDecides = "its spec.access.namespaces decides"
	access := func(change func(a *v1alpha1.TenantAccess)) func(*granted) {
		return func(g *granted) { g.Update(g.tenant, func() { change(g.tenant.Spec.Access) }) }
	}
	changeOrders := func(g *granted) {
		g.Update(g.orders, func() { g.orders.Spec.Audience = "https://changed.example.com" })
	}
	loseLedger := func(g *granted) { g.loseToken(g.ledger) }
	orders := func(g *granted) client.Object { return g.orders }
	ledger := func(g *granted) client.Object { return g.ledger }
	types := access(func(a *v1alpha1.TenantAccess) { a.AllowedApplicationTypes = nil })
	return map[string]withdrawal{
		"an application whose namespace loses its label": {
			func(g *granted) { g.LabelNamespace("shop", "test-tenant", "") }, changeOrders, orders, tenantDecides,
		},
		"a client whose namespace loses its label": {
			func(g *granted) { g.LabelNamespace("billing", "test-tenant", "") }, loseLedger, ledger, tenantDecides,
		},
		"a client of an application whose namespace loses its label": {
			func(g *granted) { g.LabelNamespace("shop", "test-tenant", "") }, loseLedger, ledger, tenantDecides,
		},
		"an application on a tenant that is closed": {
			access(func(a *v1alpha1.TenantAccess) { a.Namespaces = nil }), changeOrders, orders, tenantDecides,
		},
		"a client of a tenant that is closed": {
			access(func(a *v1alpha1.TenantAccess) { a.Namespaces = nil }), loseLedger, ledger, tenantDecides,
		},
		"an application of a type that is not allowed any more": {
			types, func(g *granted) { g.Update(g.directory, func() { g.directory.Spec.Description = "Changed" }) },
			func(g *granted) client.Object { return g.directory }, "its spec.access.allowedApplicationTypes decides",
		},
		"a client of an application of a type that is not allowed any more": {
			types, func(g *granted) { g.loseToken(g.auditor) },
			func(g *granted) client.Object { return g.auditor }, "its spec.access.allowedApplicationTypes decides",
		},
		"an application with a lifetime that is not allowed any more": {
			access(func(a *v1alpha1.TenantAccess) { a.MaxTokenLifetime = &metav1.Duration{Duration: time.Hour} }), changeOrders, orders,
			"its spec.access.maxTokenLifetime decides",
		},
		"a client with a scope that is not allowed any more": {
			access(func(a *v1alpha1.TenantAccess) { a.AllowedScopes = []string{"rea", "reads", "whoami"} }), loseLedger, ledger,
			"its spec.access.allowedScopes decides",
		},
		"a client with a role that is not allowed any more": {
			access(func(a *v1alpha1.TenantAccess) { a.AllowedRoles = nil }), loseLedger, ledger, "its spec.access.allowedRoles decides",
		},
		"a client of an application that is for its own namespace again": {
			func(g *granted) { g.Update(g.orders, func() { g.orders.Spec.Consumers = nil }) }, loseLedger, ledger, "its spec.consumers decides",
		},
	}
}

// TestWithdrawnAccessIsNotUsedAgain: what is asked for after a consent was withdrawn makes no call, and what was made with it stays. With the
// consent back it goes on.
func TestWithdrawnAccessIsNotUsedAgain(t *testing.T) {
	g := newGranted(t)
	g.stop() // each withdrawal has an operator of its own, which has not seen that a Secret was lost before
	tenant, orders := g.tenant.Spec.DeepCopy(), g.orders.Spec.DeepCopy()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.Namespace("shop")}}
	g.Get(namespace)
	label := namespace.Labels["test-tenant"]
	for name, tc := range withdrawals() {
		t.Run(name, func(t *testing.T) {
			g := &granted{stage: g.in(t), tenant: g.tenant, orders: g.orders, directory: g.directory, ledger: g.ledger, auditor: g.auditor}
			defer g.StartOperator()()
			g.Quiet()
			tc.withdraw(g)
			g.Quiet()
			calls, before := g.Tenant.Calls(), g.picture()
			tc.ask(g)
			c := g.Condition(tc.from(g), v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
			if !strings.Contains(c.Message, tc.says) {
				t.Errorf("the message does not say %q: %s", tc.says, c.Message)
			}
			g.Quiet()
			if made := g.Tenant.Calls().Sub(calls); made.Total() != 0 {
				t.Errorf("the tenant was called:\n%s", made)
			}
			if diff := cmp.Diff(before, g.picture()); diff != "" {
				t.Errorf("something was taken away (-was +is):\n%s", diff)
			}

			g.Update(g.tenant, func() { tenant.DeepCopyInto(&g.tenant.Spec) })
			g.Update(g.orders, func() { orders.DeepCopyInto(&g.orders.Spec) })
			g.LabelNamespace("shop", "test-tenant", label)
			g.LabelNamespace("billing", "test-tenant", label)
			g.Ready(g.all()...)
		})
	}
}

// TestAScopeGoesWhenItsNamespaceIsNotAdmittedAnyMore: a Scope never calls the tenant itself, but its OAuthClient takes it off the application.
func TestAScopeGoesWhenItsNamespaceIsNotAdmittedAnyMore(t *testing.T) {
	g := newGranted(t)
	g.Update(g.orders, func() {
		g.orders.Spec.ScopeAttachment = &v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}}
	})
	g.Ready(g.make(scope, "billing", "extra", `{oauthClientRef: {name: orders, namespace: "${shop}"}, name: extra}`))
	g.Update(g.orders, func() { g.orders.Spec.ScopeAttachment = nil })
	extra := &v1alpha1.Scope{ObjectMeta: metav1.ObjectMeta{Namespace: g.Namespace("billing"), Name: "extra"}}
	g.Condition(extra, v1alpha1.ConditionAccepted, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	g.Ready(g.orders)
	g.Quiet()
	application, _ := g.Tenant.Application("orders")
	for _, s := range application.Profile.KnownScopes {
		if s.Scope == "extra" {
			t.Error("the scope is still on the application")
		}
	}
}

// TestWhoIsNotAdmittedKeepsNobodyFromAnApplicationID: the older of two claims counts only while the tenant admits it.
func TestWhoIsNotAdmittedKeepsNobodyFromAnApplicationID(t *testing.T) {
	s := &stage{World: server.New(t, emulator.Options{}), t: t}
	s.StartOperator()
	s.Ready(s.CreateTenant())
	label := s.IdentityTenant().Spec.Access.Namespaces.Selector.MatchLabels["test-tenant"]
	s.LabelNamespace("billing", "test-tenant", "")
	squatter := s.OAuthClient("orders")
	squatter.Namespace = s.Namespace("billing")
	s.Create(squatter)
	s.Condition(squatter, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	rightful := s.OAuthClient("orders")
	s.Create(rightful)
	s.Ready(rightful)
	s.LabelNamespace("billing", "test-tenant", label)
	s.Condition(squatter, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	s.Ready(rightful)

	// One that is refused only because of an older one goes on when that is shut out, as far as it has made nothing.
	s.Tenant.Inject(emulator.Fault{Operation: "SaasManage/*", Kind: emulator.FaultStatus, Status: 500})
	s.Tenant.Inject(emulator.Fault{Operation: "Redrock/*", Kind: emulator.FaultStatus, Status: 500})
	older, younger := s.OAuthClient("payments"), s.OAuthClient("payments")
	older.Namespace = s.Namespace("billing")
	s.Create(older)
	s.Condition(older, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.Create(younger)
	s.Condition(younger, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	s.LabelNamespace("billing", "test-tenant", "")
	s.Condition(younger, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.Tenant.ClearFaults()
	s.Ready(younger)
}

// TestWhoIsNotAdmittedHoldsNoDeletion: an object that names another one waits for it, but keeps it from going only if it may use it.
func TestWhoIsNotAdmittedHoldsNoDeletion(t *testing.T) {
	s := newStage(t)
	s.make(confidentialClient, "billing", "holds-on", `{oauthClientRef: {name: private, namespace: "${shop}"}, scopes: [read]}`)
	s.make(oauthClient, "billing", "holds-on", `{tenantRef: {name: closed, namespace: "${identity}"}, applicationID: holds-on, type: OAuth2Server}`)
	s.make(confidentialClient, "billing", "holds-on-too",
		`{application: {tenantRef: {name: closed, namespace: "${identity}"}, applicationID: a}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`)
	admitted := s.make(confidentialClient, "shop", "holds", `{oauthClientRef: {name: private}, scopes: [read]}`)
	s.Ready(admitted)
	private := &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace("shop"), Name: "private"}}
	closed := &v1alpha1.IdentityTenant{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace("identity"), Name: "closed"}}
	s.Delete(private)
	c := s.Condition(private, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	if says := "deletion waits for 1 ConfidentialClient: " + s.expand("${shop}/holds;"); !strings.Contains(c.Message, says) {
		t.Errorf("the message does not say %q: %s", says, c.Message)
	}
	s.Delete(admitted)
	s.Delete(closed)
	s.Gone(admitted, private, closed)
}
