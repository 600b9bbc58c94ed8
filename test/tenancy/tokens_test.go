package tenancy_test

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// tokenAttempts are applications of types, and with lifetimes of tokens, that the tenant does not allow.
func tokenAttempts() map[string]attempt {
	lives := func(tenant, token string) attempt {
		return attempt{
			kind: oauthClient, in: "shop", reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.maxTokenLifetime decides",
			spec: `{tenantRef: {name: ` + tenant + `, namespace: "${identity}"}, applicationID: lives-long, type: OAuth2Server` + token + `}`,
		}
	}
	opens := func(tenant, more string) attempt {
		return attempt{
			kind: oauthClient, in: "shop", reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowedApplicationTypes decides",
			spec: `{tenantRef: {name: ` + tenant + `, namespace: "${identity}"}, applicationID: opens-all, type: OAuth2Client` + more + `}`,
		}
	}
	return map[string]attempt{
		"a lifetime of a second more":                       lives("open", `, token: {lifetime: 12h0m1s}`),
		"a lifetime of a second more, in seconds":           lives("open", `, token: {lifetime: 43201s}`),
		"a lifetime of a year":                              lives("open", `, token: {lifetime: 8760h}`),
		"a lifetime of a year, suspended":                   lives("open", `, token: {lifetime: 8760h}, suspend: true`),
		"a lifetime in the smallest unit":                   lives("short", `, token: {lifetime: 3601000ms}`),
		"the default lifetime where less is allowed":        lives("short", ``),
		"the default lifetime beside another field":         lives("short", `, token: {type: Opaque}`),
		"tokens for the tenant's own APIs":                  opens("open", ``),
		"tokens for them where nothing is said of types":    opens("roles", ``),
		"tokens for them with a scope that opens all":       opens("open", `, scopes: [{name: all, restPatterns: [".*"]}]`),
		"tokens for them from an application of somebody":   opens("takes", `, adoptionPolicy: Adopt`),
		"tokens for them from one that is only looked at":   opens("open", `, managementPolicy: Observe`),
		"a lifetime that is too long, without writing it":   lives("open", `, token: {lifetime: 13h}, managementPolicy: Observe`),
		"a lifetime that is too long, of another's":         lives("short", `, adoptionPolicy: Adopt`),
		"a lifetime of more than a day, in several units":   lives("open", `, token: {lifetime: 11h59m61s}`),
		"REST patterns on an application for one's own API": {kind: scope, in: "shop", spec: `{oauthClientRef: {name: orders}, name: opens, restPatterns: [".*"]}`, reason: v1alpha1.ReasonTypeMismatch, says: "whose tokens do not open the tenant's own APIs"},
	}
}
