package install_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// TestEveryPermissionIsExplained compares the tables of docs/security.md with the roles.
func TestEveryPermissionIsExplained(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environment.Root(), "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	objects := kustomize(t, "default")
	rules := func(kind, name string) []rbacv1.PolicyRule {
		role := &rbacv1.ClusterRole{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(find(t, objects, kind, name).Object, role); err != nil {
			t.Fatal(err)
		}
		return role.Rules
	}
	for heading, rules := range map[string][]rbacv1.PolicyRule{
		"| Permission | Verbs | Why |":     rules("ClusterRole", managerRole),
		"| Own permission | Verbs | Why |": append(rules("Role", "oauth-operator-credentials"), rules("Role", "oauth-operator-leader-election")...),
	} {
		want := map[string][]string{}
		for _, permission := range grants(rules, "") {
			resource, sub, isSub := strings.Cut(permission.resource, "/")
			if permission.group != "" {
				resource += "." + permission.group
			}
			if isSub {
				resource += "/" + sub
			}
			want[resource] = append(want[resource], permission.verb)
		}
		documented := permissionsOf(t, string(text), heading)
		for _, verbs := range []map[string][]string{want, documented} {
			for _, list := range verbs {
				slices.Sort(list)
			}
		}
		if diff := cmp.Diff(want, documented); diff != "" {
			t.Errorf("%s (-roles +docs/security.md):\n%s", heading, diff)
		}
	}
}

// TestTheSupportedVersionsOfKubernetesAreTold compares hack/kubernetes-versions with what people read, and with what Helm checks.
func TestTheSupportedVersionsOfKubernetesAreTold(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(environment.Root(), path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var minors []string
	for line := range strings.Lines(read("hack/kubernetes-versions")) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "1.") {
			minors = append(minors, line[:strings.LastIndex(line, ".")])
		}
	}
	oldest, newest := minors[0], minors[len(minors)-1]
	for path, text := range map[string]string{
		"README.md":                        "Kubernetes " + oldest + " to " + newest,
		"docs/installation.md":             "Kubernetes " + oldest + " or newer",
		"charts/oauth-operator/Chart.yaml": `kubeVersion: ">=` + oldest + `.0-0"`,
	} {
		if !strings.Contains(read(path), text) {
			t.Errorf("%s does not say %q", path, text)
		}
	}
}

// permissionsOf reads the table under a heading: verbs by resource.
func permissionsOf(t *testing.T, text, heading string) map[string][]string {
	t.Helper()
	_, table, found := strings.Cut(text, heading+"\n|---|---|---|\n")
	if !found {
		t.Fatalf("docs/security.md has no table %s", heading)
	}
	documented := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 3 {
			break
		}
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("no reason is given for %s", cells[0])
		}
		for resource := range strings.SplitSeq(cells[0], ",") {
			for verb := range strings.SplitSeq(cells[1], ",") {
				name := strings.Trim(resource, " `")
				documented[name] = append(documented[name], strings.TrimSpace(verb))
			}
		}
	}
	return documented
}
