package e2e_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// manifestsVariable names the rendered manifests of the operator. Its presence says that the cluster of KUBECONFIG is there for these tests: they install
// and remove things that others might use.
const manifestsVariable = "E2E_INSTALL"

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(manifestsVariable) == "" {
		fmt.Println("no cluster for the end-to-end tests: make e2e provides one")
		os.Exit(0)
	}
	log.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// cluster is the one that the tests are given, and whose administrator they are.
type cluster struct {
	client.Client
	t       *testing.T
	started time.Time
	config  *rest.Config
	root    string // of the checkout
	install string // the rendered manifests
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("reading KUBECONFIG: %v", err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err == nil {
		root, err = filepath.EvalSymlinks(root) // as kustomize does before it compares paths
	}
	if err != nil {
		t.Fatal(err)
	}
	cluster := &cluster{Client: c, t: t, started: time.Now(), config: config, root: root, install: os.Getenv(manifestsVariable)}
	t.Cleanup(cluster.explain)
	return cluster
}

// explain shows, after a failure, what helps to find out why: the cluster is gone afterwards.
func (c *cluster) explain() {
	if !c.t.Failed() {
		return
	}
	for _, question := range []string{
		"get oauth --all-namespaces",
		`get confidentialclients --all-namespaces --output=jsonpath={range.items[*]}{.metadata.name}{"\n"}{range.status.conditions[*]}{.type}={.status}_{.reason}:_{.message}{"\n"}{end}{end}`,
		"get pods,deployments --all-namespaces --output=wide",
		"get events --all-namespaces --sort-by=.lastTimestamp",
		"logs --namespace=" + operatorNamespace + " --selector=app.kubernetes.io/name=oauth-operator --tail=30 --prefix",
	} {
		// The test's own context has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), 20*time.Second)
		command := exec.CommandContext(ctx, "kubectl", strings.Fields(question)...)
		out, err := command.CombinedOutput()
		cancel()
		c.t.Logf("kubectl %s\n%s%v", question, out, err)
	}
}

// step is a part of the story. What follows is told only when it has succeeded.
func (c *cluster) step(name string, play func()) {
	c.t.Helper()
	c.say("%s", name)
	play()
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// say tells how far the story is. It is printed at once, because it takes minutes.
func (c *cluster) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%5.1f s] %s\n", time.Since(c.started).Seconds(), fmt.Sprintf(format, args...))
}

// kubectl runs kubectl in the root of the checkout, and returns what it prints to both outputs: warnings go to the second.
func (c *cluster) kubectl(args ...string) string {
	c.t.Helper()
	return c.kubectlWith("", args...)
}

func (c *cluster) kubectlWith(input string, args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "kubectl", args...)
	command.Dir = c.root
	command.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		c.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, &out)
	}
	return out.String()
}

// manifest reads a file of testdata, with the address of the tenant put in.
func (c *cluster) manifest(name, address string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "ADDRESS", address)
}

// eventually waits until check returns "", or fails with what it said last.
func (c *cluster) eventually(what string, within time.Duration, check func() string) {
	c.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		problem := check()
		if problem == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			c.t.Fatalf("waiting until %s: not within %s: %s", what, within, problem)
		}
	}
}
