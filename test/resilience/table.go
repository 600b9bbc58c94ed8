package resilience

import (
	"fmt"
	"strings"
	"sync"
	"text/tabwriter"
)

// Table counts what became of points, by scenario and fault.
type Table struct {
	mu        sync.Mutex
	scenarios []string
	rows      map[string]*row
}

type row struct {
	boundaries int
	points     map[Fault]int
	failures   map[Fault]int
}

// Add adds a scenario with its boundaries.
func (t *Table) Add(scenario string, boundaries int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]*row{}
	}
	t.scenarios = append(t.scenarios, scenario)
	t.rows[scenario] = &row{boundaries: boundaries, points: map[Fault]int{}, failures: map[Fault]int{}}
}

// Count counts a point of a scenario that was added.
func (t *Table) Count(p Point, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rows[p.Scenario.Name]
	r.points[p.Break.Fault]++
	if failed {
		r.failures[p.Break.Fault]++
	}
}

// Points returns how many points were counted.
func (t *Table) Points() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	total := 0
	for _, r := range t.rows {
		for _, n := range r.points {
			total += n
		}
	}
	return total
}

// String returns a line for each scenario, with its boundaries, its points by fault, those of them that failed behind a stroke, and a line for all.
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tboundaries")
	for _, f := range Faults() {
		fmt.Fprintf(w, "\t%s", f)
	}
	fmt.Fprint(w, "\tpoints\tfailed\t\n")
	all := &row{points: map[Fault]int{}, failures: map[Fault]int{}}
	for _, name := range t.scenarios {
		r := t.rows[name]
		r.write(w, name)
		all.boundaries += r.boundaries
		for _, f := range Faults() {
			all.points[f] += r.points[f]
			all.failures[f] += r.failures[f]
		}
	}
	all.write(w, fmt.Sprintf("%d scenarios", len(t.scenarios)))
	_ = w.Flush() // into memory
	return out.String()
}

func (r *row) write(w *tabwriter.Writer, name string) {
	points, failures := 0, 0
	_, _ = fmt.Fprintf(w, "%s\t%d", name, r.boundaries)
	for _, f := range Faults() {
		points += r.points[f]
		failures += r.failures[f]
		switch {
		case r.points[f] == 0:
			_, _ = fmt.Fprint(w, "\t-")
		case r.failures[f] == 0:
			_, _ = fmt.Fprintf(w, "\t%d", r.points[f])
		default:
			_, _ = fmt.Fprintf(w, "\t%d/%d", r.points[f], r.failures[f])
		}
	}
	_, _ = fmt.Fprintf(w, "\t%d\t%d\t\n", points, failures)
}
