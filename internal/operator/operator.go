// Package operator puts the operator together. It is the only package that knows all others.
package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/shard"
)

// Name of the operator in events and managed fields, and of its lease. That of one shard has a suffix (shard.Selector.Lease).
const Name = "oauth-operator"

// Bounds of the work queues' own back-off, which only errors of kube-apiserver go through.
const (
	queueBackoffFirst = 50 * time.Millisecond
	queueBackoffMost  = 30 * time.Second
)

// NewScheme returns the scheme with the kinds that the operator reads and writes.
func NewScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building scheme: %w", err)
		}
	}
	return scheme, nil
}

// New returns a manager with all controllers, ready to be started.
//
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=get;create;update,namespace=system
func New(ctx context.Context, restConfig *rest.Config, options Options) (manager.Manager, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	scheme, err := NewScheme()
	if err != nil {
		return nil, err
	}
	restConfig = rest.CopyConfig(restConfig)
	restConfig.UserAgent = Name
	restConfig.QPS = -1 // kube-apiserver's priority and fairness decides
	// kube-apiserver packs each event of a watch, which costs both sides more than the bytes are worth where they are in one cluster.
	restConfig.DisableCompression = true
	mgr, err := ctrl.NewManager(restConfig, manager.Options{
		Scheme:                        scheme,
		Cache:                         cacheOptions(options.Namespace, options.WatchNamespaces),
		NewCache:                      newCache(options.Namespace, options.WatchNamespaces),
		Metrics:                       metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:        options.HealthProbeAddress,
		PprofBindAddress:              options.ProfilingAddress,
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              options.Shard.Lease(Name),
		LeaderElectionNamespace:       options.Namespace,
		LeaderElectionReleaseOnCancel: true,
		// Several operators in one process, as tests start them, share the names of controllers.
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("creating manager: %w", err)
	}
	for _, check := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := check("ping", healthz.Ping); err != nil {
			return nil, fmt.Errorf("adding health check: %w", err)
		}
	}
	if err := index.Register(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	return mgr, addControllers(ctx, mgr, options)
}

func addControllers(ctx context.Context, mgr manager.Manager, options Options) error {
	calls := metrics.NewCalls()
	controllers := NewControllers(Parts{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder(Name), Calls: calls}, options)
	for _, collector := range []prometheus.Collector{calls, metrics.NewObjects(ctx, mgr.GetClient(), controllers.Connector.Pool.States, options.Shard)} {
		if err := options.Metrics.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	// An IdentityTenant of another shard is followed, and has to get into the queue for that.
	common := controllerOptions(options)
	for name, add := range map[string]func() error{
		"IdentityTenant": func() error { return controllers.Tenants.SetupWithManager(mgr, common) },
		"OAuthClient": func() error {
			return controllers.Applications.SetupWithManager(mgr, shard.Queue(ctx, options.Shard, mgr, common, controllers.Applications.Ours))
		},
		"Scope": func() error {
			return controllers.Scopes.SetupWithManager(mgr, shard.Queue(ctx, options.Shard, mgr, common, controllers.Scopes.Ours))
		},
		"ConfidentialClient": func() error {
			return controllers.Clients.SetupWithManager(mgr, shard.Queue(ctx, options.Shard, mgr, common, controllers.Clients.Ours))
		},
	} {
		if err := add(); err != nil {
			return fmt.Errorf("adding controller for %s: %w", name, err)
		}
	}
	return nil
}

func controllerOptions(options Options) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: options.Concurrency,
		ReconciliationTimeout:   options.ReconcileTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](queueBackoffFirst, queueBackoffMost),
	}
}
