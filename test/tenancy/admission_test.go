package tenancy_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// inadmissible is an object that kube-apiserver does not take.
type inadmissible struct {
	kind string
	// was is the spec before; empty when it is refused at its creation.
	was, spec string
	// says is a part of the answer.
	says string
}

func inadmissibles() map[string]inadmissible {
	const (
		application = `tenantRef: {name: corp, namespace: identity}, applicationID: orders, type: OAuth2Server`
		managed     = `oauthClientRef: {name: orders, namespace: shop}`
		external    = `application: {tenantRef: {name: corp, namespace: identity}, applicationID: orders}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}`
		tenant      = `url: "https://abc1234.id.cyberark.cloud", clusterID: prod`
	)
	return map[string]inadmissible{
		"another tenant for an application":                       {oauthClient, `{` + application + `}`, `{tenantRef: {name: other, namespace: identity}, applicationID: orders, type: OAuth2Server}`, "tenantRef is immutable"},
		"another namespace's tenant for an application":           {oauthClient, `{` + application + `}`, `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Server}`, "tenantRef is immutable"},
		"another application ID":                                  {oauthClient, `{` + application + `}`, `{tenantRef: {name: corp, namespace: identity}, applicationID: operator-admin, type: OAuth2Server}`, "applicationID is immutable"},
		"another type":                                            {oauthClient, `{` + application + `}`, `{tenantRef: {name: corp, namespace: identity}, applicationID: orders, type: OAuth2Client}`, "type is immutable"},
		"a type in another case":                                  {oauthClient, "", `{tenantRef: {name: corp}, applicationID: orders, type: oauth2client}`, "Unsupported value"},
		"an application ID that is a path":                        {oauthClient, "", `{tenantRef: {name: corp}, applicationID: ../security, type: OAuth2Server}`, "applicationID must be made of"},
		"an application ID that ends a query":                     {oauthClient, "", `{tenantRef: {name: corp}, applicationID: "x' OR '1'='1", type: OAuth2Server}`, "applicationID must be made of"},
		"an application ID with a letter that looks like another": {oauthClient, "", `{tenantRef: {name: corp}, applicationID: оrders, type: OAuth2Server}`, "applicationID must be made of"},
		"REST patterns on an application for one's own APIs":      {oauthClient, "", `{` + application + `, scopes: [{name: all, restPatterns: [".*"]}]}`, "restPatterns belong to type OAuth2Client"},
		"a lifetime without end":                                  {oauthClient, "", `{` + application + `, token: {lifetime: 87600h}}`, "lifetime must be a duration between 30s and 8760h"},
		"a lifetime below nothing":                                {oauthClient, "", `{` + application + `, token: {lifetime: -1h}}`, "lifetime"},
		"consumers of everywhere, by two rules at once":           {oauthClient, "", `{` + application + `, consumers: {namespaces: {from: Same, selector: {}}}}`, "selector is needed when from is Selector"},

		"another OAuthClient for a client":              {confidentialClient, `{` + managed + `}`, `{oauthClientRef: {name: payments, namespace: shop}}`, "oauthClientRef is immutable"},
		"another application for a client":              {confidentialClient, `{` + external + `}`, strings.Replace(`{`+external+`}`, "orders", "payments", 1), "application is immutable"},
		"another login name":                            {confidentialClient, `{` + managed + `, identity: {username: a@corp.example}}`, `{` + managed + `, identity: {username: jane@corp.example}}`, "identity.username is immutable"},
		"a login name after the fact":                   {confidentialClient, `{` + managed + `}`, `{` + managed + `, identity: {username: jane@corp.example}}`, "identity.username is immutable"},
		"a login name that ends a query":                {confidentialClient, "", `{` + managed + `, identity: {username: "x'--@corp.example"}}`, "username must be a login name"},
		"a login name in capitals":                      {confidentialClient, "", `{` + managed + `, identity: {username: Jane@corp.example}}`, "username must be a login name"},
		"an identity of somebody else, afterwards":      {confidentialClient, `{` + managed + `}`, `{` + managed + `, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`, "identity.provisioning is immutable"},
		"roles for an identity of somebody else":        {confidentialClient, "", strings.Replace(`{`+external+`}`, "External", "External, roles: [System Administrator]", 1), "belong to provisioning Managed"},
		"a scope with another behind a blank":           {confidentialClient, "", `{` + managed + `, scopes: ["read admin"]}`, "must be a scope-token"},
		"a scope with another behind a line break":      {confidentialClient, "", `{` + managed + `, scopes: ["read\nadmin"]}`, "must be a scope-token"},
		"a scope with a letter that looks like another": {confidentialClient, "", `{` + managed + `, scopes: [аdmin]}`, "must be a scope-token"},
		"the credential of another namespace":           {confidentialClient, "", strings.Replace(`{`+external+`}`, "name: mine", "name: mine, namespace: identity", 1), "unknown field"},
		"the credential of another namespace by a path": {confidentialClient, "", strings.Replace(`{`+external+`}`, "name: mine", "name: ../identity/corp-admin", 1), "name of the Secret must be made of"},
		"a token into another namespace":                {confidentialClient, "", `{` + managed + `, secret: {name: token, namespace: identity}}`, "unknown field"},
		"a token into another namespace by a path":      {confidentialClient, "", `{` + managed + `, secret: {name: ../identity/token}}`, "name of the Secret must be made of"},

		"another OAuthClient for a scope": {scope, `{oauthClientRef: {name: orders}, name: read}`, `{oauthClientRef: {name: payments, namespace: shop}, name: read}`, "oauthClientRef is immutable"},
		"another name for a scope":        {scope, `{oauthClientRef: {name: orders}, name: read}`, `{oauthClientRef: {name: orders}, name: admin}`, "name is immutable"},

		"another URL for a tenant":                         {identityTenant, `{` + tenant + `}`, `{url: "https://other.example", clusterID: prod}`, "url is immutable"},
		"another cluster's mark":                           {identityTenant, `{` + tenant + `}`, strings.Replace(`{`+tenant+`}`, "prod", "staging", 1), "clusterID is immutable"},
		"a cluster ID that ends a mark":                    {identityTenant, "", `{url: "https://abc1234.id.cyberark.cloud", clusterID: "a] [oauth-operator"}`, "clusterID must be made of"},
		"a tenant without encryption":                      {identityTenant, "", `{url: "http://abc1234.id.cyberark.cloud"}`, "url must be https://"},
		"a tenant with a user in its URL":                  {identityTenant, "", `{url: "https://jane:secret@abc1234.id.cyberark.cloud"}`, "url must be https://"},
		"the operator's credential from another namespace": {identityTenant, "", `{` + tenant + `, credentials: {applicationID: a, scope: all, secretRef: {name: corp-admin, namespace: identity}}}`, "unknown field"},
		"the operator's credential by a path":              {identityTenant, "", `{` + tenant + `, credentials: {applicationID: a, scope: all, secretRef: {name: ../identity/corp-admin}}}`, "name of the Secret must be made of"},
	}
}

// TestAttemptsThatKubeAPIServerRefuses sends what cannot be refused later than at once, because it would be another object then.
func TestAttemptsThatKubeAPIServerRefuses(t *testing.T) {
	s := &stage{World: server.New(t, emulator.Options{}), t: t}
	for name, tc := range inadmissibles() {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			object := &unstructured.Unstructured{Object: map[string]any{}}
			object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(tc.kind))
			object.SetNamespace(s.Namespace("shop"))
			object.SetName("test")
			var err error
			if tc.was == "" {
				object.Object["spec"] = s.parse(tc.spec)
				err = s.strict().Create(t.Context(), object, client.DryRunAll)
			} else {
				object.Object["spec"] = s.parse(tc.was)
				if err := s.strict().Create(t.Context(), object); err != nil {
					t.Fatalf("the object as it was before is refused: %v", err)
				}
				defer s.Delete(object.DeepCopy())
				object.Object["spec"] = s.parse(tc.spec)
				err = s.strict().Update(t.Context(), object, client.DryRunAll)
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) || !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
				t.Errorf("the answer does not say %q: %v", tc.says, err)
			}
		})
	}
}

// TestAForgedStatusCountsForNothing: who may write an object may send a status with it. kube-apiserver drops it, because the status is a
// resource of its own, which nobody but the operator is given.
func TestAForgedStatusCountsForNothing(t *testing.T) {
	s := newStage(t)
	orders := &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace("shop"), Name: "orders"}}
	s.Get(orders)
	before, _ := s.Tenant.Application("orders")
	status := orders.Status.DeepCopy()
	for tenant, admitted := range map[string]bool{"open": true, "closed": false} {
		forged := s.OAuthClient("forged-" + tenant)
		forged.Namespace, forged.Spec.TenantRef.Name, forged.Status = s.Namespace("billing"), tenant, *status
		s.Create(forged)
		if admitted {
			s.Ready(forged)
			if forged.Status.ApplicationKey == status.ApplicationKey {
				t.Error("the application of another OAuthClient was taken")
			}
		} else {
			s.Condition(forged, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
		}
		forged.Status = *status
		s.Update(forged, func() { forged.Status = *status })
		s.Quiet()
		s.Get(forged)
		if forged.Status.ApplicationKey == status.ApplicationKey {
			t.Error("an update has brought a status in")
		}
		s.Delete(forged)
		s.Gone(forged)
	}
	if after, found := s.Tenant.Application("orders"); !found || after.Description != before.Description {
		t.Errorf("the application has changed: %+v", after)
	}
	if !s.IsReady(orders) {
		t.Errorf("%s is not Ready any more", environment.Key(orders))
	}
}
