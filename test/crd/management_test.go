package crd_test

// rejectedManagement has the OAuthClients that go wrong in how they are managed, adopted and scripted.
func rejectedManagement() map[string]rejection {
	const scopeTypeMessage = "restPatterns belong to scopes of type API: a scope of type CustomClaims opens no API"
	return map[string]rejection{
		"a policy of management that is not there": {
			spec:  applicationWith(`managementPolicy: ReadOnly`),
			field: "spec.managementPolicy", says: `supported values: "Full", "Observe"`,
		},
		"a policy of adoption that is not there": {
			spec:  applicationWith(`adoptionPolicy: Always`),
			field: "spec.adoptionPolicy", says: `supported values: "Never", "Adopt"`,
		},
		"a claims script for tokens of the tenant's own APIs": {
			spec:  clientApplicationWith(`claimsScript: "setClaim('a', 'b');"`),
			field: "spec", says: "claimsScript belongs to type OAuth2Server: tokens of type OAuth2Client carry no claims of yours",
		},
		"an empty claims script": {
			spec:  applicationWith(`claimsScript: ""`),
			field: "spec.claimsScript", says: "should be at least 1 chars long",
		},
		"a claims script of 16 KiB and a byte": {
			spec:  applicationWith(`claimsScript: ` + letters(16385)),
			field: "spec.claimsScript", says: "may not be more than 16384 bytes",
		},
		"a type of scope that is not there": {
			spec:  applicationWith(`scopes: [{name: read, type: Claims}]`),
			field: "spec.scopes[0].type", says: `supported values: "API", "CustomClaims"`,
		},
		"REST patterns on an inline scope for claims": {
			spec:  clientApplicationWith(`scopes: [{name: read, type: CustomClaims, restPatterns: [".*"]}]`),
			field: "spec.scopes[0]", says: scopeTypeMessage,
		},
	}
}

// rejectedScopeTypes has the Scopes that go wrong in their type.
func rejectedScopeTypes() map[string]rejection {
	return map[string]rejection{
		"a type that is not there": {
			spec:  `{oauthClientRef: {name: orders}, name: read, type: Claims}`,
			field: "spec.type", says: `supported values: "API", "CustomClaims"`,
		},
		"REST patterns on a scope for claims": {
			spec:  `{oauthClientRef: {name: orders}, name: read, type: CustomClaims, restPatterns: [".*"]}`,
			field: "spec", says: "restPatterns belong to scopes of type API: a scope of type CustomClaims opens no API",
		},
	}
}

// rejectedDeletionAndAdoption has the IdentityTenants that go wrong in what they let go and let be taken over.
func rejectedDeletionAndAdoption() map[string]rejection {
	return map[string]rejection{
		"a deletion timeout that is too short": {
			spec:  tenantWith(`deletionTimeout: 59s`),
			field: "spec.deletionTimeout", says: "deletionTimeout must be a duration between 1m and 8760h, such as 24h",
		},
		"a deletion timeout in days": {
			spec:  tenantWith(`deletionTimeout: 1d`),
			field: "spec.deletionTimeout", says: durationPattern,
		},
		"a deletion timeout that is too long to read": {
			spec:  tenantWith(`deletionTimeout: "` + notADuration + `"`),
			field: "spec.deletionTimeout", says: "may not be more than 32 bytes",
		},
		"a kind that can adopt nothing": {
			spec:  tenantWith(`access: {allowAdoption: [Scope]}`),
			field: "spec.access.allowAdoption[0]", says: `supported values: "OAuthClient", "ConfidentialClient"`,
		},
		"a kind that may adopt twice": {
			spec:  tenantWith(`access: {allowAdoption: [OAuthClient, OAuthClient]}`),
			field: "spec.access.allowAdoption[1]", says: "Duplicate value",
		},
		"more kinds that adopt than there are": {
			spec:  tenantWith(`access: {allowAdoption: [OAuthClient, ConfidentialClient, OAuthClient]}`),
			field: "spec.access.allowAdoption", says: "must have at most 2 items",
		},
	}
}
