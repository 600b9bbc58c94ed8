package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/narration"
)

// TestEveryScenarioMeasuresSomething runs the small size. It asserts counts, which do not depend on the machine, and no times.
func TestEveryScenarioMeasuresSomething(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what a process has cost is asked of Linux")
	}
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	log.SetLogger(logr.Discard())
	root := filepath.Join("..", "..")
	directory := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", directory, "./cmd/manager", "./cmd/identity-emulator")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	assets := exec.CommandContext(t.Context(), filepath.Join(root, "hack", "control-plane.sh"), "etcd", "kube-apiserver", "kubectl")
	found, err := assets.Output()
	if err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(directory, "bench.json")
	o := options{
		size: "small", root: root, programs: directory, output: output, assets: strings.TrimSpace(string(found)),
	}
	if err := run(t.Context(), o, narration.New(io.Discard)); err != nil {
		t.Fatal(err)
	}

	figures := figuresIn(t, output)
	// The budgets of the design, one write of the user included; the floor does the same.
	for scenario, wanted := range map[string]map[string]float64{
		"clients": {
			"tenant calls per object": 4, "tenant calls per object of the floor": 4,
			"writes per object, that of the user included": 5, "writes per object of the floor": 5,
		},
		"applications": {
			"writes per object, that of the user included": 5, "writes per object of the floor": 5,
		},
		"restart": {
			"restart: tenant calls": 0, "restart: writes": 0, "change of the leader: tenant calls": 0, "change of the leader: writes": 0,
		},
		"shards": {
			"one operator: tenant calls per object": 4, "one operator: writes per object, that of the user included": 5,
			"three operators: tenant calls per object": 4, "three operators: writes per object, that of the user included": 5,
		},
		"idle":     {"tenant calls": 0, "writes": 0},
		"recovery": {"throttling answers": 0},
	} {
		for name, want := range wanted {
			if got, ok := figures[scenario][name]; !ok || got != want {
				t.Errorf("%s: %s is %v, not %v", scenario, name, got, want)
			}
		}
	}
	for _, name := range []string{"tenant calls per object", "tenant calls per object of the floor"} {
		// Nine, and one for all applications that are made within five seconds.
		if calls := figures["applications"][name]; calls < 9 || calls > 10 {
			t.Errorf("applications: %s is %v", name, calls)
		}
	}
	if updates := figures["burst"]["updates of the application"]; updates < 1 || updates > 5 {
		t.Errorf("the burst made %v updates", updates)
	}
}

// figuresIn returns the values that a run has written, by scenario and name. Every scenario must have some.
func figuresIn(t *testing.T, path string) map[string]map[string]float64 {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r outcome
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	figures := map[string]map[string]float64{}
	for _, s := range scenarios() {
		figures[s.name] = map[string]float64{}
	}
	for _, f := range r.Figures {
		figures[f.Scenario][f.Name] = f.Value
	}
	for name, values := range figures {
		if len(values) == 0 {
			t.Errorf("%s has no figures", name)
		}
	}
	return figures
}

func TestTheOperatorHasTheCoresAndTheMemoryLimitOfTheManifests(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join("..", "..", "config", "manager", "manager.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	deployment := &appsv1.Deployment{}
	for document := range strings.SplitSeq(string(manifest), "\n---\n") {
		if strings.Contains(document, "kind: Deployment") {
			if err := yaml.UnmarshalStrict([]byte(document), deployment); err != nil {
				t.Fatal(err)
			}
		}
	}
	container := deployment.Spec.Template.Spec.Containers[0]
	want := []string{fmt.Sprintf("GOMEMLIMIT=%dMiB", container.Resources.Limits.Memory().Value()>>20)}
	for _, variable := range container.Env {
		if variable.Name == "GOMAXPROCS" {
			want = append(want, "GOMAXPROCS="+variable.Value)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, installed()); diff != "" {
		t.Errorf("it is started with another environment (-want +got):\n%s", diff)
	}
}
