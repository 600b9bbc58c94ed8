package controlplane_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/oauth-operator/oauth-operator/test/controlplane"
)

// install applies what config/local has, by the names that it gives.
func install(t *testing.T, plane *controlplane.ControlPlane) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), plane.Kubectl(), "--kubeconfig", plane.Kubeconfig(),
		"apply", "--server-side", "-k", "../../config/local").CombinedOutput()
	if err != nil {
		t.Fatalf("installing config/local: %v\n%s", err, out)
	}
}

// aggregatesRolesForTeams: the built-in roles get the rules for ConfidentialClients and Scopes, and none for the kinds of cluster admins.
func aggregatesRolesForTeams(t *testing.T, clients kubernetes.Interface) {
	t.Helper()
	for name, verb := range map[string]string{"view": "list", "edit": "create", "admin": "create"} {
		var rules []rbacv1.PolicyRule
		eventually(t, "the role "+name+" is about our kinds", func() bool {
			role, err := clients.RbacV1().ClusterRoles().Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			rules = role.Rules
			return grants(rules, "confidentialclients", verb) && grants(rules, "scopes", verb)
		})
		for _, resource := range []string{"identitytenants", "oauthclients"} {
			if grants(rules, resource, "get") {
				t.Errorf("the role %s shows %s", name, resource)
			}
		}
	}
}

// grants says whether some rules allow a verb on one of our resources.
func grants(rules []rbacv1.PolicyRule, resource, verb string) bool {
	return slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, "oauth-operator.dev") && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb)
	})
}

// findsNoMistakeInPolicies: kube-controller-manager checks the policies' expressions against the schemas of the kinds.
func findsNoMistakeInPolicies(t *testing.T, clients kubernetes.Interface) {
	t.Helper()
	for _, name := range []string{"oauth-operator-oauthclient-warnings", "oauth-operator-scope-warnings"} {
		eventually(t, "policy "+name+" is checked", func() bool {
			policy, err := clients.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if policy.Status.TypeChecking != nil {
				for _, w := range policy.Status.TypeChecking.ExpressionWarnings {
					t.Errorf("%s: %s: %s", name, w.FieldRef, w.Warning)
				}
			}
			return policy.Status.ObservedGeneration == policy.Generation
		})
	}
}

// kubectlWarns: what people see of a policy, whichever way they apply.
func kubectlWarns(t *testing.T, plane *controlplane.ControlPlane) {
	t.Helper()
	const manifest = `{
		"apiVersion": "oauth-operator.dev/v1alpha1", "kind": "Scope", "metadata": {"name": "all", "namespace": "default"},
		"spec": {"oauthClientRef": {"name": "directory"}, "name": "all", "restPatterns": [".*"]}
	}`
	for _, mode := range []string{"--server-side=false", "--server-side=true"} {
		eventually(t, "kubectl apply "+mode+" warns", func() bool {
			kubectl := exec.CommandContext(t.Context(), plane.Kubectl(), "--kubeconfig", plane.Kubeconfig(), "apply", mode, "--dry-run=server", "-f", "-")
			kubectl.Stdin = strings.NewReader(manifest)
			out, err := kubectl.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			return strings.Contains(string(out), "Warning: Validation failed for ValidatingAdmissionPolicy 'oauth-operator-scope-warnings'")
		})
	}
}
