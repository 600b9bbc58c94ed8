package crd_test

const minimalScope = `{oauthClientRef: {name: orders}, name: read}`

const scopeTokenMessage = "must be a scope-token (RFC 6749 section 3.3): printable ASCII without blanks, double quotes and backslashes, such as "

func rejectedScopes() map[string]rejection {
	return merge(rejectedScopeTypes(), map[string]rejection{
		"a scope without a spec": {field: "spec", says: "Required value"},
		"a scope without an OAuthClient": {
			spec:  `{name: read}`,
			field: "spec.oauthClientRef", says: "Required value",
		},
		"a reference without a name": {
			spec:  `{oauthClientRef: {namespace: shop}, name: read}`,
			field: "spec.oauthClientRef.name", says: "Required value",
		},
		"a reference with an empty name": {
			spec:  `{oauthClientRef: {name: ""}, name: read}`,
			field: "spec.oauthClientRef.name", says: "should be at least 1 chars long",
		},
		"a reference with a name that no object can have": {
			spec:  `{oauthClientRef: {name: ` + letters(254) + `}, name: read}`,
			field: "spec.oauthClientRef.name", says: "may not be more than 253 bytes",
		},
		"a reference with an empty namespace": {
			spec:  `{oauthClientRef: {name: orders, namespace: ""}, name: read}`,
			field: "spec.oauthClientRef.namespace", says: "should be at least 1 chars long",
		},
		"a reference with a namespace that cannot exist": {
			spec:  `{oauthClientRef: {name: orders, namespace: ` + letters(64) + `}, name: read}`,
			field: "spec.oauthClientRef.namespace", says: "may not be more than 63 bytes",
		},
		"a scope that moves to another OAuthClient": {
			was:   minimalScope,
			spec:  `{oauthClientRef: {name: billing}, name: read}`,
			field: "spec.oauthClientRef", says: "oauthClientRef is immutable: make a new Scope for another application",
		},
		"a scope that moves to an OAuthClient of the same name in another namespace": {
			was:   minimalScope,
			spec:  `{oauthClientRef: {name: orders, namespace: other}, name: read}`,
			field: "spec.oauthClientRef", says: "oauthClientRef is immutable: make a new Scope for another application",
		},
		"a scope without a name": {
			spec:  `{oauthClientRef: {name: orders}}`,
			field: "spec.name", says: "Required value",
		},
		"a scope with an empty name": {
			spec:  `{oauthClientRef: {name: orders}, name: ""}`,
			field: "spec.name", says: "should be at least 1 chars long",
		},
		"a scope with a long name": {
			spec:  `{oauthClientRef: {name: orders}, name: ` + letters(129) + `}`,
			field: "spec.name", says: "may not be more than 128 bytes",
		},
		"a scope whose name has a blank, which would be two scopes": {
			spec:  `{oauthClientRef: {name: orders}, name: "read write"}`,
			field: "spec.name", says: "name " + scopeTokenMessage + "orders:read",
		},
		"a scope whose name has a double quote": {
			spec:  `{oauthClientRef: {name: orders}, name: 'read"'}`,
			field: "spec.name", says: "name " + scopeTokenMessage + "orders:read",
		},
		"a scope whose name has a backslash": {
			spec:  `{oauthClientRef: {name: orders}, name: 'read\write'}`,
			field: "spec.name", says: "name " + scopeTokenMessage + "orders:read",
		},
		"a scope whose name has a letter outside ASCII": {
			spec:  `{oauthClientRef: {name: orders}, name: für}`,
			field: "spec.name", says: "name " + scopeTokenMessage + "orders:read",
		},
		"a scope that gets another name": {
			was:   minimalScope,
			spec:  `{oauthClientRef: {name: orders}, name: write}`,
			field: "spec.name", says: "name is immutable: clients request the scope by it",
		},
		"a scope with a long description": {
			spec:  `{oauthClientRef: {name: orders}, name: read, description: ` + letters(513) + `}`,
			field: "spec.description", says: "may not be more than 512 bytes",
		},
		"REST patterns without any": {
			spec:  `{oauthClientRef: {name: orders}, name: read, restPatterns: []}`,
			field: "spec.restPatterns", says: "should have at least 1 items",
		},
		"too many REST patterns": {
			spec:  `{oauthClientRef: {name: orders}, name: read, restPatterns: ` + list(65, "/a%d") + `}`,
			field: "spec.restPatterns", says: "must have at most 64 items",
		},
		"an empty REST pattern": {
			spec:  `{oauthClientRef: {name: orders}, name: read, restPatterns: [""]}`,
			field: "spec.restPatterns[0]", says: "should be at least 1 chars long",
		},
		"a long REST pattern": {
			spec:  `{oauthClientRef: {name: orders}, name: read, restPatterns: [/, ` + letters(513) + `]}`,
			field: "spec.restPatterns[1]", says: "may not be more than 512 bytes",
		},
	})
}
