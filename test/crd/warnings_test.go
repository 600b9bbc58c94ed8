package crd_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	implicitWarning = "spec.token.grantTypes has Implicit, which OAuth 2.1 removed: its tokens are part of URLs, and leak with them " +
		"(RFC 9700 section 2.1.2); use AuthorizationCode with PKCE instead, for public clients together with clientIDType List"
	resourceOwnerWarning = "spec.token.grantTypes has ResourceOwner, which OAuth 2.1 removed: it hands users' passwords to clients " +
		"(RFC 9700 section 2.4); use AuthorizationCode where users log in, and ClientCredentials where programs work for themselves"
	inPlaceWarning = "spec.credential.rotation with strategy InPlace, and ClientCredentials in spec.secret.deliver: at each rotation the tenant refuses " +
		"the delivered client secret until the workload has read the new one; use strategy DualIdentity, which keeps the old one for overlap"
	openWarning = " open all of the tenant's APIs that the roles of the client allow; name the paths that are needed, such as /UserMgmt/.*"
)

func lifetimeWarning(lifetime string) string {
	return "spec.token.lifetime is " + lifetime + ": the vendor warns that some of the tenant's own APIs misbehave with 10m or less; " +
		"set a longer one, such as 1h, or leave it out for 5h"
}

func inlineScopeWarning(name string) string {
	return `spec.scopes: one of restPatterns of scope "` + name + `" matches every path: its tokens` + openWarning
}

func scopeWarning(name string) string {
	return `spec.restPatterns: one of them matches every path: tokens with scope "` + name + `"` + openWarning
}

// warned is a manifest that is taken with warnings, or without.
type warned struct {
	kind, spec string
	// says has the warnings in full, sorted.
	says []string
}

func warnedManifests() map[string]warned {
	const redirect = `redirectURIs: ["https://app.example.com/callback"], `
	lifetime := func(lifetime string) warned {
		return warned{oauthClient, applicationWith(`token: {lifetime: ` + lifetime + `}`), []string{lifetimeWarning(lifetime)}}
	}
	table := map[string]warned{
		"tokens that live for ten minutes":             lifetime("10m"),
		"tokens that live for six hundred seconds":     lifetime("600s"),
		"tokens that live for a part of an hour":       lifetime("0.1h"),
		"tokens that live for the shortest time":       lifetime("30s"),
		"the implicit grant":                           {oauthClient, applicationWith(redirect + `token: {grantTypes: [Implicit]}`), []string{implicitWarning}},
		"the implicit grant among others":              {oauthClient, applicationWith(redirect + `token: {grantTypes: [AuthorizationCode, Implicit]}`), []string{implicitWarning}},
		"the resource owner password credential grant": {oauthClient, applicationWith(`token: {grantTypes: [ResourceOwner]}`), []string{resourceOwnerWarning}},
		"a delivered client secret that is rotated in place": {
			confidentialClient, clientWith(`credential: {rotation: {interval: 720h, strategy: InPlace}}, secret: {deliver: [Token, ClientCredentials]}`), []string{inPlaceWarning},
		},
		"a delivered client secret that is rotated in place by default": {
			confidentialClient, clientWith(`credential: {rotation: {}}, secret: {deliver: [ClientCredentials]}`), []string{inPlaceWarning},
		},
		"everything that is questionable": {
			oauthClient,
			clientApplicationWith(redirect + `token: {lifetime: 1m, grantTypes: [ResourceOwner, Implicit]}, scopes: [{name: all, restPatterns: [.*]}]`),
			[]string{inlineScopeWarning("all"), implicitWarning, resourceOwnerWarning, lifetimeWarning("1m")},
		},
		"an open pattern in the second scope": {
			oauthClient, clientApplicationWith(`scopes: [{name: users, restPatterns: ["/UserMgmt/.*"]}, {name: all, restPatterns: [/a, ".*"]}, {name: more, restPatterns: [".*"]}]`),
			[]string{inlineScopeWarning("all")},
		},
		"an open pattern after as many and long ones as fit": {oauthClient, clientApplicationWith(`scopes: ` + manyScopes()), []string{inlineScopeWarning("all")}},
		"an open pattern after long ones": {
			scope, `{oauthClientRef: {name: orders}, name: all, restPatterns: ` + andAtLast(list(63, letters(500)+"%d"), ".*") + `}`, []string{scopeWarning("all")},
		},
	}
	for _, pattern := range []string{".*", "/.*", "^.*$", "^/.*", "^/.*$", ".+", "/.+"} {
		table["the pattern "+pattern+" in an inline scope"] = warned{
			oauthClient, clientApplicationWith(`scopes: [{name: all, restPatterns: ["` + pattern + `"]}]`), []string{inlineScopeWarning("all")},
		}
		table["the pattern "+pattern+" in a scope"] = warned{
			scope, `{oauthClientRef: {name: orders}, name: all, restPatterns: ["` + pattern + `"]}`, []string{scopeWarning("all")},
		}
	}
	return table
}

// manyScopes returns 64 inline scopes with 64 patterns each, together nearly as long as what etcd takes; the very last pattern is
// open. An expression that costs too much would fail, and give no warning.
func manyScopes() string {
	long := "/" + letters(340)
	return andAtLast(list(63, `{name: s%d, restPatterns: `+list(64, long+"%%d")+`}`), `{name: all, restPatterns: `+andAtLast(list(63, long+"%d"), ".*")+`}`)
}

// andAtLast returns a YAML list with one item more.
func andAtLast(list, item string) string { return strings.TrimSuffix(list, "]") + ", " + item + "]" }

func unwarnedManifests() map[string]warned {
	return map[string]warned{
		"an application with defaults":             {kind: oauthClient, spec: minimalOAuthClient},
		"tokens without a lifetime":                {kind: oauthClient, spec: applicationWith(`token: {type: Opaque}`)},
		"tokens that live a little over ten":       {kind: oauthClient, spec: applicationWith(`token: {lifetime: 10m1s}`)},
		"tokens that live for an hour":             {kind: oauthClient, spec: applicationWith(`token: {lifetime: 1h}`)},
		"refresh tokens that live for ten minutes": {kind: oauthClient, spec: applicationWith(`redirectURIs: ["https://a.example.com/"], token: {grantTypes: [AuthorizationCode], refreshToken: {lifetime: 10m}}`)},
		"the grants of OAuth 2.1":                  {kind: oauthClient, spec: applicationWith(`redirectURIs: ["https://a.example.com/"], token: {grantTypes: [AuthorizationCode, ClientCredentials]}`)},
		"an inline scope without patterns":         {kind: oauthClient, spec: applicationWith(`scopes: [{name: ".*", description: ".*"}]`)},
		"inline scopes for some paths":             {kind: oauthClient, spec: clientApplicationWith(`scopes: [{name: users, restPatterns: ["/UserMgmt/.*", "Redrock/*", "security/whoami", "/a.*"]}]`)},
		"a client with defaults":                   {kind: confidentialClient, spec: minimalConfidentialClient},
		"a delivered client secret":                {kind: confidentialClient, spec: clientWith(`secret: {deliver: [ClientCredentials]}`)},
		"a rotation of what nobody else holds":     {kind: confidentialClient, spec: clientWith(`credential: {rotation: {interval: 720h}}, secret: {deliver: [Token, Endpoints]}`)},
		"a delivered client secret with turns":     {kind: confidentialClient, spec: clientWith(`credential: {rotation: {interval: 720h, strategy: DualIdentity}}, secret: {deliver: [ClientCredentials]}`)},
		"an external client that has it delivered": {kind: confidentialClient, spec: externalWith(`oauthClientRef: {name: orders}, secret: {deliver: [ClientCredentials]}`)},
		"a scope without patterns":                 {kind: scope, spec: `{oauthClientRef: {name: orders}, name: ".*", description: ".*"}`},
		"a scope for some paths":                   {kind: scope, spec: `{oauthClientRef: {name: orders}, name: users, restPatterns: ["/UserMgmt/.*", "Redrock/*", "security/whoami", "/a.*"]}`},
	}
}

// newWarnedWorld installs the policies of config/policy, waits until they are in force, and returns their names.
func newWarnedWorld(t *testing.T) (*environment.World, *listener, []string) {
	t.Helper()
	w := newWorld(t)
	objects := policies(t)
	install(t, w, objects...)
	l, active := newListener(t, w), names(objects, policyKind)
	for _, tc := range []string{"everything that is questionable", "the pattern .* in a scope", "a delivered client secret that is rotated in place"} {
		awaitWarning(t, w, l, warnedManifests()[tc], active)
	}
	return w, l, active
}

// awaitWarning waits until some policies warn of a manifest: kube-apiserver takes a moment to see a new policy.
func awaitWarning(t *testing.T, w *environment.World, l *listener, m warned, policies []string) {
	t.Helper()
	object := manifest(t, w.Namespace("shop"), m.kind, m.spec)
	w.Eventually("be warned by "+strings.Join(policies, " and "), func() error {
		if len(said(l.try(t, object), policies...)) == 0 {
			return errors.New("no warning")
		}
		return nil
	})
}

func TestManifestsAreTakenWithAWarningThatTeaches(t *testing.T) {
	w, l, active := newWarnedWorld(t)
	for title, table := range map[string]map[string]warned{"warned": warnedManifests(), "not warned": unwarnedManifests()} {
		for name, tc := range table {
			t.Run(title+"/"+name, func(t *testing.T) {
				got := said(l.try(t, manifest(t, w.Namespace("shop"), tc.kind, tc.spec)), active...)
				if diff := cmp.Diff(tc.says, got); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestOnlyWhoWritesASpecIsWarned: the operator's own writes, and those of tools that label things, log no warnings.
func TestOnlyWhoWritesASpecIsWarned(t *testing.T) {
	w, l, active := newWarnedWorld(t)
	object := manifest(t, w.Namespace("shop"), oauthClient, applicationWith(`token: {lifetime: 5m}`))
	if err := l.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{lifetimeWarning("5m")}, said(l.take(), active...)); diff != "" {
		t.Errorf("warnings of the creation (-want +got):\n%s", diff)
	}
	apply := func(patch string) client.Patch { return client.RawPatch("application/merge-patch+json", []byte(patch)) }
	for _, tc := range []struct {
		name, patch string
		says        []string
	}{
		{"a label", `{"metadata": {"labels": {"team": "shop"}}}`, nil},
		{"a finalizer", `{"metadata": {"finalizers": ["example.com/wait"]}}`, nil},
		{"no finalizer", `{"metadata": {"finalizers": null}}`, nil},
		{"the same spec", `{"spec": {"token": {"lifetime": "5m"}}}`, nil},
		{"another spec that is still questionable", `{"spec": {"displayName": "Orders"}}`, []string{lifetimeWarning("5m")}},
		{"a spec that is good", `{"spec": {"token": {"lifetime": "1h"}}}`, nil},
	} {
		if err := l.Patch(t.Context(), object, apply(tc.patch)); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.says, said(l.take(), active...)); diff != "" {
			t.Errorf("%s: warnings (-want +got):\n%s", tc.name, diff)
		}
	}
	if err := l.Status().Patch(t.Context(), object, apply(`{"status": {"applicationKey": "key"}}`)); err != nil {
		t.Fatal(err)
	}
	if got := said(l.take(), active...); got != nil {
		t.Errorf("a status: warnings %q", got)
	}
}

// TestEveryValidationHasAManifestThatTripsIt makes a policy of each validation alone: every one has to warn of something in the table.
func TestEveryValidationHasAManifestThatTripsIt(t *testing.T) {
	w := newWorld(t)
	l := newListener(t, w)
	silent := map[string]bool{}
	for _, object := range policies(t) {
		if object.GetKind() != policyKind || object.GetName() == workloadPolicy { // which has a table of its own
			continue
		}
		validations, _, err := unstructured.NestedSlice(object.Object, "spec", "validations")
		if err != nil || len(validations) == 0 {
			t.Fatalf("%s has no validations: %v", object.GetName(), err)
		}
		for i, validation := range validations {
			name := fmt.Sprintf("%s-%d", object.GetName(), i)
			policy, binding := object.DeepCopy(), &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": object.GetAPIVersion(), "kind": bindingKind, "metadata": map[string]any{"name": name},
				"spec": map[string]any{"policyName": name, "validationActions": []any{"Warn"}},
			}}
			policy.SetName(name)
			if err := unstructured.SetNestedSlice(policy.Object, []any{validation}, "spec", "validations"); err != nil {
				t.Fatal(err)
			}
			install(t, w, policy, binding)
			silent[name] = true
		}
	}
	w.Eventually("see each validation warn of a manifest", func() error {
		for _, tc := range warnedManifests() {
			if len(tc.spec) > 1000 {
				continue // about the cost of an expression, not about what it says
			}
			warnings := l.try(t, manifest(t, w.Namespace("shop"), tc.kind, tc.spec))
			maps.DeleteFunc(silent, func(name string, _ bool) bool { return len(said(warnings, name)) > 0 })
		}
		if len(silent) > 0 {
			return fmt.Errorf("silent: %q", slices.Sorted(maps.Keys(silent)))
		}
		return nil
	})
}

// TestPoliciesOnlyWarn reads what no manifest can show: that a policy that fails does not come between anybody and their objects.
func TestPoliciesOnlyWarn(t *testing.T) {
	objects := policies(t)
	bound := map[string]bool{}
	for _, object := range objects {
		switch object.GetKind() {
		case policyKind:
			if got := text(t, object, "spec", "failurePolicy"); got != "Ignore" {
				t.Errorf("%s has failurePolicy %q", object.GetName(), got)
			}
		case bindingKind:
			bound[text(t, object, "spec", "policyName")] = true
			actions, _, err := unstructured.NestedStringSlice(object.Object, "spec", "validationActions")
			if err != nil || !slices.Equal(actions, []string{"Warn"}) {
				t.Errorf("%s has validationActions %q: %v", object.GetName(), actions, err)
			}
		default:
			t.Errorf("%s %s is no policy", object.GetKind(), object.GetName())
		}
	}
	for _, name := range names(objects, policyKind) {
		if !bound[name] {
			t.Errorf("nothing binds %s", name)
		}
	}
}

// TestRenderedPoliciesAreInForce: a prefix for names and a namespace for everything leave policies and bindings together.
func TestRenderedPoliciesAreInForce(t *testing.T) {
	for _, directory := range []string{"default", "local"} {
		t.Run(directory, func(t *testing.T) {
			rendered := slices.DeleteFunc(render(t, directory), func(o *unstructured.Unstructured) bool {
				return o.GetKind() != policyKind && o.GetKind() != bindingKind
			})
			want := names(policies(t), policyKind)
			for i := range want {
				want[i] = "oauth-operator-" + want[i]
			}
			got := names(rendered, policyKind)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("names of the policies (-want +got):\n%s", diff)
			}
			for _, object := range rendered {
				if object.GetNamespace() != "" {
					t.Errorf("%s %s is in namespace %s; it can be in none", object.GetKind(), object.GetName(), object.GetNamespace())
				}
			}
			w := newWorld(t)
			install(t, w, rendered...)
			l := newListener(t, w)
			awaitWarning(t, w, l, warnedManifests()["the implicit grant"], got)
			awaitWarning(t, w, l, warnedManifests()["the pattern .* in a scope"], got)
			awaitWarning(t, w, l, warnedManifests()["a delivered client secret that is rotated in place"], got)
		})
	}
}
