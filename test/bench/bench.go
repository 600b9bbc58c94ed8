package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	operatorpkg "github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
	"github.com/oauth-operator/oauth-operator/test/narration"
)

// Where config/local puts the operator's ServiceAccount.
const (
	operatorNamespace      = "oauth-operator-system"
	operatorServiceAccount = "oauth-operator-manager"
)

// stopGrace is how long a program may take to end.
const stopGrace = 20 * time.Second

// An operator has so many workers, by the default of its flag, and half of them work on one tenant at once: as many make requests here.
const (
	workers     = 16
	concurrency = workers / 2
)

// bench is what the scenarios share.
type bench struct {
	*narration.Narrator
	options
	size      size
	directory string // everything that is written but the figures; removed at the end
	guard     *process.Guard
	report    outcome
	scenario  string // that is being measured
	busiest   busiest

	plane      *controlplane.ControlPlane
	registry   registry
	cluster    client.WithWatch // as administrator, unless it is the floor's
	floor      client.WithWatch // as the operator's ServiceAccount
	rest       rest.Interface
	kubeconfig string // of the operator
	stage      *stage // nil between stages
}

func newBench(o options, n *narration.Narrator) (*bench, error) {
	size, err := sizeOf(o.size)
	if err != nil {
		return nil, err
	}
	for _, path := range []*string{&o.root, &o.profiles} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return nil, fmt.Errorf("finding a directory: %w", err)
		}
	}
	// Resolved, because kustomize compares paths after it has resolved them.
	if o.root, err = filepath.EvalSymlinks(o.root); err != nil {
		return nil, fmt.Errorf("finding the repository: %w", err)
	}
	directory, err := os.MkdirTemp("", "oauth-operator-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	guard, err := process.NewGuard(directory)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return &bench{
		Narrator: n, options: o, size: size, directory: directory, guard: guard,
		report: outcome{Date: time.Now().UTC(), Size: o.size, Machine: thisMachine()},
	}, nil
}

// startControlPlane starts etcd and kube-apiserver, and installs what the operator needs. No other controllers run.
func (b *bench) startControlPlane(ctx context.Context) error {
	directory := b.file("control-plane")
	if err := os.Mkdir(directory, 0o700); err != nil {
		return fmt.Errorf("making the control plane's directory: %w", err)
	}
	copied, err := b.floorKinds()
	if err != nil {
		return err
	}
	b.plane, err = controlplane.Start(ctx, b.guard, controlplane.Options{
		Assets: b.assets, Directory: directory, CRDs: []string{filepath.Join(b.root, "config", "crd", "bases"), copied}, NoControllers: true,
	})
	if err != nil {
		return err
	}
	b.registry = registry{url: b.plane.EtcdURL()}
	if b.report.Machine.Kubernetes, err = b.plane.Version(); err != nil {
		return err
	}
	if b.cluster, err = newClient(b.plane.Config()); err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(b.plane.Config())
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	b.rest = clients.RESTClient()
	if err := b.install(ctx); err != nil {
		return err
	}
	b.Say("%s", b.report.Machine)
	return nil
}

// install gives the operator its ServiceAccount and permissions. The floor works under them, too.
func (b *bench) install(ctx context.Context) error {
	output, err := exec.CommandContext(ctx, b.plane.Kubectl(), "--kubeconfig", b.plane.Kubeconfig(),
		"apply", "--server-side", "-k", filepath.Join(b.root, "config", "local")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("installing the operator's permissions: %w\n%s", err, output)
	}
	if err := b.create(ctx, floorPermissions()...); err != nil {
		return err
	}
	content, err := b.plane.ServiceAccountKubeconfig(ctx, operatorNamespace, operatorServiceAccount)
	if err != nil {
		return err
	}
	b.kubeconfig = b.file("operator.kubeconfig")
	if err := os.WriteFile(b.kubeconfig, content, 0o600); err != nil {
		return fmt.Errorf("writing the operator's kubeconfig: %w", err)
	}
	config, err := configOf(content)
	if err != nil {
		return err
	}
	b.floor, err = newClient(config)
	return err
}

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme, err := operatorpkg.NewScheme()
	if err != nil {
		return nil, err
	}
	if err := addFloorKindsTo(scheme); err != nil {
		return nil, err
	}
	config.QPS = -1
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return c, nil
}

// run starts one of our own programs.
func (b *bench) run(name string, environment []string, args ...string) (*process.Process, error) {
	path := filepath.Join(cmp.Or(b.programs, filepath.Join(b.root, "bin")), name)
	return b.guard.Start(process.Command{Name: name, Path: path, Args: args, Env: environment, Log: b.file(name + ".log")})
}

// file is a path in the directory of this run.
func (b *bench) file(name string) string { return filepath.Join(b.directory, name) }

// measure runs one scenario.
func (b *bench) measure(ctx context.Context, s scenario) error {
	b.scenario = s.name
	begun := time.Now()
	defer func() {
		b.report.Scenarios = append(b.report.Scenarios, taken{Name: s.name, Seconds: round(time.Since(begun).Seconds())})
	}()
	if err := b.enter(ctx, s.stage); err != nil {
		return err
	}
	err := s.run(ctx, b)
	if err != nil && b.stage != nil && b.stage.operator != nil {
		err = fmt.Errorf("%w\nThe operator's last lines:\n%s", err, b.stage.operator.process.LastLines(10))
	}
	return err
}

// stop ends what was started, last first, and removes what was written.
func (b *bench) stop() error {
	errs := []error{b.leaveStage()}
	if b.plane != nil {
		errs = append(errs, b.plane.Stop())
	}
	return errors.Join(append(errs, b.guard.Close(), os.RemoveAll(b.directory))...)
}

// scenario is one thing to measure.
type scenario struct {
	name, title string
	// stage that it plays on. Those of one stage find what the one before has left there.
	stage string
	run   func(context.Context, *bench) error
}

// scenarios are all that there are, in their order.
func scenarios() []scenario {
	return []scenario{
		{name: "clients", title: "ConfidentialClients from apply to Ready, beside a bare loop", stage: "fleet", run: provisionClients},
		{name: "growth", title: "more of them, up to the whole fleet", stage: "fleet", run: growFleet},
		{name: "restart", title: "a restart and a change of the leader, beside Secrets of others", stage: "fleet", run: restart},
		{name: "idle", title: "nothing happens", stage: "fleet", run: idle},
		{name: "applications", title: "OAuthClients from apply to Ready, beside a bare loop", stage: "applications", run: provisionApplications},
		{name: "burst", title: "Scopes for one application at once", stage: "applications", run: scopeBurst},
		{name: "drift", title: "applications are compared while tokens are renewed", stage: "applications", run: checkDrift},
		{name: "shards", title: "ConfidentialClients from apply to Ready by one operator, and by three that share them", stage: "shards", run: share},
		{name: "refresh", title: "tokens with a short life are renewed", stage: "tokens", run: refresh},
		{name: "recovery", title: "the tenant goes away, and comes back", stage: "recovery", run: recovery},
	}
}

func chosenScenarios(only string) ([]scenario, error) {
	all := scenarios()
	if only == "" {
		return all, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		at := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if at < 0 {
			return nil, fmt.Errorf("reading the scenarios: there is no %q", name)
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}
