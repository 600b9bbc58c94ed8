package environment

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// calm is for how many polls in a row nothing may happen until the operator counts as settled.
const calm = 15

// Passes returns how many passes over objects the operators of this process have made so far.
func (w *World) Passes() int {
	w.t.Helper()
	return w.gauge("controller_runtime_reconcile_total")
}

// Settled waits until the operator has made at least so many passes after earlier was taken, and has nothing left to do.
func (w *World) Settled(earlier, least int) {
	w.t.Helper()
	quiet, last := 0, -1
	w.Eventually("see the operator settle", func() error {
		passes := w.Passes()
		busy := w.busy() - w.residue
		if busy > 0 || passes != last || passes < earlier+least {
			quiet, last = 0, passes
			return fmt.Errorf("%d passes of at least %d were made, and %d objects are worked on or queued", passes-earlier, least, busy)
		}
		if quiet++; quiet < calm {
			return fmt.Errorf("it is quiet since %d looks only", quiet)
		}
		return nil
	})
}

// busy counts the objects that are worked on or queued. Operators of this process that were stopped in the middle of their work leave
// their queues' depth in it for ever.
func (w *World) busy() int {
	w.t.Helper()
	return w.gauge("controller_runtime_active_workers") + w.queued()
}

// queued counts the objects that are queued.
func (w *World) queued() int {
	w.t.Helper()
	return w.gauge("workqueue_depth")
}

// Quiet waits until the operator has nothing to do.
func (w *World) Quiet() {
	w.t.Helper()
	w.Settled(0, 0)
}

// gauge returns the sum over all series of one of controller-runtime's metrics. An operator that starts sets the count of passes under way to zero, of
// which others in this process may be in the middle of one: when it ends, the count is below.
func (w *World) gauge(name string) int {
	w.t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		w.t.Fatalf("gathering metrics: %v", err)
	}
	total := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			total += max(metric.GetGauge().GetValue(), 0) + metric.GetCounter().GetValue()
		}
	}
	return int(total)
}

// LabelNamespace sets a label of one of the world's namespaces.
func (w *World) LabelNamespace(part, key, value string) {
	w.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace(part)}}
	w.Update(namespace, func() {
		if namespace.Labels == nil {
			namespace.Labels = map[string]string{}
		}
		if value == "" {
			delete(namespace.Labels, key)
			return
		}
		namespace.Labels[key] = value
	})
}
