package operator

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// cacheOptions says what is kept in memory: of Secrets only the labelled ones, which are those that the operator manages and those
// that users want to be watched; of ConfigMaps only those that users want to be watched; of namespaces only the metadata, because only metadata is asked for; of nothing the managed fields.
func cacheOptions() cache.Options {
	labelled := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{v1alpha1.WatchLabel: "true"})}
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}:    labelled,
			&corev1.ConfigMap{}: labelled,
		},
	}
}
