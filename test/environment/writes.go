package environment

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// writeCounter counts the operator's requests to kube-apiserver that change something.
type writeCounter struct {
	mu    sync.Mutex
	count map[string]int
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (c *writeCounter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.add(r.Method, r.URL.Path)
		}
		return next.RoundTrip(r)
	})
}

// add counts a write under its verb and resource, such as "PATCH confidentialclients/status". Leases and events are part of no budget.
func (c *writeCounter) add(method, path string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	at := slices.Index(parts, "namespaces")
	if at < 0 || at+2 >= len(parts) {
		return
	}
	resource := parts[at+2]
	if resource == "events" || resource == "leases" {
		return
	}
	if len(parts) > at+4 {
		resource += "/" + parts[at+4]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[method+" "+resource]++
}

// Writes are counted requests by verb and resource, such as "PATCH confidentialclients/status".
type Writes map[string]int

// Writes returns the writes that the operator has made so far in this world. Leases and events do not count.
func (w *World) Writes() Writes {
	w.writes.mu.Lock()
	defer w.writes.mu.Unlock()
	return maps.Clone(w.writes.count)
}

// Since returns the writes that were made after earlier was taken.
func (w Writes) Since(earlier Writes) Writes {
	out := Writes{}
	for what, n := range w {
		if more := n - earlier[what]; more > 0 {
			out[what] = more
		}
	}
	return out
}

// Of returns how many of the writes concern a resource, with its subresources.
func (w Writes) Of(resource string) int {
	total := 0
	for what, n := range w {
		if _, path, _ := strings.Cut(what, " "); path == resource || strings.HasPrefix(path, resource+"/") {
			total += n
		}
	}
	return total
}

// Total returns how many writes there are, without those of a tenant's own status: it counts its dependents a while after they have come, and is
// part of no budget.
func (w Writes) Total() int {
	total := 0
	for what, n := range w {
		if what != "PATCH identitytenants/status" {
			total += n
		}
	}
	return total
}

// String lists the writes by name.
func (w Writes) String() string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(w)) {
		out = append(out, fmt.Sprintf("%s: %d", what, w[what]))
	}
	return strings.Join(out, ", ")
}
