package application_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
)

var born = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// scopeObject returns a Scope object of the given age.
func scopeObject(namespace, name, scope string, age time.Duration, patterns ...string) v1alpha1.Scope {
	return v1alpha1.Scope{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: metav1.NewTime(born.Add(-age))},
		Spec:       v1alpha1.ScopeSpec{Name: scope, Description: "of " + namespace + "/" + name, RESTPatterns: patterns},
	}
}

func oauthClient(kind v1alpha1.ApplicationType, inline ...v1alpha1.InlineScope) *v1alpha1.OAuthClient {
	return &v1alpha1.OAuthClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "orders"},
		Spec:       v1alpha1.OAuthClientSpec{ApplicationID: "orders-api", Type: kind, Scopes: inline},
	}
}

func everybody(string) bool { return true }

func TestUndeclaredNamesWhatMayBeRetained(t *testing.T) {
	merged := application.Merged{
		Scopes: []application.Scope{{Name: "read"}},
		Rejected: []application.Rejection{
			{Name: "shut-out", Reason: v1alpha1.ReasonNotAdmitted}, {Name: "broken", Reason: v1alpha1.ReasonInvalidPattern},
		},
	}
	got := merged.Undeclared([]v1alpha1.AppliedScope{{Name: "read"}, {Name: "shut-out"}, {Name: "gone"}, {Name: "broken"}})
	if diff := cmp.Diff([]string{"broken", "gone"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	const (
		forOwnAPIs    = v1alpha1.ApplicationTypeOAuth2Server
		forTenantAPIs = v1alpha1.ApplicationTypeOAuth2Client
	)
	leaving := scopeObject("shop", "leaving", "read", 9*time.Hour)
	leaving.DeletionTimestamp = &metav1.Time{Time: born}
	for name, tc := range map[string]struct {
		oauthClient *v1alpha1.OAuthClient
		scopes      []v1alpha1.Scope
		admits      func(string) bool
		want        application.Merged
	}{
		"no scope at all": {oauthClient(forOwnAPIs), nil, everybody, application.Merged{}},
		"inline scopes and Scope objects are joined by name": {
			oauthClient(forOwnAPIs, v1alpha1.InlineScope{Name: "write", Description: "inline"}),
			[]v1alpha1.Scope{scopeObject("shop", "z", "read", time.Hour), scopeObject("billing", "a", "admin", 2*time.Hour)},
			everybody,
			application.Merged{Scopes: []application.Scope{{Name: "admin", Description: "of billing/a"}, {Name: "read", Description: "of shop/z"}, {Name: "write", Description: "inline"}}},
		},
		"names that differ in case are different scopes": {
			oauthClient(forOwnAPIs, v1alpha1.InlineScope{Name: "read"}),
			[]v1alpha1.Scope{scopeObject("shop", "a", "Read", time.Hour)},
			everybody,
			application.Merged{Scopes: []application.Scope{{Name: "Read", Description: "of shop/a"}, {Name: "read"}}},
		},
		"of two Scope objects of one name the older wins": {
			oauthClient(forOwnAPIs),
			[]v1alpha1.Scope{scopeObject("shop", "young", "read", time.Minute), scopeObject("shop", "old", "read", time.Hour)},
			everybody,
			application.Merged{
				Scopes: []application.Scope{{Name: "read", Description: "of shop/old"}},
				Rejected: []application.Rejection{{
					Scope: types.NamespacedName{Namespace: "shop", Name: "young"}, Name: "read", Reason: v1alpha1.ReasonConflict,
					Message: `scope "read" is declared by Scope shop/old already; choose another name, or remove one of the two`,
				}},
			},
		},
		"of two of the same age the first by namespace and name wins": {
			oauthClient(forOwnAPIs),
			[]v1alpha1.Scope{scopeObject("b", "a", "read", 0), scopeObject("a", "c", "read", 0), scopeObject("a", "b", "read", 0)},
			everybody,
			application.Merged{
				Scopes: []application.Scope{{Name: "read", Description: "of a/b"}},
				Rejected: []application.Rejection{
					{
						Scope: types.NamespacedName{Namespace: "a", Name: "c"}, Name: "read", Reason: v1alpha1.ReasonConflict,
						Message: `scope "read" is declared by Scope a/b already; choose another name, or remove one of the two`,
					},
					{
						Scope: types.NamespacedName{Namespace: "b", Name: "a"}, Name: "read", Reason: v1alpha1.ReasonConflict,
						Message: `scope "read" is declared by Scope a/b already; choose another name, or remove one of the two`,
					},
				},
			},
		},
		"an inline scope wins over an older Scope object": {
			oauthClient(forOwnAPIs, v1alpha1.InlineScope{Name: "read", Description: "inline"}),
			[]v1alpha1.Scope{scopeObject("shop", "old", "read", time.Hour)},
			everybody,
			application.Merged{
				Scopes: []application.Scope{{Name: "read", Description: "inline"}},
				Rejected: []application.Rejection{{
					Scope: types.NamespacedName{Namespace: "shop", Name: "old"}, Name: "read", Reason: v1alpha1.ReasonConflict,
					Message: `scope "read" is declared by spec.scopes of the OAuthClient already; choose another name, or remove one of the two`,
				}},
			},
		},
		"a Scope object that is being deleted makes room for a younger one": {
			oauthClient(forOwnAPIs),
			[]v1alpha1.Scope{leaving, scopeObject("shop", "young", "read", 0)},
			everybody,
			application.Merged{Scopes: []application.Scope{{Name: "read", Description: "of shop/young"}}},
		},
		"a Scope object of a namespace that is not admitted makes room for a younger one": {
			oauthClient(forOwnAPIs),
			[]v1alpha1.Scope{scopeObject("stranger", "old", "read", time.Hour), scopeObject("shop", "young", "read", 0)},
			func(namespace string) bool { return namespace == "shop" },
			application.Merged{
				Scopes: []application.Scope{{Name: "read", Description: "of shop/young"}},
				Rejected: []application.Rejection{{
					Scope: types.NamespacedName{Namespace: "stranger", Name: "old"}, Name: "read", Reason: v1alpha1.ReasonNotAdmitted,
					Message: `OAuthClient shop/orders does not admit Scopes of namespace "stranger"; its spec.scopeAttachment decides`,
				}},
			},
		},
		"REST patterns on an application for one's own APIs": {
			oauthClient(forOwnAPIs),
			[]v1alpha1.Scope{scopeObject("shop", "users", "users", 0, "/UserMgmt/.*")},
			everybody,
			application.Merged{Rejected: []application.Rejection{{
				Scope: types.NamespacedName{Namespace: "shop", Name: "users"}, Name: "users", Reason: v1alpha1.ReasonTypeMismatch,
				Message: `scope "users" has restPatterns, but application "orders-api" is of type OAuth2Server, whose tokens do not open the tenant's own APIs; remove restPatterns`,
			}}},
		},
		"REST patterns on an application for the tenant's own APIs": {
			oauthClient(forTenantAPIs),
			[]v1alpha1.Scope{scopeObject("shop", "users", "users", 0, "/UserMgmt/.*", "/Roles/[A-Z]+")},
			everybody,
			application.Merged{Scopes: []application.Scope{{Name: "users", Description: "of shop/users", RESTPatterns: []string{"/UserMgmt/.*", "/Roles/[A-Z]+"}}}},
		},
		"a pattern that is no regular expression is named, and leaves its name to others": {
			oauthClient(forTenantAPIs),
			[]v1alpha1.Scope{scopeObject("shop", "broken", "users", time.Hour, "/a", "/b("), scopeObject("shop", "good", "users", 0, "/a")},
			everybody,
			application.Merged{
				Scopes: []application.Scope{{Name: "users", Description: "of shop/good", RESTPatterns: []string{"/a"}}},
				Rejected: []application.Rejection{{
					Scope: types.NamespacedName{Namespace: "shop", Name: "broken"}, Name: "users", Reason: v1alpha1.ReasonInvalidPattern,
					Message: "restPatterns[1] of scope \"users\" is not a regular expression (RE2): error parsing regexp: missing closing ): `/b(`",
				}},
			},
		},
		"a pattern that only other engines know": {
			oauthClient(forTenantAPIs),
			[]v1alpha1.Scope{scopeObject("shop", "ahead", "users", 0, "/a(?!b)")},
			everybody,
			application.Merged{Rejected: []application.Rejection{{
				Scope: types.NamespacedName{Namespace: "shop", Name: "ahead"}, Name: "users", Reason: v1alpha1.ReasonInvalidPattern,
				Message: "restPatterns[0] of scope \"users\" is not a regular expression (RE2): error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
			}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tc.scopes)
			for range 2 { // the order of a list from a cache is nobody's promise
				got, err := application.Merge(tc.oauthClient, tc.scopes, tc.admits)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				slices.Reverse(tc.scopes)
			}
			if diff := cmp.Diff(before, tc.scopes); diff != "" {
				t.Errorf("the list of the cache was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestMergeNamesTheInlineScopeThatCannotBeCarriedOut(t *testing.T) {
	for name, tc := range map[string]struct {
		kind  v1alpha1.ApplicationType
		scope v1alpha1.InlineScope
		says  string
	}{
		"a pattern that is no regular expression": {
			v1alpha1.ApplicationTypeOAuth2Client,
			v1alpha1.InlineScope{Name: "users", RESTPatterns: []string{"[z-a]"}},
			`spec.scopes: restPatterns[0] of scope "users" is not a regular expression (RE2)`,
		},
		"a pattern on an application for one's own APIs": {
			v1alpha1.ApplicationTypeOAuth2Server,
			v1alpha1.InlineScope{Name: "users", RESTPatterns: []string{"/"}},
			`spec.scopes: scope "users" has restPatterns, but application "orders-api" is of type OAuth2Server`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := application.Merge(oauthClient(tc.kind, v1alpha1.InlineScope{Name: "read"}, tc.scope), nil, everybody)
			if err == nil || !strings.HasPrefix(err.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRejectionIsFoundByTheObjectAndNotByTheScope(t *testing.T) {
	taken, refused := types.NamespacedName{Namespace: "a", Name: "taken"}, types.NamespacedName{Namespace: "a", Name: "refused"}
	merged, err := application.Merge(oauthClient(v1alpha1.ApplicationTypeOAuth2Server),
		[]v1alpha1.Scope{scopeObject("a", "taken", "read", time.Hour), scopeObject("a", "refused", "read", 0)}, everybody)
	if err != nil {
		t.Fatal(err)
	}
	if r := merged.Rejection(taken); r != nil {
		t.Errorf("the one that was taken is rejected: %+v", r)
	}
	if r := merged.Rejection(refused); r == nil || r.Reason != v1alpha1.ReasonConflict {
		t.Errorf("the one that was not taken is not rejected: %+v", r)
	}
}
