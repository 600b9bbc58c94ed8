package upgrade_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Where config/default puts the operator.
const (
	systemNamespace = "oauth-operator-system"
	account         = "oauth-operator-manager"
)

// Bounds of waits.
const (
	readyWithin = time.Minute
	stopGrace   = 15 * time.Second
	// calm is for how long an operator makes no pass until it counts as settled. It is longer than what delays a pass that a start brings about: the
	// two seconds after which the dependents of a tenant are counted.
	calm = 3 * time.Second
)

// cluster is a world in which one version is installed after another.
type cluster struct {
	*environment.World
	t          *testing.T
	guard      *process.Guard
	kubeconfig string // of the operator; once something is installed
	objects    int    // how many objects of our kinds there are
	started    int    // how many operators have been started
}

func newCluster(t *testing.T, w *environment.World) *cluster {
	t.Helper()
	guard, err := process.NewGuard(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := guard.Close(); err != nil {
			t.Error(err)
		}
	})
	return &cluster{World: w, t: t, guard: guard}
}

// install applies the manifests of a version, as kubectl apply --server-side does, over what is there.
func (c *cluster) install(v version) {
	c.t.Helper()
	for _, object := range v.manifests {
		if err := c.Client.Apply(c.t.Context(), client.ApplyConfigurationFromUnstructured(object.DeepCopy()), client.FieldOwner("kubectl")); err != nil {
			c.t.Fatalf("installing %s %s of the version %s: %v", object.GetKind(), object.GetName(), v.name, err)
		}
	}
	for _, object := range v.manifests {
		if object.GetKind() == "CustomResourceDefinition" {
			c.established(object)
		}
	}
	content, err := controlplane.ServiceAccountKubeconfig(c.t.Context(), c.Config(), systemNamespace, account)
	if err != nil {
		c.t.Fatal(err)
	}
	c.kubeconfig = filepath.Join(c.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(c.kubeconfig, content, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// established waits until kube-apiserver serves a kind.
func (c *cluster) established(object *unstructured.Unstructured) {
	c.t.Helper()
	c.Eventually("see the kind "+object.GetName()+" served", func() error {
		kind := object.NewEmptyInstance().(*unstructured.Unstructured)
		kind.SetName(object.GetName())
		c.Get(kind)
		conditions, _, err := unstructured.NestedSlice(kind.Object, "status", "conditions")
		if err != nil {
			return err
		}
		for _, condition := range conditions {
			if condition, _ := condition.(map[string]any); condition["type"] == "Established" && condition["status"] == string(metav1.ConditionTrue) {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %v", conditions)
	})
}

// replica is an operator that runs.
type replica struct {
	*process.Process
	name    string
	metrics string // the URL
}

// start starts the operator of a version, with the arguments that its Deployment gives it, and waits until it is ready. It works once it is the leader.
func (c *cluster) start(v version) *replica {
	c.t.Helper()
	health, metrics := c.freeAddress(), c.freeAddress()
	args := append(c.arguments(v), "--kubeconfig="+c.kubeconfig, "--health-probe-bind-address="+health, "--metrics-bind-address="+metrics)
	c.started++
	p, err := c.guard.Start(process.Command{
		Name: "the operator of the version " + v.name, Path: v.manager, Args: args,
		Log: filepath.Join(c.t.TempDir(), fmt.Sprintf("operator-%d.log", c.started)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	r := &replica{Process: p, name: v.name, metrics: "http://" + metrics + "/metrics"}
	c.t.Cleanup(func() {
		c.stop(r)
		if c.t.Failed() {
			c.t.Logf("the operator of the version %s ended with:\n%s", v.name, p.LastLines(20))
		}
	})
	ctx, cancel := context.WithTimeoutCause(c.t.Context(), readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	if err := p.WaitFor(ctx, process.Answers("http://"+health+"/readyz")); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// stop asks an operator to end, as the kubelet does, and waits until it has.
func (c *cluster) stop(r *replica) {
	c.t.Helper()
	if err := r.Stop(stopGrace); err != nil {
		c.t.Error(err)
	}
}

func (c *cluster) freeAddress() string {
	c.t.Helper()
	address, err := process.FreeAddress()
	if err != nil {
		c.t.Fatal(err)
	}
	return address
}

// arguments returns those of the operator's container.
func (c *cluster) arguments(v version) []string {
	c.t.Helper()
	deployment := &appsv1.Deployment{}
	for _, object := range v.manifests {
		if object.GetKind() == "Deployment" {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, deployment); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	if len(deployment.Spec.Template.Spec.Containers) != 1 {
		c.t.Fatalf("the version %s has no Deployment with one container", v.name)
	}
	var args []string
	for _, argument := range deployment.Spec.Template.Spec.Containers[0].Args {
		args = append(args, strings.ReplaceAll(argument, "$(POD_NAMESPACE)", systemNamespace))
	}
	return args
}

// settled waits until an operator has looked at every object and has had nothing to do for a while.
func (c *cluster) settled(r *replica) {
	c.t.Helper()
	last, since := -1.0, time.Now()
	c.Eventually("see the operator of the version "+r.name+" settle", func() error {
		select {
		case <-r.Done():
			c.t.Fatalf("it has ended:\n%s", r.LastLines(20))
		default:
		}
		families, err := scrape(c.t.Context(), http.DefaultClient, r.metrics)
		if err != nil {
			return err
		}
		passes := sum(families["controller_runtime_reconcile_total"], nil)
		busy := sum(families["controller_runtime_active_workers"], nil) + sum(families["workqueue_depth"], nil)
		if passes != last || busy > 0 || passes < float64(c.objects) {
			last, since = passes, time.Now()
			return fmt.Errorf("%v passes were made over %d objects, and %v objects are worked on or queued", passes, c.objects, busy)
		}
		if quiet := time.Since(since); quiet < calm {
			return fmt.Errorf("it is quiet since %s only", quiet)
		}
		return nil
	})
}

// scrape reads metrics.
func scrape(ctx context.Context, from *http.Client, url string) (map[string]*dto.MetricFamily, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := from.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading metrics: status %d", answer.StatusCode)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	return parser.TextToMetricFamilies(answer.Body)
}

// sum adds those of a family's series up whose labels are wanted; all if wanted is nil.
func sum(family *dto.MetricFamily, wanted func(labels map[string]string) bool) float64 {
	total := 0.0
	for _, metric := range family.GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if wanted == nil || wanted(labels) {
			total += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	return total
}
