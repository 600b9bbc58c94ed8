package operator

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// Options are what the operator's flags set.
type Options struct {
	// Namespace in which the operator runs. It keeps the credentials of managed identities there.
	Namespace string
	// WatchNamespaces are the namespaces in which the operator works, and in which alone it needs permissions, beside its own. Empty means the whole
	// cluster.
	WatchNamespaces tenancy.Watched
	// Shard says which objects the operator works on. The zero value is all of them.
	Shard shard.Selector
	// Shards is how many shards there are. Each may make its part of the calls that an IdentityTenant allows.
	Shards int
	// LeaderElection lets one of several replicas work at a time.
	LeaderElection bool
	// MetricsAddress to serve metrics on; "0" for none.
	MetricsAddress string
	// HealthProbeAddress to serve /healthz and /readyz on; "0" for none.
	HealthProbeAddress string
	// ProfilingAddress to serve profiles of the process on (net/http/pprof), which tell much about it: a loopback address; "0" for none.
	ProfilingAddress string
	// Concurrency is how many objects of each kind are worked on at once, at most half of them at one tenant.
	Concurrency int
	// ReconcileTimeout bounds one pass over one object.
	ReconcileTimeout time.Duration
	// Clock tells the time; it is not a flag.
	Clock clock.Clock
	// Metrics is where the operator's own metrics are registered; it is not a flag. What MetricsAddress serves is controller-runtime's registry.
	Metrics prometheus.Registerer
}

// DefaultOptions returns the options as they are without flags. podNamespace is the namespace that the pod is told it runs in; it may
// be empty.
func DefaultOptions(podNamespace string) Options {
	return Options{
		Namespace:          podNamespace,
		MetricsAddress:     "0",
		HealthProbeAddress: ":8081",
		ProfilingAddress:   "0",
		Shards:             1,
		Concurrency:        16,
		ReconcileTimeout:   time.Minute,
		Clock:              clock.RealClock{},
		Metrics:            metrics.Registry,
	}
}

// AddFlags registers the flags, with the present values as defaults.
func (o *Options) AddFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.Namespace, "operator-namespace", o.Namespace, "namespace in which the operator runs and keeps the credentials of managed identities (default: the environment variable POD_NAMESPACE)")
	flags.Func("watch-namespaces", "namespaces in which the operator works, separated by commas; it needs no permissions in others but its own (default: the whole cluster)", func(list string) error {
		o.WatchNamespaces = strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
		return nil
	})
	flags.Func("shard-selector", "label selector of the objects to work on, such as oauth-operator.dev/shard=a or !oauth-operator.dev/shard; others belong to other operators (default: all objects)", func(text string) (err error) {
		o.Shard, err = shard.Parse(text)
		return err
	})
	flags.IntVar(&o.Shards, "shards", o.Shards, "how many shards there are; each takes its part of the calls per second that an IdentityTenant allows")
	flags.BoolVar(&o.LeaderElection, "leader-elect", o.LeaderElection, "let one of several replicas, of each shard, work at a time")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", o.MetricsAddress, "address to serve metrics on over plain HTTP, such as :8080; 0 for none")
	flags.StringVar(&o.HealthProbeAddress, "health-probe-bind-address", o.HealthProbeAddress, "address to serve /healthz and /readyz on; 0 for none")
	flags.StringVar(&o.ProfilingAddress, "pprof-bind-address", o.ProfilingAddress, "address to serve profiles of the process on over plain HTTP, such as 127.0.0.1:6060; only this machine may reach it; 0 for none")
	flags.IntVar(&o.Concurrency, "concurrency", o.Concurrency, "how many objects of each kind are worked on at once, at most half of them at one tenant")
	flags.DurationVar(&o.ReconcileTimeout, "reconcile-timeout", o.ReconcileTimeout, "how long one pass over one object may take")
}

// Validate returns everything that is wrong with the options.
func (o *Options) Validate() error {
	var problems []error
	if o.Namespace == "" {
		problems = append(problems, errors.New("--operator-namespace is needed: the namespace in which the operator runs (or set POD_NAMESPACE)"))
	}
	for _, namespace := range o.WatchNamespaces {
		if len(validation.IsDNS1123Label(namespace)) > 0 {
			problems = append(problems, fmt.Errorf("--watch-namespaces has %q, which cannot be the name of a namespace", namespace))
		}
	}
	if o.ProfilingAddress != "0" && !isLoopback(o.ProfilingAddress) {
		problems = append(problems, fmt.Errorf("--pprof-bind-address must be a loopback address with a port, such as 127.0.0.1:6060, not %q", o.ProfilingAddress))
	}
	if o.Shards < 1 {
		problems = append(problems, fmt.Errorf("--shards must be at least 1, not %d", o.Shards))
	}
	if o.Concurrency < 1 {
		problems = append(problems, fmt.Errorf("--concurrency must be at least 1, not %d", o.Concurrency))
	}
	if o.ReconcileTimeout < 10*time.Second {
		problems = append(problems, fmt.Errorf("--reconcile-timeout must be at least 10s, not %s", o.ReconcileTimeout))
	}
	return errors.Join(problems...)
}

// isLoopback says whether only this machine reaches an address, which has a port.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
