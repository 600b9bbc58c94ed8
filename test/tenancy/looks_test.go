package tenancy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// looks are attempts of which only the tenant knows whose the thing is.
func looks() map[string]attempt {
	application := func(tenant, applicationID, more string) string {
		return `{tenantRef: {name: ` + tenant + `, namespace: "${identity}"}, applicationID: ` + applicationID + `, type: OAuth2Server` + more + `}`
	}
	identity := func(identity string) string {
		return `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {` + identity + `}}`
	}
	adoption := func(username string) string {
		return `{oauthClientRef: {name: adopters, namespace: "${shop}"}, adoptionPolicy: Adopt, identity: {username: ` + username + `}}`
	}
	external := func(secret string) string {
		return `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: [read], identity: {provisioning: External}, credential: {secretRef: {name: ` + secret + `}}}`
	}
	return map[string]attempt{
		"an application that somebody made": {
			kind: oauthClient, spec: application("open", "handmade", ""), reason: v1alpha1.ReasonConflict, says: "it was not made by this operator",
		},
		"an application that somebody made, on a tenant that lets be adopted, without asking for it": {
			kind: oauthClient, spec: application("takes", "handmade", ", adoptionPolicy: Never"), reason: v1alpha1.ReasonConflict, says: "it was not made by this operator",
		},
		"an application for the tenant's own APIs, adopted as one that is not": {
			kind: oauthClient, spec: application("takes", "directory", ", adoptionPolicy: Adopt"), reason: v1alpha1.ReasonConflict, says: "made from template OAuth2ServerClient",
		},
		"an application of another cluster": {
			kind: oauthClient, spec: application("open", "elsewhere", ""), reason: v1alpha1.ReasonConflict, says: `it belongs to OAuthClient shop/elsewhere of cluster "other"`,
		},
		"an application of another cluster, by adoption": {
			kind: oauthClient, spec: application("takes", "elsewhere", ", adoptionPolicy: Adopt"), reason: v1alpha1.ReasonConflict, says: `it belongs to OAuthClient shop/elsewhere of cluster "other"`,
		},
		"an application of another IdentityTenant, by adoption": {
			kind: oauthClient, spec: application("takes", "orders", ", adoptionPolicy: Adopt"), reason: v1alpha1.ReasonConflict, says: "it belongs to OAuthClient ${shop}/orders",
		},
		"the account of a person": {
			kind: confidentialClient, spec: identity("username: jane@example.test"), reason: v1alpha1.ReasonConflict, says: `"jane@example.test" already, and it was not made by this operator`,
		},
		"the account of the operator": {
			kind: confidentialClient, spec: identity("username: oauth-operator@example.test"), reason: v1alpha1.ReasonConflict, says: "was not made by this operator",
		},
		"the account of another client": {
			kind: confidentialClient, spec: identity("username: ledger@example.test"), reason: v1alpha1.ReasonConflict, says: "it belongs to ConfidentialClient ${billing}/ledger",
		},
		"the account of a client of another namespace": {
			kind: confidentialClient, in: "shop", spec: identity("username: ledger@example.test"), reason: v1alpha1.ReasonConflict, says: "it belongs to ConfidentialClient ${billing}/ledger",
		},
		"the account of a person, by adoption": {
			kind: confidentialClient, spec: adoption("jane@example.test"), reason: v1alpha1.ReasonConflict, says: "it has not the flag of an OAuth confidential client",
		},
		"the account of the operator, by adoption": {
			kind: confidentialClient, spec: adoption("oauth-operator@example.test"), reason: v1alpha1.ReasonConflict, says: "it is the operator's own",
		},
		"the account of another client, by adoption": {
			kind: confidentialClient, spec: adoption("ledger@example.test"), reason: v1alpha1.ReasonConflict, says: "it belongs to ConfidentialClient ${billing}/ledger",
		},
		"a role that fits the pattern and does not exist": {
			kind: confidentialClient, spec: identity("roles: [Order Nothing]"), reason: v1alpha1.ReasonRoleNotFound, says: `no role "Order Nothing"`,
		},
		"a role that fits the pattern, and goes on in the tenant's query language": {
			kind: confidentialClient, spec: identity(`roles: ["Order ' OR Name='System Administrator"]`), reason: v1alpha1.ReasonRoleNotFound, says: "has no role",
		},
		"a role that fits the pattern, and ends in a comment of the tenant's query language": {
			kind: confidentialClient, spec: identity(`roles: ["Order ' OR 1=1 --"]`), reason: v1alpha1.ReasonRoleNotFound, says: "has no role",
		},
		"a guess at the password of a person": {
			kind: confidentialClient, spec: external("guessed"), reason: v1alpha1.ReasonInvalidClient, says: "invalid_client",
		},
		"a person's own password, as if it were a client's": {
			kind: confidentialClient, spec: external("known"), reason: v1alpha1.ReasonRequestRejected, says: "unauthorized_client",
		},
		"a client that nobody has let use the application": {
			kind: confidentialClient, spec: external("robot"), reason: v1alpha1.ReasonRequestRejected, says: "access_denied",
		},
	}
}

// TestAttemptsThatTakeALookChangeNothing makes the attempts of which the cluster alone does not know enough. The tenant is as it was after each,
// and of the credential that a client was given beforehand nothing stays.
func TestAttemptsThatTakeALookChangeNothing(t *testing.T) {
	s := newStage(t)
	for name, credential := range map[string][2]string{
		"guessed": {"jane@example.test", "a-guess-of-sixteen"}, "known": {"jane@example.test", "janes-own-password"}, "robot": {"robot@example.test", "the-robots-password"},
	} {
		s.Create(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace("billing"), Name: name},
			StringData: map[string]string{v1alpha1.ClientIDKey: credential[0], v1alpha1.ClientSecretKey: credential[1]},
		})
	}
	if err := s.Tenant.SetUserPassword("jane@example.test", "janes-own-password"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tenant.AddUser(emulator.SeedUser{Name: "robot@example.test", Password: "the-robots-password", OauthClient: true, ServiceUser: true}); err != nil {
		t.Fatal(err)
	}
	credentials := s.credentials()
	for at, name := range slices.Sorted(maps.Keys(looks())) {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			before, calls := s.picture(), s.Tenant.Calls()
			object := s.try("look-"+string(rune('a'+at)), looks()[name])
			s.expectLooksOnly(calls)
			s.Delete(object)
			s.Gone(object)
			s.expectLooksOnly(calls)
			if diff := cmp.Diff(before, s.picture()); diff != "" {
				t.Errorf("the tenant has changed (-was +is):\n%s", diff)
			}
			if now := s.credentials(); now != credentials {
				t.Errorf("the operator keeps %d credentials, not %d as before", now, credentials)
			}
		})
	}
}

// picture is everything that the tenant has.
func (s *stage) picture() []any {
	return []any{s.Tenant.Applications(), s.Tenant.Users(), s.Tenant.Roles()}
}

// credentials counts the Secrets that the operator keeps.
func (s *stage) credentials() int {
	s.t.Helper()
	list := &corev1.SecretList{}
	if err := s.Client.List(s.t.Context(), list, client.InNamespace(s.Namespace("operator")), client.MatchingLabels{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}); err != nil {
		s.t.Fatal(err)
	}
	return len(list.Items)
}

// expectLooksOnly says which calls since earlier are more than looks, and requests for tokens that were refused.
func (s *stage) expectLooksOnly(earlier emulator.Counters) {
	s.t.Helper()
	for operation := range s.Tenant.Calls().Sub(earlier) {
		_, action, _ := strings.Cut(operation, "/")
		looks := operation == "Redrock/query" || operation == "Security/WhoAmI" || strings.HasPrefix(action, "Get")
		if !looks && !strings.HasPrefix(action, "Token/") {
			s.t.Errorf("the tenant was called: %s", operation)
		}
	}
}

// TestAnApplicationThatIsOnlyLookedAtOpensNothing: who looks at an application of another namespace has an OAuthClient of its own for it, and so
// could admit itself as a consumer.
func TestAnApplicationThatIsOnlyLookedAtOpensNothing(t *testing.T) {
	s := newStage(t)
	s.make(oauthClient, "billing", "private", `{tenantRef: {name: open, namespace: "${identity}"}, applicationID: private, type: OAuth2Server, managementPolicy: Observe,
		scopes: [{name: read}]}`)
	intruder := s.make(confidentialClient, "billing", "intruder", `{oauthClientRef: {name: private}, scopes: [read]}`)
	s.Condition(intruder, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRequestRejected)
	application, _ := s.Tenant.Application("private")
	if n := s.Tenant.IssuedTokens(application.Key); n != 0 {
		t.Errorf("%d tokens were issued", n)
	}
	if role, _ := s.Tenant.Role("private clients"); len(role.Members) != 0 {
		t.Errorf("the role of the application's clients has members: %v", role.Members)
	}
}
