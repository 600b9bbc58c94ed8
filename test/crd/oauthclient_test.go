package crd_test

import "maps"

const minimalOAuthClient = `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Server}`

// applicationWith returns the spec of an application for one's own APIs with further fields.
func applicationWith(fields string) string {
	return `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Server, ` + fields + `}`
}

// clientApplicationWith returns the spec of an application for the tenant's own APIs with further fields.
func clientApplicationWith(fields string) string {
	return `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Client, ` + fields + `}`
}

// merge joins tables; a name must not be in two of them.
func merge[V any](tables ...map[string]V) map[string]V {
	all, count := map[string]V{}, 0
	for _, table := range tables {
		maps.Copy(all, table)
		count += len(table)
	}
	if len(all) != count {
		panic("two manifests have one name")
	}
	return all
}

func rejectedOAuthClients() map[string]rejection {
	const (
		tenantMessage      = "tenantRef is immutable: make a new OAuthClient for another tenant"
		applicationMessage = "applicationID must be made of letters, digits, dots, dashes and underscores, and begin and end with a letter or digit, such as orders-api"
		lifetimeMessage    = "lifetime must be a duration between 30s and 8760h, such as 5h"
	)
	return merge(rejectedInlineScopes(), rejectedFlows(), rejectedManagement(), map[string]rejection{
		"an application without a spec": {field: "spec", says: "Required value"},
		"an application without a tenant": {
			spec:  `{applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef", says: "Required value",
		},
		"a tenant without a name": {
			spec:  `{tenantRef: {namespace: identity}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef.name", says: "Required value",
		},
		"a tenant with an empty name": {
			spec:  `{tenantRef: {name: ""}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef.name", says: "should be at least 1 chars long",
		},
		"a tenant with a long name": {
			spec:  `{tenantRef: {name: ` + letters(254) + `}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef.name", says: "may not be more than 253 bytes",
		},
		"a tenant with an empty namespace": {
			spec:  `{tenantRef: {name: corp, namespace: ""}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef.namespace", says: "should be at least 1 chars long",
		},
		"a tenant with a long namespace": {
			spec:  `{tenantRef: {name: corp, namespace: ` + letters(64) + `}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef.namespace", says: "may not be more than 63 bytes",
		},
		"an application that moves to another tenant": {
			was:   minimalOAuthClient,
			spec:  `{tenantRef: {name: other}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef", says: tenantMessage,
		},
		"an application that moves to a tenant of another namespace": {
			was:   minimalOAuthClient,
			spec:  `{tenantRef: {name: corp, namespace: other}, applicationID: orders, type: OAuth2Server}`,
			field: "spec.tenantRef", says: tenantMessage,
		},

		"an application without an ID": {
			spec:  `{tenantRef: {name: corp}, type: OAuth2Server}`,
			field: "spec.applicationID", says: "Required value",
		},
		"an application with an empty ID": {
			spec:  `{tenantRef: {name: corp}, applicationID: "", type: OAuth2Server}`,
			field: "spec.applicationID", says: "should be at least 1 chars long",
		},
		"an application with a long ID": {
			spec:  `{tenantRef: {name: corp}, applicationID: ` + letters(129) + `, type: OAuth2Server}`,
			field: "spec.applicationID", says: "may not be more than 128 bytes",
		},
		"an application with a blank in its ID": {
			spec:  `{tenantRef: {name: corp}, applicationID: "orders api", type: OAuth2Server}`,
			field: "spec.applicationID", says: applicationMessage,
		},
		"an application with a slash in its ID": {
			spec:  `{tenantRef: {name: corp}, applicationID: orders/api, type: OAuth2Server}`,
			field: "spec.applicationID", says: applicationMessage,
		},
		"an application whose ID changes": {
			was:   minimalOAuthClient,
			spec:  `{tenantRef: {name: corp}, applicationID: orders2, type: OAuth2Server}`,
			field: "spec.applicationID", says: "applicationID is immutable: every token URL contains it",
		},
		"an application without a type": {
			spec:  `{tenantRef: {name: corp}, applicationID: orders}`,
			field: "spec.type", says: "Required value",
		},
		"an application of a type by the vendor's template": {
			spec:  `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2ServerClient}`,
			field: "spec.type", says: `supported values: "OAuth2Server", "OAuth2Client"`,
		},
		"an application whose type changes": {
			was:   minimalOAuthClient,
			spec:  `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Client}`,
			field: "spec.type", says: "type is immutable: the tenant cannot turn one kind of application into the other",
		},

		"a policy for deletion that is not there": {
			spec: applicationWith(`deletionPolicy: Keep`), field: "spec.deletionPolicy", says: `supported values: "Delete", "Orphan"`,
		},
		"an empty display name": {spec: applicationWith(`displayName: ""`), field: "spec.displayName", says: "should be at least 1 chars long"},
		"a long display name":   {spec: applicationWith(`displayName: ` + letters(129)), field: "spec.displayName", says: "may not be more than 128 bytes"},
		"a long description":    {spec: applicationWith(`description: ` + letters(513)), field: "spec.description", says: "may not be more than 512 bytes"},
		"an empty issuer":       {spec: applicationWith(`issuer: ""`), field: "spec.issuer", says: "should be at least 1 chars long"},
		"a long issuer":         {spec: applicationWith(`issuer: ` + letters(513)), field: "spec.issuer", says: "may not be more than 512 bytes"},
		"an empty audience":     {spec: applicationWith(`audience: ""`), field: "spec.audience", says: "should be at least 1 chars long"},
		"a long audience":       {spec: applicationWith(`audience: ` + letters(513)), field: "spec.audience", says: "may not be more than 512 bytes"},
		"an issuer where the tenant sets it": {
			spec:  clientApplicationWith(`issuer: me`),
			field: "spec", says: "issuer belongs to type OAuth2Server: tokens of type OAuth2Client are for the tenant's own APIs",
		},
		"an audience where the tenant sets it": {
			spec:  clientApplicationWith(`audience: me`),
			field: "spec", says: "audience belongs to type OAuth2Server: tokens of type OAuth2Client are for the tenant's own APIs",
		},
		"an unknown token type":  {spec: applicationWith(`token: {type: JWT}`), field: "spec.token.type", says: `supported values: "JwtRS256", "Opaque"`},
		"an empty token type":    {spec: applicationWith(`token: {type: ""}`), field: "spec.token.type", says: `supported values: "JwtRS256", "Opaque"`},
		"a lifetime in days":     {spec: applicationWith(`token: {lifetime: 1d}`), field: "spec.token.lifetime", says: durationPattern},
		"a lifetime with digits": {spec: applicationWith(`token: {lifetime: ` + notADuration + `}`), field: "spec.token.lifetime", says: "may not be more than 32 bytes"},
		"a lifetime under 30s":   {spec: applicationWith(`token: {lifetime: 29s}`), field: "spec.token.lifetime", says: lifetimeMessage},
		"a lifetime over a year": {spec: applicationWith(`token: {lifetime: 8761h}`), field: "spec.token.lifetime", says: lifetimeMessage},
		"an unknown role policy": {spec: applicationWith(`clientRole: Always`), field: "spec.clientRole", says: `supported values: "Managed", "None"`},
	},
		rejectedNamespaceRules("spec.scopeAttachment.namespaces", func(rule string) string { return applicationWith("scopeAttachment: {namespaces: " + rule + "}") }),
		rejectedNamespaceRules("spec.consumers.namespaces", func(rule string) string { return applicationWith("consumers: {namespaces: " + rule + "}") }),
	)
}

func rejectedInlineScopes() map[string]rejection {
	return map[string]rejection{
		"two scopes of one name": {
			spec:  applicationWith(`scopes: [{name: read}, {name: read, description: again}]`),
			field: "spec.scopes[1]", says: "Duplicate value",
		},
		"too many scopes":            {spec: applicationWith(`scopes: ` + list(65, "{name: s%d}")), field: "spec.scopes", says: "must have at most 64 items"},
		"a scope without a name":     {spec: applicationWith(`scopes: [{description: Read}]`), field: "spec.scopes[0].name", says: "Required value"},
		"a scope with an empty name": {spec: applicationWith(`scopes: [{name: ""}]`), field: "spec.scopes[0].name", says: "should be at least 1 chars long"},
		"a scope with a long name":   {spec: applicationWith(`scopes: [{name: ` + letters(129) + `}]`), field: "spec.scopes[0].name", says: "may not be more than 128 bytes"},
		"a scope whose name has a blank": {
			spec:  applicationWith(`scopes: [{name: read}, {name: "read write"}]`),
			field: "spec.scopes[1].name", says: "name " + scopeTokenMessage + "orders:read",
		},
		"a scope with a long description": {
			spec:  applicationWith(`scopes: [{name: read, description: ` + letters(513) + `}]`),
			field: "spec.scopes[0].description", says: "may not be more than 512 bytes",
		},
		"REST patterns without any": {
			spec:  clientApplicationWith(`scopes: [{name: read, restPatterns: []}]`),
			field: "spec.scopes[0].restPatterns", says: "should have at least 1 items",
		},
		"too many REST patterns": {
			spec:  clientApplicationWith(`scopes: [{name: read, restPatterns: ` + list(65, "/a%d") + `}]`),
			field: "spec.scopes[0].restPatterns", says: "must have at most 64 items",
		},
		"an empty REST pattern": {
			spec:  clientApplicationWith(`scopes: [{name: read, restPatterns: [""]}]`),
			field: "spec.scopes[0].restPatterns[0]", says: "should be at least 1 chars long",
		},
		"a long REST pattern": {
			spec:  clientApplicationWith(`scopes: [{name: read, restPatterns: [` + letters(513) + `]}]`),
			field: "spec.scopes[0].restPatterns[0]", says: "may not be more than 512 bytes",
		},
		"REST patterns on an application for one's own APIs": {
			spec:  applicationWith(`scopes: [{name: read}, {name: users, restPatterns: ["/UserMgmt/.*"]}]`),
			field: "spec", says: "restPatterns belong to type OAuth2Client: they open the tenant's own APIs, and tokens of type OAuth2Server are for yours",
		},
	}
}
