package metrics

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/shard"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// patience bounds what a scrape waits for a cache that is being filled.
const patience = 2 * time.Second

// Objects tells at each scrape what the status of objects, and the sessions with tenants, say at that moment. It is a prometheus.Collector.
type Objects struct {
	context context.Context // ends with the process; a scrape brings none along
	cache   client.Reader
	states  func() []tenant.State
	shard   shard.Selector

	objects, handled, expiry, renewal, rotation, orphans, open, offset *prometheus.Desc
}

var _ prometheus.Collector = (*Objects)(nil)

// NewObjects returns the Collector. ctx ends with the process, cache is the operator's, and states gives the state of its sessions, which are named
// by namespace and name of their IdentityTenant. What the status of an object says is shown for those that selector picks; the others belong to another
// operator, which shows it.
func NewObjects(ctx context.Context, cache client.Reader, states func() []tenant.State, selector shard.Selector) *Objects {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		if len(labels) == 0 {
			labels = []string{"namespace", "name"}
		}
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &Objects{
		context: ctx, cache: cache, states: states, shard: selector,
		objects:  describe("objects", "How many objects of a kind the operator sees.", "kind"),
		handled:  describe("shard_objects", "How many objects of a kind the operator works on: those that its --shard-selector picks, which is empty for all.", "kind", "shard"),
		expiry:   describe("token_expiry_timestamp_seconds", "When the published token of a ConfidentialClient expires, in Unix seconds."),
		renewal:  describe("token_renewal_timestamp_seconds", "From when the published token of a ConfidentialClient is to be renewed, in Unix seconds."),
		rotation: describe("credential_next_rotation_timestamp_seconds", "When the credential of a ConfidentialClient is to be replaced next, in Unix seconds."),
		orphans:  describe("orphans", "What deletions had to leave on the tenant of an IdentityTenant (status.orphans, at most 20)."),
		open:     describe("tenant_circuit_open", "1 while no calls are sent to the tenant of an IdentityTenant, because it does not answer; else 0."),
		offset:   describe("tenant_clock_offset_seconds", "By how much the clock of the tenant of an IdentityTenant is ahead of the operator's."),
	}
}

// Describe implements prometheus.Collector.
func (o *Objects) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{o.objects, o.handled, o.expiry, o.renewal, o.rotation, o.orphans, o.open, o.offset} {
		out <- desc
	}
}

// Collect implements prometheus.Collector. What cannot be looked up, because the cache is not filled yet, has no series.
func (o *Objects) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(o.context, patience)
	defer cancel()
	o.collectClients(ctx, out)
	o.collectTenants(ctx, out)
	o.collectOthers(ctx, out)
}

func (o *Objects) collectClients(ctx context.Context, out chan<- prometheus.Metric) {
	clients := &v1alpha1.ConfidentialClientList{}
	if err := o.cache.List(ctx, clients, client.UnsafeDisableDeepCopy); err != nil { // they are only read
		return
	}
	ours := 0
	for i := range clients.Items {
		c := &clients.Items[i]
		if !o.shard.Has(c) {
			continue
		}
		ours++
		if token := c.Status.Token; token != nil {
			at(out, o.expiry, token.ExpirationTime, client.ObjectKeyFromObject(c))
			at(out, o.renewal, token.RenewalTime, client.ObjectKeyFromObject(c))
		}
		if credential := c.Status.Credential; credential != nil {
			at(out, o.rotation, credential.NextRotationTime, client.ObjectKeyFromObject(c))
		}
	}
	o.count(out, "ConfidentialClient", len(clients.Items), ours)
}

// collectTenants shows the state of a session only while there is an IdentityTenant for it.
func (o *Objects) collectTenants(ctx context.Context, out chan<- prometheus.Metric) {
	tenants := &v1alpha1.IdentityTenantList{}
	if err := o.cache.List(ctx, tenants, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	present, ours := map[types.NamespacedName]bool{}, 0
	for i := range tenants.Items {
		t := &tenants.Items[i]
		key := client.ObjectKeyFromObject(t)
		present[key] = true
		if o.shard.Has(t) {
			ours++
			gauge(out, o.orphans, float64(len(t.Status.Orphans)), key)
		}
	}
	o.count(out, "IdentityTenant", len(tenants.Items), ours)
	for _, state := range o.states() {
		namespace, name, _ := strings.Cut(state.Name, string(types.Separator))
		key := types.NamespacedName{Namespace: namespace, Name: name}
		if !present[key] {
			continue
		}
		open := 0.0
		if state.Circuit.Open {
			open = 1
		}
		gauge(out, o.open, open, key)
		if state.ClockOffset != nil {
			gauge(out, o.offset, state.ClockOffset.Seconds(), key)
		}
	}
}

// collectOthers counts the kinds of which nothing else is shown.
func (o *Objects) collectOthers(ctx context.Context, out chan<- prometheus.Metric) {
	for kind, list := range map[string]client.ObjectList{"OAuthClient": &v1alpha1.OAuthClientList{}, "Scope": &v1alpha1.ScopeList{}} {
		if err := o.cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			continue
		}
		ours := 0
		_ = meta.EachListItem(list, func(item runtime.Object) error { // which does not fail for our lists
			if object, ok := item.(metav1.Object); ok && o.shard.Has(object) {
				ours++
			}
			return nil
		})
		o.count(out, kind, meta.LenList(list), ours)
	}
}

// count shows how many objects there are, and how many of them are ours. From both, of all operators, it can be seen whether there are objects on which
// nobody works.
func (o *Objects) count(out chan<- prometheus.Metric, kind string, all, ours int) {
	out <- prometheus.MustNewConstMetric(o.objects, prometheus.GaugeValue, float64(all), kind)
	out <- prometheus.MustNewConstMetric(o.handled, prometheus.GaugeValue, float64(ours), kind, o.shard.String())
}

// at shows a moment, unless there is none.
func at(out chan<- prometheus.Metric, desc *prometheus.Desc, moment *metav1.Time, object types.NamespacedName) {
	if moment != nil {
		gauge(out, desc, float64(moment.Unix()), object)
	}
}

func gauge(out chan<- prometheus.Metric, desc *prometheus.Desc, value float64, object types.NamespacedName) {
	out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, object.Namespace, object.Name)
}
