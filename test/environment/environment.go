// Package environment gives controller tests a world of real things: a kube-apiserver with etcd and our kinds, a tenant over HTTPS, and
// the operator with its production cache, put together as cmd/manager does it.
//
// One kube-apiserver serves all tests of a package (see Main). Every test has a tenant and namespaces of its own, and starts and stops the
// operator as it likes.
package environment

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// patience bounds every wait for something that must come true.
const patience = 30 * time.Second

// parts name the namespaces of a world.
var parts = []string{"identity", "shop", "billing", "operator"}

// Server is the kube-apiserver that the tests of a package share.
type Server struct {
	config *rest.Config
	worlds atomic.Int64
	logs   *Journal
	// keys signs the tokens of all tenants: making RSA keys is slow under the race detector.
	keys        emulator.KeySource
	stop        func() error
	environment *envtest.Environment
	// data is the directory with what etcd and kube-apiserver keep on disk.
	data string
}

// Main starts a kube-apiserver for each of stores, runs the tests of a package and ends the process. A store puts its server where the tests
// find it.
func Main(m *testing.M, stores ...func(*Server)) {
	run(m, []string{filepath.Join(Root(), "config", "crd", "bases")}, stores)
}

// MainWithoutKinds is Main for a kube-apiserver that does not know our kinds: the tests install them themselves.
func MainWithoutKinds(m *testing.M, store func(*Server)) {
	run(m, nil, []func(*Server){store})
}

func run(m *testing.M, kinds []string, stores []func(*Server)) {
	journal := &Journal{}
	operator.SetLogger(journal.Logger())
	if isFuzzing() {
		os.Exit(m.Run()) // each of many processes would start a kube-apiserver that no fuzz target asks
	}
	code := 0
	var servers []*Server
	for _, store := range stores {
		server, err := start(journal, kinds)
		if err != nil {
			fmt.Fprintln(os.Stderr, "starting kube-apiserver:", err)
			code = 1
			break
		}
		servers = append(servers, server)
		store(server)
	}
	if code == 0 {
		code = m.Run()
	}
	for _, server := range servers {
		if err := server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping kube-apiserver:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// isFuzzing says whether a fuzz target is run for a while, and nothing else. go test says so by flags, also to the processes that do the work.
func isFuzzing() bool {
	flag.Parse()
	target := flag.Lookup("test.fuzz")
	return target != nil && target.Value.String() != ""
}

func start(journal *Journal, kinds []string) (*Server, error) {
	assets, err := assets()
	if err != nil {
		return nil, err
	}
	environment := &envtest.Environment{CRDDirectoryPaths: kinds, ErrorIfCRDPathMissing: true}
	data, release, err := guarded(environment, assets)
	if err != nil {
		return nil, err
	}
	stop := func() error { return errors.Join(environment.Stop(), release()) }
	config, err := environment.Start()
	if err == nil {
		err = controlplane.CheckVersion(config)
	}
	if err != nil {
		// What was started before the failure would outlive this process.
		return nil, errors.Join(err, stop())
	}
	return &Server{config: config, logs: journal, keys: emulator.SharedKey(), stop: stop, environment: environment, data: data}, nil
}

// guarded has an environment run its programs so that they end with this process, whatever becomes of it: a test that takes too long ends without a
// word to anybody. What they keep on disk is in data, and outlives them. release is for afterwards.
func guarded(environment *envtest.Environment, assets string) (data string, release func() error, err error) {
	directory, err := os.MkdirTemp("", "oauth-operator-test-")
	if err != nil {
		return "", nil, fmt.Errorf("making a directory for the control plane: %w", err)
	}
	guard, err := process.NewGuard(directory)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(directory))
	}
	release = func() error { return errors.Join(guard.Close(), os.RemoveAll(directory)) }
	etcd, err := guard.Wrap(filepath.Join(assets, "etcd"))
	if err != nil {
		return "", nil, errors.Join(err, release())
	}
	server, err := guard.Wrap(filepath.Join(assets, "kube-apiserver"))
	if err != nil {
		return "", nil, errors.Join(err, release())
	}
	data = filepath.Join(directory, "data")
	environment.ControlPlane.Etcd = &envtest.Etcd{Path: etcd, DataDir: filepath.Join(data, "etcd")}
	api := environment.ControlPlane.GetAPIServer()
	api.Path, api.CertDir = server, filepath.Join(data, "certificates")
	for _, path := range []string{environment.ControlPlane.Etcd.DataDir, api.CertDir} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return "", nil, errors.Join(err, release())
		}
	}
	return data, release, nil
}

// assets returns the directory with the binaries of kube-apiserver and etcd: KUBEBUILDER_ASSETS, else the user's cache, which is filled
// first if it has to be.
func assets() (string, error) {
	if directory := os.Getenv("KUBEBUILDER_ASSETS"); directory != "" {
		return directory, nil
	}
	script := exec.Command(filepath.Join(Root(), "hack", "control-plane.sh"), "etcd", "kube-apiserver") //nolint:noctx // it ends by itself, however long it takes
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		return "", fmt.Errorf("getting kube-apiserver and etcd: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// declareVersion looks at what decides of which version kube-apiserver is. go test keeps what has passed until a variable is another that a test has
// looked at, and what was looked at before the tests, as Main does, does not count.
func declareVersion() {
	for _, name := range []string{"K8S_VERSION", "KUBEBUILDER_ASSETS"} {
		_ = os.Getenv(name)
	}
}

// Root returns the root of the checkout.
func Root() string {
	_, file, _, _ := goruntime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// World is what one test has.
type World struct {
	// Client reads and writes as a cluster administrator, past any cache.
	Client client.Client
	// Tenant of the test; nobody else uses it.
	Tenant *emulator.Emulator
	// Journal has what the operator logged, at the highest level, and what the tests of the package before it left.
	Journal *Journal
	// Clock of the operator.
	Clock clock.Clock
	// Metrics of the operator that was started last.
	Metrics prometheus.Gatherer

	t      *testing.T
	config *rest.Config
	suffix string
	// begun is where the journal ended when the world was made. Nobody can have logged its secrets before.
	begun  int
	writes *writeCounter
	reads  *readRecorder
	// residue is what stopped operators have left in the count of objects that are queued. It is known when an operator is started, and
	// not looked at again beside others at work until one of them has stopped.
	residue int
	// running is how many operators are at work; stopped says that one has ended since residue was taken.
	running int
	stopped bool
	// forbidden must never be seen outside of Secrets, and seen is what a test has seen of programs of its own.
	forbidden, seen *texts
	// abandoned says that what the test leaves ends with its kube-apiserver.
	abandoned bool
}

// New makes a world for a test, and takes it down after it.
func (s *Server) New(t *testing.T, options emulator.Options) *World {
	t.Helper()
	if options.Keys == nil {
		options.Keys = s.keys
	}
	tenant, err := emulator.Start(options)
	if err != nil {
		t.Fatalf("starting the tenant: %v", err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Errorf("closing the tenant: %v", err)
		}
	})
	return s.NewOn(t, tenant)
}

// NewOn makes a world for a test on a tenant that is there already, such as that of another cluster's world, and takes it down after it.
func (s *Server) NewOn(t *testing.T, tenant *emulator.Emulator) *World {
	t.Helper()
	declareVersion()
	scheme, err := operator.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range []func(*runtime.Scheme) error{eventsv1.AddToScheme, appsv1.AddToScheme, coordinationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(s.config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		Client: c, Tenant: tenant, Journal: s.logs, Clock: clock.RealClock{},
		t: t, config: s.config, suffix: fmt.Sprint(s.worlds.Add(1)), begun: s.logs.mark(), writes: &writeCounter{}, reads: &readRecorder{},
		forbidden: &texts{name: "canary"}, seen: &texts{},
	}
	for _, name := range parts {
		w.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace(name), Labels: map[string]string{"test-tenant": w.suffix}}})
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		w.checkSecrecy(ctx)
		if !w.abandoned {
			w.removeEverything(ctx)
		}
	})
	return w
}

// Namespace returns the world's own namespace for a part: identity, shop, billing, or operator.
func (w *World) Namespace(part string) string { return part + "-" + strings.ToLower(w.suffix) }

// In returns the world for a subtest: what fails in it fails that.
func (w *World) In(t *testing.T) *World {
	t.Helper()
	copied := *w
	copied.t = t
	return &copied
}

// Abandon leaves to the end of the kube-apiserver what the test has made: to remove a fleet takes as long as to make it. Only for the last test of a
// package: the next one would wake the objects.
func (w *World) Abandon() { w.abandoned = true }

// Context returns the context of the test.
func (w *World) Context() context.Context { return w.t.Context() }

// StartOperator starts the operator with its production options, and returns a function that stops it and waits until it has. changes say how it
// differs, such as in whom it is to kube-apiserver.
func (w *World) StartOperator(changes ...func(*rest.Config, *operator.Options)) (stop func()) {
	w.t.Helper()
	return w.start(changes...)
}

// StartReplica is StartOperator for one of several replicas: it works only once it has become the leader.
func (w *World) StartReplica() (stop func()) {
	w.t.Helper()
	return w.start(func(_ *rest.Config, options *operator.Options) { options.LeaderElection = true })
}

func (w *World) start(changes ...func(*rest.Config, *operator.Options)) (stop func()) {
	w.t.Helper()
	options := operator.DefaultOptions(w.Namespace("operator"))
	options.HealthProbeAddress = "0"
	options.Clock = w.Clock
	registry := prometheus.NewPedanticRegistry()
	options.Metrics, w.Metrics = registry, registry
	config := rest.CopyConfig(w.config)
	config.Wrap(w.writes.wrap)
	config.Wrap(w.reads.wrap)
	for _, change := range changes {
		change(config, &options)
	}
	if w.running == 0 || w.stopped {
		w.residue, w.stopped = w.queued(), false
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	mgr, err := operator.New(ctx, config, options)
	if err != nil {
		cancel()
		w.t.Fatalf("building the operator: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		w.t.Error("the operator's cache did not start")
	}
	w.running++
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped, w.stopped = true, true
		w.running--
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("running the operator: %v", err)
			}
		case <-time.After(patience):
			w.t.Error("the operator did not stop")
		}
	}
	w.t.Cleanup(stop)
	return stop
}
