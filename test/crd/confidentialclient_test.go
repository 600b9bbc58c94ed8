package crd_test

const minimalConfidentialClient = `{oauthClientRef: {name: orders}}`

// externalClient requests tokens of an application that nobody manages.
const externalClient = `{application: {tenantRef: {name: corp}, applicationID: orders}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`

// clientWith returns the spec of a client of an OAuthClient with further fields.
func clientWith(fields string) string { return `{oauthClientRef: {name: orders}, ` + fields + `}` }

// externalWith returns the spec of an external client with further fields.
func externalWith(fields string) string {
	return `{identity: {provisioning: External}, credential: {secretRef: {name: mine}}, ` + fields + `}`
}

func rejectedConfidentialClients() map[string]rejection {
	return merge(rejectedClientReferences(), rejectedClientIdentities(), rejectedClientTransitions(), rejectedSecrets(), rejectedRollouts(), rejectedRenewals(), rejectedRotations(), map[string]rejection{
		"a client without a spec": {field: "spec", says: "Required value"},
		"an empty scope":          {spec: clientWith(`scopes: [""]`), field: "spec.scopes[0]", says: "should be at least 1 chars long"},
		"a long scope":            {spec: clientWith(`scopes: [` + letters(129) + `]`), field: "spec.scopes[0]", says: "may not be more than 128 bytes"},
		"a scope with a blank": {
			spec:  clientWith(`scopes: [read, "read write"]`),
			field: "spec.scopes[1]", says: "each of scopes " + scopeTokenMessage + "orders:read",
		},
		"a scope twice":   {spec: clientWith(`scopes: [read, write, read]`), field: "spec.scopes[2]", says: "Duplicate value"},
		"too many scopes": {spec: clientWith(`scopes: ` + list(65, "s%d")), field: "spec.scopes", says: "must have at most 64 items"},

		"a policy for deletion that is not there": {spec: clientWith(`deletionPolicy: Keep`), field: "spec.deletionPolicy", says: `supported values: "Delete", "Orphan"`},
		"a policy for what is never deleted": {
			spec:  clientWith(`deletionPolicy: Orphan, identity: {provisioning: External}, credential: {secretRef: {name: mine}}`),
			field: "spec", says: "deletionPolicy belongs to identity.provisioning Managed: an External identity is never deleted",
		},
		"a policy for adoption that is not there": {spec: clientWith(`adoptionPolicy: Always`), field: "spec.adoptionPolicy", says: `supported values: "Never", "Adopt"`},
		"a policy for adoption of what is used as it is": {
			spec:  clientWith(`adoptionPolicy: Adopt, identity: {provisioning: External}, credential: {secretRef: {name: mine}}`),
			field: "spec", says: "adoptionPolicy belongs to identity.provisioning Managed: an External identity is used as it is",
		},
		"a renewal in days": {spec: clientWith(`token: {renewBefore: 1d}`), field: "spec.token.renewBefore", says: durationPattern},
		"a renewal with digits": {
			spec:  clientWith(`token: {renewBefore: ` + notADuration + `}`),
			field: "spec.token.renewBefore", says: "may not be more than 32 bytes",
		},
		"a renewal at the last moment": {
			spec:  clientWith(`token: {renewBefore: 999ms}`),
			field: "spec.token.renewBefore", says: "renewBefore must be a duration between 1s and 8760h, such as 30m",
		},
		"a renewal years ahead": {
			spec:  clientWith(`token: {renewBefore: 8761h}`),
			field: "spec.token.renewBefore", says: "renewBefore must be a duration between 1s and 8760h, such as 30m",
		},
		"an empty name of the Secret": {spec: clientWith(`secret: {name: ""}`), field: "spec.secret.name", says: "should be at least 1 chars long"},
		"a long name of the Secret":   {spec: clientWith(`secret: {name: ` + letters(254) + `}`), field: "spec.secret.name", says: "may not be more than 253 bytes"},
		"a name that no Secret can have": {
			spec:  clientWith(`secret: {name: Billing_Token}`),
			field: "spec.secret.name", says: "name of the Secret " + nameMessage + "billing-token",
		},
		"a name of the Secret that names another namespace": {
			spec:  clientWith(`secret: {name: other/token}`),
			field: "spec.secret.name", says: "name of the Secret " + nameMessage + "billing-token",
		},
	})
}

func rejectedClientReferences() map[string]rejection {
	const oneOf = "exactly one of oauthClientRef and application is needed"
	return map[string]rejection{
		"a client of nothing": {spec: `{scopes: [read]}`, field: "spec", says: oneOf},
		"a client of two applications": {
			spec:  externalWith(`oauthClientRef: {name: orders}, application: {tenantRef: {name: corp}, applicationID: orders}`),
			field: "spec", says: oneOf,
		},
		"an OAuthClient without a name":     {spec: `{oauthClientRef: {}}`, field: "spec.oauthClientRef.name", says: "Required value"},
		"an OAuthClient with an empty name": {spec: `{oauthClientRef: {name: ""}}`, field: "spec.oauthClientRef.name", says: "should be at least 1 chars long"},
		"an OAuthClient with a long name":   {spec: `{oauthClientRef: {name: ` + letters(254) + `}}`, field: "spec.oauthClientRef.name", says: "may not be more than 253 bytes"},
		"an OAuthClient in an empty namespace": {
			spec:  `{oauthClientRef: {name: orders, namespace: ""}}`,
			field: "spec.oauthClientRef.namespace", says: "should be at least 1 chars long",
		},
		"an OAuthClient in a long namespace": {
			spec:  `{oauthClientRef: {name: orders, namespace: ` + letters(64) + `}}`,
			field: "spec.oauthClientRef.namespace", says: "may not be more than 63 bytes",
		},
		"an application without a tenant": {
			spec:  externalWith(`application: {applicationID: orders}`),
			field: "spec.application.tenantRef", says: "Required value",
		},
		"an application whose tenant has no name": {
			spec:  externalWith(`application: {tenantRef: {}, applicationID: orders}`),
			field: "spec.application.tenantRef.name", says: "Required value",
		},
		"an application whose tenant has an empty name": {
			spec:  externalWith(`application: {tenantRef: {name: ""}, applicationID: orders}`),
			field: "spec.application.tenantRef.name", says: "should be at least 1 chars long",
		},
		"an application whose tenant has a long name": {
			spec:  externalWith(`application: {tenantRef: {name: ` + letters(254) + `}, applicationID: orders}`),
			field: "spec.application.tenantRef.name", says: "may not be more than 253 bytes",
		},
		"an application whose tenant is in an empty namespace": {
			spec:  externalWith(`application: {tenantRef: {name: corp, namespace: ""}, applicationID: orders}`),
			field: "spec.application.tenantRef.namespace", says: "should be at least 1 chars long",
		},
		"an application whose tenant is in a long namespace": {
			spec:  externalWith(`application: {tenantRef: {name: corp, namespace: ` + letters(64) + `}, applicationID: orders}`),
			field: "spec.application.tenantRef.namespace", says: "may not be more than 63 bytes",
		},
		"an application without an ID": {
			spec:  externalWith(`application: {tenantRef: {name: corp}}`),
			field: "spec.application.applicationID", says: "Required value",
		},
		"an application with an empty ID": {
			spec:  externalWith(`application: {tenantRef: {name: corp}, applicationID: ""}`),
			field: "spec.application.applicationID", says: "should be at least 1 chars long",
		},
		"an application with a long ID": {
			spec:  externalWith(`application: {tenantRef: {name: corp}, applicationID: ` + letters(129) + `}`),
			field: "spec.application.applicationID", says: "may not be more than 128 bytes",
		},
		"an application whose ID leaves its place in the URL": {
			spec:  externalWith(`application: {tenantRef: {name: corp}, applicationID: "orders?x="}`),
			field: "spec.application.applicationID", says: urlPartMessage,
		},
		"an application that is the place above in the URL": {
			spec:  externalWith(`application: {tenantRef: {name: corp}, applicationID: ".."}`),
			field: "spec.application.applicationID", says: urlPartMessage,
		},
	}
}

func rejectedClientIdentities() map[string]rejection {
	const (
		username      = "username must be a login name in lower case, such as billing@corp.example: letters, digits and any of . _ + - before the @, a login suffix after it"
		managedFields = "username, displayName and roles belong to provisioning Managed: an External identity is not changed"
	)
	external := func(field string) string {
		return clientWith(`identity: {provisioning: External, ` + field + `}, credential: {secretRef: {name: mine}}`)
	}
	return map[string]rejection{
		"an identity from nowhere": {
			spec:  clientWith(`identity: {provisioning: Imported}`),
			field: "spec.identity.provisioning", says: `supported values: "Managed", "External"`,
		},
		"an application that nobody manages, with a user that we would have to make": {
			spec:  `{application: {tenantRef: {name: corp}, applicationID: orders}}`,
			field: "spec", says: "application names an application that nobody manages here, so identity.provisioning must be External",
		},
		"an external identity without its credential": {
			spec:  clientWith(`identity: {provisioning: External}`),
			field: "spec", says: "identity.provisioning External needs credential.secretRef: a Secret with the keys client_id and client_secret",
		},
		"a credential for an identity that gets a generated one": {
			spec:  clientWith(`credential: {secretRef: {name: mine}}`),
			field: "spec", says: "credential.secretRef belongs to identity.provisioning External: the operator generates the credential of a Managed identity",
		},
		"a credential for an identity that is Managed by its own words": {
			spec:  clientWith(`identity: {provisioning: Managed}, credential: {secretRef: {name: mine}}`),
			field: "spec", says: "credential.secretRef belongs to identity.provisioning External: the operator generates the credential of a Managed identity",
		},
		"a credential without a Secret": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {}`),
			field: "spec.credential", says: "credential needs secretRef (identity.provisioning External) or rotation (Managed)",
		},
		"a credential whose Secret has no name": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {secretRef: {}}`),
			field: "spec.credential.secretRef.name", says: "Required value",
		},
		"a credential whose Secret has an empty name": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {secretRef: {name: ""}}`),
			field: "spec.credential.secretRef.name", says: "should be at least 1 chars long",
		},
		"a credential whose Secret has a long name": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {secretRef: {name: ` + letters(254) + `}}`),
			field: "spec.credential.secretRef.name", says: "may not be more than 253 bytes",
		},
		"a credential whose Secret is in another namespace": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {secretRef: {name: other/mine}}`),
			field: "spec.credential.secretRef.name", says: "name of the Secret " + nameMessage + "corp-admin",
		},
		"a username for an external identity":     {spec: external(`username: a@b`), field: "spec.identity", says: managedFields},
		"a display name for an external identity": {spec: external(`displayName: Billing`), field: "spec.identity", says: managedFields},
		"roles for an external identity":          {spec: external(`roles: [Auditors]`), field: "spec.identity", says: managedFields},

		"a username without a suffix":            {spec: clientWith(`identity: {username: billing}`), field: "spec.identity.username", says: username},
		"a username with upper-case letters":     {spec: clientWith(`identity: {username: Billing@corp.example}`), field: "spec.identity.username", says: username},
		"a username with a quote, as in a query": {spec: clientWith(`identity: {username: "a'or'1@corp.example"}`), field: "spec.identity.username", says: username},
		"an empty username":                      {spec: clientWith(`identity: {username: ""}`), field: "spec.identity.username", says: username},
		"a long username":                        {spec: clientWith(`identity: {username: ` + letters(254) + `@b}`), field: "spec.identity.username", says: "may not be more than 254 bytes"},
		"an empty display name":                  {spec: clientWith(`identity: {displayName: ""}`), field: "spec.identity.displayName", says: "should be at least 1 chars long"},
		"a long display name":                    {spec: clientWith(`identity: {displayName: ` + letters(129) + `}`), field: "spec.identity.displayName", says: "may not be more than 128 bytes"},
		"an empty role":                          {spec: clientWith(`identity: {roles: [""]}`), field: "spec.identity.roles[0]", says: "should be at least 1 chars long"},
		"a long role":                            {spec: clientWith(`identity: {roles: [` + letters(129) + `]}`), field: "spec.identity.roles[0]", says: "may not be more than 128 bytes"},
		"a role twice":                           {spec: clientWith(`identity: {roles: [a, a]}`), field: "spec.identity.roles[1]", says: "Duplicate value"},
		"too many roles":                         {spec: clientWith(`identity: {roles: ` + list(17, "r%d") + `}`), field: "spec.identity.roles", says: "must have at most 16 items"},
	}
}

// rejectedClientTransitions are changes of what cannot change; an optional field that could be unset and set again would not be immutable.
func rejectedClientTransitions() map[string]rejection {
	const (
		oauthClientMessage  = "oauthClientRef is immutable: make a new ConfidentialClient for another application"
		applicationMessage  = "application is immutable: make a new ConfidentialClient for another application"
		provisioningMessage = "identity.provisioning is immutable: make a new ConfidentialClient"
		usernameMessage     = "identity.username is immutable: it is the client_id"

		policyMessage = "secret.creationPolicy cannot become Merge or cease to be: whose the Secret is would be open; make a new ConfidentialClient"

		ofOAuthClient = `{oauthClientRef: {name: orders}, identity: {provisioning: External}, credential: {secretRef: {name: mine}}}`
	)
	return map[string]rejection{
		"a client that moves to another OAuthClient":              {was: minimalConfidentialClient, spec: `{oauthClientRef: {name: other}}`, field: "spec", says: oauthClientMessage},
		"a client that moves to an OAuthClient elsewhere":         {was: minimalConfidentialClient, spec: `{oauthClientRef: {name: orders, namespace: other}}`, field: "spec", says: oauthClientMessage},
		"a client whose OAuthClient is unset":                     {was: ofOAuthClient, spec: externalClient, field: "spec", says: oauthClientMessage},
		"a client whose OAuthClient is set later":                 {was: externalClient, spec: ofOAuthClient, field: "spec", says: oauthClientMessage},
		"a client whose application is set later":                 {was: ofOAuthClient, spec: externalClient, field: "spec", says: applicationMessage},
		"a client whose application is unset":                     {was: externalClient, spec: ofOAuthClient, field: "spec", says: applicationMessage},
		"a client that moves to another application":              {was: externalClient, spec: externalWith(`application: {tenantRef: {name: corp}, applicationID: other}`), field: "spec", says: applicationMessage},
		"a client that moves to an application of another tenant": {was: externalClient, spec: externalWith(`application: {tenantRef: {name: other}, applicationID: orders}`), field: "spec", says: applicationMessage},

		"a Secret that becomes somebody else's":     {was: minimalConfidentialClient, spec: publishedWith(`creationPolicy: Merge`), field: "spec", says: policyMessage},
		"a Secret of somebody else that is deleted": {was: publishedWith(`creationPolicy: Merge`), spec: publishedWith(`creationPolicy: Owner`), field: "spec", says: policyMessage},
		"a Secret of somebody else that is unset":   {was: publishedWith(`creationPolicy: Merge`), spec: minimalConfidentialClient, field: "spec", says: policyMessage},

		"an identity that is given away":       {was: minimalConfidentialClient, spec: ofOAuthClient, field: "spec", says: provisioningMessage},
		"an identity that is taken over":       {was: ofOAuthClient, spec: clientWith(`identity: {provisioning: Managed}`), field: "spec", says: provisioningMessage},
		"an external identity that is unset":   {was: ofOAuthClient, spec: minimalConfidentialClient, field: "spec", says: provisioningMessage},
		"a username that changes":              {was: clientWith(`identity: {username: a@b}`), spec: clientWith(`identity: {username: c@b}`), field: "spec", says: usernameMessage},
		"a username that is unset":             {was: clientWith(`identity: {username: a@b}`), spec: clientWith(`identity: {displayName: A}`), field: "spec", says: usernameMessage},
		"a username that goes with its parent": {was: clientWith(`identity: {username: a@b}`), spec: minimalConfidentialClient, field: "spec", says: usernameMessage},
		"a username that is set later":         {was: minimalConfidentialClient, spec: clientWith(`identity: {username: a@b}`), field: "spec", says: usernameMessage},
	}
}
