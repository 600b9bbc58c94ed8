package tenancy_test

import (
	"strconv"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// scopeAttempts request scopes that the application has, and that the tenant does not let clients request. It allows "orders:*", "read" and
// 'literal:\*', which is the one scope "literal:*".
func scopeAttempts() map[string]attempt {
	of := func(scopes string) attempt {
		return attempt{
			kind: confidentialClient, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: [` + scopes + `]}`,
			reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowedScopes decides",
		}
	}
	table := map[string]attempt{
		"one that is allowed, and one that is not": of(`read, admin`),
		"one that is not allowed, with a credential of one's own": {
			kind: confidentialClient, reason: v1alpha1.ReasonNotAdmitted, says: `does not allow scope "admin"`,
			spec: `{application: {tenantRef: {name: open, namespace: "${identity}"}, applicationID: orders}, scopes: [admin],
				identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`,
		},
		"the scope of the operator's own application": {
			kind: confidentialClient, reason: v1alpha1.ReasonNotAdmitted, says: `does not allow scope "all"`,
			spec: `{application: {tenantRef: {name: open, namespace: "${identity}"}, applicationID: operator-admin}, scopes: [all],
				identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`,
		},
		"one that is allowed, and that the application does not have": {
			kind: confidentialClient, reason: v1alpha1.ReasonOAuthClientNotReady, says: `scope "orders:everything" is not on the application`,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: ["orders:everything"]}`,
		},
		"two in one, joined as some list them": {
			kind: confidentialClient, reason: v1alpha1.ReasonOAuthClientNotReady, says: `scope "orders:read,admin" is not on the application`,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: ["orders:read,admin"]}`,
		},
		"two in one, joined as forms encode a blank": {
			kind: confidentialClient, reason: v1alpha1.ReasonOAuthClientNotReady, says: `scope "orders:read+admin" is not on the application`,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: ["orders:read+admin"]}`,
		},
		"the pattern itself, as if it were all that fit it": {
			kind: confidentialClient, reason: v1alpha1.ReasonOAuthClientNotReady, says: `scope "orders:*" is not on the application`,
			spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, scopes: ["orders:*"]}`,
		},
	}
	for name, scope := range map[string]string{
		"one that is not allowed":                     "admin",
		"a name that begins like one that is allowed": "reader",
		"a name that ends like one that is allowed":   "proofread",
		"a name in another case than the pattern":     "Orders:read",
		"what the pattern has before its star only":   "orders",
		"a name with the pattern in it":               "my:orders:read",
		"a star":                                      "*",
		"a star after one that is allowed":            "read*",
		"what an escaped star does not stand for":     "literal:x",
		"more than what an escaped star stands for":   "literal:**",
	} {
		table[name] = of(strconv.Quote(scope))
	}
	return table
}
