package oauthclient_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// readings are readings of what the tenant does with a profile that is sent, and of how it spells it in its answers.
var readings = map[string]emulator.Switches{
	"a tenant that replaces profiles":                      {},
	"a tenant that merges profiles":                        {MergeProfile: true},
	"a tenant that spells lists and durations its own way": {SpacedLists: true, NormalizeDurations: true},
}

func TestTheFirstApplicationStaysWithinItsBudget(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			w.StartOperator()
			w.Ready(w.CreateTenant())
			application, scope := w.OAuthClient("orders"), w.Scope("write", "orders", "write")
			w.Create(scope)
			w.Quiet()
			calls, writes := w.Tenant.Calls(), w.Writes()
			w.Create(application)
			w.Ready(application, scope)
			if made := w.Tenant.Calls().Sub(calls); made.Total() > 10 {
				t.Errorf("the first OAuthClient took %d calls, more than 10:\n%s", made.Total(), made)
			}
			if made := w.Writes().Since(writes); made.Of("oauthclients") > 4 {
				t.Errorf("the first OAuthClient took %d writes, more than 4: %s", made.Of("oauthclients"), made)
			}

			found, _ := w.Tenant.Application("orders")
			want := emulator.Profile{
				ClientIDType: 1, MustBeOauthClient: true, TokenType: "JwtRS256", AllowedAuth: []string{"ClientCreds"},
				Audience: "https://orders.example.com", TokenLifetime: 5 * time.Hour,
				KnownScopes: []emulator.ProfileScope{{Scope: "read", Description: "Read"}, {Scope: "write", Description: "Scope write"}},
			}
			got := found.Profile
			got.Issuer, got.RefreshLifetime = "", 0 // the tenant's own defaults
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
			role, _ := w.Tenant.Role("orders clients")
			wantGrants := []emulator.Grant{{PrincipalType: "Role", PrincipalID: role.ID, PrincipalName: "orders clients", Rights: []string{"View", "Execute"}}}
			if diff := cmp.Diff(wantGrants, found.Grants); diff != "" {
				t.Errorf("grants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldsThatAreNotModelledSurviveAnUpdate(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			w.StartOperator()
			w.Ready(w.CreateTenant())
			application := w.OAuthClient("orders")
			w.Create(application)
			w.Ready(application)
			err := w.Tenant.EditApplication(application.Status.ApplicationKey, func(raw map[string]any) {
				raw["CorpIdentifier"] = "by hand <&>"
				profile := raw["OAuthProfile"].(map[string]any)
				profile["MustBeInRole"] = "by hand too"
				profile["Future"] = map[string]any{"a": 1.5, "b": []any{nil, true}}
				profile["KnownScopes"].([]any)[0].(map[string]any)["Type"] = "by hand"
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Update(application, func() { application.Spec.Audience = "https://changed.example.com" })
			w.Ready(application)
			found, _ := w.Tenant.Application("orders")
			profile := found.Raw["OAuthProfile"].(map[string]any)
			if profile["Audience"] != "https://changed.example.com" {
				t.Errorf("the update did not arrive: %v", profile["Audience"])
			}
			got := []any{found.Raw["CorpIdentifier"], profile["MustBeInRole"], profile["Future"], profile["KnownScopes"].([]any)[0].(map[string]any)["Type"]}
			want := []any{"by hand <&>", "by hand too", map[string]any{"a": 1.5, "b": []any{nil, true}}, "by hand"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnApplicationThatIsNotOursIsLeftUntouched(t *testing.T) {
	for name, description := range map[string]string{
		"made by hand":                  "Made by hand",
		"of another cluster":            "Orders [oauth-operator cluster=other owner=OAuthClient/shop/orders uid=1]",
		"with our mark as a mere quote": "Not [oauth-operator cluster=test owner=OAuthClient/NAMESPACE/orders uid=1] ours",
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			key, err := w.Tenant.AddApplication(map[string]any{
				"ServiceName": "orders", "Name": "Orders", "TemplateName": "OAuth2Server",
				"Description": strings.ReplaceAll(description, "NAMESPACE", w.Namespace("shop")),
			})
			if err != nil {
				t.Fatal(err)
			}
			before, _ := w.Tenant.Application("orders")
			w.StartOperator()
			w.CreateTenant()
			application := w.OAuthClient("orders")
			w.Create(application)
			conflict := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
			if !strings.Contains(conflict.Message, `"orders"`) {
				t.Errorf("the message does not name the application: %s", conflict.Message)
			}
			w.Delete(application)
			w.Gone(application)
			after, found := w.Tenant.Application("orders")
			if diff := cmp.Diff(before, after); !found || diff != "" {
				t.Errorf("application %s has changed (-was +is):\n%s", key, diff)
			}
			calls := w.Tenant.Calls()
			for _, operation := range []string{"SaasManage/ImportAppFromTemplate", "SaasManage/UpdateApplicationDE", "SaasManage/DeleteApplication", "Roles/StoreRole"} {
				if calls[operation] > 0 {
					t.Errorf("%s was called", operation)
				}
			}
		})
	}
}

func TestARoleThatIsNotOursIsLeftUntouched(t *testing.T) {
	w := server.New(t, emulator.Options{})
	if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: "orders clients", Description: "Made by hand"}); err != nil {
		t.Fatal(err)
	}
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	conflict := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(conflict.Message, "spec.clientRole") {
		t.Errorf("the message does not say what to do: %s", conflict.Message)
	}
	w.Update(application, func() { application.Spec.ClientRole = v1alpha1.ClientRoleNone })
	w.Ready(application)
	w.Delete(application)
	w.Gone(application)
	if _, found := w.Tenant.Role("orders clients"); !found {
		t.Error("somebody else's role is gone")
	}
}

func TestOfTwoThatClaimOneApplicationTheFirstHasItUntilItGoes(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	first, second := w.OAuthClient("orders"), w.OAuthClient("orders")
	second.Name = "also-orders"
	w.Create(first)
	w.Ready(first)
	w.Create(second)
	conflict := w.Condition(second, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(conflict.Message, first.Namespace+"/orders") {
		t.Errorf("the message does not name the other: %s", conflict.Message)
	}
	w.Delete(first)
	w.Gone(first)
	w.Ready(second)
	n := 0
	for _, a := range w.Tenant.Applications() {
		if a.ServiceName == "orders" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("there are %d applications", n)
	}
}

func TestAnApplicationDeletedBehindOurBackIsMadeAgainWithTheNextChange(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	if err := w.Tenant.RemoveApplication(application.Status.ApplicationKey); err != nil {
		t.Fatal(err)
	}
	key := application.Status.ApplicationKey
	w.Update(application, func() { application.Spec.Description = "Again" })
	w.Ready(application)
	if application.Status.ApplicationKey == key {
		t.Error("the row key is still the old one")
	}
	w.Eventually("see a token of the new application", func() error {
		w.Get(application)
		if found, _ := w.Tenant.Application("orders"); w.Tenant.IssuedTokens(found.Key) == 0 {
			return errors.New("there is none")
		}
		return nil
	})
	w.Ready(consumer)
}

func TestARoleDeletedBehindOurBackIsMadeAgainWithTheNextChange(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	if err := w.Tenant.RemoveRole(application.Status.ClientRole.ID); err != nil {
		t.Fatal(err)
	}
	w.Update(application, func() { application.Spec.Description = "Again" })
	w.Ready(application, consumer)
	w.Eventually("see the client in the new role", func() error {
		role, found := w.Tenant.Role("orders clients")
		if !found || len(role.Members) != 1 {
			return errors.New("it is not")
		}
		return nil
	})
}

func TestATokenOpensWhatItsScopeOpensAndNothingElse(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("directory")
	application.Spec.Type, application.Spec.Audience, application.Spec.Scopes = v1alpha1.ApplicationTypeOAuth2Client, "", nil
	scope := w.Scope("whoami", "directory", "whoami")
	scope.Spec.RESTPatterns = []string{"/security/whoami"}
	consumer := w.ConfidentialClient("auditor", "directory", "whoami")
	w.Create(application, scope, consumer)
	w.Ready(application, scope, consumer)

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.Tenant.CABundle())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	ask := func(path string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Tenant.URL()+path, strings.NewReader(`{"Name":"x@example.test"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+string(w.TokenSecret(consumer).Data[v1alpha1.AccessTokenKey]))
		request.Header.Set("Content-Type", "application/json")
		answer, err := (&http.Client{Transport: transport}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		return answer.StatusCode
	}
	if got := ask("/security/whoami"); got != http.StatusOK {
		t.Errorf("what the scope opens answers %d", got)
	}
	if got := ask("/CDirectoryService/CreateUser"); got != http.StatusForbidden {
		t.Errorf("what the scope does not open answers %d", got)
	}
}

func TestTenancyIsClosedAndOpensWhenItIsOpened(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access = nil
	w.Create(w.AdminSecret(), tenant)
	w.Ready(tenant)
	application := w.OAuthClient("orders")
	w.Create(application)
	refused := func(contains string) {
		t.Helper()
		c := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		if !strings.Contains(c.Message, contains) {
			t.Errorf("the message does not name %s: %s", contains, c.Message)
		}
	}
	refused("spec.access.namespaces")
	w.Update(tenant, func() {
		tenant.Spec.Access = &v1alpha1.TenantAccess{Namespaces: w.IdentityTenant().Spec.Access.Namespaces}
	})
	w.Ready(application)

	directory := w.OAuthClient("directory")
	directory.Spec.Type, directory.Spec.Audience = v1alpha1.ApplicationTypeOAuth2Client, ""
	before := w.Tenant.Calls()
	w.Create(directory)
	application = directory
	refused("spec.access.allowedApplicationTypes")
	long := w.OAuthClient("long")
	long.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: 24 * time.Hour}}
	w.Update(tenant, func() { tenant.Spec.Access.MaxTokenLifetime = &metav1.Duration{Duration: 12 * time.Hour} })
	w.Create(long)
	application = long
	refused("spec.access.maxTokenLifetime")
	if made := w.Tenant.Calls().Sub(before); made["SaasManage/ImportAppFromTemplate"] != 0 {
		t.Errorf("what was refused has called the tenant:\n%s", made)
	}
}

func TestANamespaceIsAdmittedByItsLabelAndShutOutWithoutIt(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	w.LabelNamespace("shop", "test-tenant", "")
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace("billing")}}
	w.Get(namespace)
	w.LabelNamespace("shop", "test-tenant", namespace.Labels["test-tenant"])
	w.Ready(application)
	w.LabelNamespace("shop", "test-tenant", "")
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	if !slices.ContainsFunc(w.Tenant.Applications(), func(a emulator.Application) bool { return a.ServiceName == "orders" }) {
		t.Error("an application was taken away because consent was")
	}
}
