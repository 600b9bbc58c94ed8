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
		"a Secret with the default name of a key":                       publishedWith(`keys: {accessToken: access_token}`),
	}
}

func rejectedSecrets() map[string]rejection {
	const (
		differ = "keys must differ from each other, and from the default names of the other keys that are delivered"
		keys   = "keys must be what Kubernetes takes for a key of a Secret: letters, digits and any of . _ -, and neither . alone nor .. at the beginning"
	)
	needs := map[string]string{
		"Token":             "keys.accessToken, tokenType, expiresAt and scope need Token in deliver: a key that is not delivered has no name",
		"ClientCredentials": "keys.clientID and clientSecret need ClientCredentials in deliver: a key that is not delivered has no name",
		"Endpoints":         "keys.tokenURL, issuer, jwksURL, applicationID and tenantURL need Endpoints in deliver: a key that is not delivered has no name",
	}
	others := map[string]string{"Token": "[ClientCredentials, Endpoints]", "ClientCredentials": "[Token, Endpoints]", "Endpoints": "[Token, ClientCredentials]"}
	table := map[string]rejection{
		"a Secret with nothing in it":           {spec: publishedWith(`deliver: []`), field: "spec.secret.deliver", says: "should have at least 1 items"},
		"a Secret with what there is not":       {spec: publishedWith(`deliver: [Password]`), field: "spec.secret.deliver[0]", says: `supported values: "Token", "ClientCredentials", "Endpoints"`},
		"a Secret with something twice":         {spec: publishedWith(`deliver: [Token, Token]`), field: "spec.secret.deliver[1]", says: "Duplicate value"},
		"a Secret with more than there is":      {spec: publishedWith(`deliver: [Token, Endpoints, ClientCredentials, Token]`), field: "spec.secret.deliver", says: "must have at most 3 items"},
		"a Secret with one key for two":         {spec: publishedWith(`keys: {accessToken: token, scope: token}`), field: "spec.secret", says: differ},
		"a Secret with a key that another has":  {spec: publishedWith(`keys: {accessToken: scope}`), field: "spec.secret", says: differ},
		"a Secret with a key of another group":  {spec: publishedWith(`deliver: [Token, Endpoints], keys: {accessToken: issuer}`), field: "spec.secret", says: differ},
		"a Secret with one key in three groups": {spec: publishedWith(`deliver: [Token, ClientCredentials, Endpoints], keys: {scope: x, clientID: x, issuer: x}`), field: "spec.secret", says: differ},
		"names of what is delivered by default": {spec: publishedWith(`keys: {clientID: id}`), field: "spec.secret", says: needs["ClientCredentials"]},
	}
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
