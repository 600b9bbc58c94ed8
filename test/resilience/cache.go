package resilience

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/index"
)

// Resources that are cached, in the order in which a process looks at their objects.
const (
	tenants      = "identitytenants"
	oauthClients = "oauthclients"
	scopes       = "scopes"
	clients      = "confidentialclients"
	secrets      = "secrets"
)

// change is what a watch tells. One of the two is nil for an object that came or went.
type change struct {
	resource    string
	old, object client.Object
}

// cache holds the objects of one world as a cache of the operator does, of Secrets only the labelled ones. It changes only when it is told to.
type cache struct {
	live    client.Client
	indexes indexes
	parts   []string
	objects map[string]map[types.NamespacedName]client.Object
	// held are the resources whose changes are not seen.
	held map[string]bool
	// missed are the namespaces of held resources in which something was written.
	missed []Effect
}

func newCache(ctx context.Context, live client.Client, namespaces []string) (*cache, error) {
	c := &cache{live: live, indexes: indexes{}, parts: namespaces, objects: map[string]map[types.NamespacedName]client.Object{}, held: map[string]bool{}}
	return c, index.Register(ctx, c.indexes)
}

// client returns a client that reads from the cache what the operator caches, and else is the one that is given.
func (c *cache) client(direct client.WithWatch) client.Client {
	return interceptor.NewClient(direct, interceptor.Funcs{Get: c.get, List: c.list})
}

// kind has an empty object and an empty list of a resource.
type kind struct {
	object client.Object
	list   client.ObjectList
}

// kinds returns what is cached, by resource.
func kinds() map[string]kind {
	return map[string]kind{
		tenants:      {&v1alpha1.IdentityTenant{}, &v1alpha1.IdentityTenantList{}},
		oauthClients: {&v1alpha1.OAuthClient{}, &v1alpha1.OAuthClientList{}},
		scopes:       {&v1alpha1.Scope{}, &v1alpha1.ScopeList{}},
		clients:      {&v1alpha1.ConfidentialClient{}, &v1alpha1.ConfidentialClientList{}},
		secrets:      {&corev1.Secret{}, &corev1.SecretList{}},
	}
}

// resourceOf returns the resource of an object, "" for one that is not cached.
func resourceOf(object runtime.Object) string {
	switch object.(type) {
	case *v1alpha1.IdentityTenant, *v1alpha1.IdentityTenantList:
		return tenants
	case *v1alpha1.OAuthClient, *v1alpha1.OAuthClientList:
		return oauthClients
	case *v1alpha1.Scope, *v1alpha1.ScopeList:
		return scopes
	case *v1alpha1.ConfidentialClient, *v1alpha1.ConfidentialClientList:
		return clients
	case *corev1.Secret, *corev1.SecretList:
		return secrets
	}
	return ""
}

func (c *cache) get(ctx context.Context, direct client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	resource := resourceOf(object)
	if resource == "" {
		return direct.Get(ctx, key, object, options...)
	}
	found, ok := c.objects[resource][key]
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Resource: resource}, key.String())
	}
	reflect.ValueOf(object).Elem().Set(reflect.ValueOf(found.DeepCopyObject()).Elem())
	return nil
}

func (c *cache) list(ctx context.Context, direct client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
	resource := resourceOf(list)
	if resource == "" {
		return direct.List(ctx, list, options...)
	}
	wanted := (&client.ListOptions{}).ApplyOptions(options)
	var items []runtime.Object
	for _, object := range c.all(resource) {
		if wanted.Namespace != "" && object.GetNamespace() != wanted.Namespace || wanted.FieldSelector != nil && !c.indexes.matches(object, wanted) {
			continue
		}
		items = append(items, object.DeepCopyObject())
	}
	return meta.SetList(list, items)
}

// all returns the objects of a resource, sorted by name.
func (c *cache) all(resource string) []client.Object {
	return slices.SortedFunc(maps.Values(c.objects[resource]), func(a, b client.Object) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
}

// hold keeps the changes of a resource from being seen until they are released.
func (c *cache) hold(resource string) { c.held[resource] = true }

// release lets everything be seen again. It returns whether anything was held.
func (c *cache) release() bool {
	held := len(c.held) > 0
	clear(c.held)
	return held
}

// see lets the cache see what was written, but for what is held.
func (c *cache) see(ctx context.Context, written []Effect) ([]change, error) {
	all := slices.Concat(c.missed, written)
	c.missed = nil
	var changes []change
	seen := map[string]bool{}
	for _, e := range all {
		place := e.resource + "/" + e.namespace + "/" + e.object
		if seen[place] {
			continue
		}
		seen[place] = true
		if c.held[e.resource] {
			c.missed = append(c.missed, e)
			continue
		}
		more, err := c.read(ctx, e)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

// read sees what a write has changed: the object that it names, else all of its namespace.
func (c *cache) read(ctx context.Context, e Effect) ([]change, error) {
	kind, cached := kinds()[e.resource]
	if !cached || !slices.Contains(c.parts, e.namespace) {
		return nil, nil
	}
	key := types.NamespacedName{Namespace: e.namespace, Name: e.object}
	if e.object != "" {
		err := c.live.Get(ctx, key, kind.object)
		switch {
		case apierrors.IsNotFound(err):
			return c.put(e.resource, key, nil), nil
		case err != nil:
			return nil, fmt.Errorf("reading %s %s: %w", e.resource, key, err)
		case !isCached(kind.object):
			return c.put(e.resource, key, nil), nil
		}
		return c.put(e.resource, key, kind.object), nil
	}
	if err := c.live.List(ctx, kind.list, client.InNamespace(e.namespace)); err != nil {
		return nil, fmt.Errorf("listing %s of %s: %w", e.resource, e.namespace, err)
	}
	items, err := meta.ExtractList(kind.list)
	if err != nil {
		return nil, err
	}
	var changes []change
	for _, item := range items {
		if object := item.(client.Object); isCached(object) {
			changes = append(changes, c.put(e.resource, client.ObjectKeyFromObject(object), object)...)
		}
	}
	return changes, nil
}

// isCached says whether the operator caches an object of a kind that it caches.
func isCached(object client.Object) bool {
	_, isSecret := object.(*corev1.Secret)
	return !isSecret || object.GetLabels()[v1alpha1.WatchLabel] == "true"
}

// put takes over what there is under a name, nil for nothing, and returns what has changed.
func (c *cache) put(resource string, key types.NamespacedName, object client.Object) []change {
	if c.objects[resource] == nil {
		c.objects[resource] = map[types.NamespacedName]client.Object{}
	}
	old, known := c.objects[resource][key]
	switch {
	case object == nil && !known:
		return nil
	case object == nil:
		delete(c.objects[resource], key)
	case known && old.GetResourceVersion() == object.GetResourceVersion():
		return nil
	default:
		c.objects[resource][key] = object
	}
	return []change{{resource: resource, old: old, object: object}}
}

// indexes are the functions that the operator registers for its cache, by the type of object and the name of the index.
type indexes map[string]client.IndexerFunc

// IndexField implements client.FieldIndexer.
func (i indexes) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	i[indexKey(object, field)] = values
	return nil
}

func (i indexes) matches(object client.Object, options *client.ListOptions) bool {
	wanted := options.FieldSelector.Requirements()[0]
	return slices.Contains(i[indexKey(object, wanted.Field)](object), wanted.Value)
}

func indexKey(object client.Object, field string) string {
	return fmt.Sprintf("%T by %s", object, field)
}
