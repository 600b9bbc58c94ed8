// Package metrics shows Prometheus what the operator does and keeps:
//
//   - Calls counts calls to tenants and mints as they happen. The labels are operations, codes, classes and reasons, of which there are few.
//   - Objects is asked at each scrape, and answers from the operator's cache and sessions: a series goes with its object, is there at once
//     after a restart, and is nobody's to keep up to date.
//
// No metric has a value of a Secret, a text of a tenant or a name that somebody chose other than those of objects, and of
// the operator's shard. docs/metrics.md lists them.
package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// namespace is what the names of all metrics begin with.
const namespace = "oauth_operator"

// succeeded is the result of a mint that brought a token.
const succeeded = "success"

// Calls counts calls to tenants. It is a tenant.Observer, and a prometheus.Collector. The nil Calls counts no mints.
type Calls struct {
	mints     *prometheus.CounterVec
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	waits     *prometheus.HistogramVec
}

var (
	_ tenant.Observer      = (*Calls)(nil)
	_ prometheus.Collector = (*Calls)(nil)
)

// NewCalls returns a Calls that has counted nothing.
func NewCalls() *Calls {
	return &Calls{
		mints: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "token_mints_total",
			Help: "Requests for tokens of ConfidentialClients, by why a token was wanted, and by success or the class of the failure.",
		}, []string{"reason", "result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "tenant_requests_total",
			Help: "Calls to tenants, by operation and by HTTP status, or error without one.",
		}, []string{"operation", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "tenant_request_duration_seconds",
			Help:    "Time from sending a call to the header of its answer.",
			Buckets: []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "tenant_gate_wait_seconds",
			Help:    "Time for which calls waited for their turn, by class; those included that were then sent away to come back later.",
			Buckets: []float64{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1},
		}, []string{"class"}),
	}
}

// Exchanged implements tenant.Observer.
func (c *Calls) Exchanged(operation, code string, elapsed time.Duration) {
	c.requests.WithLabelValues(operation, code).Inc()
	c.durations.WithLabelValues(operation).Observe(elapsed.Seconds())
}

// Waited implements tenant.Observer.
func (c *Calls) Waited(class tenant.Class, wait time.Duration) {
	c.waits.WithLabelValues(class.String()).Observe(wait.Seconds())
}

// Minted counts a request for a token, which ended with err.
func (c *Calls) Minted(reason renewal.Reason, err error) {
	if c == nil {
		return
	}
	result := succeeded
	if err != nil {
		result = strings.ToLower(string(failure.ClassOf(err)))
	}
	c.mints.WithLabelValues(string(reason), result).Inc()
}

// Describe implements prometheus.Collector.
func (c *Calls) Describe(out chan<- *prometheus.Desc) {
	for _, collector := range c.collectors() {
		collector.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (c *Calls) Collect(out chan<- prometheus.Metric) {
	for _, collector := range c.collectors() {
		collector.Collect(out)
	}
}

func (c *Calls) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.mints, c.requests, c.durations, c.waits}
}
