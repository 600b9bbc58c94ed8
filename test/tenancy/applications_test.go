package tenancy_test

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// applicationAttempts are for applications that are others'.
func applicationAttempts() map[string]attempt {
	of := func(tenant, applicationID, more string) string {
		return `{tenantRef: {name: ` + tenant + `, namespace: "${identity}"}, applicationID: ` + applicationID + `, type: OAuth2Server` + more + `}`
	}
	operators := func(applicationID, more string) attempt {
		return attempt{kind: oauthClient, spec: of("takes", applicationID, more), reason: v1alpha1.ReasonNotAdmitted, says: "at which the operator itself logs in"}
	}
	claimed := func(applicationID, more string) attempt {
		return attempt{
			kind: oauthClient, spec: of("open", applicationID, more), reason: v1alpha1.ReasonConflict,
			says: `application "` + applicationID + `" is claimed by OAuthClient ${shop}/orders`,
		}
	}
	adopted := func(tenant string) attempt {
		return attempt{
			kind: oauthClient, spec: of(tenant, "handmade", ", adoptionPolicy: Adopt"), reason: v1alpha1.ReasonNotAdmitted,
			says: "its spec.access.allowAdoption decides",
		}
	}
	return map[string]attempt{
		"the operator's own":                                                        operators("operator-admin", ""),
		"the operator's own, by adoption":                                           operators("operator-admin", ", adoptionPolicy: Adopt"),
		"the operator's own, to look at":                                            operators("operator-admin", ", managementPolicy: Observe"),
		"the operator's own, suspended":                                             operators("operator-admin", ", suspend: true"),
		"the operator's own, in another case":                                       operators("Operator-Admin", ", adoptionPolicy: Adopt"),
		"the operator's own, as the type that it is":                                {kind: oauthClient, spec: `{tenantRef: {name: takes, namespace: "${identity}"}, applicationID: operator-admin, type: OAuth2Client}`, reason: v1alpha1.ReasonNotAdmitted, says: "IdentityTenant ${identity}/takes does not allow"},
		"one that an OAuthClient has":                                               claimed("orders", ""),
		"one that an OAuthClient has, in another case":                              claimed("ORDERS", ""),
		"one that an OAuthClient has, not to be undone":                             claimed("orders", ", deletionPolicy: Orphan"),
		"one that somebody made, without the tenant's consent to adoption":          adopted("open"),
		"one that somebody made, on a tenant that lets only users be adopted":       adopted("users"),
		"one that an OAuthClient has, by adoption without the tenant's consent":     {kind: oauthClient, spec: of("open", "orders", ", adoptionPolicy: Adopt"), reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowAdoption decides"},
		"a permission for the role that the operator keeps":                         {kind: oauthClient, spec: of("open", "keeps", `, permissions: [{role: keeps clients, rights: [Admin]}]`), reason: v1alpha1.ReasonInvalidSpec, says: `names role "keeps clients", which the operator keeps`},
		"one on a tenant of one's own that logs in with the administrators' Secret": {kind: oauthClient, spec: `{tenantRef: {name: own}, applicationID: billing-app, type: OAuth2Server}`, reason: v1alpha1.ReasonTenantNotReady, says: "IdentityTenant ${billing}/own cannot be logged in to"},
		"one on a tenant of one's own that logs in with nothing":                    {kind: oauthClient, spec: `{tenantRef: {name: bare}, applicationID: billing-app, type: OAuth2Server}`, reason: v1alpha1.ReasonTenantNotReady, says: "IdentityTenant ${billing}/bare has no spec.credentials"},
	}
}
