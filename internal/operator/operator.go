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
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/identitytenant"
	"github.com/oauth-operator/oauth-operator/internal/controller/oauthclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/scope"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// Name of the operator in events, leases and managed fields.
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
	mgr, err := ctrl.NewManager(restConfig, manager.Options{
		Scheme:                        scheme,
		Cache:                         cacheOptions(options.Namespace, options.WatchNamespaces),
		NewCache:                      newCache(options.Namespace, options.WatchNamespaces),
		Metrics:                       metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:        options.HealthProbeAddress,
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              Name,
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
	c, live, clock := mgr.GetClient(), mgr.GetAPIReader(), options.Clock
	resolver := tenancy.Resolver{Reader: c, Watched: options.WatchNamespaces}
	vault := secret.Vault{Client: c, Live: live, Namespace: options.Namespace}
	calls := metrics.NewCalls()
	pool := tenant.NewPool(clock, calls)
	for _, collector := range []prometheus.Collector{calls, metrics.NewObjects(ctx, c, pool.States)} {
		if err := options.Metrics.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	connector := connection.Connector{Vault: vault, Pool: pool, Live: live, Materials: connection.NewMaterials()}
	recorder := mgr.GetEventRecorder(Name)
	visits := func() *tenant.Visits { return tenant.NewVisits(options.Concurrency) } // each controller has workers of its own
	for name, add := range map[string]func(ctrl.Manager, controller.Options) error{
		"IdentityTenant": (&identitytenant.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: recorder, Clock: clock, Retries: schedule.NewRetries(),
			Visits: visits(), Census: identitytenant.NewCensus(),
		}).SetupWithManager,
		"OAuthClient": (&oauthclient.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: recorder, Clock: clock, Retries: schedule.NewRetries(),
			Visits: visits(), Checks: drift.NewChecks(), Bursts: schedule.NewBursts(),
		}).SetupWithManager,
		"Scope": (&scope.Reconciler{
			Client: c, Resolver: resolver, Recorder: recorder, Clock: clock,
		}).SetupWithManager,
		"ConfidentialClient": (&confidentialclient.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: recorder, Clock: clock, Retries: schedule.NewRetries(),
			Metrics: calls, Visits: visits(), Contests: schedule.NewContests(), Countdowns: schedule.NewCountdowns(uptime(clock)), Vault: vault,
		}).SetupWithManager,
	} {
		if err := add(mgr, controllerOptions(options)); err != nil {
			return fmt.Errorf("adding controller for %s: %w", name, err)
		}
	}
	return nil
}

// uptime returns a clock that tells how long this process has been running. The time that it begins with carries a monotonic reading, by which it
// goes on whatever happens to the wall clock.
func uptime(clock clock.PassiveClock) func() time.Duration {
	start := clock.Now()
	return func() time.Duration { return clock.Since(start) }
}

func controllerOptions(options Options) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: options.Concurrency,
		ReconciliationTimeout:   options.ReconcileTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](queueBackoffFirst, queueBackoffMost),
	}
}
