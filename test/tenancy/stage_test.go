package tenancy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Kinds, as the tables name them.
const (
	identityTenant     = "IdentityTenant"
	oauthClient        = "OAuthClient"
	scope              = "Scope"
	confidentialClient = "ConfidentialClient"
)

// jewels is the name of Secrets and ConfigMaps that nobody is allowed to have read.
const jewels = "crown-jewels"

// stage is a world with everything that attempts are made on. The team that makes them has the namespace billing; shop belongs to another team,
// identity to the administrators.
type stage struct {
	*environment.World
	t *testing.T
	// stop the operator.
	stop func()
}

// newStage makes the world with the operator at work, and waits until everything in it is in order.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{World: server.New(t, emulator.Options{}), t: t}
	s.furnishTenant()
	for _, part := range []string{"identity", "shop", "billing", "operator"} {
		s.LabelNamespace(part, "team", part)
	}
	for _, part := range []string{"identity", "shop", "operator"} {
		s.Create(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace(part), Name: jewels},
			StringData: map[string]string{v1alpha1.ClientIDKey: "jane@example.test", v1alpha1.ClientSecretKey: "of-somebody-else-entirely"},
		}, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace(part), Name: jewels},
			Data:       map[string]string{"ca.crt": string(s.Tenant.CABundle())},
		})
	}
	s.Create(s.AdminSecret())
	s.stop = s.StartOperator()
	var all []client.Object
	for name, access := range accessRules() {
		all = append(all, s.make(identityTenant, "identity", name, s.tenantSpec(access)))
	}
	for name, spec := range map[string]string{
		"orders": `{tenantRef: {name: open, namespace: "${identity}"}, applicationID: orders, type: OAuth2Server,
			consumers: {namespaces: {from: All}},
			scopes: [{name: "orders:read"}, {name: read}, {name: reader}, {name: admin}, {name: "Orders:read"}, {name: "literal:*"}, {name: "literal:x"}]}`,
		"private": `{tenantRef: {name: open, namespace: "${identity}"}, applicationID: private, type: OAuth2Server, scopes: [{name: read}]}`,
		"friends": `{tenantRef: {name: open, namespace: "${identity}"}, applicationID: friends, type: OAuth2Server,
			consumers: {namespaces: {from: Selector, selector: {matchLabels: {team: friends}}}},
			scopeAttachment: {namespaces: {from: Selector, selector: {matchLabels: {team: friends}}}}}`,
		"taken":    `{tenantRef: {name: takes, namespace: "${identity}"}, applicationID: taken, type: OAuth2Server, consumers: {namespaces: {from: All}}}`,
		"adopters": `{tenantRef: {name: users, namespace: "${identity}"}, applicationID: adopters, type: OAuth2Server, consumers: {namespaces: {from: All}}}`,
		"inner":    `{tenantRef: {name: shop, namespace: "${identity}"}, applicationID: inner, type: OAuth2Server, consumers: {namespaces: {from: All}}}`,
	} {
		all = append(all, s.make(oauthClient, "shop", name, spec))
	}
	all = append(all, s.make(confidentialClient, "billing", "ledger",
		`{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: [read], identity: {username: ledger@example.test}}`))
	s.Ready(all...)
	s.Quiet()
	return s
}

// accessRules are the IdentityTenants of the stage by name, each with its spec.access in YAML. All are one tenant.
func accessRules() map[string]string {
	return map[string]string{
		"open": `{namespaces: {from: All}, allowedScopes: ["orders:*", read, 'literal:\*'], allowedRoles: ["Order *", 'Star \*'],
			allowedApplicationTypes: [OAuth2Server], maxTokenLifetime: 12h}`,
		"closed": `{}`,
		"same":   `{namespaces: {from: Same}}`,
		"shop":   `{namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}`,
		"nobody": `{namespaces: {from: Selector, selector: {matchLabels: {team: nobody}}}}`,
		"broken": `{namespaces: {from: Selector, selector: {matchExpressions: [{key: team, operator: Always}]}}}`,
		"others": `{namespaces: {from: Selector, selector: {matchExpressions: [{key: team, operator: NotIn, values: [billing]}]}}}`,
		"short":  `{namespaces: {from: All}, maxTokenLifetime: 1h}`,
		"users":  `{namespaces: {from: All}, allowAdoption: [ConfidentialClient]}`,
		"takes":  `{namespaces: {from: All}, allowAdoption: [OAuthClient]}`,
		"roles":  `{namespaces: {from: All}}`,
	}
}

// tenantSpec returns the spec of an IdentityTenant. Drift is looked for so seldom that no check falls into the test.
func (s *stage) tenantSpec(access string) string {
	return fmt.Sprintf(`{url: %q, clusterID: test, tls: {caBundle: %q}, driftCheckInterval: 8760h, limits: {requestsPerSecond: 1000, burst: 1000},
		credentials: {applicationID: operator-admin, scope: all, secretRef: {name: corp-admin}}, access: %s}`,
		s.Tenant.URL(), s.Tenant.CABundle(), access)
}

// furnishTenant adds what people have made on the tenant by hand.
func (s *stage) furnishTenant() {
	s.t.Helper()
	for _, role := range []string{"Order Services", "Auditors"} {
		if _, err := s.Tenant.AddRole(emulator.SeedRole{Name: role}); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := s.Tenant.AddUser(emulator.SeedUser{Name: "jane@example.test", DisplayName: "Jane", Roles: []string{"System Administrator"}}); err != nil {
		s.t.Fatal(err)
	}
	for _, application := range []map[string]any{
		{"Name": "Made by hand", "ServiceName": "handmade"},
		{"Name": "For the tenant's own APIs", "ServiceName": "directory", "TemplateName": emulator.TemplateOAuth2ServerClient},
		{"Name": "Of another cluster", "ServiceName": "elsewhere", "Description": "[oauth-operator cluster=other owner=OAuthClient/shop/elsewhere uid=1]"},
	} {
		if _, err := s.Tenant.AddApplication(application); err != nil {
			s.t.Fatal(err)
		}
	}
}

// make creates an object from a spec in YAML, in which ${shop} is the name of that namespace. It fails the test when kube-apiserver does not take
// it as it is.
func (s *stage) make(kind, part, name, spec string) client.Object {
	s.t.Helper()
	object, err := s.send(kind, part, name, spec)
	if err != nil {
		s.t.Fatalf("creating %s %s: %v", kind, name, err)
	}
	return object
}

// send sends an object to kube-apiserver, with a misspelt field as an error.
func (s *stage) send(kind, part, name, spec string) (client.Object, error) {
	s.t.Helper()
	sent := &unstructured.Unstructured{Object: map[string]any{"spec": s.parse(spec)}}
	sent.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	sent.SetNamespace(s.Namespace(part))
	sent.SetName(name)
	if err := s.strict().Create(s.t.Context(), sent); err != nil {
		return nil, err
	}
	object, err := s.Client.Scheme().New(sent.GroupVersionKind())
	if err != nil {
		s.t.Fatal(err)
	}
	typed := object.(client.Object)
	typed.SetNamespace(sent.GetNamespace())
	typed.SetName(name)
	s.Get(typed)
	return typed, nil
}

func (s *stage) strict() client.Client {
	return client.WithFieldValidation(s.Client, metav1.FieldValidationStrict)
}

func (s *stage) parse(spec string) map[string]any {
	s.t.Helper()
	spec = strings.ReplaceAll(s.expand(spec), "\t", " ") // YAML takes no tabs, with which the tables are indented
	var parsed map[string]any
	if err := yaml.UnmarshalStrict([]byte(spec), &parsed); err != nil {
		s.t.Fatalf("reading %s: %v", spec, err)
	}
	return parsed
}

// expand puts the names of namespaces in.
func (s *stage) expand(text string) string { return os.Expand(text, s.Namespace) }

// in returns the stage for a subtest.
func (s *stage) in(t *testing.T) *stage {
	t.Helper()
	return &stage{World: s.In(t), t: t, stop: s.stop}
}
