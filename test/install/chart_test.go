package install_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

const chart = "charts/oauth-operator"

// template renders the chart for a release that is named as config/ names things.
func template(t *testing.T, args ...string) []*unstructured.Unstructured {
	t.Helper()
	out, err := tool(t, "helm", append([]string{"template", "oauth-operator", chart, "--namespace", systemNamespace}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

// byIdentity sorts objects by what they are, without what only one of the two ways to install puts on them.
func byIdentity(objects []*unstructured.Unstructured) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, object := range objects {
		labels, annotations := object.GetLabels(), object.GetAnnotations()
		for _, helms := range []string{"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "helm.sh/chart"} {
			delete(labels, helms)
		}
		delete(annotations, "helm.sh/resource-policy")
		object.SetLabels(labels)
		object.SetAnnotations(annotations)
		all[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = object.Object
	}
	return all
}

func TestTheChartInstallsWhatTheKustomizationsInstall(t *testing.T) {
	for directory, args := range map[string][]string{
		"default":    nil,
		"namespaced": {"--set", "watchNamespaces={identity,shop,billing}"},
		"sharded": {
			"--set", "shards[0].name=a", "--set", "shards[0].selector=oauth-operator.dev/shard=a", "--set", "shards[1].name=b", "--set", "shards[1].selector=oauth-operator.dev/shard=b",
			"--set", "shards[2].name=rest", "--set", `shards[2].selector=oauth-operator.dev/shard notin (a\,b)`,
		},
	} {
		t.Run(directory, func(t *testing.T) {
			kustomized, templated := byIdentity(kustomize(t, directory)), byIdentity(template(t, args...))
			namespace := "Namespace /" + systemNamespace
			if kustomized[namespace] == nil {
				t.Error("the kustomization makes no namespace")
			}
			delete(kustomized, namespace) // the release's, which helm makes
			if diff := cmp.Diff(kustomized, templated); diff != "" {
				t.Errorf("(-config/%s +chart):\n%s", directory, diff)
			}
		})
	}
}

// TestTheChartMonitorsWhatTheKustomizationMonitors compares what is installed for the Prometheus operator.
func TestTheChartMonitorsWhatTheKustomizationMonitors(t *testing.T) {
	kustomized := byIdentity(kustomize(t, "prometheus"))
	templated := byIdentity(template(t, "--set", "alertRules.enabled=true,metrics.serviceMonitor.enabled=true"))
	if len(kustomized) != 2 {
		t.Errorf("config/prometheus has %d objects", len(kustomized))
	}
	for name, object := range kustomized {
		if diff := cmp.Diff(object, templated[name]); diff != "" {
			t.Errorf("%s (-config/prometheus +chart):\n%s", name, diff)
		}
	}
}

func TestTheChartPassesItsLint(t *testing.T) {
	for _, args := range [][]string{nil, {"--set", "shards[0].name=a,shards[0].selector=!b"}, {"--set", "watchNamespaces={shop}"}, {"--set", "alertRules.enabled=true,metrics.serviceMonitor.enabled=true"}} {
		if out, err := tool(t, "helm", append([]string{"lint", "--strict", chart}, args...)...); err != nil {
			t.Errorf("with %v: %v%s", args, err, out)
		}
	}
}

// effects are values of the chart, and a line, or the heading of a manifest, that is there with them and not without.
type effects map[string]string

// settings are values that can be set together.
func settings() effects {
	return effects{
		"image.repository=r.example.com/o":         "image: r.example.com/o:v1.2.3",
		"image.tag=v1.2.3":                         "image: r.example.com/o:v1.2.3",
		"image.pullPolicy=Always":                  "imagePullPolicy: Always",
		"imagePullSecrets[0].name=registry":        "- name: registry",
		"replicas=3":                               "replicas: 3",
		"watchNamespaces={shop}":                   "- --watch-namespaces=shop",
		"shards[0].name=east":                      "Deployment oauth-operator-system/oauth-operator-manager-east",
		"shards[0].selector=!west":                 "- --shard-selector=!west",
		"extraArgs={--concurrency=16}":             "- --concurrency=16",
		"extraEnv[0].name=SSL_CERT_FILE":           "- name: SSL_CERT_FILE",
		"extraVolumes[0].name=authorities":         "- name: authorities",
		"extraVolumeMounts[0].mountPath=/etc/mine": "- mountPath: /etc/mine",
		"cores=3":                                 `value: "3"`,
		"resources.limits.memory=1Gi":             "memory: 1Gi",
		"podSecurityContext.runAsUser=1234":       "runAsUser: 1234",
		"securityContext.runAsGroup=2345":         "runAsGroup: 2345",
		"serviceAccount.annotations.account=a":    "account: a",
		"labels.everything=b":                     "everything: b",
		"podLabels.pod=c":                         "pod: c",
		"podAnnotations.pod=d":                    "pod: d",
		"nodeSelector.pool=e":                     "pool: e",
		"tolerations[0].key=f":                    "- key: f",
		"affinity.podAntiAffinity.x=g":            "x: g",
		"priorityClassName=high":                  "priorityClassName: high",
		"metrics.port=9090":                       "- --metrics-bind-address=:9090",
		"metrics.serviceMonitor.enabled=true":     "ServiceMonitor oauth-operator-system/oauth-operator",
		"metrics.serviceMonitor.interval=77s":     "interval: 77s",
		"metrics.serviceMonitor.labels.monitor=h": "monitor: h",
		"alertRules.enabled=true":                 "- alert: OAuthOperatorTokenNearExpiry",
		"alertRules.labels.rule=i":                "rule: i",
		"networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prometheus": "app: prometheus",
		"networkPolicy.extraEgress[0].ports[0].port=3128":                     "- port: 3128",
		"podDisruptionBudget.maxUnavailable=2":                                "maxUnavailable: 2",
	}
}

// omissions are values that leave out something that is there without them.
func omissions() effects {
	return effects{
		"image.digest=sha256:" + strings.Repeat("a", 64): "image: oauth-operator:latest",
		"spreadOverNodes=false":                          "topologySpreadConstraints:",
		"metrics.enabled=false":                          "Service oauth-operator-system/oauth-operator-metrics",
		"networkPolicy.enabled=false":                    "NetworkPolicy oauth-operator-system/oauth-operator-manager",
		"podDisruptionBudget.enabled=false":              "PodDisruptionBudget oauth-operator-system/oauth-operator-manager",
		"warnings.enabled=false":                         "ValidatingAdmissionPolicy /oauth-operator-scope-warnings",
		"peopleRoles.enabled=false":                      "ClusterRole /oauth-operator-team-edit",
		"crds.install=false":                             "CustomResourceDefinition /scopes.oauth-operator.dev",
	}
}

// lines renders the chart with some values and returns the lines of all manifests, each under the heading "KIND NAMESPACE/NAME".
func (e effects) lines(t *testing.T) []string {
	t.Helper()
	var args []string
	for value := range e {
		args = append(args, "--set", value)
	}
	var all []string
	for heading, object := range byIdentity(template(t, args...)) {
		text, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, heading)
		for line := range strings.Lines(string(text)) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

func TestEveryValueOfTheChartHasAnEffect(t *testing.T) {
	plain := effects{}.lines(t)
	for set, render := range map[bool]effects{true: settings(), false: omissions()} {
		lines := render.lines(t)
		for value, line := range render {
			if slices.Contains(plain, line) == set || slices.Contains(lines, line) != set {
				t.Errorf("--set %s has not the effect that it should have on %q", value, line)
			}
		}
	}
	if !slices.ContainsFunc(effects{"crds.keep=true": ""}.annotations(t), isKept) || slices.ContainsFunc(effects{"crds.keep=false": ""}.annotations(t), isKept) {
		t.Error("crds.keep does not decide whether the kinds stay")
	}
}

// annotations returns those of all manifests, as "NAME: VALUE".
func (e effects) annotations(t *testing.T) []string {
	t.Helper()
	var args, all []string
	for value := range e {
		args = append(args, "--set", value)
	}
	for _, object := range template(t, args...) {
		for name, value := range object.GetAnnotations() {
			all = append(all, name+": "+value)
		}
	}
	return all
}

func isKept(annotation string) bool { return annotation == "helm.sh/resource-policy: keep" }

// TestEveryValueOfTheChartIsTried: a value that is added needs a row.
func TestEveryValueOfTheChartIsTried(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environment.Root(), chart, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	tried := slices.Concat(slices.Collect(maps.Keys(settings())), slices.Collect(maps.Keys(omissions())), []string{"crds.keep"})
	// Each a value as a whole.
	whole := []string{"resources", "podSecurityContext", "securityContext", "networkPolicy.metricsFrom"}
	var check func(path string, value any)
	check = func(path string, value any) {
		children, isMap := value.(map[string]any)
		if isMap && len(children) > 0 && !slices.Contains(whole, path) {
			for name, child := range children {
				check(strings.TrimPrefix(path+"."+name, "."), child)
			}
			return
		}
		if !slices.ContainsFunc(tried, func(set string) bool { return strings.HasPrefix(set, path) }) {
			t.Errorf("value %s has no row", path)
		}
	}
	check("", values)
}

func TestAnUnknownValueIsRefused(t *testing.T) {
	for _, value := range []string{"replica=3", "image.tga=v1", "metrics.port=many", "watchNamespaces={Shop}", "shards[0].name=a", "shards[0].name=A,shards[0].selector=a"} {
		if _, err := tool(t, "helm", "template", chart, "--set", value); err == nil {
			t.Errorf("--set %s is taken", value)
		}
	}
}
