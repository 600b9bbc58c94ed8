package install_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
)

// request is what an authorizer is asked about a request for a resource.
type request struct {
	verb, group, resource, namespace string
}

// recorder records what the operator asks of kube-apiserver.
type recorder struct {
	mu        sync.Mutex
	allowed   map[request]bool
	forbidden map[request]bool
}

func newRecorder() *recorder {
	return &recorder{allowed: map[request]bool{}, forbidden: map[request]bool{}}
}

// wrap is for rest.Config.Wrap.
func (r *recorder) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		answer, err := next.RoundTrip(q)
		if asked, ok := parse(q); ok && err == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			if answer.StatusCode == http.StatusForbidden {
				r.forbidden[asked] = true
			} else {
				r.allowed[asked] = true
			}
		}
		return answer, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// requests returns what was asked for so far, and what of it was forbidden.
func (r *recorder) requests() (allowed, forbidden []request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for asked := range r.allowed {
		allowed = append(allowed, asked)
	}
	for asked := range r.forbidden {
		forbidden = append(forbidden, asked)
	}
	return allowed, forbidden
}

// parse says what a request is to an authorizer; false for one that is about no resource, such as discovery.
func parse(q *http.Request) (request, bool) {
	parts := strings.Split(strings.Trim(q.URL.Path, "/"), "/")
	asked := request{}
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		asked.group, parts = parts[1], parts[3:]
	default:
		return request{}, false
	}
	if parts[0] == "namespaces" && len(parts) >= 3 {
		asked.namespace, parts = parts[1], parts[2:]
	}
	asked.resource = parts[0]
	if len(parts) >= 3 {
		asked.resource += "/" + parts[2]
	}
	asked.verb = verb(q, len(parts) >= 2)
	return asked, true
}

func verb(q *http.Request, named bool) string {
	switch q.Method {
	case http.MethodGet, http.MethodHead:
		switch {
		case named:
			return "get"
		case q.URL.Query().Get("watch") == "true", q.URL.Query().Get("watch") == "1":
			return "watch"
		}
		return "list"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodDelete:
		if named {
			return "delete"
		}
		return "deletecollection"
	}
	return "patch"
}

// grants lists what rules allow, in a namespace or, if that is empty, everywhere. Rules in this project have neither wildcards nor names.
func grants(rules []rbacv1.PolicyRule, namespace string) []request {
	var all []request
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					all = append(all, request{verb: verb, group: group, resource: resource, namespace: namespace})
				}
			}
		}
	}
	return all
}

// uses says whether a permission was needed for one of some requests. Who watches lists where kube-apiserver does not begin a watch with what
// there is.
func uses(requests []request, permission request) bool {
	return slices.ContainsFunc(requests, func(r request) bool {
		if permission.namespace == "" {
			r.namespace = ""
		}
		if r.verb == "watch" && permission.verb == "list" {
			r.verb = "list"
		}
		return r == permission
	})
}
