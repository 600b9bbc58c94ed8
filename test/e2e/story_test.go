package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/samples"
)

// The lifetime of tokens here: long enough for kubelet to bring a new one into a volume after it was renewed at two thirds, short enough for three
// refreshes in a test.
const tokenLifetime = "75s"

// TestPodsAreNeverRefused installs the operator, lets two workloads use their tokens through refreshes, a rotation, a restart of the operator and the
// death of its leader, and removes everything again.
func TestPodsAreNeverRefused(t *testing.T) {
	c := newCluster(t)
	var tn *tenant
	var clusterBefore map[string]bool
	var tenantBefore string
	c.step("a tenant in a pod", func() {
		tn = c.startTenant()
		tenantBefore = c.inventory(tn)
		clusterBefore = c.everything()
	})
	c.step("the operator, installed as docs/installation.md says", func() {
		c.kubectl("apply", "--server-side", "-f", c.install)
		c.rolledOut(operatorNamespace, operatorDeployment)
	})
	c.step("the samples", func() {
		c.applySamples(tn)
		c.allReady()
	})
	c.step("workloads that use the tokens, and one that mounts its token by subPath", func() {
		c.applyWorkloads(tn)
		c.allReady()
		// kube-apiserver takes a moment to see a policy about a kind that is new.
		c.eventually("kubectl warns about a token that is mounted by subPath", time.Minute, func() string {
			out := c.kubectl("apply", "--server-side", "--dry-run=server", "-f", filepath.Join("test", "e2e", "testdata", "subpath.yaml"))
			if strings.Contains(out, "Warning:") && strings.Contains(out, "mounts a file of Secret billing by subPath") {
				return ""
			}
			return out
		})
	})
	api := c.api()
	c.step("a first refresh", func() { api.seesTokens("volume-reader", 2) })
	c.step("a restart of the operator, and a second refresh", func() {
		c.checkLogs()
		c.kubectl("--namespace="+operatorNamespace, "rollout", "restart", "deployment/"+operatorDeployment)
		c.rolledOut(operatorNamespace, operatorDeployment)
		api.seesTokens("volume-reader", 3)
	})
	c.step("a rotation of the credential", func() {
		c.rotate("billing", "billing")
		api.seesTokens("volume-reader", 4)
	})
	c.step("the death of the leader, and a third refresh", func() {
		c.checkLogs()
		c.killLeader()
		api.seesTokens("volume-reader", 5)
	})
	c.step("nobody was refused", func() {
		// The reader of an environment variable has been restarted for each of its tokens.
		api.seesTokens("environment-reader", 4)
		c.checkRollouts()
		api.hasRefusedNobody()
		c.checkLogs()
	})
	c.step("the namespace of the clients is deleted, and the tenant has nothing of theirs", func() {
		c.kubectl("delete", "namespace", "billing", "--timeout=2m")
		if now := c.inventory(tn); strings.Contains(now, "billing") || strings.Contains(now, "auditor") || strings.Contains(now, "legacy") {
			t.Errorf("the tenant has users of a namespace that is gone:\n%s", now)
		}
	})
	c.step("everything uninstalled, as docs/installation.md says", func() {
		c.checkLogs()
		c.uninstall()
		if now := c.inventory(tn); now != tenantBefore {
			t.Errorf("the tenant had:\n%s\nand now has:\n%s", tenantBefore, now)
		}
		c.kubectl("delete", "namespace", "identity", "shop", "--timeout=2m")
		c.nothingLeft(clusterBefore)
	})
}

// applySamples applies config/samples for a tenant, with the lifetime of tokens of this test.
func (c *cluster) applySamples(tn *tenant) {
	c.t.Helper()
	directory, err := filepath.EvalSymlinks(c.t.TempDir())
	if err != nil {
		c.t.Fatal(err)
	}
	inCluster := *tn.Tenant
	inCluster.URL = "https://" + tn.address
	overlay := filepath.Join(directory, "samples")
	if err := samples.WriteOverlay(c.root, overlay, &inCluster); err != nil {
		c.t.Fatal(err)
	}
	text := strings.ReplaceAll(c.kubectl("kustomize", overlay), "lifetime: 45s", "lifetime: "+tokenLifetime)
	if strings.Count(text, "lifetime: "+tokenLifetime) != 2 {
		c.t.Fatal("the samples have no lifetimes of 45s to replace any more")
	}
	c.kubectlWith(text, "apply", "--server-side", "-f", "-")
}

// allReady waits until every object of the operator's kinds is Ready.
func (c *cluster) allReady() {
	c.t.Helper()
	c.kubectl("wait", "--for=condition=Ready", "--timeout=2m", "--all", "--all-namespaces", "identitytenants,oauthclients,scopes,confidentialclients")
}

// applyWorkloads applies testdata/workloads.yaml and waits until they run.
func (c *cluster) applyWorkloads(tn *tenant) {
	c.t.Helper()
	ca := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "tenant-ca"}, Data: map[string]string{"ca.pem": string(tn.CA)},
	}
	if err := c.Create(c.t.Context(), ca); err != nil {
		c.t.Fatal(err)
	}
	if out := c.kubectlWith(c.manifest("workloads.yaml", tn.address), "apply", "--server-side", "-f", "-"); strings.Contains(out, "Warning:") {
		c.t.Errorf("kubectl warns about workloads that are as they should be:\n%s", out)
	}
	for _, name := range []string{"api", "volume-reader", "environment-reader"} {
		c.rolledOut("billing", name)
	}
}

// rotate replaces the credential of a ConfidentialClient, and waits until that is done.
func (c *cluster) rotate(namespace, name string) {
	c.t.Helper()
	key := types.NamespacedName{Namespace: namespace, Name: name}
	before := c.confidentialClient(key)
	request := "e2e-" + string(before.UID)
	c.kubectl("--namespace="+namespace, "annotate", "confidentialclient/"+name, v1alpha1.RotateRequestAnnotation+"="+request)
	c.eventually("the credential is rotated", time.Minute, func() string {
		now := c.confidentialClient(key)
		if now.Status.LastHandledRotateRequest != request {
			return "the request is not handled"
		}
		return ""
	})
}

func (c *cluster) confidentialClient(key types.NamespacedName) *v1alpha1.ConfidentialClient {
	c.t.Helper()
	object := &v1alpha1.ConfidentialClient{}
	if err := c.Get(c.t.Context(), key, object); err != nil {
		c.t.Fatal(err)
	}
	return object
}

// checkRollouts looks whether the restarts of workloads went well.
func (c *cluster) checkRollouts() {
	c.t.Helper()
	legacy := c.confidentialClient(types.NamespacedName{Namespace: "billing", Name: "legacy"})
	if !meta.IsStatusConditionTrue(legacy.Status.Conditions, v1alpha1.ConditionRolledOut) {
		c.t.Errorf("ConfidentialClient legacy has conditions %+v", legacy.Status.Conditions)
	}
	c.rolledOut("billing", "environment-reader")
}

// uninstall runs the commands of docs/installation.md for manifests that were applied from a file.
func (c *cluster) uninstall() {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.root, "docs", "installation.md"))
	if err != nil {
		c.t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Uninstall\n")
	if !found {
		c.t.Fatal("docs/installation.md has no section Uninstall")
	}
	objects, _, found := strings.Cut(section, "# 2.")
	if !found {
		c.t.Fatal("docs/installation.md has no second step")
	}
	commands := 0
	for line := range strings.Lines(objects) {
		if arguments, found := strings.CutPrefix(strings.TrimSpace(line), "kubectl delete "); found {
			c.kubectl(append([]string{"delete", "--timeout=2m"}, strings.Fields(arguments)...)...)
			commands++
		}
	}
	if commands != 3 {
		c.t.Errorf("docs/installation.md has %d commands that delete objects, not 3", commands)
	}
	if left := c.kubectl("get", "oauth", "--all-namespaces", "--output=name"); strings.Contains(left, "/") {
		c.t.Errorf("objects are left:\n%s", left)
	}
	const last = "kubectl delete -f bin/install.yaml"
	if !strings.Contains(section, last) {
		c.t.Errorf("docs/installation.md does not say %q", last)
	}
	c.kubectl("delete", "--timeout=2m", "-f", c.install)
}

// nothingLeft compares what there is in the cluster with what there was.
func (c *cluster) nothingLeft(before map[string]bool) {
	c.t.Helper()
	c.eventually("nothing is left in the cluster", 30*time.Second, func() string {
		var left []string
		for name := range c.everything() {
			if !before[name] {
				left = append(left, name)
			}
		}
		if len(left) > 0 {
			return fmt.Sprintf("there is %s", strings.Join(left, ", "))
		}
		return ""
	})
}
