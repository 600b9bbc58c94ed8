package crd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	teamEdit    = "team-edit"
	teamView    = "team-view"
	tenantAdmin = "tenant-admin"
)

// kindVerbs are the verbs that kube-apiserver has for our kinds.
var kindVerbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// kindResources are what there is of our kinds, and Secrets.
var kindResources = []string{
	"confidentialclients", "confidentialclients/status", "confidentialclients/finalizers",
	"scopes", "scopes/status", "scopes/finalizers",
	"oauthclients", "oauthclients/status", "oauthclients/finalizers",
	"identitytenants", "identitytenants/status", "identitytenants/finalizers",
	"secrets",
}

// peopleRoles returns config/rbac's ClusterRoles for people, by name.
func peopleRoles(t *testing.T) map[string]*unstructured.Unstructured {
	t.Helper()
	_, objects := resources(t, "rbac")
	roles := map[string]*unstructured.Unstructured{}
	for _, object := range objects {
		if object.GetKind() == "ClusterRole" && object.GetName() != "manager-role" {
			roles[object.GetName()] = object
		}
	}
	return roles
}

// newRolesWorld installs the roles for people and makes them part of the built-in ones.
func newRolesWorld(t *testing.T) *environment.World {
	t.Helper()
	w := newWorld(t)
	for _, add := range []func(*runtime.Scheme) error{rbacv1.AddToScheme, authorizationv1.AddToScheme} {
		if err := add(w.Client.Scheme()); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range peopleRoles(t) {
		install(t, w, role)
	}
	aggregate(t, w)
	return w
}

func TestNobodyIsBoundToTheRolesForPeople(t *testing.T) {
	_, objects := resources(t, "rbac")
	roles := peopleRoles(t)
	for _, name := range []string{teamEdit, teamView, tenantAdmin} {
		if roles[name] == nil {
			t.Errorf("config/rbac has no ClusterRole %s", name)
		}
	}
	for _, object := range objects {
		if role := text(t, object, "roleRef", "name"); roles[role] != nil {
			t.Errorf("%s %s binds somebody to %s", object.GetKind(), object.GetName(), role)
		}
	}
}

// TestBuiltInRolesGrantWhatTeamsNeed asks kube-apiserver, as a user of each role in one namespace, for every verb on everything there is.
func TestBuiltInRolesGrantWhatTeamsNeed(t *testing.T) {
	w := newRolesWorld(t)
	look := []string{"get", "list", "watch"}
	edit := map[string][]string{
		"confidentialclients": kindVerbs, "confidentialclients/status": {"get"},
		"scopes": kindVerbs, "scopes/status": {"get"},
	}
	for _, tc := range []struct {
		user, role string
		may        map[string][]string
		// secrets says that the built-in role is about Secrets already; what it says there is not ours.
		secrets bool
	}{
		{user: "vera", role: "view", may: map[string][]string{"confidentialclients": look, "scopes": look}},
		{user: "edith", role: "edit", may: edit, secrets: true},
		{user: "adam", role: "admin", may: edit, secrets: true},
		{user: "tess", role: tenantAdmin, may: map[string][]string{
			"oauthclients": kindVerbs, "oauthclients/status": {"get"},
			"identitytenants": kindVerbs, "identitytenants/status": {"get"},
		}},
		{user: "nora", role: "nothing"},
	} {
		t.Run(tc.role, func(t *testing.T) {
			bind(t, w, tc.user, tc.role)
			user := impersonate(t, w, tc.user)
			awaitGrants(t, w, user, tc.may)
			for _, resource := range kindResources {
				if resource == "secrets" && tc.secrets {
					continue
				}
				for _, verb := range kindVerbs {
					if got, want := may(t, user, w.Namespace("shop"), verb, resource), slices.Contains(tc.may[resource], verb); got != want {
						t.Errorf("%s %s: allowed is %t, want %t", verb, resource, got, want)
					}
					if may(t, user, w.Namespace("identity"), verb, resource) {
						t.Errorf("%s %s: allowed in another namespace", verb, resource)
					}
				}
			}
		})
	}
}

// TestTeamsWorkWithTheirClients sends real requests: what the reviews of TestBuiltInRolesGrantWhatTeamsNeed say is what happens.
func TestTeamsWorkWithTheirClients(t *testing.T) {
	w := newRolesWorld(t)
	bind(t, w, "edith", "edit")
	bind(t, w, "vera", "view")
	edith, vera := impersonate(t, w, "edith"), impersonate(t, w, "vera")
	awaitGrants(t, w, edith, map[string][]string{"scopes": {"create"}, "confidentialclients": {"create"}})
	awaitGrants(t, w, vera, map[string][]string{"scopes": {"list"}})

	object := manifest(t, w.Namespace("shop"), scope, minimalScope)
	if err := edith.Create(t.Context(), object); err != nil {
		t.Errorf("a Scope by who may edit: %v", err)
	}
	if err := edith.Create(t.Context(), manifest(t, w.Namespace("shop"), oauthClient, minimalOAuthClient)); !apierrors.IsForbidden(err) {
		t.Errorf("an OAuthClient by who may edit gives %v, want a refusal", err)
	}
	status := client.RawPatch("application/merge-patch+json", []byte(`{"status": {"observedGeneration": 1}}`))
	if err := edith.Status().Patch(t.Context(), object, status); !apierrors.IsForbidden(err) {
		t.Errorf("a status by who may edit gives %v, want a refusal", err)
	}
	if err := vera.List(t.Context(), &v1alpha1.ScopeList{}, client.InNamespace(w.Namespace("shop"))); err != nil {
		t.Errorf("a list by who may view: %v", err)
	}
	if err := vera.Delete(t.Context(), object); !apierrors.IsForbidden(err) {
		t.Errorf("a deletion by who may view gives %v, want a refusal", err)
	}
}

// aggregate does to the built-in roles for people what kube-controller-manager would do: it gives each the rules of all roles that its
// selectors match, and so on up from view.
func aggregate(t *testing.T, w *environment.World) {
	t.Helper()
	for _, name := range []string{"view", "edit", "admin"} {
		built := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
		w.Update(built, func() {
			built.Rules = nil
			for _, selector := range built.AggregationRule.ClusterRoleSelectors {
				matching, err := metav1.LabelSelectorAsSelector(&selector)
				if err != nil {
					t.Fatal(err)
				}
				var parts rbacv1.ClusterRoleList
				if err := w.Client.List(t.Context(), &parts, client.MatchingLabelsSelector{Selector: matching}); err != nil {
					t.Fatal(err)
				}
				for _, part := range parts.Items {
					built.Rules = append(built.Rules, part.Rules...)
				}
			}
		})
	}
}

// bind gives a user a ClusterRole in the namespace shop.
func bind(t *testing.T, w *environment.World, user, role string) {
	t.Helper()
	w.Create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("shop"), Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	})
}

// impersonate returns a client that is a user.
func impersonate(t *testing.T, w *environment.World, user string) client.Client {
	t.Helper()
	config := w.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	c, err := client.New(config, client.Options{Scheme: w.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// awaitGrants waits until a user may do something in the namespace shop: kube-apiserver takes a moment to see a new binding.
func awaitGrants(t *testing.T, w *environment.World, user client.Client, grants map[string][]string) {
	t.Helper()
	w.Eventually("have the permissions in force", func() error {
		for resource, verbs := range grants {
			for _, verb := range verbs {
				if !may(t, user, w.Namespace("shop"), verb, resource) {
					return fmt.Errorf("%s %s is refused", verb, resource)
				}
			}
		}
		return nil
	})
}

// may asks kube-apiserver whether a user may do something in a namespace.
func may(t *testing.T, user client.Client, namespace, verb, resource string) bool {
	t.Helper()
	resource, subresource, _ := strings.Cut(resource, "/")
	group := v1alpha1.GroupVersion.Group
	if resource == "secrets" {
		group = ""
	}
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource,
		},
	}}
	if err := user.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}
