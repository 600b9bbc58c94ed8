package shards_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Selectors of three shards that have every object between them.
const (
	east      = v1alpha1.ShardLabel + "=east"
	west      = v1alpha1.ShardLabel + "=west"
	remainder = v1alpha1.ShardLabel + " notin (east, west)"
)

// worker is an operator at work on one shard, as the leader of it.
type worker struct {
	t        *testing.T
	selector shard.Selector
	// stop ends it.
	stop func()
	// metrics are its own.
	metrics prometheus.Gatherer

	mu sync.Mutex
	// wrote has the path of each object that it has written, such as billing-1/confidentialclients/client.
	wrote map[string]bool
}

// work starts an operator for a shard, one of three.
func work(t *testing.T, w *environment.World, selector string) *worker {
	t.Helper()
	parsed, err := shard.Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	o := &worker{t: t, selector: parsed, wrote: map[string]bool{}}
	o.stop = w.StartOperator(func(config *rest.Config, options *operator.Options) {
		options.LeaderElection, options.Shard, options.Shards = true, parsed, 3
		config.Wrap(o.record)
	})
	o.metrics = w.Metrics
	return o
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (o *worker) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if _, path, namespaced := strings.Cut(r.URL.Path, "/namespaces/"); namespaced && r.Method != http.MethodGet {
			parts := strings.Split(path, "/")
			o.mu.Lock()
			o.wrote[strings.Join(parts[:min(len(parts), 3)], "/")] = true
			o.mu.Unlock()
		}
		return next.RoundTrip(r)
	})
}

// hasWritten says whether the operator has written an object of our kinds, and not only tried to and been refused.
func (o *worker) hasWritten(object client.Object) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.wrote[object.GetNamespace()+"/"+resourceOf(object)+"/"+object.GetName()]
}

// forget lets hasWritten know only of what is written from now on.
func (o *worker) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrote = map[string]bool{}
}

func resourceOf(object client.Object) string {
	switch object.(type) {
	case *v1alpha1.IdentityTenant:
		return "identitytenants"
	case *v1alpha1.OAuthClient:
		return "oauthclients"
	case *v1alpha1.Scope:
		return "scopes"
	case *v1alpha1.ConfidentialClient:
		return "confidentialclients"
	}
	return ""
}

// counted returns a metric of the operator, summed over the series that have a label of a value; all of them if label is empty.
func (o *worker) counted(name, label, value string) int {
	o.t.Helper()
	families, err := o.metrics.Gather()
	if err != nil {
		o.t.Fatal(err)
	}
	total := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, pair := range metric.GetLabel() {
				if label == "" || pair.GetName() == label && pair.GetValue() == value {
					total += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
					break
				}
			}
		}
	}
	return int(total)
}

// shows says whether the operator shows the expiry of a client's token.
func (o *worker) shows(c *v1alpha1.ConfidentialClient) bool {
	return o.counted("oauth_operator_token_expiry_timestamp_seconds", "name", c.Name) > 0
}

// leader returns who holds the lease of an operator's shard; "" for nobody.
func (o *worker) leader(w *environment.World) string {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("operator"), Name: o.selector.Lease(operator.Name)}}
	w.Get(lease)
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// in puts an object into a shard; into none by the empty value.
func in[T client.Object](value string, object T) T {
	if value != "" {
		object.SetLabels(map[string]string{v1alpha1.ShardLabel: value})
	}
	return object
}

// expectWriters checks that each object was written by exactly one operator: that of its shard.
func expectWriters(t *testing.T, operators []*worker, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		for _, o := range operators {
			if written, ours := o.hasWritten(object), o.selector.Has(object); written != ours {
				t.Errorf("the operator of %q has written %T %s: %v", o.selector, object, environment.Key(object), written)
			}
		}
		if !slices.ContainsFunc(operators, func(o *worker) bool { return o.selector.Has(object) }) {
			t.Errorf("no shard has %T %s", object, environment.Key(object))
		}
	}
}
