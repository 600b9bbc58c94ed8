package e2e_test

import (
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// What config/default calls the operator.
const (
	operatorNamespace  = "oauth-operator-system"
	operatorDeployment = "oauth-operator-manager"
)

// rolledOut waits until a Deployment runs as it should.
func (c *cluster) rolledOut(namespace, name string) {
	c.t.Helper()
	c.kubectl("--namespace="+namespace, "rollout", "status", "deployment/"+name, "--timeout=2m")
}

// leader returns the pod that leads, "" if nobody does.
func (c *cluster) leader() string {
	c.t.Helper()
	leases := &coordinationv1.LeaseList{}
	if err := c.List(c.t.Context(), leases, client.InNamespace(operatorNamespace)); err != nil {
		c.t.Fatal(err)
	}
	for _, lease := range leases.Items {
		if lease.Spec.HolderIdentity != nil {
			pod, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
			return pod
		}
	}
	return ""
}

// killLeader kills the pod that leads, without a word of warning to it, and waits until another one leads.
func (c *cluster) killLeader() {
	c.t.Helper()
	old := c.leader()
	if old == "" {
		c.t.Fatal("nobody leads")
	}
	c.kubectl("--namespace="+operatorNamespace, "delete", "pod", old, "--grace-period=0", "--force")
	c.eventually("another pod leads", time.Minute, func() string {
		if now := c.leader(); now == "" || now == old {
			return fmt.Sprintf("the leader is %q, as before", now)
		}
		return ""
	})
}

// checkLogs reads what the operator's pods have printed: nothing was denied to them, and no secret is there.
func (c *cluster) checkLogs() {
	c.t.Helper()
	var logs strings.Builder
	pods := &corev1.PodList{}
	if err := c.List(c.t.Context(), pods, client.InNamespace(operatorNamespace)); err != nil {
		c.t.Fatal(err)
	}
	for _, pod := range pods.Items {
		logs.WriteString(c.kubectl("--namespace="+operatorNamespace, "logs", pod.Name))
	}
	var denied []string
	for line := range strings.Lines(logs.String()) {
		// In a namespace that ends nobody may make anything, such as an event about it.
		if strings.Contains(strings.ToLower(line), "forbidden") && !strings.Contains(line, "because it is being terminated") {
			denied = append(denied, line)
		}
	}
	if len(denied) > 0 {
		c.t.Errorf("the operator was denied something %d times, first: %s", len(denied), denied[0])
	}
	secrets := &corev1.SecretList{}
	if err := c.List(c.t.Context(), secrets); err != nil {
		c.t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		for _, key := range []string{v1alpha1.AccessTokenKey, v1alpha1.ClientSecretKey, v1alpha1.PendingClientSecretKey} {
			if value, found := secret.Data[key]; found && strings.Contains(logs.String(), string(value)) {
				c.t.Errorf("the operator's log has the value of key %q of Secret %s", key, client.ObjectKeyFromObject(&secret))
			}
		}
	}
}
