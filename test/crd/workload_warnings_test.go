package crd_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// workloadPolicy warns of workloads, by what the ConfidentialClients of their namespace say.
const workloadPolicy = "workload-warnings"

func subPathWarning(container, secret, confidentialClient string) string {
	return fmt.Sprintf("container %s mounts a file of Secret %s by subPath, which kubelet never updates: when the token of ConfidentialClient %s has been "+
		"renewed, the container keeps the old one, and is refused once that has expired; mount the volume as a directory", container, secret, confidentialClient)
}

func environmentWarning(container, secret, confidentialClient, kind string) string {
	return fmt.Sprintf("container %s has environment variables from Secret %s, which stay as they were when it started: when the token of ConfidentialClient "+
		"%s has been renewed, the container keeps the old one, and is refused once that has expired; mount the Secret as a volume, or name this %s in "+
		"spec.rollout of the ConfidentialClient", container, secret, confidentialClient, kind)
}

// workloads are workloads of a namespace with the ConfidentialClients billing, whose Secret has the same name, and reports, whose Secret is
// reports-token and which restarts Deployment restarted. Each has the part of a pod that matters.
func workloads() map[string]struct {
	kind, name, pod string
	says            []string
} {
	type workload = struct {
		kind, name, pod string
		says            []string
	}
	const (
		directory = `containers: [{name: app, image: app, volumeMounts: [{name: token, mountPath: /token}]}], volumes: [{name: token, secret: {secretName: billing}}]`
		variable  = `env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: reports-token, key: access_token}}}]`
		subPath   = `volumeMounts: [{name: token, mountPath: /token, subPath: access_token}]`
		volume    = `volumes: [{name: token, secret: {secretName: billing}}]`
	)
	withVariable := `containers: [{name: app, image: app, ` + variable + `}]`
	withSubPath := `containers: [{name: app, image: app, ` + subPath + `}], ` + volume
	table := map[string]workload{
		"a volume mounted as a directory":       {"Deployment", "app", directory, nil},
		"no Secret at all":                      {"Deployment", "app", `containers: [{name: app, image: app}]`, nil},
		"a directory of a volume by subPath":    {"Deployment", "app", `containers: [{name: app, image: app, ` + subPath + `}], volumes: [{name: token, emptyDir: {}}]`, nil},
		"a file of another Secret by subPath":   {"Deployment", "app", `containers: [{name: app, image: app, ` + subPath + `}], volumes: [{name: token, secret: {secretName: other}}]`, nil},
		"a variable from another Secret":        {"Deployment", "app", `containers: [{name: app, image: app, envFrom: [{secretRef: {name: other}}], env: [{name: A, value: b}]}]`, nil},
		"a variable in what is restarted":       {"Deployment", "restarted", withVariable, nil},
		"a variable in a Job, which ends":       {"Job", "app", withVariable + `, restartPolicy: Never`, nil},
		"a variable in what is not restarted":   {"Deployment", "app", withVariable, []string{environmentWarning("app", "reports-token", "reports", "Deployment")}},
		"a variable in another kind":            {"StatefulSet", "restarted", withVariable, []string{environmentWarning("app", "reports-token", "reports", "StatefulSet")}},
		"all variables of a Secret":             {"DaemonSet", "app", `containers: [{name: app, image: app, envFrom: [{secretRef: {name: billing}}]}]`, []string{environmentWarning("app", "billing", "billing", "DaemonSet")}},
		"a file by an expression":               {"Deployment", "app", `containers: [{name: app, image: app, env: [{name: A, value: b}], volumeMounts: [{name: token, mountPath: /token, subPathExpr: $(A)}]}], ` + volume, []string{subPathWarning("app", "billing", "billing")}},
		"a file in an init container":           {"Deployment", "app", `initContainers: [{name: first, image: app, ` + subPath + `}], containers: [{name: app, image: app}], ` + volume, []string{subPathWarning("first", "billing", "billing")}},
		"a file of a projected volume":          {"Deployment", "app", `containers: [{name: app, image: app, ` + subPath + `}], volumes: [{name: token, projected: {sources: [{secret: {name: reports-token}}]}}]`, []string{subPathWarning("app", "reports-token", "reports")}},
		"a file in what is restarted":           {"Deployment", "restarted", `containers: [{name: app, image: app, ` + subPath + `}], volumes: [{name: token, secret: {secretName: reports-token}}]`, nil},
		"a file and a variable, of two clients": {"Deployment", "app", `containers: [{name: app, image: app, ` + variable + `, ` + subPath + `}], ` + volume, []string{environmentWarning("app", "reports-token", "reports", "Deployment"), subPathWarning("app", "billing", "billing")}},
	}
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"} {
		pod := withSubPath
		if kind == "CronJob" || kind == "Job" {
			pod += `, restartPolicy: Never`
		}
		table["a file by subPath in a "+kind] = workload{kind, "app", pod, []string{subPathWarning("app", "billing", "billing")}}
	}
	return table
}

// workloadOf returns a workload with a pod.
func workloadOf(t *testing.T, namespace, kind, name, pod string) *unstructured.Unstructured {
	t.Helper()
	const selector = `selector: {matchLabels: {app: a}}, `
	template := `template: {metadata: {labels: {app: a}}, spec: {` + pod + `}}`
	version, spec := "apps/v1", selector+template
	switch kind {
	case "Pod":
		version, spec = "v1", pod
	case "Job":
		version, spec = "batch/v1", template
	case "CronJob":
		version, spec = "batch/v1", `schedule: "0 0 * * *", jobTemplate: {spec: {`+template+`}}`
	case "StatefulSet":
		spec += `, serviceName: a`
	}
	object := &unstructured.Unstructured{}
	text := fmt.Sprintf("{apiVersion: %s, kind: %s, metadata: {namespace: %s, name: %s}, spec: {%s}}", version, kind, namespace, name, spec)
	if err := yaml.UnmarshalStrict([]byte(text), &object.Object); err != nil {
		t.Fatalf("reading a workload: %v\n%s", err, text)
	}
	return object
}

// newWorkloadWorld has the policy and the ConfidentialClients that it asks for, and waits until kube-apiserver knows both.
func newWorkloadWorld(t *testing.T) (*environment.World, *listener) {
	t.Helper()
	w := newWorld(t)
	for name, spec := range map[string]string{
		"billing": minimalConfidentialClient,
		"reports": clientWith(`secret: {name: reports-token}, rollout: {triggers: [TokenRefreshed], targets: [{kind: Deployment, name: restarted}]}`),
	} {
		object := manifest(t, w.Namespace("shop"), confidentialClient, spec)
		object.SetName(name)
		if err := w.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := w.Client.Delete(context.WithoutCancel(t.Context()), object); err != nil {
				t.Error(err)
			}
		})
	}
	var ours []*unstructured.Unstructured
	for _, object := range policies(t) {
		if object.GetName() == workloadPolicy {
			ours = append(ours, object)
		}
	}
	install(t, w, ours...)
	l := newListener(t, w)
	both := workloads()["a file and a variable, of two clients"]
	w.Eventually("be warned for the sake of two ConfidentialClients", func() error {
		got := said(l.try(t, workloadOf(t, w.Namespace("shop"), both.kind, both.name, both.pod)), workloadPolicy)
		if len(got) != len(both.says) {
			return fmt.Errorf("warnings %q", got)
		}
		return nil
	})
	return w, l
}

func TestWorkloadsThatNeverSeeANewTokenAreTakenWithAWarning(t *testing.T) {
	w, l := newWorkloadWorld(t)
	for name, tc := range workloads() {
		t.Run(name, func(t *testing.T) {
			got := said(l.try(t, workloadOf(t, w.Namespace("shop"), tc.kind, tc.name, tc.pod)), workloadPolicy)
			if diff := cmp.Diff(tc.says, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnlyWhoAppliesAWorkloadIsWarned: controllers that scale it, or make Pods of it, are not.
func TestOnlyWhoAppliesAWorkloadIsWarned(t *testing.T) {
	w, l := newWorkloadWorld(t)
	tc := workloads()["a file by subPath in a Pod"]
	pod := workloadOf(t, w.Namespace("shop"), tc.kind, tc.name, tc.pod)
	pod.Object["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{
		"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app", "uid": "3c9f0a0e-0000-4000-8000-000000000001", "controller": true,
	}}
	if got := said(l.try(t, pod), workloadPolicy); got != nil {
		t.Errorf("a Pod of a ReplicaSet: warnings %q", got)
	}
	elsewhere := workloadOf(t, w.Namespace("billing"), tc.kind, tc.name, tc.pod)
	if got := said(l.try(t, elsewhere), workloadPolicy); got != nil {
		t.Errorf("a namespace without ConfidentialClients: warnings %q", got)
	}
}
