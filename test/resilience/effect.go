package resilience

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// Effect is something that the operator does to the world: a call to the tenant, or a write to kube-apiserver.
type Effect struct {
	// Name of the operation on the tenant, or verb and path of the write without what differs from one world to another, such as
	// "PATCH oauthclients/orders/status".
	Name string
	// OnTenant says that it is a call to the tenant.
	OnTenant bool
	// Reads says that the tenant is only asked. Such a call has no effect, but its failure has.
	Reads bool

	// What is written in the cluster: its resource, its namespace, and its name where the path has it.
	resource, namespace, object string
}

// String returns the name.
func (e Effect) String() string { return e.Name }

// uid finds UIDs of objects in the names of others.
var uid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// call describes a call to the tenant.
func call(r *http.Request) Effect {
	name, reads := emulator.Describe(r.URL.Path)
	return Effect{Name: name, OnTenant: true, Reads: reads}
}

// write describes a request to kube-apiserver; ok is false for those that change nothing.
func write(r *http.Request) (e Effect, ok bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	at := slices.Index(parts, "namespaces")
	if r.Method == http.MethodGet || r.Method == http.MethodHead || at < 0 || at+2 >= len(parts) {
		return Effect{}, false
	}
	e = Effect{namespace: parts[at+1], resource: parts[at+2]}
	if len(parts) > at+3 {
		e.object = parts[at+3]
	}
	e.Name = r.Method + " " + uid.ReplaceAllString(strings.Join(parts[at+2:], "/"), "UID")
	return e, true
}

// makes says whether the effect makes something that has to be removed again: a user, a role or an object in the cluster.
func (e Effect) makes() bool {
	return e.creates() || e.Name == "CDirectoryService/CreateUser" || e.Name == "Roles/StoreRole"
}

// tellsCheck says whether the effect is part of checking a token, or of telling how that went.
func (e Effect) tellsCheck() bool {
	return e.Name == "OAuth2/Keys" || e.resource == clients && strings.HasSuffix(e.Name, "/status")
}
