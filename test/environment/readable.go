package environment

import (
	"bytes"
	"runtime/pprof"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// scraped returns what a scrape of the operator would show: its own metrics, and those of its libraries.
func (w *World) scraped() string {
	w.t.Helper()
	var out strings.Builder
	for _, gatherer := range []prometheus.Gatherer{w.Metrics, metrics.Registry} {
		if gatherer == nil {
			continue // no operator was started
		}
		families, err := gatherer.Gather()
		if err != nil {
			w.t.Errorf("gathering metrics: %v", err)
		}
		for _, family := range families {
			out.WriteString(family.String() + "\n")
		}
	}
	return out.String()
}

// profiled returns all profiles of this process as text: stacks with their arguments, and what they are labelled with.
func (w *World) profiled() string {
	w.t.Helper()
	var out bytes.Buffer
	for _, profile := range pprof.Profiles() {
		if err := profile.WriteTo(&out, 2); err != nil {
			w.t.Errorf("writing profile %s: %v", profile.Name(), err)
		}
	}
	return out.String()
}
