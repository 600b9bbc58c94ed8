package crd_test

import (
	"fmt"
	"strings"
)

// publishedWith returns the spec of a client with fields of its Secret.
func publishedWith(fields string) string { return clientWith(`secret: {` + fields + `}`) }

// secretKeys are the fields of spec.secret.keys, by what has to be delivered for them.
func secretKeys() map[string][]string {
	return map[string][]string{
		"Token":             {"accessToken", "tokenType", "expiresAt", "scope"},
		"ClientCredentials": {"clientID", "clientSecret"},
		"Endpoints":         {"tokenURL", "issuer", "jwksURL", "applicationID", "tenantURL"},
	}
}

func acceptedSecrets() map[string]string {
	return map[string]string{
		"a Secret with the token":              publishedWith(`deliver: [Token]`),
		"a Secret with client credentials":     publishedWith(`deliver: [ClientCredentials]`),
		"a Secret with endpoints":              publishedWith(`deliver: [Endpoints]`),
		"a Secret with everything":             publishedWith(`deliver: [Endpoints, ClientCredentials, Token]`),
		"a Secret whose token has another key": publishedWith(`keys: {accessToken: token}`),
		"a Secret whose keys have every kind of character": publishedWith(`deliver: [Token, ClientCredentials, Endpoints], keys: {accessToken: .token, tokenType: a..b, expiresAt: -, scope: _, ` +
			`clientID: A1, clientSecret: "2", tokenURL: token.url, issuer: -.-, jwksURL: jwks-url, applicationID: app_id, tenantURL: ` + letters(253) + `}`),
		"a Secret two of whose keys change places":                      publishedWith(`keys: {accessToken: scope, scope: access_token}`),
		"a Secret with a key that is the default of an undelivered one": publishedWith(`keys: {accessToken: client_secret, scope: issuer}`),
		"a Secret that the operator makes and deletes":                  publishedWith(`creationPolicy: Owner`),
		"a Secret that somebody else makes":                             publishedWith(`creationPolicy: Merge, template: {data: {k: x}}`),
		"a Secret that stays":                                           publishedWith(`creationPolicy: Orphan`),
		"a Secret with templates": publishedWith(`deliver: [Token, Endpoints], template: {type: example.com/token, metadata: {labels: {example.com/team: billing, a: ""}, annotations: {a.b/c: "any text"}}, ` +
			`data: {auth.header: "Bearer {{ .accessToken }}", client_id: x}}`),
		"a Secret that Reloader may look at":              publishedWith(`template: {metadata: {annotations: {reloader.stakater.com/match: "true"}}}`),
		"a Secret with as many templates as there may be": publishedWith(`template: {data: ` + object(32, "k%d", "x") + `}`),
		"a Secret with a template that is empty":          publishedWith(`template: {}`),
		"a Secret with the default name of a key":         publishedWith(`keys: {accessToken: access_token}`),
	}
}

func rejectedSecrets() map[string]rejection {
	const (
		differ = "keys must differ from each other, and from the default names of the other keys that are delivered"
		keys   = "keys must be what Kubernetes takes for a key of a Secret: letters, digits and any of . _ -, and neither . alone nor .. at the beginning"
	)
	const (
		template  = "template.data adds keys: it must not have one that deliver publishes already"
		kind      = "type must be a type of Secret that opens nothing in the cluster, such as Opaque, kubernetes.io/basic-auth or example.com/token"
		immutable = "secret.template.type is immutable, because the type of a Secret is: make a new ConfidentialClient"
		data      = "each key of data must be what Kubernetes takes for a key of a Secret: letters, digits and any of . _ -, and neither . alone nor .. at the beginning"
		label     = "each key of labels must be what Kubernetes takes for a label, such as example.com/team, and none of the operator's own"
		note      = "each key of annotations must be what Kubernetes takes for an annotation, such as example.com/team, and none of the operator's or of Kubernetes itself"
	)
	needs := map[string]string{
		"Token":             "keys.accessToken, tokenType, expiresAt and scope need Token in deliver: a key that is not delivered has no name",
		"ClientCredentials": "keys.clientID and clientSecret need ClientCredentials in deliver: a key that is not delivered has no name",
		"Endpoints":         "keys.tokenURL, issuer, jwksURL, applicationID and tenantURL need Endpoints in deliver: a key that is not delivered has no name",
	}
	others := map[string]string{"Token": "[ClientCredentials, Endpoints]", "ClientCredentials": "[Token, Endpoints]", "Endpoints": "[Token, ClientCredentials]"}
	table := map[string]rejection{
		"a Secret of a policy that there is not":  {spec: publishedWith(`creationPolicy: Retain`), field: "spec.secret.creationPolicy", says: `supported values: "Owner", "Merge", "Orphan"`},
		"a Secret of somebody else with our type": {spec: publishedWith(`creationPolicy: Merge, template: {type: Opaque}`), field: "spec.secret", says: "template.type belongs to a Secret that the operator makes: with creationPolicy Merge the Secret has its type already"},
		"a Secret with nothing in it":             {spec: publishedWith(`deliver: []`), field: "spec.secret.deliver", says: "should have at least 1 items"},
		"a Secret with what there is not":         {spec: publishedWith(`deliver: [Password]`), field: "spec.secret.deliver[0]", says: `supported values: "Token", "ClientCredentials", "Endpoints"`},
		"a Secret with something twice":           {spec: publishedWith(`deliver: [Token, Token]`), field: "spec.secret.deliver[1]", says: "Duplicate value"},
		"a Secret with more than there is":        {spec: publishedWith(`deliver: [Token, Endpoints, ClientCredentials, Token]`), field: "spec.secret.deliver", says: "must have at most 3 items"},
		"a Secret with one key for two":           {spec: publishedWith(`keys: {accessToken: token, scope: token}`), field: "spec.secret", says: differ},
		"a Secret with a key that another has":    {spec: publishedWith(`keys: {accessToken: scope}`), field: "spec.secret", says: differ},
		"a Secret with a key of another group":    {spec: publishedWith(`deliver: [Token, Endpoints], keys: {accessToken: issuer}`), field: "spec.secret", says: differ},
		"a Secret with one key in three groups":   {spec: publishedWith(`deliver: [Token, ClientCredentials, Endpoints], keys: {scope: x, clientID: x, issuer: x}`), field: "spec.secret", says: differ},
		"names of what is delivered by default":   {spec: publishedWith(`keys: {clientID: id}`), field: "spec.secret", says: needs["ClientCredentials"]},
	}
	for name, tc := range map[string]struct{ template, path, says string }{
		"with the key of the token":          {`data: {access_token: x}`, "", template},
		"without a type":                     {`type: ""`, ".template.type", "should be at least 1 chars long"},
		"with a long type":                   {`type: ` + letters(254), ".template.type", "may not be more than 253 bytes"},
		"that Kubernetes fills with a token": {`type: kubernetes.io/service-account-token`, ".template.type", kind},
		"that lets a node join":              {`type: bootstrap.kubernetes.io/token`, ".template.type", kind},
		"of a type with a blank":             {`type: "a b"`, ".template.type", kind},
		"with too many keys":                 {`data: ` + object(33, "k%d", "x"), ".template.data", "must have at most 32 items"},
		"with a long template":               {`data: {x: ` + letters(8193) + `}`, ".template.data.x", "may not be more than 8192 bytes"},
		"with a key that is a path":          {`data: {a/b: x}`, ".template.data", data},
		"with a key that hides":              {`data: {..a: x}`, ".template.data", data},
		"with a long key":                    {`data: {` + letters(254) + `: x}`, ".template.data", data},
		"with too many labels":               {`metadata: {labels: ` + object(33, "k%d", "x") + `}`, ".template.metadata.labels", "must have at most 32 items"},
		"with a long label":                  {`metadata: {labels: {x: ` + letters(64) + `}}`, ".template.metadata.labels.x", "may not be more than 63 bytes"},
		"with a label of blanks":             {`metadata: {labels: {x: "a b"}}`, ".template.metadata.labels.x", `should match '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'`},
		"with the operator's label":          {`metadata: {labels: {oauth-operator.dev/watch: "false"}}`, ".template.metadata.labels", label},
		"with the label of who manages it":   {`metadata: {labels: {app.kubernetes.io/managed-by: Helm}}`, ".template.metadata.labels", label},
		"with a key that is no label":        {`metadata: {labels: {"a b": x}}`, ".template.metadata.labels", label},
		"with too many annotations":          {`metadata: {annotations: ` + object(33, "k%d", "x") + `}`, ".template.metadata.annotations", "must have at most 32 items"},
		"with a long annotation":             {`metadata: {annotations: {x: ` + letters(4097) + `}}`, ".template.metadata.annotations.x", "may not be more than 4096 bytes"},
		"with a control character":           {`metadata: {annotations: {x: "a\x7fb"}}`, ".template.metadata.annotations[x]", "each value of annotations must be text without control characters, because no Secret that has them can be changed"},
		"with the operator's annotation":     {`metadata: {annotations: {oauth-operator.dev/expiration-time: x}}`, ".template.metadata.annotations", note},
		"with an annotation of Kubernetes":   {`metadata: {annotations: {kubernetes.io/service-account.name: x}}`, ".template.metadata.annotations", note},
		"with a key that is no annotation":   {`metadata: {annotations: {"-": x}}`, ".template.metadata.annotations", note},
	} {
		table["a template "+name] = rejection{spec: publishedWith(`template: {` + tc.template + `}`), field: "spec.secret" + tc.path, says: tc.says}
	}
	table["a template with a key that was renamed to it"] = rejection{spec: publishedWith(`keys: {accessToken: token}, template: {data: {token: x}}`), field: "spec.secret", says: template}
	table["a type that changes"] = rejection{was: publishedWith(`template: {type: a}`), spec: publishedWith(`template: {type: b}`), field: "spec", says: immutable}
	table["a type that is unset"] = rejection{was: publishedWith(`template: {type: a}`), spec: minimalConfidentialClient, field: "spec", says: immutable}
	table["a type that is set later"] = rejection{was: minimalConfidentialClient, spec: publishedWith(`template: {type: a}`), field: "spec", says: immutable}
	for group, fields := range secretKeys() {
		for _, field := range fields {
			with := func(value string) string {
				return publishedWith(fmt.Sprintf(`deliver: [%s], keys: {%s: %s}`, group, field, value))
			}
			path := "spec.secret.keys." + field
			table["an empty key for "+field] = rejection{spec: with(`""`), field: path, says: "should be at least 1 chars long"}
			table["a long key for "+field] = rejection{spec: with(letters(254)), field: path, says: "may not be more than 253 bytes"}
			for _, value := range []string{`"a b"`, `a/b`, `a=b`, `"a,b"`, `"."`, `..`, `..data`, `ä`} {
				table["the key "+value+" for "+field] = rejection{spec: with(value), field: "spec.secret.keys", says: keys}
			}
			table["a name for "+field+", which is not delivered"] = rejection{
				spec: strings.Replace(with("x"), "["+group+"]", others[group], 1), field: "spec.secret", says: needs[group],
			}
		}
	}
	return table
}

// object returns an object with n keys.
func object(n int, key, value string) string {
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(key, i) + ": " + value
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
