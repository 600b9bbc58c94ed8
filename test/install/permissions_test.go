package install_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	// systemNamespace is the operator's in config/.
	systemNamespace = "oauth-operator-system"
	account         = "oauth-operator-manager"
	managerRole     = "oauth-operator-manager-role"
)

// unseen are the permissions that no request shows, with the reason why they are needed.
var unseen = map[request]string{
	{verb: "patch", group: "events.k8s.io", resource: "events"}:     "an event that repeats is counted up, after minutes",
	{verb: "patch", resource: "events", namespace: systemNamespace}: "the same, of the leader election",
}

// guest is an operator that is to kube-apiserver who it is in a cluster: its ServiceAccount, with the permissions of an installation and no others.
type guest struct {
	*environment.World
	t *testing.T
	// rules by the namespace in which they hold, "" for everywhere.
	rules map[string][]rbacv1.PolicyRule
	// watched are the namespaces in which it works; empty for all.
	watched  []string
	requests *recorder
}

// newGuest installs the permissions of a directory of config/. The namespaces identity, shop and billing of its manifests become the world's.
func newGuest(t *testing.T, directory string) *guest {
	t.Helper()
	w := server.New(t, emulator.Options{})
	for _, add := range []func(*runtime.Scheme) error{rbacv1.AddToScheme, authorizationv1.AddToScheme} {
		if err := add(w.Client.Scheme()); err != nil {
			t.Fatal(err)
		}
	}
	g := &guest{World: w, t: t, rules: map[string][]rbacv1.PolicyRule{}, requests: newRecorder()}
	objects := kustomize(t, directory)
	for _, object := range objects {
		if gvk := object.GroupVersionKind(); gvk.Group != rbacv1.GroupName {
			continue
		}
		g.translate(object)
		g.Create(object)
		t.Cleanup(func() {
			if err := w.Client.Delete(context.WithoutCancel(t.Context()), object); err != nil {
				t.Errorf("removing %s %s: %v", object.GetKind(), object.GetName(), err)
			}
		})
	}
	g.collect(objects)
	g.awaitPermissions()
	for _, argument := range containerOf(t, objects).Args {
		if list, found := strings.CutPrefix(argument, "--watch-namespaces="); found {
			for part := range strings.SplitSeq(list, ",") {
				g.watched = append(g.watched, w.Namespace(part))
			}
		}
	}
	return g
}

// translate puts an object, and whom it binds, into the world's namespaces. Names are made the world's own.
func (g *guest) translate(object *unstructured.Unstructured) {
	g.t.Helper()
	own := func(namespace string) string {
		switch namespace {
		case "":
			return ""
		case systemNamespace:
			return g.Namespace("operator")
		}
		return g.Namespace(namespace)
	}
	object.SetNamespace(own(object.GetNamespace()))
	if object.GetNamespace() == "" {
		object.SetName(g.name(object.GetName()))
	}
	if kind, _, _ := unstructured.NestedString(object.Object, "roleRef", "kind"); kind == "ClusterRole" {
		role, _, _ := unstructured.NestedString(object.Object, "roleRef", "name")
		if err := unstructured.SetNestedField(object.Object, g.name(role), "roleRef", "name"); err != nil {
			g.t.Fatal(err)
		}
	}
	subjects, found, err := unstructured.NestedSlice(object.Object, "subjects")
	if !found || err != nil {
		return
	}
	for _, subject := range subjects {
		subject.(map[string]any)["namespace"] = own(subject.(map[string]any)["namespace"].(string))
	}
	if err := unstructured.SetNestedSlice(object.Object, subjects, "subjects"); err != nil {
		g.t.Fatal(err)
	}
}

// name returns the world's own name for something that is in no namespace.
func (g *guest) name(name string) string { return name + "-" + g.Namespace("operator") }

// collect notes the rules of every role that is bound to the operator.
func (g *guest) collect(objects []*unstructured.Unstructured) {
	g.t.Helper()
	roles := map[string][]rbacv1.PolicyRule{}
	for _, object := range objects {
		if strings.HasSuffix(object.GetKind(), "Role") {
			role := &rbacv1.ClusterRole{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, role); err != nil {
				g.t.Fatal(err)
			}
			roles[object.GetKind()+" "+object.GetName()] = role.Rules
		}
	}
	for _, object := range objects {
		if !strings.HasSuffix(object.GetKind(), "RoleBinding") {
			continue
		}
		binding := &rbacv1.RoleBinding{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, binding); err != nil {
			g.t.Fatal(err)
		}
		rules := roles[binding.RoleRef.Kind+" "+binding.RoleRef.Name]
		if len(rules) == 0 {
			g.t.Fatalf("%s %s binds a role that is not there", object.GetKind(), object.GetName())
		}
		g.rules[object.GetNamespace()] = append(g.rules[object.GetNamespace()], rules...)
	}
}

// awaitPermissions waits until kube-apiserver knows of the permissions, which it learns a moment after they are stored.
func (g *guest) awaitPermissions() {
	g.t.Helper()
	for namespace, rules := range g.rules {
		for _, permission := range grants(rules, namespace) {
			g.Eventually(fmt.Sprintf("see %+v allowed", permission), func() error {
				resource, sub, _ := strings.Cut(permission.resource, "/")
				review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
					User: g.user(),
					ResourceAttributes: &authorizationv1.ResourceAttributes{
						Verb: permission.verb, Group: permission.group, Resource: resource, Subresource: sub, Namespace: permission.namespace,
					},
				}}
				if err := g.Client.Create(g.t.Context(), review); err != nil {
					return err
				}
				if !review.Status.Allowed {
					return errors.New(review.Status.Reason)
				}
				return nil
			})
		}
	}
}

// user is the name of the operator's ServiceAccount among users.
func (g *guest) user() string {
	return "system:serviceaccount:" + g.Namespace("operator") + ":" + account
}

// containerOf returns the operator's container.
func containerOf(t *testing.T, objects []*unstructured.Unstructured) corev1.Container {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(find(t, objects, "Deployment", account).Object, deployment); err != nil {
		t.Fatal(err)
	}
	return deployment.Spec.Template.Spec.Containers[0]
}

// start starts the operator as its ServiceAccount.
func (g *guest) start() (stop func()) {
	g.t.Helper()
	return g.StartOperator(func(config *rest.Config, options *operator.Options) {
		config.Impersonate = rest.ImpersonationConfig{
			UserName: g.user(),
			Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + g.Namespace("operator"), "system:authenticated"},
		}
		config.Wrap(g.requests.wrap)
		options.LeaderElection = true
		options.WatchNamespaces = g.watched
	})
}

// live lets an object of each kind live through everything that the operator does in a cluster: made, used, renewed, rotated, with workloads
// restarted, and deleted.
func (g *guest) live(change func(*v1alpha1.IdentityTenant)) {
	g.t.Helper()
	tenant := g.IdentityTenant()
	tenant.Spec.Access.Namespaces = &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}
	tenant.Spec.TLS = &v1alpha1.TLSConfig{CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "authorities"}}
	change(tenant)
	bundle := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: "authorities"}, Data: map[string]string{"ca.crt": string(g.Tenant.CABundle())},
	}
	application, scope, consumer := g.OAuthClient("orders"), g.Scope("write", "orders", "write"), g.ConfidentialClient("billing", "orders", "read", "write")
	workloads := g.workloads()
	consumer.Spec.Rollout = &v1alpha1.Rollout{Triggers: []v1alpha1.RolloutTrigger{v1alpha1.RolloutTokenRefreshed}}
	for _, kind := range []v1alpha1.RolloutKind{v1alpha1.RolloutDeployment, v1alpha1.RolloutStatefulSet, v1alpha1.RolloutDaemonSet} {
		consumer.Spec.Rollout.Targets = append(consumer.Spec.Rollout.Targets, v1alpha1.RolloutTarget{Kind: kind, Name: "app"})
	}
	g.Create(append(workloads, bundle, g.AdminSecret(), tenant, application, scope, consumer)...)
	g.Ready(tenant, application, scope, consumer)

	g.Update(consumer, func() {
		consumer.Annotations = map[string]string{v1alpha1.RenewRequestAnnotation: "now", v1alpha1.RotateRequestAnnotation: "now"}
	})
	g.Eventually("see a new credential and restarted workloads", func() error {
		g.Get(consumer)
		if consumer.Status.LastHandledRotateRequest != "now" || consumer.Status.LastHandledRenewRequest != "now" {
			return fmt.Errorf("the client is not done: %+v", consumer.Status.Conditions)
		}
		for _, workload := range workloads {
			g.Get(workload)
			if workload.GetGeneration() < 2 {
				return fmt.Errorf("%T was not restarted", workload)
			}
		}
		return nil
	})
	g.Ready(tenant, application, scope, consumer)
	for _, object := range []client.Object{consumer, scope, application, tenant} {
		g.Delete(object)
		g.Gone(object)
	}
}

func (g *guest) workloads() []client.Object {
	meta := metav1.ObjectMeta{Namespace: g.Namespace("billing"), Name: "app"}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "app"}}
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: selector.MatchLabels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}},
	}
	return []client.Object{
		&appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}},
		&appsv1.StatefulSet{ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}},
		&appsv1.DaemonSet{ObjectMeta: meta, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}},
	}
}

// forbiddenNothing checks that every request was allowed.
func (g *guest) forbiddenNothing() (allowed []request) {
	g.t.Helper()
	allowed, forbidden := g.requests.requests()
	for _, r := range forbidden {
		g.t.Errorf("the operator may not %s %s %q in namespace %q", r.verb, r.resource, r.group, r.namespace)
	}
	return allowed
}

// TestTheOperatorNeedsEachOfItsPermissionsAndNoOther lets the operator work with the permissions of each installation. A permission has to be
// needed in one of them.
func TestTheOperatorNeedsEachOfItsPermissionsAndNoOther(t *testing.T) {
	needed := map[request]bool{}
	for name, change := range map[string]func(*testing.T, *v1alpha1.IdentityTenant, *guest){
		"default": func(_ *testing.T, tenant *v1alpha1.IdentityTenant, _ *guest) { tenant.Spec.ClusterID = "" },
		"namespaced": func(t *testing.T, _ *v1alpha1.IdentityTenant, g *guest) {
			t.Helper()
			if len(g.watched) != 3 || g.rules[""] != nil {
				t.Fatalf("it works in %v, and has permissions everywhere: %v", g.watched, g.rules[""])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest(t, name)
			stop := g.start()
			g.live(func(tenant *v1alpha1.IdentityTenant) { change(t, tenant, g) })
			stop()
			allowed := g.forbiddenNothing()
			if name == "namespaced" {
				g.staysInItsNamespaces(allowed)
			}
			for namespace, rules := range g.rules {
				for _, permission := range grants(rules, namespace) {
					used := uses(allowed, permission)
					if permission.namespace != g.Namespace("operator") {
						permission.namespace = "" // the same role, bound everywhere or in each namespace
					} else {
						permission.namespace = systemNamespace
					}
					needed[permission] = needed[permission] || used || unseen[permission] != ""
				}
			}
		})
	}
	for permission, is := range needed {
		if !is {
			t.Errorf("nothing needs the permission to %s %s %q in namespace %q", permission.verb, permission.resource, permission.group, permission.namespace)
		}
	}
	for permission := range unseen {
		if !needed[permission] {
			t.Errorf("no role has the permission to %s %s %q", permission.verb, permission.resource, permission.group)
		}
	}
}

// staysInItsNamespaces checks that the operator has asked for nothing across namespaces, and in its own for what is its own only.
func (g *guest) staysInItsNamespaces(requests []request) {
	g.t.Helper()
	for _, r := range requests {
		if r.namespace == "" {
			g.t.Errorf("the operator asked to %s %s across all namespaces", r.verb, r.resource)
		}
		if r.namespace == g.Namespace("operator") && !slices.Contains([]string{"secrets", "leases", "events"}, r.resource) {
			g.t.Errorf("the operator asked to %s %s in its own namespace", r.verb, r.resource)
		}
	}
}
