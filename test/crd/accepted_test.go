package crd_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// acceptedKinds returns manifests that are taken, by kind; each has no more than what its name says needs.
func acceptedKinds() map[string]map[string]string {
	return map[string]map[string]string{
		identityTenant: {
			"a tenant by its URL alone":                    minimalIdentityTenant,
			"a tenant with a port and a slash":             `{url: "https://t.example.com:8443/"}`,
			"a tenant with an address of IPv6":             `{url: "https://[::1]:8443"}`,
			"a tenant open to its own namespace":           tenantWith(`access: {namespaces: {from: Same}}`),
			"a tenant open to all namespaces":              tenantWith(`access: {namespaces: {from: All}}`),
			"a tenant open to selected namespaces":         tenantWith(`access: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}`),
			"a tenant open to namespaces of any label":     tenantWith(`access: {namespaces: {from: Selector, selector: {}}}`),
			"a tenant open to applications for other APIs": tenantWith(`access: {allowedApplicationTypes: [OAuth2Server]}`),
			"a tenant open to applications for its APIs":   tenantWith(`access: {allowedApplicationTypes: [OAuth2Client]}`),
			"a tenant on which applications are adopted":   tenantWith(`access: {allowAdoption: [OAuthClient]}`),
			"a tenant on which users are adopted":          tenantWith(`access: {allowAdoption: [ConfidentialClient]}`),
			"a tenant that lets client secrets go":         tenantWith(`access: {allowClientSecretDelivery: true}`),
			"a tenant with the longest lists of patterns":  tenantWith(`access: {allowedScopes: ` + list(64, "p%d") + `, allowedRoles: ` + list(64, "p%d") + `}`),
			"a tenant with a CA bundle of its own":         tenantWith(`tls: {caBundle: "-----BEGIN CERTIFICATE-----"}`),
			"a tenant with a CA bundle in a ConfigMap":     tenantWith(`tls: {caBundleRef: {kind: ConfigMap, name: kube-root-ca.crt}}`),
			"a tenant with a CA bundle in a Secret":        tenantWith(`tls: {caBundleRef: {kind: Secret, name: ca, key: tls_ca-1.pem}}`),
			"a tenant behind a proxy":                      tenantWith(`proxy: {url: "http://proxy.corp.example:3128"}`),
			"a tenant behind a proxy with everything":      tenantWith(`proxy: {url: "https://[::1]:3129/", secretRef: {name: proxy}, noProxy: [".corp.example", "10.0.0.0/8", "*"]}`),
			"a tenant with the greatest limits":            tenantWith(`limits: {requestsPerSecond: 1000, burst: 1000}`),
			"a tenant with the least limits":               tenantWith(`limits: {requestsPerSecond: 1, burst: 1}`),
		},
		oauthClient: {
			"an application for one's own APIs":                              minimalOAuthClient,
			"an application for the tenant's APIs":                           `{tenantRef: {name: corp}, applicationID: orders, type: OAuth2Client}`,
			"an application with an ID of one letter":                        `{tenantRef: {name: corp}, applicationID: o, type: OAuth2Server}`,
			"an application with an issuer and an audience":                  applicationWith(`issuer: "https://i.example.com", audience: "https://a.example.com"`),
			"an application that issues JWTs":                                applicationWith(`token: {type: JwtRS256}`),
			"an application that issues opaque tokens":                       applicationWith(`token: {type: Opaque}`),
			"an application that issues opaque tokens for the tenant's APIs": clientApplicationWith(`token: {type: Opaque}`),
			"an application with a role for its clients":                     applicationWith(`clientRole: Managed`),
			"an application without a role for its clients":                  applicationWith(`clientRole: None`),
			"an application with a scope":                                    applicationWith(`scopes: [{name: "orders:read"}]`),
			"an application with a scope that opens APIs":                    clientApplicationWith(`scopes: [{name: users, restPatterns: ["/UserMgmt/.*"]}]`),
			"an application with as many scopes as there may be":             clientApplicationWith(`scopes: ` + list(64, `{name: s%d, restPatterns: `+list(64, "/%%d")+`}`)),
			"scopes of the application's own namespace":                      applicationWith(`scopeAttachment: {namespaces: {from: Same}}`),
			"scopes of all namespaces":                                       applicationWith(`scopeAttachment: {namespaces: {from: All}}`),
			"scopes of selected namespaces":                                  applicationWith(`scopeAttachment: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}`),
			"consumers of the application's own namespace":                   applicationWith(`consumers: {namespaces: {from: Same}}`),
			"consumers of all namespaces":                                    applicationWith(`consumers: {namespaces: {from: All}}`),
			"consumers of selected namespaces":                               applicationWith(`consumers: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}`),
			"an application that goes with its manifest":                     applicationWith(`deletionPolicy: Delete`),
			"an application that stays":                                      applicationWith(`deletionPolicy: Orphan`),
			"an application that is managed":                                 applicationWith(`managementPolicy: Full`),
			"an application that is observed":                                applicationWith(`managementPolicy: Observe`),
			"an application that may be adopted":                             applicationWith(`adoptionPolicy: Adopt`),
			"an application that may not be adopted":                         applicationWith(`adoptionPolicy: Never`),
			"an application that is left alone for a while":                  applicationWith(`suspend: true`),
			"an application with the longest claims script":                  applicationWith(`claimsScript: ` + letters(16384)),
			"an application with a scope for APIs":                           clientApplicationWith(`scopes: [{name: users, type: API, restPatterns: ["/UserMgmt/.*"]}]`),
			"an application with a scope for claims":                         applicationWith(`scopes: [{name: profile, type: CustomClaims}]`),
			"consent without a rule":                                         applicationWith(`scopeAttachment: {}, consumers: {}`),
		},
		scope: {
			"a scope by its name alone":                      minimalScope,
			"a scope that opens APIs":                        `{oauthClientRef: {name: orders, namespace: shop}, name: users, restPatterns: ["/UserMgmt/.*"]}`,
			"a scope for APIs":                               `{oauthClientRef: {name: orders}, name: users, type: API, restPatterns: ["/UserMgmt/.*"]}`,
			"a scope for claims":                             `{oauthClientRef: {name: orders}, name: profile, type: CustomClaims}`,
			"a scope whose name has every kind of character": `{oauthClientRef: {name: orders}, name: "!#$%&'()*+,-./09:;<=>?@AZ[]^_` + "`" + `az{|}~"}`,
		},
		confidentialClient: merge(acceptedSecrets(), acceptedRollouts(), map[string]string{
			"a client by its OAuthClient alone":            minimalConfidentialClient,
			"a client whose user we make":                  clientWith(`identity: {provisioning: Managed}`),
			"a client whose user goes with its manifest":   clientWith(`deletionPolicy: Delete`),
			"a client whose user stays":                    clientWith(`deletionPolicy: Orphan`),
			"a client whose user is described":             clientWith(`identity: {username: billing@corp.example, displayName: Billing, roles: [Auditors]}`),
			"a client of an OAuthClient with its own user": clientWith(`identity: {provisioning: External}, credential: {secretRef: {name: mine}}`),
			"a client of an application nobody manages":    externalClient,
			"a client with as many scopes as there may be": clientWith(`scopes: ` + list(64, "s%d")),
			"a client with a Secret of another name":       clientWith(`secret: {name: billing.token-1}`),
			"a client that takes over its user":            clientWith(`adoptionPolicy: Adopt`),
			"a client that takes over nothing":             clientWith(`adoptionPolicy: Never`),
			"a credential that is rotated on request":      clientWith(`credential: {rotation: {}}`),
			"a credential that is rotated in place":        clientWith(`credential: {rotation: {interval: 720h, strategy: InPlace}}, adoptionPolicy: Adopt`),
			"a credential that two users take turns in":    clientWith(`credential: {rotation: {interval: 720h, strategy: DualIdentity, overlap: 719h}}, adoptionPolicy: Never`),
			"turns on request":                             clientWith(`credential: {rotation: {strategy: DualIdentity, overlap: 720h}}`),
		}),
	}
}

// accepted returns the accepted manifests of every kind, those of applications for each grant type among them.
func accepted() map[string]map[string]string {
	all := acceptedKinds()
	maps.Copy(all[oauthClient], acceptedFlows())
	return all
}

func TestManifestsAreTaken(t *testing.T) {
	w := newWorld(t)
	for kind, table := range accepted() {
		for name, spec := range table {
			t.Run(kind+"/"+name, func(t *testing.T) {
				if err := strict(w).Create(t.Context(), manifest(t, w.Namespace("shop"), kind, spec), client.DryRunAll); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestEveryEnumValueHasAManifest reads the enums from the CRDs: a value that is bound to a mode, with a default that contradicts it, could
// otherwise be declared and never be used.
func TestEveryEnumValueHasAManifest(t *testing.T) {
	tables := accepted()
	for _, n := range specNodes(t) {
		for _, value := range n.Enum {
			found := false
			for _, spec := range tables[n.Kind] {
				found = found || slices.Contains(valuesAt(t, spec, n.Path), value)
			}
			if !found {
				t.Errorf("no accepted %s has %s: %s", n.Kind, n.Path, value)
			}
		}
	}
}

// valuesAt returns the strings that a spec has at a path of the schema.
func valuesAt(t *testing.T, spec, path string) []string {
	t.Helper()
	var parsed any
	if err := yaml.Unmarshal([]byte(spec), &parsed); err != nil {
		t.Fatalf("reading the manifest: %v\n%s", err, spec)
	}
	at := []any{map[string]any{"spec": parsed}}
	for _, step := range regexp.MustCompile(`\w+|\[\]`).FindAllString(path, -1) {
		var next []any
		for _, value := range at {
			switch value := value.(type) {
			case map[string]any:
				next = append(next, value[step])
			case []any:
				next = append(next, value...)
			}
		}
		at = next
	}
	var values []string
	for _, value := range at {
		if s, ok := value.(string); ok {
			values = append(values, s)
		}
	}
	return values
}

func TestWhatIsNotImmutableChanges(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct{ kind, was, spec string }{
		"a tenant gets everything but another URL": {
			identityTenant, minimalIdentityTenant,
			strings.Replace(minimalIdentityTenant, "}", `, timeout: 5s, loginSuffix: corp.example, limits: {burst: 5}, tls: {caBundleRef: {kind: ConfigMap, name: ca}}, proxy: {url: "http://proxy"}, access: {namespaces: {from: All}}, credentials: {applicationID: a, scope: all, secretRef: {name: a}}}`, 1),
		},
		"an application gets other scopes, tokens and consumers": {
			oauthClient, applicationWith(`scopes: [{name: a}], audience: a`),
			applicationWith(`scopes: [{name: b}], audience: b, displayName: B, token: {type: Opaque, lifetime: 1h}, clientRole: None, consumers: {namespaces: {from: All}}`),
		},
		"a scope gets another description": {
			scope, minimalScope, `{oauthClientRef: {name: orders}, name: read, description: Read, restPatterns: [/a]}`,
		},
		"a client says what was the default": {
			confidentialClient, minimalConfidentialClient, clientWith(`identity: {provisioning: Managed}`),
		},
		"a client goes back to the default": {
			confidentialClient, clientWith(`identity: {provisioning: Managed}`), minimalConfidentialClient,
		},
		"a client gets other scopes, roles and another Secret": {
			confidentialClient, clientWith(`scopes: [a], identity: {username: a@b, roles: [a]}`),
			clientWith(`scopes: [b], identity: {username: a@b, displayName: B, roles: [b]}, secret: {name: other}, token: {renewBefore: 1h}`),
		},
		"a client's credential is rotated in another way": {
			confidentialClient, clientWith(`credential: {rotation: {strategy: DualIdentity, overlap: 1h}}`), clientWith(`credential: {rotation: {interval: 1h}}`),
		},
		"an external client gets another credential": {
			confidentialClient, externalClient, strings.Replace(externalClient, "mine", "other", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			object := manifest(t, w.Namespace("shop"), tc.kind, tc.was)
			if err := strict(w).Create(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			defer w.Delete(object.DeepCopy())
			setSpec(t, object, tc.spec)
			if err := strict(w).Update(t.Context(), object); err != nil {
				t.Error(err)
			}
		})
	}
}
