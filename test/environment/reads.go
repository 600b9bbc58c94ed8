package environment

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// readRecorder records which Secrets and ConfigMaps the operator reads by name.
type readRecorder struct {
	mu   sync.Mutex
	read map[string]bool
}

func (r *readRecorder) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.Method == http.MethodGet {
			r.add(request.URL.Path)
		}
		return next.RoundTrip(request)
	})
}

func (r *readRecorder) add(path string) {
	_, after, _ := strings.Cut(path, "/namespaces/")
	parts := strings.Split(after, "/")
	if len(parts) < 3 || !slices.Contains([]string{"secrets", "configmaps"}, parts[1]) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read == nil {
		r.read = map[string]bool{}
	}
	r.read[after] = true
}

// HasRead says whether the operator has asked kube-apiserver for a Secret or ConfigMap of one of the world's namespaces, there or not;
// resource is secrets or configmaps. What it sees in its cache does not count: there are the labelled ones of all namespaces.
func (w *World) HasRead(part, resource, name string) bool {
	w.reads.mu.Lock()
	defer w.reads.mu.Unlock()
	return w.reads.read[w.Namespace(part)+"/"+resource+"/"+name]
}
