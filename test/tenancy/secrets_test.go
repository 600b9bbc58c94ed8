package tenancy_test

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// secretAttempts read Secrets of others, or write to them.
func secretAttempts() map[string]attempt {
	reads := func(name string) attempt {
		return attempt{
			kind: confidentialClient, reason: v1alpha1.ReasonSecretNotFound, says: "Secret ${billing}/" + name + " does not exist",
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {provisioning: External}, credential: {secretRef: {name: ` + name + `}}}`,
		}
	}
	writes := func(name, whose string) attempt {
		return attempt{
			kind: confidentialClient, reason: v1alpha1.ReasonSecretConflict, says: "Secret ${billing}/" + name + " exists and " + whose,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: [read], secret: {name: ` + name + `}}`,
		}
	}
	own := func(with, reason, says string) attempt {
		return attempt{
			kind: identityTenant, reason: reason, says: says,
			spec: `{url: "https://127.0.0.1:1", clusterID: test, ` + with + `, credentials: {applicationID: operator-admin, scope: all, secretRef: {name: guessed}}}`,
		}
	}
	delivers := func(secret string) attempt {
		return attempt{
			kind: confidentialClient, reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowClientSecretDelivery decides",
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, secret: {` + secret + `}}`,
		}
	}
	return map[string]attempt{
		"the credential of another namespace": reads(jewels),
		"the operator's own credential":       reads("corp-admin"),
		"the credential of another namespace, for an application that nobody manages": {
			kind: confidentialClient, reason: v1alpha1.ReasonSecretNotFound, says: "Secret ${billing}/" + jewels + " does not exist",
			spec: `{application: {tenantRef: {name: open, namespace: "${identity}"}, applicationID: orders}, identity: {provisioning: External},
				credential: {secretRef: {name: ` + jewels + `}}}`,
		},
		"a credential without the right keys": {
			kind: confidentialClient, reason: v1alpha1.ReasonSecretIncomplete, says: `Secret ${billing}/taken has no value under key "client_id"`,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {provisioning: External}, credential: {secretRef: {name: taken}}}`,
		},
		"a token into a Secret of somebody":                 writes("taken", "was not made by this object"),
		"a token into a Secret with the operator's marks":   writes("marked", "was not made by this object"),
		"a token into a Secret of another client":           writes("ledger", "belongs to ConfidentialClient ledger"),
		"a token into a Secret that says so":                writes("said-so", "belongs to ConfidentialClient attempt"),
		"a token into a Secret of a Deployment":             writes("deployed", "belongs to Deployment web"),
		"the client secret, where the tenant delivers none": delivers(`deliver: [ClientCredentials]`),
		"the client secret beside the token":                delivers(`deliver: [Token, ClientCredentials]`),
		"the client secret under another name":              delivers(`deliver: [Token, ClientCredentials], keys: {clientSecret: harmless}`),
		"a CA bundle of another namespace":                  own(`tls: {caBundleRef: {kind: ConfigMap, name: `+jewels+`, key: ca.crt}}`, v1alpha1.ReasonCABundleUnusable, "ConfigMap ${billing}/"+jewels),
		"a Secret of another namespace as CA bundle":        own(`tls: {caBundleRef: {kind: Secret, name: `+jewels+`, key: client_secret}}`, v1alpha1.ReasonCABundleUnusable, "Secret ${billing}/"+jewels),
		"one's own Secret as CA bundle":                     own(`tls: {caBundleRef: {kind: Secret, name: taken, key: access_token}}`, v1alpha1.ReasonCABundleUnusable, "Secret ${billing}/taken"),
		"a proxy's password of another namespace":           own(`proxy: {url: "http://127.0.0.1:1", secretRef: {name: `+jewels+`}}`, v1alpha1.ReasonSecretNotFound, "Secret ${billing}/"+jewels+" does not exist"),
		"the operator's own credential, from a tenant of one's own": {
			kind: identityTenant, reason: v1alpha1.ReasonSecretNotFound, says: "Secret ${billing}/corp-admin does not exist",
			spec: `{url: "https://127.0.0.1:1", clusterID: test, credentials: {applicationID: operator-admin, scope: all, secretRef: {name: corp-admin}}}`,
		},
	}
}

// plantForgeries makes what the attempts of billing rely on: Secrets with marks that they have no right to, and IdentityTenants of their own.
func (s *stage) plantForgeries() {
	s.t.Helper()
	controlled := func(kind, name string) []metav1.OwnerReference {
		return []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind, Name: name, UID: "4b1d0000-0000-4000-8000-000000000000", Controller: new(true)}}
	}
	for name, object := range map[string]metav1.ObjectMeta{
		"taken": {},
		"marked": {
			Labels: map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
			Annotations: map[string]string{
				v1alpha1.IssueTimeAnnotation: "2026-01-01T00:00:00Z", v1alpha1.ExpirationTimeAnnotation: "2099-01-01T00:00:00Z",
				v1alpha1.TokenSpecHashAnnotation: "0", v1alpha1.FingerprintAnnotation: "0",
			},
		},
		"said-so":  {OwnerReferences: controlled("ConfidentialClient", "attempt")},
		"deployed": {OwnerReferences: controlled("Deployment", "web")},
	} {
		object.Namespace, object.Name = s.Namespace("billing"), name
		s.Create(&corev1.Secret{ObjectMeta: object, StringData: map[string]string{v1alpha1.AccessTokenKey: "forged"}})
	}
	s.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace("billing"), Name: "guessed"},
		StringData: map[string]string{v1alpha1.ClientIDKey: "oauth-operator@example.test", v1alpha1.ClientSecretKey: "a-guess-of-sixteen"},
	})
	own := s.make(identityTenant, "billing", "own", s.tenantSpec(`{namespaces: {from: All}, allowedRoles: ["*"]}`))
	s.Condition(own, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	s.Ready(s.make(identityTenant, "billing", "bare", `{url: "`+s.Tenant.URL()+`", clusterID: test, access: {namespaces: {from: All}, allowedRoles: ["*"]}}`))
	s.Quiet()
}
