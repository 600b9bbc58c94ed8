package tenancy_test

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// namespaceAttempts use what another namespace has not opened to that of the attempt.
func namespaceAttempts() map[string]attempt {
	const (
		tenantDecides   = "its spec.access.namespaces decides"
		consumersDecide = "its spec.consumers decides"
	)
	application := func(tenant string) string {
		return `{tenantRef: ` + tenant + `, applicationID: billing-app, type: OAuth2Server}`
	}
	external := func(tenant string) string {
		return `{application: {tenantRef: ` + tenant + `, applicationID: orders}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`
	}
	return map[string]attempt{
		"an application on a tenant that is open to nobody else": {
			kind: oauthClient, spec: application(`{name: closed, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: `does not admit namespace "${billing}"; ` + tenantDecides,
		},
		"an application on a tenant that says so": {
			kind: oauthClient, spec: application(`{name: same, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application on a tenant that admits others by a label": {
			kind: oauthClient, spec: application(`{name: shop, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application on a tenant whose label nobody has": {
			kind: oauthClient, spec: application(`{name: nobody, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application on a tenant that shuts the namespace out": {
			kind: oauthClient, spec: application(`{name: others, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application on a tenant whose selector makes no sense": {
			kind: oauthClient, spec: application(`{name: broken, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application that is only looked at, on a tenant that is open to nobody else": {
			kind: oauthClient, spec: `{tenantRef: {name: closed, namespace: "${identity}"}, applicationID: orders, type: OAuth2Server, managementPolicy: Observe}`,
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application that is suspended, on a tenant that is open to nobody else": {
			kind: oauthClient, spec: `{tenantRef: {name: closed, namespace: "${identity}"}, applicationID: billing-app, type: OAuth2Server, suspend: true}`,
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"an application on a tenant without saying in which namespace": {
			kind: oauthClient, spec: application(`{name: open}`),
			reason: v1alpha1.ReasonTenantNotFound, says: "IdentityTenant ${billing}/open does not exist",
		},
		"an application on a tenant whose name has a namespace in it": {
			kind: oauthClient, spec: application(`{name: "${identity}/open"}`),
			reason: v1alpha1.ReasonTenantNotFound, says: "does not exist",
		},
		"an application on a tenant by a path": {
			kind: oauthClient, spec: application(`{name: "../${identity}/open"}`),
			reason: v1alpha1.ReasonTenantNotFound, says: "does not exist",
		},
		"an application on a tenant by a namespace with a path": {
			kind: oauthClient, spec: application(`{name: open, namespace: "${billing}/../${identity}"}`),
			reason: v1alpha1.ReasonTenantNotFound, says: "does not exist",
		},
		"a client of an application whose OAuthClient is for its own namespace": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: private, namespace: "${shop}"}, scopes: [read]}`,
			reason: v1alpha1.ReasonNotAdmitted, says: `OAuthClient ${shop}/private does not admit namespace "${billing}"; ` + consumersDecide,
		},
		"a client of an application whose OAuthClient admits others by a label": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: friends, namespace: "${shop}"}}`,
			reason: v1alpha1.ReasonNotAdmitted, says: consumersDecide,
		},
		"a client, in the tenant's own namespace, of an application that is not open to it": {
			kind: confidentialClient, in: "identity", spec: `{oauthClientRef: {name: private, namespace: "${shop}"}, scopes: [read]}`,
			reason: v1alpha1.ReasonNotAdmitted, says: consumersDecide,
		},
		"a client of an application that is open to all, on a tenant that is not": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: inner, namespace: "${shop}"}}`,
			reason: v1alpha1.ReasonNotAdmitted, says: `IdentityTenant ${identity}/shop does not admit namespace "${billing}"; ` + tenantDecides,
		},
		"a client that brings its credential, of an application that is open to all, on a tenant that is not": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: inner, namespace: "${shop}"}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`,
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"a client of an OAuthClient without saying in which namespace": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: orders}, scopes: [read]}`,
			reason: v1alpha1.ReasonOAuthClientNotFound, says: "OAuthClient ${billing}/orders does not exist",
		},
		"a client of an OAuthClient whose name has a namespace in it": {
			kind: confidentialClient, spec: `{oauthClientRef: {name: "${shop}/private"}, scopes: [read]}`,
			reason: v1alpha1.ReasonOAuthClientNotFound, says: "does not exist",
		},
		"a client that brings its credential, on a tenant that is open to nobody else": {
			kind: confidentialClient, spec: external(`{name: closed, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"a client that brings its credential, on a tenant that admits others by a label": {
			kind: confidentialClient, spec: external(`{name: shop, namespace: "${identity}"}`),
			reason: v1alpha1.ReasonNotAdmitted, says: tenantDecides,
		},
		"a client that brings its credential, on a tenant by a path": {
			kind: confidentialClient, spec: external(`{name: "../${identity}/open"}`),
			reason: v1alpha1.ReasonTenantNotFound, says: "does not exist",
		},
		"a scope for an application of another namespace": {
			kind: scope, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, name: mine}`,
			reason: v1alpha1.ReasonNotAdmitted, says: `OAuthClient ${shop}/orders does not admit Scopes of namespace "${billing}"; its spec.scopeAttachment decides`,
		},
		"a scope for an application that admits others by a label": {
			kind: scope, spec: `{oauthClientRef: {name: friends, namespace: "${shop}"}, name: mine}`,
			reason: v1alpha1.ReasonNotAdmitted, says: "its spec.scopeAttachment decides",
		},
		"a scope that redefines one of another namespace": {
			kind: scope, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, name: admin}`,
			reason: v1alpha1.ReasonNotAdmitted, says: "its spec.scopeAttachment decides",
		},
		"a scope that redefines one of its own namespace": {
			kind: scope, in: "shop", spec: `{oauthClientRef: {name: orders}, name: admin}`,
			reason: v1alpha1.ReasonConflict, says: `scope "admin" is declared by spec.scopes`,
		},
	}
}
