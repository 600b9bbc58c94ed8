package operator

import (
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/identitytenant"
	"github.com/oauth-operator/oauth-operator/internal/controller/oauthclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/scope"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// Parts are what controllers reach the cluster with.
type Parts struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Recorder of events.
	Recorder events.EventRecorder
	// Calls counts calls to tenants.
	Calls *metrics.Calls
}

// Controllers are those of one process. They share what they know of tenants, and have nothing else in common.
type Controllers struct {
	Tenants      *identitytenant.Reconciler
	Applications *oauthclient.Reconciler
	Scopes       *scope.Reconciler
	Clients      *confidentialclient.Reconciler
	// Connector by which they reach tenants.
	Connector connection.Connector
}

// NewControllers returns the controllers of a process that has just begun: they remember nothing.
func NewControllers(parts Parts, options Options) Controllers {
	c, live, clock := parts.Client, parts.Live, options.Clock
	resolver := tenancy.Resolver{Reader: c, Watched: options.WatchNamespaces}
	vault := secret.Vault{Client: c, Live: live, Namespace: options.Namespace}
	connector := connection.Connector{Vault: vault, Pool: tenant.NewPool(clock, parts.Calls), Live: live, Materials: connection.NewMaterials(), Shards: options.Shards}
	visits := func() *tenant.Visits { return tenant.NewVisits(options.Concurrency) } // each controller has workers of its own
	return Controllers{
		Connector: connector,
		Tenants: &identitytenant.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: parts.Recorder, Clock: clock, Retries: schedule.NewRetries(),
			Visits: visits(), Census: identitytenant.NewCensus(), Shard: options.Shard,
		},
		Applications: &oauthclient.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: parts.Recorder, Clock: clock, Retries: schedule.NewRetries(),
			Visits: visits(), Checks: drift.NewChecks(), Bursts: schedule.NewBursts(), Surveys: oauthclient.NewSurveys(clock), Shard: options.Shard,
		},
		Scopes: &scope.Reconciler{Client: c, Resolver: resolver, Recorder: parts.Recorder, Clock: clock, Shard: options.Shard},
		Clients: &confidentialclient.Reconciler{
			Client: c, Live: live, Resolver: resolver, Connector: connector, Recorder: parts.Recorder, Clock: clock, Retries: schedule.NewRetries(),
			Metrics: parts.Calls, Visits: visits(), Contests: schedule.NewContests(), Countdowns: schedule.NewCountdowns(uptime(clock)), Vault: vault,
			Unpublished: confidentialclient.NewUnpublished(clock), Echoes: wake.NewEchoes(clock), Shard: options.Shard,
		},
	}
}

// uptime returns a clock that tells how long this process has been running. The time that it begins with carries a monotonic reading, by which it
// goes on whatever happens to the wall clock.
func uptime(clock clock.PassiveClock) func() time.Duration {
	start := clock.Now()
	return func() time.Duration { return clock.Since(start) }
}
