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

// profiled returns the profile of goroutines as text, with what they are labelled with. Labels are all that somebody writes into a profile; the rest of it, and
// of the others, are names of functions and numbers.
func (w *World) profiled() string {
	w.t.Helper()
	var out bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&out, 1); err != nil {
		w.t.Errorf("writing the profile of goroutines: %v", err)
	}
	return out.String()
}
