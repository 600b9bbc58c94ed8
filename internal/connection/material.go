package connection

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// references are the objects besides the IdentityTenant itself that its connections are made from. The zero value is for none.
type references struct {
	bundle bundleReference
	proxy  types.NamespacedName
}

func referencesOf(t *v1alpha1.IdentityTenant) references {
	refs := references{bundle: bundleReferenceOf(t)}
	if t.Spec.Proxy != nil && t.Spec.Proxy.SecretRef != nil {
		refs.proxy = types.NamespacedName{Namespace: t.Namespace, Name: t.Spec.Proxy.SecretRef.Name}
	}
	return refs
}

// material is what the references of one IdentityTenant held when they were read.
type material struct {
	references references
	bundle     string
	proxy      secret.BasicAuth
	// version changes when one of the objects changes; empty without any.
	version string
	// err is why there is nothing else.
	err error
}

// read reads the references past any cache. Errors name the object.
func (r references) read(ctx context.Context, live client.Reader) (material, error) {
	m := material{references: r}
	var versions []string
	if r.bundle.kind != "" {
		bundle, version, err := r.bundle.read(ctx, live)
		if err != nil {
			return m, err
		}
		m.bundle, versions = bundle, append(versions, version)
	}
	if r.proxy.Name != "" {
		auth, err := secret.ReadBasicAuth(ctx, live, r.proxy)
		if err != nil {
			return m, fmt.Errorf("reading the credentials for the proxy: %w", err)
		}
		m.proxy, versions = auth, append(versions, auth.Version)
	}
	m.version = strings.Join(versions, " ")
	return m, nil
}

// Materials remember what IdentityTenants refer to for their connections, so that the passes of ten thousand objects do not read it. What is
// remembered is as old as the last pass over the IdentityTenant. It is a cache: after a restart it is read anew.
type Materials struct {
	mu    sync.Mutex
	known map[types.NamespacedName]material
}

// NewMaterials returns Materials that know nothing.
func NewMaterials() *Materials { return &Materials{known: map[types.NamespacedName]material{}} }

// get returns what is known for an IdentityTenant under its present references.
func (m *Materials) get(t types.NamespacedName, refs references) (material, bool) {
	if m == nil {
		return material{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, found := m.known[t]
	return known, found && known.references == refs
}

func (m *Materials) put(t types.NamespacedName, read material) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[t] = read
}

func (m *Materials) forget(t types.NamespacedName) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, t)
}

// recall returns what is known, and reads what is not. That the objects cannot be used is remembered, too: only the pass over the
// IdentityTenant looks again.
func (c Connector) recall(ctx context.Context, t *v1alpha1.IdentityTenant) (material, error) {
	key, refs := client.ObjectKeyFromObject(t), referencesOf(t)
	if refs == (references{}) {
		return material{}, nil
	}
	if known, found := c.Materials.get(key, refs); found {
		return known, known.err
	}
	read, err := refs.read(ctx, c.Live)
	if report.FromCluster(err) {
		return read, err
	}
	read.err = err
	c.Materials.put(key, read)
	return read, err
}
