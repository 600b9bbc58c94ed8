package operator

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// cacheOptions says what is kept in memory: of Secrets only the labelled ones, which are those that the operator manages and those
// that users want to be watched; of ConfigMaps only those that users want to be watched; of namespaces only the metadata, because only metadata is
// asked for; of nothing the managed fields (compact). An operator for some namespaces sees these, and the Secrets in its own.
func cacheOptions(own string, watched tenancy.Watched) cache.Options {
	labelled := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{v1alpha1.WatchLabel: "true"})}
	secrets := labelled
	options := cache.Options{DefaultTransform: compact}
	if !watched.All() {
		options.DefaultNamespaces = configOf(watched...)
		secrets.Namespaces = configOf(append(slices.Clip(watched), own)...)
	}
	options.ByObject = map[client.Object]cache.ByObject{&corev1.Secret{}: secrets, &corev1.ConfigMap{}: labelled}
	return options
}

func configOf(namespaces ...string) map[string]cache.Config {
	configs := make(map[string]cache.Config, len(namespaces))
	for _, namespace := range namespaces {
		configs[namespace] = cache.Config{}
	}
	return configs
}

// newCache returns how to make the cache; nil for controller-runtime's own way.
func newCache(own string, watched tenancy.Watched) cache.NewCacheFunc {
	if watched.All() {
		return nil
	}
	return func(config *rest.Config, options cache.Options) (cache.Cache, error) {
		all, err := cache.New(config, options)
		if err != nil {
			return nil, err
		}
		return narrowCache{Cache: all, own: own, watched: watched, scheme: options.Scheme}, nil
	}
}

// narrowCache is the cache of an operator that works in some namespaces. What is in others does not exist: objects may refer to it, and
// controller-runtime's cache would fail at each look, for ever.
type narrowCache struct {
	cache.Cache

	own     string
	watched tenancy.Watched
	scheme  *runtime.Scheme
}

// Get reads an object.
func (c narrowCache) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	_, isSecret := object.(*corev1.Secret)
	if c.watched.Has(key.Namespace) || isSecret && key.Namespace == c.own {
		return c.Cache.Get(ctx, key, object, options...)
	}
	kind, err := apiutil.GVKForObject(object, c.scheme)
	if err != nil {
		return err
	}
	return apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, key.String())
}
