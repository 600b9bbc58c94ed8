package crd_test

const minimalIdentityTenant = `{url: "https://abc1234.id.cyberark.cloud"}`

const (
	durationPattern = `should match '^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$'`
	nameMessage     = "must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as "
	urlPartMessage  = "applicationID must not contain blanks or any of / ? # %, and not be . or ..: it is a part of the application's URLs"
	urlMessage      = "url must be https://host or https://host:port without user, path or query, such as https://abc1234.id.cyberark.cloud"
	selectorMessage = "selector is needed when from is Selector, and must be left out otherwise"
	// notADuration has the form of a duration and 33 characters.
	notADuration = "0.0000000000000000000000000000001h"
)

// tenantWith returns the spec of a tenant with further fields.
func tenantWith(fields string) string { return `{url: "https://t.example.com", ` + fields + `}` }

func rejectedIdentityTenants() map[string]rejection {
	const clusterIDMessage = "clusterID is immutable: it is part of every ownership mark on the tenant"
	return merge(rejectedAdminCredentials(), rejectedTenantAccess(), rejectedDeletionAndAdoption(), rejectedCABundles(), rejectedProxies(), map[string]rejection{
		"a tenant without a spec": {field: "spec", says: "Required value"},
		"a tenant without a URL":  {spec: `{clusterID: prod}`, field: "spec.url", says: "Required value"},
		"an empty URL":            {spec: `{url: ""}`, field: "spec.url", says: urlMessage},
		"a URL without TLS":       {spec: `{url: "http://t.example.com"}`, field: "spec.url", says: urlMessage},
		"a URL with a path":       {spec: `{url: "https://t.example.com/admin"}`, field: "spec.url", says: urlMessage},
		"a URL with a query":      {spec: `{url: "https://t.example.com?a=b"}`, field: "spec.url", says: urlMessage},
		"a URL with a password":   {spec: `{url: "https://user:hunter2@t.example.com"}`, field: "spec.url", says: urlMessage},
		"a URL with two lines":    {spec: `{url: "https://t.example.com\nhttps://evil.example.com"}`, field: "spec.url", says: urlMessage},
		"a long URL":              {spec: `{url: "https://` + letters(293) + `"}`, field: "spec.url", says: "may not be more than 300 bytes"},
		"a tenant that becomes another one": {
			was:   minimalIdentityTenant,
			spec:  `{url: "https://t.example.com"}`,
			field: "spec.url", says: "url is immutable: make a new IdentityTenant for another tenant",
		},
		"a cluster ID with upper-case letters": {spec: tenantWith(`clusterID: Prod`), field: "spec.clusterID", says: "clusterID " + nameMessage + "prod-eu-1"},
		"an empty cluster ID":                  {spec: tenantWith(`clusterID: ""`), field: "spec.clusterID", says: "clusterID " + nameMessage + "prod-eu-1"},
		"a cluster ID that ends a mark":        {spec: tenantWith(`clusterID: "a] owner=b"`), field: "spec.clusterID", says: "clusterID " + nameMessage + "prod-eu-1"},
		"a long cluster ID":                    {spec: tenantWith(`clusterID: ` + letters(64)), field: "spec.clusterID", says: "may not be more than 63 bytes"},
		"a cluster ID that changes":            {was: tenantWith(`clusterID: prod`), spec: tenantWith(`clusterID: test`), field: "spec", says: clusterIDMessage},
		"a cluster ID that is unset":           {was: tenantWith(`clusterID: prod`), spec: tenantWith(`timeout: 5s`), field: "spec", says: clusterIDMessage},
		"a cluster ID that is set later":       {was: tenantWith(`timeout: 5s`), spec: tenantWith(`clusterID: prod`), field: "spec", says: clusterIDMessage},
		"a timeout in days":                    {spec: tenantWith(`timeout: 1d`), field: "spec.timeout", says: durationPattern},
		"a timeout with digits":                {spec: tenantWith(`timeout: ` + notADuration), field: "spec.timeout", says: "may not be more than 32 bytes"},
		"a timeout under 1s":                   {spec: tenantWith(`timeout: 999ms`), field: "spec.timeout", says: "timeout must be a duration between 1s and 2m, such as 10s"},
		"a timeout of none":                    {spec: tenantWith(`timeout: 0s`), field: "spec.timeout", says: "timeout must be a duration between 1s and 2m, such as 10s"},
		"a timeout over 2m":                    {spec: tenantWith(`timeout: 2m1s`), field: "spec.timeout", says: "timeout must be a duration between 1s and 2m, such as 10s"},
		"no requests per second":               {spec: tenantWith(`limits: {requestsPerSecond: 0}`), field: "spec.limits.requestsPerSecond", says: "should be greater than or equal to 1"},
		"many requests per second":             {spec: tenantWith(`limits: {requestsPerSecond: 1001}`), field: "spec.limits.requestsPerSecond", says: "should be less than or equal to 1000"},
		"no burst":                             {spec: tenantWith(`limits: {burst: 0}`), field: "spec.limits.burst", says: "should be greater than or equal to 1"},
		"a great burst":                        {spec: tenantWith(`limits: {burst: 1001}`), field: "spec.limits.burst", says: "should be less than or equal to 1000"},
		"a login suffix with @":                {spec: tenantWith(`loginSuffix: "@corp.example"`), field: "spec.loginSuffix", says: "loginSuffix " + nameMessage + "corp.example"},
		"a long login suffix":                  {spec: tenantWith(`loginSuffix: ` + letters(254)), field: "spec.loginSuffix", says: "may not be more than 253 bytes"},
	})
}

func rejectedCABundles() map[string]rejection {
	const exactlyOne = "tls needs exactly one of caBundle and caBundleRef"
	ref := func(fields string) string { return tenantWith("tls: {caBundleRef: {" + fields + "}}") }
	return map[string]rejection{
		"a CA bundle that is no PEM": {
			spec:  tenantWith(`tls: {caBundle: bm90IFBFTQ==}`),
			field: "spec.tls.caBundle", says: "caBundle must hold at least one PEM block of type CERTIFICATE",
		},
		"a CA bundle with a private key instead of a certificate": {
			spec:  tenantWith(`tls: {caBundle: "-----BEGIN PRIVATE KEY-----"}`),
			field: "spec.tls.caBundle", says: "caBundle must hold at least one PEM block of type CERTIFICATE",
		},
		"an empty CA bundle": {
			spec:  tenantWith(`tls: {caBundle: ""}`),
			field: "spec.tls.caBundle", says: "caBundle must hold at least one PEM block of type CERTIFICATE",
		},
		"a long CA bundle": {
			spec:  tenantWith(`tls: {caBundle: "-----BEGIN CERTIFICATE-----` + letters(262144) + `"}`),
			field: "spec.tls.caBundle", says: "may not be more than 262144 bytes",
		},
		"TLS settings without a bundle": {spec: tenantWith(`tls: {}`), field: "spec.tls", says: exactlyOne},
		"two CA bundles": {
			spec:  tenantWith(`tls: {caBundle: "-----BEGIN CERTIFICATE-----", caBundleRef: {kind: Secret, name: ca}}`),
			field: "spec.tls", says: exactlyOne,
		},
		"a CA bundle in an object of no kind":       {spec: ref(`name: ca`), field: "spec.tls.caBundleRef.kind", says: "Required value"},
		"a CA bundle in a Pod":                      {spec: ref(`kind: Pod, name: ca`), field: "spec.tls.caBundleRef.kind", says: `supported values: "ConfigMap", "Secret"`},
		"a CA bundle in an object without a name":   {spec: ref(`kind: ConfigMap`), field: "spec.tls.caBundleRef.name", says: "Required value"},
		"a CA bundle in an object of an empty name": {spec: ref(`kind: ConfigMap, name: ""`), field: "spec.tls.caBundleRef.name", says: "should be at least 1 chars long"},
		"a CA bundle in an object of a long name":   {spec: ref(`kind: ConfigMap, name: ` + letters(254)), field: "spec.tls.caBundleRef.name", says: "may not be more than 253 bytes"},
		"a CA bundle in an object that leaves its namespace": {
			spec:  ref(`kind: ConfigMap, name: ../../kube-system/configmaps/ca`),
			field: "spec.tls.caBundleRef.name", says: "name of the ConfigMap or Secret " + nameMessage + "corp-authorities",
		},
		"a CA bundle under a path": {
			spec:  ref(`kind: ConfigMap, name: ca, key: certs/ca.crt`),
			field: "spec.tls.caBundleRef.key", says: "key must be made of letters, digits, dots, dashes and underscores, such as ca.crt",
		},
		"a CA bundle under a long key": {spec: ref(`kind: ConfigMap, name: ca, key: ` + letters(254)), field: "spec.tls.caBundleRef.key", says: "may not be more than 253 bytes"},
	}
}

func rejectedProxies() map[string]rejection {
	const (
		userMessage     = "url must not contain a user or password: put them into the Secret that secretRef names, under the keys username and password"
		proxyURLMessage = "url must be http:// or https:// with a host and an optional port, without path or query, such as http://proxy.corp.example:3128"
		noProxyMessage  = "noProxy takes one host, domain, address or CIDR block in each item, without blanks and commas, such as corp.example"
	)
	proxy := func(fields string) string { return tenantWith("proxy: {" + fields + "}") }
	address := func(url string) string { return proxy(`url: "` + url + `"`) }
	with := func(fields string) string { return proxy(`url: "http://proxy:3128", ` + fields) }
	return map[string]rejection{
		"a proxy without a URL":              {spec: proxy(`noProxy: []`), field: "spec.proxy.url", says: "Required value"},
		"a proxy with a password in its URL": {spec: address("http://user:hunter2@proxy:3128"), field: "spec.proxy.url", says: userMessage},
		"a proxy with a user in its URL":     {spec: address("http://user@proxy:3128"), field: "spec.proxy.url", says: userMessage},
		"a proxy with an empty URL":          {spec: address(""), field: "spec.proxy.url", says: proxyURLMessage},
		"a proxy without a scheme":           {spec: address("proxy:3128"), field: "spec.proxy.url", says: proxyURLMessage},
		"a SOCKS proxy":                      {spec: address("socks5://proxy:1080"), field: "spec.proxy.url", says: proxyURLMessage},
		"a proxy with a path":                {spec: address("http://proxy:3128/pac"), field: "spec.proxy.url", says: proxyURLMessage},
		"a proxy with a long URL":            {spec: address("http://" + letters(294)), field: "spec.proxy.url", says: "may not be more than 300 bytes"},
		"a proxy whose Secret has no name":   {spec: with(`secretRef: {}`), field: "spec.proxy.secretRef.name", says: "Required value"},
		"a proxy whose Secret has an empty name": {
			spec: with(`secretRef: {name: ""}`), field: "spec.proxy.secretRef.name", says: "should be at least 1 chars long",
		},
		"a proxy whose Secret has a long name": {
			spec: with(`secretRef: {name: ` + letters(254) + `}`), field: "spec.proxy.secretRef.name", says: "may not be more than 253 bytes",
		},
		"a proxy whose Secret leaves its namespace": {
			spec: with(`secretRef: {name: ../../kube-system/secrets/a}`), field: "spec.proxy.secretRef.name", says: "name of the Secret " + nameMessage + "corp-admin",
		},
		"exceptions in one item":       {spec: with(`noProxy: ["a.example,b.example"]`), field: "spec.proxy.noProxy[0]", says: noProxyMessage},
		"an empty exception":           {spec: with(`noProxy: [a.example, ""]`), field: "spec.proxy.noProxy[1]", says: noProxyMessage},
		"a long exception":             {spec: with(`noProxy: [` + letters(254) + `]`), field: "spec.proxy.noProxy[0]", says: "may not be more than 253 bytes"},
		"an exception twice":           {spec: with(`noProxy: [a, b, a]`), field: "spec.proxy.noProxy[2]", says: "Duplicate value"},
		"more exceptions than allowed": {spec: with(`noProxy: ` + list(33, "h%d")), field: "spec.proxy.noProxy", says: "must have at most 32 items"},
	}
}

func rejectedAdminCredentials() map[string]rejection {
	const token = "scope " + scopeTokenMessage + "all"
	credentials := func(fields string) string { return tenantWith("credentials: {" + fields + "}") }
	return map[string]rejection{
		"credentials without an application": {
			spec:  credentials(`scope: all, secretRef: {name: a}`),
			field: "spec.credentials.applicationID", says: "Required value",
		},
		"credentials with an empty application": {
			spec:  credentials(`applicationID: "", scope: all, secretRef: {name: a}`),
			field: "spec.credentials.applicationID", says: "should be at least 1 chars long",
		},
		"credentials with a long application": {
			spec:  credentials(`applicationID: ` + letters(129) + `, scope: all, secretRef: {name: a}`),
			field: "spec.credentials.applicationID", says: "may not be more than 128 bytes",
		},
		"credentials with an application that leaves its place in the URL": {
			spec:  credentials(`applicationID: ../Security, scope: all, secretRef: {name: a}`),
			field: "spec.credentials.applicationID", says: urlPartMessage,
		},
		"credentials with an application that is the place above": {
			spec:  credentials(`applicationID: "..", scope: all, secretRef: {name: a}`),
			field: "spec.credentials.applicationID", says: urlPartMessage,
		},
		"credentials without a scope": {
			spec:  credentials(`applicationID: admin, secretRef: {name: a}`),
			field: "spec.credentials.scope", says: "Required value",
		},
		"credentials with an empty scope": {
			spec:  credentials(`applicationID: admin, scope: "", secretRef: {name: a}`),
			field: "spec.credentials.scope", says: "should be at least 1 chars long",
		},
		"credentials with two scopes": {
			spec:  credentials(`applicationID: admin, scope: "one two", secretRef: {name: a}`),
			field: "spec.credentials.scope", says: token,
		},
		"credentials with a long scope": {
			spec:  credentials(`applicationID: admin, scope: ` + letters(129) + `, secretRef: {name: a}`),
			field: "spec.credentials.scope", says: "may not be more than 128 bytes",
		},
		"credentials without a Secret": {
			spec:  credentials(`applicationID: admin, scope: all`),
			field: "spec.credentials.secretRef", says: "Required value",
		},
		"credentials whose Secret has no name": {
			spec:  credentials(`applicationID: admin, scope: all, secretRef: {}`),
			field: "spec.credentials.secretRef.name", says: "Required value",
		},
		"credentials whose Secret has an empty name": {
			spec:  credentials(`applicationID: admin, scope: all, secretRef: {name: ""}`),
			field: "spec.credentials.secretRef.name", says: "should be at least 1 chars long",
		},
		"credentials whose Secret has a long name": {
			spec:  credentials(`applicationID: admin, scope: all, secretRef: {name: ` + letters(254) + `}`),
			field: "spec.credentials.secretRef.name", says: "may not be more than 253 bytes",
		},
		"credentials whose Secret is in another namespace": {
			spec:  credentials(`applicationID: admin, scope: all, secretRef: {name: ../other/admin}`),
			field: "spec.credentials.secretRef.name", says: "name of the Secret " + nameMessage + "corp-admin",
		},
	}
}

func rejectedTenantAccess() map[string]rejection {
	const lifetime = "maxTokenLifetime must be a duration between 30s and 8760h, such as 12h"
	access := func(fields string) string { return tenantWith("access: {" + fields + "}") }
	table := map[string]rejection{
		"an unknown application type": {
			spec:  access(`allowedApplicationTypes: [OAuth2ServerClient]`),
			field: "spec.access.allowedApplicationTypes[0]", says: `supported values: "OAuth2Server", "OAuth2Client"`,
		},
		"an application type twice": {
			spec:  access(`allowedApplicationTypes: [OAuth2Server, OAuth2Server]`),
			field: "spec.access.allowedApplicationTypes[1]", says: "Duplicate value",
		},
		"more application types than there are": {
			spec:  access(`allowedApplicationTypes: [OAuth2Server, OAuth2Client, OAuth2Server]`),
			field: "spec.access.allowedApplicationTypes", says: "must have at most 2 items",
		},
		"checks in days":                    {spec: tenantWith(`driftCheckInterval: 1d`), field: "spec.driftCheckInterval", says: durationPattern},
		"checks with digits":                {spec: tenantWith(`driftCheckInterval: ` + notADuration), field: "spec.driftCheckInterval", says: "may not be more than 32 bytes"},
		"checks all the time":               {spec: tenantWith(`driftCheckInterval: 59s`), field: "spec.driftCheckInterval", says: `driftCheckInterval must be a duration between 1m and 8760h, such as 15m`},
		"checks that come too late":         {spec: tenantWith(`driftCheckInterval: 8761h`), field: "spec.driftCheckInterval", says: `driftCheckInterval must be a duration between 1m and 8760h, such as 15m`},
		"a longest lifetime in days":        {spec: access(`maxTokenLifetime: 1d`), field: "spec.access.maxTokenLifetime", says: durationPattern},
		"a longest lifetime with digits":    {spec: access(`maxTokenLifetime: ` + notADuration), field: "spec.access.maxTokenLifetime", says: "may not be more than 32 bytes"},
		"a longest lifetime under 30s":      {spec: access(`maxTokenLifetime: 29s`), field: "spec.access.maxTokenLifetime", says: lifetime},
		"a longest lifetime of over a year": {spec: access(`maxTokenLifetime: 8760h1ms`), field: "spec.access.maxTokenLifetime", says: lifetime},
	}
	table["an empty list of scopes, which a typed client would drop"] = rejection{
		spec: access(`allowedScopes: []`), field: "spec.access.allowedScopes", says: "should have at least 1 items",
	}
	for _, field := range []string{"allowedScopes", "allowedRoles"} {
		path := "spec.access." + field
		table[field+" with an empty pattern"] = rejection{spec: access(field + `: ["*", ""]`), field: path + "[1]", says: "should be at least 1 chars long"}
		table[field+" with a long pattern"] = rejection{spec: access(field + `: [` + letters(129) + `]`), field: path + "[0]", says: "may not be more than 128 bytes"}
		table[field+" with too many patterns"] = rejection{spec: access(field + `: ` + list(65, "p%d")), field: path, says: "must have at most 64 items"}
		table[field+" with a pattern twice"] = rejection{spec: access(field + `: [a, b, a]`), field: path + "[2]", says: "Duplicate value"}
	}
	return merge(table, rejectedNamespaceRules("spec.access.namespaces", func(rule string) string { return access("namespaces: " + rule) }))
}

// rejectedNamespaceRules returns the rejections of a field that admits namespaces.
func rejectedNamespaceRules(path string, spec func(rule string) string) map[string]rejection {
	return map[string]rejection{
		path + " without from":                    {spec: spec(`{}`), field: path + ".from", says: "Required value"},
		path + " from nowhere":                    {spec: spec(`{from: Some}`), field: path + ".from", says: `supported values: "Same", "All", "Selector"`},
		path + " from a selector that is missing": {spec: spec(`{from: Selector}`), field: path, says: selectorMessage},
		path + " from all with a selector":        {spec: spec(`{from: All, selector: {matchLabels: {a: b}}}`), field: path, says: selectorMessage},
		path + " from its own with a selector":    {spec: spec(`{from: Same, selector: {}}`), field: path, says: selectorMessage},
	}
}
